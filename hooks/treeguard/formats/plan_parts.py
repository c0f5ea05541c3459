"""The parts that every format of a plan shares: grouped moves, diffs, counts."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.formats.escape import escape
from treeguard.formats.text_parts import counted
from treeguard.plans import DATA
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import Plan
from treeguard.plans import Undecided

# The bytes of every edited file before and after, by its old path.
Texts = Mapping[str, tuple[bytes, bytes]]

_FEW = 3


class Group(NamedTuple):
    """Files that move alike: from a folder to a folder, or one file by itself."""

    old: str
    new: str
    reason: str
    files: tuple[FileMove, ...]


def groups(plan: Plan) -> list[Group]:
    """Group the moves that have the same source, destination and reason."""
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
    """Return both paths without the trailing names that they share."""
    before, after = old.split("/"), new.split("/")
    while len(before) > 1 and len(after) > 1 and before[-1] == after[-1]:
        before.pop()
        after.pop()
    return "/".join(before), "/".join(after)


def summary(plan: Plan) -> str:
    """Return one line that counts what the plan holds."""
    parts = (
        f"{counted(len(plan.moves), 'file')} to move",
        f"{counted(len(plan.edits), 'file')} to rewrite",
        f"{len(plan.created)} to create",
        f"{len(plan.undecided)} undecided",
        counted(len(plan.blockers), "blocker"),
    )
    return ", ".join(parts)


def to_decide(plan: Plan) -> list[Undecided]:
    """List what is undecided, many data files of one folder as one item.

    The JSON of a plan has each of them.
    """
    folders = Counter(_data_folder(one) for one in plan.undecided)
    found: list[Undecided] = []
    listed: set[str] = set()
    for one in plan.undecided:
        folder = _data_folder(one)
        if not folder or folders[folder] <= _FEW:
            found.append(one)
        elif folder not in listed:
            listed.add(folder)
            why = f"{one.why}; so do {folders[folder] - 1} more files below {folder}"
            found.append(one._replace(why=why))
    return found


def _data_folder(one: Undecided) -> str:
    """Return the top-level folder of a data file; empty for other files."""
    return one.path.partition("/")[0] + "/" if one.why.endswith(DATA) else ""


def diff(edit: FileEdit, texts: Texts) -> Iterator[str]:
    """Yield a unified diff of one rewritten file by line, without newlines."""
    old, new = map(_lines, texts[edit.path])
    a, b = f"a/{edit.path}", f"b/{edit.new_path}"
    yield from difflib.unified_diff(old, new, a, b, lineterm="")


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def place(path: str, line: int | None) -> str:
    """Return `path:line`, or the path alone where no line is known."""
    return path if line is None else f"{path}:{line}"


def code(text: str) -> str:
    """Return Markdown's code span for any text (CommonMark, code spans)."""
    shown = escape(text)
    fence = "`" * (longest_ticks(shown) + 1)
    gap = " " if "`" in (shown[:1], shown[-1:]) else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def longest_ticks(line: str) -> int:
    """Return the length of the longest run of backquotes."""
    longest = count = 0
    for character in line:
        count = count + 1 if character == "`" else 0
        longest = max(longest, count)
    return longest
