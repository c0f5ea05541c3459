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
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import REQUIRED
from treeguard.policy.schema import Change
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.rules.importing.finding_cache import basis_of
from treeguard.rules.importing.finding_cache import findings_in
from treeguard.rules.importing.layer_matrix import Crossing
from treeguard.rules.importing.layer_matrix import Parts
from treeguard.rules.importing.resolved_uses import use_finding
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import not_counted
from treeguard.rules.importing.zones import type_checking_option
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed
from treeguard.rules.kind import options_of

Rows = tuple[tuple[Patterns, ...], ...]


def _changes(old: Rows, new: Rows) -> Iterator[Change]:
    """Yield which imports between two layers a change allows, and which it refuses."""
    before, after = _refused(old), _refused(new)
    for importer, imported in sorted(before - after):
        yield f"{importer} may import {imported}", "weaker"
    for importer, imported in sorted(after - before):
        yield f"{importer} may not import {imported}", "stricter"
    for layer, other in _overlapping(old, new):
        yield f"{layer} may take files out of {other}", "weaker and stricter"


def _overlapping(old: Rows, new: Rows) -> Iterator[tuple[str, str]]:
    """Yield new layers that may be inside of an old one. The longer of the two decides
    where a file is, and who was below the old one may be above the new one."""
    before, after = (
        [_name(part) for row in rows for part in row] for rows in (old, new)
    )
    for layer in after:
        for other in before:
            if layer not in before and _may_be_inside(layer, other):
                yield layer, other


def _may_be_inside(layer: str, other: str) -> bool:
    """Return False only where no file in both can count as one of `layer` alone."""
    if len(layer) < len(other):
        return False
    loose = any(set(text) & set("*?[\\") or text[0] != "/" for text in (layer, other))
    return loose or f"{layer.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")


def _refused(rows: Rows) -> set[tuple[str, str]]:
    """Return each pair of layers of which the first may not import the second."""
    names = [[_name(part) for part in row] for row in rows]
    upward = {
        (lower, upper)
        for number, row in enumerate(names)
        for lower in row
        for above in names[:number]
        for upper in above
    }
    shadowing_note = {
        (one, two) for row in names for one in row for two in row if one != two
    }
    return upward | shadowing_note


def _name(part: Patterns) -> str:
    return " ".join(part.lines)


class Layers(Options):
    """The options of `layers`."""

    layers: Rows = option(
        "layers",
        "The layers from the top down; a list holds siblings.",
        REQUIRED,
        more="weaker and stricter",
        changes=_changes,
        must_match=True,
    )
    type_checking: bool = type_checking_option()


def queries(rule: Rule, _policy: Policy, search_roots: SearchRoots) -> list[FileQuery]:
    """Ask which sources of the layers could import what they must not."""
    return Parts(options_of(rule, Layers).layers).queries(search_roots)


def findings(
    rule: Rule, _policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield each import of an upper layer, or of a sibling, from a layer."""
    options = options_of(rule, Layers)
    parts = Parts(options.layers)
    counted = Counted(type_checking=options.type_checking)

    def judge(path: str) -> Iterator[Finding]:
        for crossing in parts.crossings(new, path, counted):
            yield _crossing(rule, crossing)

    for query in parts.queries(new.search_roots):
        yield from findings_in(new, basis_of(rule, "layers"), new.ask(query), judge)


def describe(options: Layers) -> str:
    """Return what a rule with these options demands."""
    rows = [[_name(part) for part in row] for row in options.layers]
    siblings = [f"{listed(row)} may not import each other" for row in rows if row[1:]]
    if len(rows) > 1:
        order = ", then ".join(listed(row) for row in rows)
        siblings.insert(0, f"Imports go down only: {order}")
    return "; ".join(siblings) + not_counted(options.type_checking)


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    rows = options_of(rule, Layers).layers
    for number, row in enumerate(rows, 1):
        siblings = " or its siblings" if len(row) > 1 else ""
        says = f"it is in layer {number} of {len(rows)}, and may not import upper ones"
        for layer in row:
            if layer.match(path):
                yield f"{says}{siblings}", layer.deciding(path)


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse a path that is in two layers."""
    for rule in document.sound_rules("layers"):
        seen: dict[str, int] = {}
        for number, row in enumerate(rule.values["layers"]):
            for text in row if isinstance(row, list) else [row]:
                layer = text.strip("/")
                if layer in seen:
                    message = f'"{text}" is in layer {seen[layer] + 1} already'
                    faults.add((*rule.place, "layers", number), message)
                seen.setdefault(layer, number)


def _crossing(rule: Rule, crossing: Crossing) -> Finding:
    own, other = crossing.own, crossing.other
    if own.row == other.row:
        why = f"which is in {other.zone}, a sibling of this file's layer {own.zone}"
    else:
        why = f"which is in {other.zone}, a layer above {own.zone}"
    fix = (
        f"remove this import: move what both need into a layer below {own.zone}, "
        f"or inject it from {other.zone}"
    )
    return use_finding(rule, crossing.use, crossing.target, why, fix)


KIND = Kind(
    "layers",
    Layers,
    queries,
    findings,
    describe,
    "Move what both layers need into a lower one, or pass it in from the upper one.",
    applies,
    contradictions,
    reads_imports=True,
)
