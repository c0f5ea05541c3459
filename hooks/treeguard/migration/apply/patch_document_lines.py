"""Where what is left undecided stands once everything has moved and is rewritten."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterator

from treeguard.migration.model import Edit
from treeguard.migration.model import Plan
from treeguard.migration.model import Undecided


def settled(plan: Plan, read: Callable[[str], bytes]) -> tuple[Undecided, ...]:
    """The undecided of a plan by their new path and line; `read` gives old bytes."""
    where = {move.old: move.new for move in plan.moves}
    edits = {file.path: file.edits for file in plan.edits}
    shifts: dict[str, list[tuple[int, int]]] = {}
    found = []
    for one in plan.undecided:
        if one.path not in shifts:
            made = edits.get(one.path, ())
            shifts[one.path] = list(_shifts(made, read(one.path))) if made else []
        moved = sum(by for line, by in shifts[one.path] if line < one.line)
        path = where.get(one.path, one.path)
        found.append(one._replace(path=path, line=one.line + moved))
    return tuple(sorted(found))


def _shifts(edits: tuple[Edit, ...], data: bytes) -> Iterator[tuple[int, int]]:
    """The last old line that an edit touches, and how far it moves those below."""
    ends = [at for at, byte in enumerate(data) if byte == 0x0A]
    for edit in edits:
        by = edit.text.count(b"\n") - data.count(b"\n", edit.start, edit.end)
        if by:
            yield bisect_left(ends, edit.end - 1) + 1 if edit.end else 0, by
