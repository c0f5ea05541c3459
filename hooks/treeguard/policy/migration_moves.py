"""What of a [migration] cannot be performed, as far as its text alone tells."""

from __future__ import annotations

from treeguard.policy.consistency import literals
from treeguard.policy.consistency import within
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diagnostics import Place
from treeguard.policy.sections import Document
from treeguard.policy.sections import Table


def impossible_moves(document: Document, faults: Faults) -> None:
    """Add what the sound tables of the migration, taken together, cannot mean."""
    moves = [table for table in document.moves if table.sound]
    creates = [table for table in document.creates if table.sound]
    for move in moves:
        _check_target(move, faults)
        _refuse_move_into_itself(move, faults)
    _refuse_second_source(moves, faults)
    _refuse_shared_destinations(document, moves, creates, faults)
    for create in creates:
        _check_content(create, faults)
    _refuse_writing_where_moved_from(document, moves, creates, faults)
    _refuse_moving_out_preserved(document, moves, faults)


def _check_target(move: Table, faults: Faults) -> None:
    to, sources = move.values["to"], move.values["from"]
    for number, source in enumerate(sources):
        if source.startswith("!"):
            message = f'"{source}": a move takes no pattern that takes back'
            faults.add((*move.place, "from", number), message)
    several = len(sources) > 1 or not literals(sources) or sources[0].endswith("/")
    if several and not to.endswith("/"):
        message = f'"{to}" names one file, and `from` can mean several'
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
                message = f'"{source}" moves in line {faults.line(seen[plain])} already'
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
    """Where a file goes: below a folder it keeps its name."""
    to: str = move.values["to"]
    return to + source.rpartition("/")[2] if to.endswith("/") else to


def _check_content(create: Table, faults: Faults) -> None:
    text, file = create.values["text"], create.values["from_file"]
    if text is None and file is None:
        faults.add(create.place, "`text` or `from_file` is required")
    elif text is not None and file is not None:
        faults.add((*create.place, "from_file"), "stands beside `text`: give one")


def _refuse_writing_where_moved_from(
    document: Document, moves: list[Table], creates: list[Table], faults: Faults
) -> None:
    left = [source for move in moves for source in literals(move.values["from"])]
    written = [((*create.place, "path"), create.values["path"]) for create in creates]
    if document.migration is not None and document.migration.sound:
        record = document.migration.values["record"]
        written.append((("migration", "record"), record))
    for place, path in written:
        if within(path, left):
            faults.add(place, f'"{path}" stands where this migration moves things away')


def _refuse_moving_out_preserved(
    document: Document, moves: list[Table], faults: Faults
) -> None:
    for rule in document.rules:
        if not rule.sound or rule.values["kind"] != "preserved":
            continue
        kept = literals(rule.values["paths"])
        may_move = "move" in rule.values["allow"]
        for move in moves:
            for number, source in enumerate(move.values["from"]):
                inside = may_move and within(move.values["to"].rstrip("/"), kept)
                if within(source.strip("/"), kept) and not inside:
                    message = f'rules.{rule.place[-1]} does not let "{source}" go there'
                    faults.add((*move.place, "from", number), message)
