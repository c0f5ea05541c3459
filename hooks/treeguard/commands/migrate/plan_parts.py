"""A plan in parts that every way of showing it needs: grouped moves, diffs, counts."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.model import FileEdit
from treeguard.migration.model import FileMove
from treeguard.migration.model import Plan
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.leftover_mentions import DATA

Reader = Callable[[str], bytes]


_FEW = 3


class Group(NamedTuple):
    """Files that move alike: from a folder to a folder, or one file by itself."""

    old: str
    new: str
    reason: str
    files: tuple[FileMove, ...]


def groups(plan: Plan) -> list[Group]:
    """The moves, those with one source, destination and reason as one group."""
    found: dict[tuple[str, str, str], list[FileMove]] = {}
    for move in plan.moves:
        old, new = _differing(move.old, move.new)
        found.setdefault((old, new, move.reason), []).append(move)
    return [_group(tuple(files), reason) for (*_ends, reason), files in found.items()]


def _group(files: tuple[FileMove, ...], reason: str) -> Group:
    first = files[0]
    if len(files) == 1:
        return Group(first.old, first.new, reason, files)
    shared = os.path.commonpath([os.path.dirname(move.old) for move in files])
    inner = len(first.old) - len(shared)
    return Group(f"{shared}/", f"{first.new[:-inner]}/", reason, files)


def _differing(old: str, new: str) -> tuple[str, str]:
    """Both paths without the names at their ends that are the same."""
    before, after = old.split("/"), new.split("/")
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before.pop()
        after.pop()
    return "/".join(before), "/".join(after)


def counted(number: int, noun: str, nouns: str = "") -> str:
    """`1 file`, `2 files`."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def summary(plan: Plan) -> str:
    """One line that counts what the plan holds."""
    parts = (
        f"{counted(len(plan.moves), 'file')} to move",
        f"{counted(len(plan.edits), 'file')} to rewrite",
        f"{len(plan.created)} to write",
        f"{len(plan.undecided)} undecided",
        counted(len(plan.blockers), "blocker"),
    )
    return ", ".join(parts)


def to_decide(plan: Plan) -> list[Undecided]:
    """What is undecided, with many files of data in one folder told as one.

    The JSON of a plan has each of them.
    """
    folders = Counter(_data_folder(one) for one in plan.undecided)
    found: list[Undecided] = []
    told: set[str] = set()
    for one in plan.undecided:
        folder = _data_folder(one)
        if not folder or folders[folder] <= _FEW:
            found.append(one)
        elif folder not in told:
            told.add(folder)
            why = f"{one.why}; so do {folders[folder] - 1} more files below {folder}"
            found.append(one._replace(why=why))
    return found


def _data_folder(one: Undecided) -> str:
    """The folder at the top that a file of data lies in; empty for other files."""
    return one.path.partition("/")[0] + "/" if one.why.endswith(DATA) else ""


def diff(edit: FileEdit, read: Reader) -> Iterator[str]:
    """The lines of a unified diff of one rewritten file, without their newlines."""
    old = read(edit.path)
    new = apply_edits(old, edit.edits)
    yield from difflib.unified_diff(
        _lines(old), _lines(new), f"a/{edit.path}", f"b/{edit.new_path}", lineterm=""
    )


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
