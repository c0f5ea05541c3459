"""Tables of a policy that contradict each other: no tree could satisfy them.

Only plain paths are compared, since whether two patterns meet depends on the tree. What
concerns one kind of rule alone is checked in `rules/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from treeguard.policy import schema
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import nearest
from treeguard.policy.patterns import Patterns
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table


def add_contradictions(document: Document, faults: Faults) -> None:
    """Add a fault for each contradiction that does not depend on a rule's kind."""
    if not document.rules and document.migration is None and not faults.found:
        faults.add((), "has no [rules.ID] table, so it would check nothing")
    _unknown_exceptions(document, faults)
    _impossible_moves(document, faults)


def within(path: str, folders: Iterable[str]) -> bool:
    """Tell whether `path` is one of these folders, or below one."""
    return any(f"{path}/".startswith(f"{folder}/") for folder in folders)


def literals(lines: list[str] | None) -> tuple[str, ...]:
    """Return patterns as plain paths; none if one of them is not a plain path."""
    return Patterns(lines or []).literals() or ()


def _unknown_exceptions(document: Document, faults: Faults) -> None:
    ids = [str(rule.place[-1]) for rule in document.rules]
    for exception in document.exceptions:
        rule: Any = exception.values["rule"]
        if not isinstance(rule, str) or not rule:
            continue
        place = (*exception.place, "rule")
        if rule == "unreadable-source":
            message = (
                "unreadable sources cannot be excepted: list the path in policy.exclude"
            )
            faults.add(place, message)
        elif rule in schema.RESERVED:
            faults.add(place, f'findings of "{rule}" cannot be excepted')
        elif rule not in ids:
            faults.add(place, f'no rule has the id "{rule}"', nearest(rule, ids))


def _impossible_moves(document: Document, faults: Faults) -> None:
    """Add a fault for each move or creation that could never be performed."""
    moves = [table for table in document.moves if table.sound]
    creates = [table for table in document.creates if table.sound]
    for move in moves:
        _check_target(move, faults)
        _refuse_move_into_itself(move, faults)
    _refuse_second_source(moves, faults)
    _refuse_shared_destinations(document, moves, creates, faults)
    for create in creates:
        _check_content(create, faults)
    _refuse_record_where_moved_from(document, moves, faults)


def _check_target(move: Table, faults: Faults) -> None:
    to, sources = move.values["to"], move.values["from"]
    for number, source in enumerate(sources):
        if source.startswith("!"):
            message = f'"{source}": a move does not accept a negated pattern'
            faults.add((*move.place, "from", number), message)
    several = len(sources) > 1 or not literals(sources) or sources[0].endswith("/")
    if several and not to.endswith("/"):
        message = f'"{to}" names one file, but `from` may match several'
        faults.add((*move.place, "to"), message, f"{to}/")


def _refuse_move_into_itself(move: Table, faults: Faults) -> None:
    to = move.values["to"].rstrip("/")
    for source in literals(move.values["from"]):
        if within(to, [source]) or _destination(source, move) == source:
            faults.add((*move.place, "to"), f'"{source}" would move into itself')


def _refuse_second_source(moves: list[Table], faults: Faults) -> None:
    seen: dict[str, Place] = {}
    for move in moves:
        for number, source in enumerate(move.values["from"]):
            place = (*move.place, "from", number)
            plain = source.strip("/")
            if plain in seen:
                message = (
                    f'"{source}" is moved by line {faults.line(seen[plain])} already'
                )
                faults.add(place, message)
            seen.setdefault(plain, place)


def _refuse_shared_destinations(
    document: Document, moves: list[Table], creates: list[Table], faults: Faults
) -> None:
    written: dict[str, Place] = {}
    if document.migration is not None and document.migration.sound:
        written[document.migration.values["record"]] = ("migration", "record")
    for move in moves:
        for source in literals(move.values["from"]):
            if f"{source}/" not in move.values["from"]:
                place = (*move.place, "to")
                _claim(_destination(source, move), place, written, faults)
    for create in creates:
        _claim(create.values["path"], (*create.place, "path"), written, faults)


def _claim(path: str, place: Place, written: dict[str, Place], faults: Faults) -> None:
    if path in written:
        line = faults.line(written[path])
        faults.add(place, f'"{path}" is the destination of line {line} already')
    written.setdefault(path, place)


def _destination(source: str, move: Table) -> str:
    """Return where a file goes: in a folder it keeps its name."""
    to: str = move.values["to"]
    return to + source.rpartition("/")[2] if to.endswith("/") else to


def _check_content(create: Table, faults: Faults) -> None:
    text, file = create.values["text"], create.values["from_file"]
    if text is None and file is None:
        faults.add(create.place, "`text` or `from_file` is required")
    elif text is not None and file is not None:
        faults.add((*create.place, "from_file"), "excludes `text`: give one of the two")


def _refuse_record_where_moved_from(
    document: Document, moves: list[Table], faults: Faults
) -> None:
    """Add a fault for a record at an old place; a file that is created there is a shim
    for whoever still uses the old name."""
    if document.migration is None or not document.migration.sound:
        return
    record = document.migration.values["record"]
    if within(record, [one for move in moves for one in literals(move.values["from"])]):
        message = f'"{record}" is inside of what this migration moves away'
        faults.add(("migration", "record"), message)
