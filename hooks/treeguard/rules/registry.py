"""Every kind of rule, by name. To add one, write its module and list it here."""

from __future__ import annotations

from treeguard.findings import RuleText
from treeguard.policy import loading
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules import closed
from treeguard.rules import forbidden
from treeguard.rules import isolated
from treeguard.rules import layers
from treeguard.rules import placed
from treeguard.rules import preserved
from treeguard.rules import required
from treeguard.rules import vacated
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        forbidden.KIND,
        isolated.KIND,
        placed.KIND,
        preserved.KIND,
        required.KIND,
        closed.KIND,
        layers.KIND,
        vacated.KIND,
    )
}


def load(text: bytes, path: str, source: str) -> Policy:
    """Return the policy in `text`, as `policy.loading.load` does for these kinds."""
    return loading.load(text, path, source, KINDS)


def rule_text(rule: Rule) -> RuleText:
    """Return what `rule` demands, in sentences."""
    kind = KINDS[rule.kind]
    demand = kind.describe(rule.options)
    if rule.exclude:
        demand += f" (this rule ignores {listed(rule.exclude)})"
    return RuleText(rule.id, f"{demand}.", rule.reason, kind.remedy)
