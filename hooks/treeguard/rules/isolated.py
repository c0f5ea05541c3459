"""`isolated`: a zone that only its entrances may import.

Protects a program from depending on a vendor everywhere: only `entrances` may import
the zone, only the zone may import what it `owns`, the zone itself imports no more of
the program than it `uses`, and its `independent` parts do not import each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
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
from treeguard.rules.importing.candidate_files import all_sources
from treeguard.rules.importing.candidate_files import inside
from treeguard.rules.importing.candidate_files import others
from treeguard.rules.importing.candidate_files import outside
from treeguard.rules.importing.candidate_files import sources
from treeguard.rules.importing.finding_cache import basis_of
from treeguard.rules.importing.finding_cache import findings_in
from treeguard.rules.importing.layer_matrix import Crossing
from treeguard.rules.importing.layer_matrix import Parts
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import queries_into
from treeguard.rules.importing.resolved_uses import use_finding
from treeguard.rules.importing.resolved_uses import uses
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


class Isolated(Options):
    """The options of `isolated`."""

    # A zone's own code may use the zone: a larger one frees what it takes in.
    zone: Patterns = option(
        "patterns",
        "What only its entrances may import.",
        REQUIRED,
        more="weaker and stricter",
        must_match=True,
    )
    entrances: Patterns = option(
        "patterns", "Who else may import the zone.", [], more="weaker", must_match=True
    )
    owns: tuple[str, ...] = option(
        "modules",
        "Modules that only the zone may import.",
        [],
        more="stricter",
        must_match=True,
    )
    uses: Patterns | None = option(
        "patterns",
        "What else of the repository the zone may import; default: anything.",
        None,
        more="weaker",
        absent="weaker",
        must_match=True,
    )
    independent: tuple[Patterns, ...] = option(
        "zones",
        "Parts of the zone that may not import each other.",
        [],
        more="stricter",
        must_match=True,
    )
    references: bool = references_option()
    type_checking: bool = type_checking_option()
    undecidable: str = undecidable_option()


def queries(rule: Rule, _policy: Policy, search_roots: SearchRoots) -> list[FileQuery]:
    """Ask which files could violate the rule, for each way to violate it."""
    options = options_of(rule, Isolated)
    zone = Zone(options.zone)
    asked = [*_entering(options, search_roots), *_owned(options)]
    if options.uses is not None:
        asked.append(all_sources(inside(zone)))
    if options.undecidable == ERROR:
        asked.append(undecidable_query(_bound(options, zone)))
    if options.independent:
        asked += Parts([options.independent]).queries(search_roots)
    return asked


def findings(
    rule: Rule, _policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield each import that may not enter the zone, or may not leave it."""
    options = options_of(rule, Isolated)
    yield from _intruders(rule, options, new)
    yield from _owners(rule, options, new)
    if options.uses is not None:
        yield from _leavers(rule, options, Zone(options.uses), new)
    if options.undecidable == ERROR:
        zone = Zone(options.zone)
        yield from undecidable_findings(rule, zone, _bound(options, zone), new)
    if options.independent:
        parts = Parts([options.independent])
        counted = Counted(options.references, options.type_checking)

        def judge(path: str) -> Iterator[Finding]:
            for crossing in parts.crossings(new, path, counted):
                yield _acquainted(rule, crossing)

        paths = _asked(new, parts.queries(new.search_roots))
        yield from findings_in(new, basis_of(rule, "independent"), paths, judge)


def owner(item: Import, owns: Iterable[str]) -> str | None:
    """Return the name in `owns` that `item` is, or is a submodule of."""
    if item.level or item.kind == PATH:
        return None
    names = list(dotted_names(item.module))
    if item.prefix and not item.module.endswith("."):
        names = names[:-1]
    dotted = ".".join([*names, item.name] if item.name else names)
    return next((name for name in owns if f"{dotted}.".startswith(f"{name}.")), None)


def describe(options: Isolated) -> str:
    """Return what a rule with these options demands."""
    zone, verb = listed(options.zone), "use" if options.references else "import"
    if options.entrances:
        parts = [f"Only {listed(options.entrances)} may {verb} {zone} from outside it"]
    else:
        parts = [f"Do not {verb} {zone} from outside it"]
    parts[0] += undecidable_clause(options.undecidable)
    if options.owns:
        parts.append(f"{verb} {listed(options.owns)} only in {zone}")
    if options.uses is not None:
        allowed = listed(options.uses)
        only = f"only {allowed} and itself" if allowed else "nothing but itself"
        parts.append(f"of this repository, {zone} may import {only}")
    if options.independent:
        names = [line for part in options.independent for line in part.lines]
        parts.append(f"{listed(names)} may not import each other")
    return "; ".join(parts) + not_counted(options.type_checking)


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    options = options_of(rule, Isolated)
    inside_it = options.zone.deciding(path)
    zone = ", ".join(options.zone.lines)
    if inside_it:
        yield "it is in the zone, which only its entrances may import", inside_it
        if options.uses is not None:
            allowed = ", ".join(options.uses.lines) or "nothing"
            yield f"outside the zone it may import only {allowed}", inside_it
        for part in options.independent:
            if part.match(path):
                message = "it may not import the other independent parts"
                yield message, part.deciding(path)
        return
    everything_else = "everything outside the zone"
    entrance = options.entrances.deciding(path)
    if entrance:
        yield f"it is an entrance: it may import {zone}", entrance
    else:
        yield f"it may not import {zone}", everything_else
    if options.owns:
        yield f"only the zone may import {', '.join(options.owns)}", everything_else


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse independent parts that are alone, or outside of the zone."""
    for rule in document.sound_rules("isolated"):
        zone = literals(rule.values["zone"])
        place = (*rule.place, "independent")
        for number, part in enumerate(literals(rule.values["independent"])):
            if zone and not within(part, zone):
                message = "is not in the zone, so it has no effect"
                faults.add((*place, number), message)
        if len(rule.values["independent"]) == 1:
            faults.add(place, "has one part alone: name at least two")


def _bound(options: Isolated, zone: Zone) -> Files:
    return outside(zone, Zone(options.entrances))


def _entering(options: Isolated, search_roots: SearchRoots) -> list[FileQuery]:
    zone = Zone(options.zone)
    files = _bound(options, zone)
    return queries_into(zone, files, search_roots, options.references)


def _owned(options: Isolated) -> list[FileQuery]:
    if not options.owns:
        return []

    def could(_path: str, item: Import) -> bool:
        return owner(item, options.owns) is not None

    files = outside(Zone(options.zone))
    name = f"owned {options.owns!r}"
    needed = frozenset(name.rpartition(".")[2].lower() for name in options.owns)
    asked = [sources(name, files, needed, could, options.references)]
    if options.references:
        asked.append(others(name, files, needed, could))
    return asked


def _asked(analysis: TreeAnalysis, queries: Iterable[FileQuery]) -> list[str]:
    return sorted({path for query in queries for path in analysis.ask(query)})


def _intruders(
    rule: Rule, options: Isolated, analysis: TreeAnalysis
) -> Iterator[Finding]:
    zone = Zone(options.zone)
    allowed = " and ".join([*options.zone.lines, *options.entrances.lines])
    why = f"which only {allowed} may import"
    counted = Counted(options.references, options.type_checking)

    def judge(path: str) -> Iterator[Finding]:
        for use, target in zone_entries(analysis, path, zone, counted):
            fix = _way_in(options, target)
            yield with_case_warning(use, use_finding(rule, use, target, why, fix))

    paths = _asked(analysis, _entering(options, analysis.search_roots))
    yield from findings_in(analysis, basis_of(rule, "entering"), paths, judge)


def _way_in(options: Isolated, target: str) -> str:
    if not options.entrances:
        return f"remove this: nothing outside the zone may use {target}"
    entrances = ", ".join(options.entrances.lines)
    return f"remove this, or use {target} from an entrance: {entrances}"


def _owners(rule: Rule, options: Isolated, analysis: TreeAnalysis) -> Iterator[Finding]:
    zone = Zone(options.zone)

    def judge(path: str) -> Iterator[Finding]:
        for use, name in _owned_uses(options, analysis, path):
            module = _dotted(use.item)
            part = "" if module == name else f"a part of {name}, "
            why = f"{part}which only {zone} may import"
            fix = f"use an adapter in {zone} instead, and add one if there is none"
            yield use_finding(rule, use, module, why, fix)

    paths = _asked(analysis, _owned(options))
    yield from findings_in(analysis, basis_of(rule, "owned"), paths, judge)


def _owned_uses(
    options: Isolated, analysis: TreeAnalysis, path: str
) -> Iterator[tuple[Use, str]]:
    """Yield the uses of owned modules in one file; `datadog.x` is none after `import
    datadog`."""
    reported: set[str] = set()
    counted = Counted(options.references, options.type_checking)
    every = uses(analysis, path, counted)
    # A name is bound before its attributes are used, wherever the two are.
    for use in sorted(every, key=lambda use: use.item.kind == ATTRIBUTE):
        name = owner(use.item, options.owns)
        if name is None or _is_of_the_tree(use):
            continue
        if use.item.kind != ATTRIBUTE or name not in reported:
            yield use, name
        reported.add(name)


def _is_of_the_tree(use: Use) -> bool:
    # A folder without `__init__.py` loses to an installed package of its name.
    return any(not target.endswith("/") for target in use.found.targets)


def _dotted(item: Import) -> str:
    names = dotted_names(item.module)
    has_name = item.name and item.name != "*"
    return ".".join((*names, item.name) if has_name and item.name else names)


def _leavers(
    rule: Rule, options: Isolated, allowed: Zone, analysis: TreeAnalysis
) -> Iterator[Finding]:
    zone = Zone(options.zone)
    why = f"which is not in `uses` of {rule.id}"
    fix = f"inject it from outside, or add its folder to `uses` of {rule.id}"
    counted = Counted(type_checking=options.type_checking)

    def judge(path: str) -> Iterator[Finding]:
        for use in uses(analysis, path, counted):
            for target in use.found.targets:
                if _runs_something(use, target) and not (
                    zone.has(target) or allowed.has(target)
                ):
                    yield use_finding(rule, use, target, why, fix)
                    break

    paths = analysis.ask(all_sources(inside(zone)))
    yield from findings_in(analysis, basis_of(rule, "leaving"), paths, judge)


def _runs_something(use: Use, target: str) -> bool:
    """Tell whether an import runs code: a namespace folder by itself runs none."""
    return use.item.prefix or not target.endswith("/")


def _acquainted(rule: Rule, crossing: Crossing) -> Finding:
    own, other = crossing.own.zone, crossing.other.zone
    why = f"which is in {other}; {own} and {other} are independent"
    fix = f"remove this, and move what both need out of {own} and {other}"
    return use_finding(rule, crossing.use, crossing.target, why, fix)


KIND = Kind(
    "isolated",
    Isolated,
    queries,
    findings,
    describe,
    "Reach the zone through one of its entrances, or remove the import.",
    applies,
    contradictions,
    reads_imports=True,
    since=moved_into_zone.since(_bound),
)
