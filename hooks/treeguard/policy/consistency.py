"""What no tree could keep, or nothing could ever break: keys that deny each other.

Only plain paths are compared, as patterns may meet in ways that only a tree shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from treeguard.policy import schema_table
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import nearest
from treeguard.policy.patterns import Patterns
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table


def contradictions(document: Document, faults: Faults) -> None:
    """Add every contradiction among the sound tables of `document`."""
    rules = [table for table in document.rules if table.sound]
    for rule in rules:
        check = _OF_A_KIND.get(rule.values["kind"])
        if check:
            check(rule, faults)
    _nothing_to_do(document, faults)
    _vacated_from_nowhere(document, rules, faults)
    _placed_apart(rules, faults)
    _closed_apart(rules, faults)
    _required_where_closed(rules, faults)
    _unknown_exceptions(document, faults)


def within(path: str, folders: Iterable[str]) -> bool:
    """True when `path` is one of these folders, or below one."""
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def literals(lines: list[str] | None) -> tuple[str, ...]:
    """Patterns as plain paths; empty when one of them is none."""
    return Patterns(lines or []).literals() or ()


def _forbidden(rule: Table, faults: Faults) -> None:
    zone, importers = literals(rule.values["zone"]), literals(rule.values["from"])
    for number, importer in enumerate(importers):
        if within(importer, zone):
            message = "lies in the zone, whose own code may always use it"
            faults.add((*rule.place, "from", number), message)


def _isolated(rule: Table, faults: Faults) -> None:
    zone = literals(rule.values["zone"])
    parts = literals(rule.values["independent"])
    for number, part in enumerate(parts):
        if zone and not within(part, zone):
            place = (*rule.place, "independent", number)
            faults.add(place, "is no part of the zone, so this binds nothing")
    if len(rule.values["independent"]) == 1:
        place = (*rule.place, "independent")
        faults.add(place, "one part alone: independent of what?")


def _placed(rule: Table, faults: Faults) -> None:
    if not (rule.values["files"] or rule.values["detect"]):
        faults.add(rule.place, "`files` or `detect` is required: which files?")


def _layers(rule: Table, faults: Faults) -> None:
    seen: dict[str, int] = {}
    for number, row in enumerate(rule.values["layers"]):
        for text in row if isinstance(row, list) else [row]:
            layer = text.strip("/")
            if layer in seen:
                message = f'"{text}" stands in layer {seen[layer] + 1} already'
                faults.add((*rule.place, "layers", number), message)
            seen.setdefault(layer, number)


_OF_A_KIND = {
    "forbidden": _forbidden,
    "isolated": _isolated,
    "placed": _placed,
    "layers": _layers,
}


def _nothing_to_do(document: Document, faults: Faults) -> None:
    if not document.rules and document.migration is None and not faults.found:
        faults.add((), "has no [rules.ID] table: it would guard nothing")


def _vacated_from_nowhere(
    document: Document, rules: list[Table], faults: Faults
) -> None:
    for rule in rules:
        if rule.values["kind"] == "vacated" and not document.moves:
            message = 'kind "vacated" needs a [[migration.move]]: vacated by what?'
            faults.add(rule.place, message)


def _placed_apart(rules: list[Table], faults: Faults) -> None:
    for rule, other in _pairs(rules, "placed"):
        here, there = literals(rule.values["under"]), literals(other.values["under"])
        meet = any(within(a, there) for a in here) or any(
            within(a, here) for a in there
        )
        if meet or not (here and there) or _lenient(rule) or _lenient(other):
            continue
        for key in ("files", "detect"):
            for number, one in enumerate(other.values[key]):
                if one in rule.values[key]:
                    message = f'"{one}" has another place in rules.{rule.place[-1]}'
                    faults.add((*other.place, key, number), message)


def _lenient(rule: Table) -> bool:
    return bool(rule.values["exclude"] or rule.values.get("except"))


def _closed_apart(rules: list[Table], faults: Faults) -> None:
    for rule, other in _pairs(rules, "closed"):
        if _same_folder(rule, other):
            message = f"the same folder is closed by rules.{rule.place[-1]} already"
            faults.add((*other.place, "folder"), message)


def _same_folder(rule: Table, other: Table) -> bool:
    first, second = rule.values["folder"], other.values["folder"]
    return bool(first.strip("/") == second.strip("/"))


def _pairs(rules: list[Table], kind: str) -> Iterator[tuple[Table, Table]]:
    of_kind = [rule for rule in rules if rule.values["kind"] == kind]
    for number, other in enumerate(of_kind):
        for rule in of_kind[:number]:
            yield rule, other


def _required_where_closed(rules: list[Table], faults: Faults) -> None:
    for closed in rules:
        if closed.values["kind"] != "closed" or _lenient(closed):
            continue
        for rule in rules:
            if rule.values["kind"] == "required":
                _required_in(closed, rule, faults)


def _required_in(closed: Table, required: Table, faults: Faults) -> None:
    folder = closed.values["folder"].strip("/")
    children = Patterns(closed.values["children"])
    lead = "" if folder == "." else f"{folder}/"
    for number, path in enumerate(required.values["files"]):
        child, inner, _ = path.removeprefix(lead).partition("/")
        if not path.startswith(lead) or not child:
            continue
        # Any file below a folder shows whether the folder itself is meant.
        if not children.match(f"{child}/x" if inner else child):
            message = (
                f"rules.{closed.place[-1]} does not let {lead} hold {child}{inner}"
            )
            faults.add((*required.place, "files", number), message)


def _unknown_exceptions(document: Document, faults: Faults) -> None:
    ids = [str(rule.place[-1]) for rule in document.rules]
    for exception in document.exceptions:
        rule: Any = exception.values["rule"]
        if not isinstance(rule, str) or not rule:
            continue
        place = (*exception.place, "rule")
        if rule == "unreadable-source":
            message = "unreadable source is excepted by path only, in policy.exclude"
            faults.add(place, message)
        elif rule in schema_table.RESERVED:
            faults.add(place, f'findings of "{rule}" cannot be excepted')
        elif rule not in ids:
            faults.add(place, f'no rule is called "{rule}"', nearest(rule, ids))
