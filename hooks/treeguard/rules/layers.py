"""`layers`: upper layers may import lower ones, never the reverse.

Protects the direction of a program's dependencies, so that a lower part can be used,
tested and understood without the upper ones. Siblings of one layer stay apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.policy.model import Layers
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules.importing.finding_cache import basis_of
from treeguard.rules.importing.finding_cache import said
from treeguard.rules.importing.layer_matrix import Crossing
from treeguard.rules.importing.layer_matrix import Parts
from treeguard.rules.importing.resolved_uses import finding


def queries(rule: Rule, _policy: Policy, search_roots: SearchRoots) -> list[FileQuery]:
    """Which sources of the layers could import what they must not."""
    return Parts(_options(rule).layers).queries(search_roots)


def findings(
    rule: Rule, _policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Each import of an upper layer, or of a sibling, from a layer."""
    options = _options(rule)
    parts = Parts(options.layers)

    def judge(path: str) -> Iterator[Finding]:
        for crossing in parts.crossings(new, path, options.type_checking):
            yield _crossing(rule, crossing)

    for question in parts.queries(new.search_roots):
        yield from said(new, basis_of(rule, "layers"), new.ask(question), judge)


def _options(rule: Rule) -> Layers:
    assert isinstance(rule.options, Layers)
    return rule.options


def _crossing(rule: Rule, crossing: Crossing) -> Finding:
    own, other = crossing.own, crossing.other
    if own.row == other.row:
        why = f"which is in {other.zone}, a sibling of its own layer {own.zone}"
    else:
        why = f"which is in {other.zone}, a layer above its own, {own.zone}"
    fix = (
        f"take this import out: move what both need into a layer below {own.zone}, "
        f"or hand it in from {other.zone}"
    )
    return finding(rule, crossing.use, crossing.target, why, fix)
