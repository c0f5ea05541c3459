"""`forbidden`: nobody outside a zone may use it, directly or through others.

Protects an archive, or a part on its way out, from being built upon again.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.facts.knowledge import Knowledge
from treeguard.facts.model import PATH
from treeguard.facts.model import STRING
from treeguard.facts.questions import Context
from treeguard.facts.questions import Question
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.policy.model import Forbidden
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules.importing.chains import Chain
from treeguard.rules.importing.chains import chains
from treeguard.rules.importing.entries import entries
from treeguard.rules.importing.entries import in_case_only
from treeguard.rules.importing.entries import into_zone
from treeguard.rules.importing.suspects import Files
from treeguard.rules.importing.suspects import both
from treeguard.rules.importing.suspects import inside
from treeguard.rules.importing.suspects import outside
from treeguard.rules.importing.uses import Use
from treeguard.rules.importing.uses import beside
from treeguard.rules.importing.uses import finding
from treeguard.rules.importing.zones import Zone


def questions(rule: Rule, _policy: Policy, context: Context) -> list[Question]:
    """Which files could use the zone."""
    options = _options(rule)
    zone = Zone(options.zone)
    # A chain may go through files that are free to import the zone themselves.
    files = outside(zone) if options.indirect else _bound(options, zone)
    return into_zone(zone, files, context, options.references)


def findings(
    rule: Rule, policy: Policy, _old: Knowledge | None, new: Knowledge
) -> Iterator[Finding]:
    """Each use of the zone, and each shortest chain into it."""
    options = _options(rule)
    zone = Zone(options.zone)
    files = _bound(options, zone)
    bound = files.match
    asked = questions(rule, policy, new.context)
    doors: dict[str, tuple[Use, str]] = {}
    for path in sorted({path for question in asked for path in new.ask(question)}):
        for use, target in entries(
            new,
            path,
            zone,
            references=options.references,
            type_checking=options.type_checking,
        ):
            if bound(path):
                yield _forbidden(rule, use, target, zone)
            if use.item.kind not in (STRING, PATH) and zone.first(use.found.targets):
                doors.setdefault(path, (use, target))
    if options.indirect and doors:
        kept = options.type_checking
        for chain in chains(new, zone, policy.exclude, doors, kept, files):
            yield _indirect(rule, chain)


def _options(rule: Rule) -> Forbidden:
    assert isinstance(rule.options, Forbidden)
    return rule.options


def _bound(options: Forbidden, zone: Zone) -> Files:
    files = outside(zone)
    if options.importers is None:
        return files
    return both(files, inside(Zone(options.importers)))


def _forbidden(rule: Rule, use: Use, target: str, zone: Zone) -> Finding:
    fix = f"take this out, or first move what it needs of {target} out of {zone}"
    why = f"which is in the zone of {rule.id}"
    return in_case_only(use, finding(rule, use, target, why, fix))


def _indirect(rule: Rule, chain: Chain) -> Finding:
    through = ", ".join(step.path for step in chain.steps[1:])
    why = f"which is in the zone of {rule.id}"
    said = finding(rule, chain.use, chain.target, why, "")
    last = chain.steps[-1]
    return said._replace(
        message=f"reaches {chain.target} through {through}, {why}{beside(chain.use)}",
        subject=f"indirectly {chain.target}",
        chain=chain.steps,
        fix=Fix(
            f"take the import out of {last.path}:{last.line}, "
            f"or import nothing here that leads to {last.path}"
        ),
    )
