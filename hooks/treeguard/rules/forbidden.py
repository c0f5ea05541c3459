"""`forbidden`: nobody outside a zone may use it, directly or through others.

Protects an archive, or a part on its way out, from being built upon again.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.policy.consistency import literals
from treeguard.policy.consistency import within
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.rules.importing import moved_into_zone
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.candidate_files import both
from treeguard.rules.importing.candidate_files import inside
from treeguard.rules.importing.candidate_files import outside
from treeguard.rules.importing.chains import Chain
from treeguard.rules.importing.chains import chains
from treeguard.rules.importing.chains import kept_chains
from treeguard.rules.importing.finding_cache import FileVerdict
from treeguard.rules.importing.finding_cache import basis_of
from treeguard.rules.importing.finding_cache import verdicts
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import queries_into
from treeguard.rules.importing.resolved_uses import shadowing_note
from treeguard.rules.importing.resolved_uses import use_finding
from treeguard.rules.importing.resolved_uses import with_case_warning
from treeguard.rules.importing.resolved_uses import zone_entries
from treeguard.rules.importing.undecidable import ERROR
from treeguard.rules.importing.undecidable import undecidable_clause
from treeguard.rules.importing.undecidable import undecidable_findings
from treeguard.rules.importing.undecidable import undecidable_option
from treeguard.rules.importing.undecidable import undecidable_query
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import not_counted
from treeguard.rules.importing.zones import references_option
from treeguard.rules.importing.zones import type_checking_option
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed
from treeguard.rules.kind import options_of


class Forbidden(Options):
    """The options of `forbidden`."""

    # A zone's own code may use the zone: a larger one frees what it takes in.
    zone: Patterns = option(
        "patterns",
        "What nobody may use.",
        REQUIRED,
        more="weaker and stricter",
        must_match=True,
    )
    importers: Patterns | None = option(
        "patterns",
        "Who may not use the zone; default: everybody outside.",
        None,
        name="from",
        filled=True,
        more="stricter",
        absent="stricter",
        must_match=True,
    )
    indirect: bool = option(
        "flag",
        "Whether chains of imports that lead into the zone count.",
        False,
        more="stricter",
    )
    references: bool = references_option()
    type_checking: bool = type_checking_option()
    undecidable: str = undecidable_option()


def queries(rule: Rule, _policy: Policy, search_roots: SearchRoots) -> list[FileQuery]:
    """Ask which files could use the zone."""
    options = options_of(rule, Forbidden)
    zone = Zone(options.zone)
    asked = _entering(options, zone, search_roots)
    if options.undecidable == ERROR:
        asked.append(undecidable_query(_bound(options, zone)))
    return asked


def findings(
    rule: Rule, policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield each use of the zone, and each shortest chain into it."""
    options = options_of(rule, Forbidden)
    zone = Zone(options.zone)
    files = _bound(options, zone)
    if options.undecidable == ERROR:
        yield from undecidable_findings(rule, zone, files, new)
    asked = _entering(options, zone, new.search_roots)
    paths = sorted({path for query in asked for path in new.ask(query)})

    def judge(path: str) -> FileVerdict:
        return _verdict(rule, zone, new, path, files.match(path))

    results = verdicts(new, basis_of(rule, "uses"), paths, judge)
    for verdict in results.values():
        yield from verdict.findings
    doors = {path: one.door for path, one in results.items() if one.door is not None}
    if options.indirect and doors:
        exclude, kept = policy.exclude, options.type_checking

        def search() -> Iterator[Finding]:
            for chain in chains(new, zone, exclude, doors, kept, files):
                yield _indirect(rule, chain)

        basis = (*basis_of(rule, "chains"), exclude)
        yield from kept_chains(new, basis, doors, search)


def describe(options: Forbidden) -> str:
    """Return what a rule with these options demands."""
    verb = "use" if options.references else "import"
    who = listed(options.importers or (), "or")
    where = f"in {who}" if who else "from outside it"
    how = ", not even through other modules" if options.indirect else ""
    how += undecidable_clause(options.undecidable)
    how += not_counted(options.type_checking)
    return f"Do not {verb} {listed(options.zone, 'or')} {where}{how}"


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    options = options_of(rule, Forbidden)
    inside_it = options.zone.deciding(path)
    zone = ", ".join(options.zone.lines)
    if inside_it:
        yield "it is in the zone, which nobody outside may use", inside_it
    elif options.importers is None:
        yield f"it may not use {zone}", "everything outside the zone"
    elif options.importers.match(path):
        yield f"it may not use {zone}", options.importers.deciding(path)


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse a `from` inside of the zone."""
    for rule in document.sound_rules("forbidden"):
        zone = literals(rule.values["zone"])
        for number, importer in enumerate(literals(rule.values["from"])):
            if within(importer, zone):
                message = "is in the zone, whose own code may always use it"
                faults.add((*rule.place, "from", number), message)


def _verdict(
    rule: Rule, zone: Zone, analysis: TreeAnalysis, path: str, is_bound: bool
) -> FileVerdict:
    """Judge what one file uses of the zone; a file that imports it is a door to it."""
    options = options_of(rule, Forbidden)
    counted = Counted(options.references, options.type_checking)
    found: list[Finding] = []
    door: tuple[int, str] | None = None
    for use, target in zone_entries(analysis, path, zone, counted):
        if is_bound:
            found.append(_forbidden(rule, use, target, zone))
        if use.item.kind not in (STRING, PATH) and zone.first(use.found.targets):
            door = door or (use.item.line, target)
    return FileVerdict(tuple(found), door)


def _entering(
    options: Forbidden, zone: Zone, search_roots: SearchRoots
) -> list[FileQuery]:
    # A chain may go through files that are free to import the zone themselves.
    files = outside(zone) if options.indirect else _bound(options, zone)
    return queries_into(zone, files, search_roots, options.references)


def _bound(options: Forbidden, zone: Zone) -> Files:
    files = outside(zone)
    if options.importers is None:
        return files
    return both(files, inside(Zone(options.importers)))


def _forbidden(rule: Rule, use: Use, target: str, zone: Zone) -> Finding:
    fix = (
        f"remove this, or first move the code that it needs from {target} out of {zone}"
    )
    why = f"which is in the zone of {rule.id}"
    return with_case_warning(use, use_finding(rule, use, target, why, fix))


def _indirect(rule: Rule, chain: Chain) -> Finding:
    through = ", ".join(step.path for step in chain.steps[1:])
    why = f"which is in the zone of {rule.id}"
    result = use_finding(rule, chain.use, chain.target, why, "")
    last, note = chain.steps[-1], shadowing_note(chain.use)
    return result._replace(
        message=f"reaches {chain.target} through {through}, {why}{note}",
        subject=f"indirectly {chain.target}",
        chain=chain.steps,
        fix=Fix(
            f"remove the import at {last.path}:{last.line}, "
            f"or import nothing here that leads to {last.path}"
        ),
    )


KIND = Kind(
    "forbidden",
    Forbidden,
    queries,
    findings,
    describe,
    "Remove the import, or first move the code that you need out of the zone.",
    applies,
    contradictions,
    reads_imports=True,
    since=moved_into_zone.since(_bound),
)
