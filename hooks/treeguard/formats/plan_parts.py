"""The parts that every format of a plan shares: grouped moves, diffs, counts."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.formats.escape import escape
from treeguard.formats.text_parts import counted
from treeguard.plans import DATA
from treeguard.plans import RISKS
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import Plan
from treeguard.plans import Undecided

# The bytes of every edited file before and after, by its old path.
Texts = Mapping[str, tuple[bytes, bytes]]

_FEW = 3


class Group(NamedTuple):
    """Files that move alike: a whole folder, some files of one, or one file by itself.

    `old` is the first file where only some of a folder move: that is `part_of` then.
    """

    old: str
    new: str
    reason: str
    files: tuple[FileMove, ...]
    part_of: str = ""


def groups(plan: Plan) -> list[Group]:
    """Group the moves that have the same source, destination and reason.

    A folder stands for its files only if all of them move along.
    """
    found: dict[tuple[str, str, str], list[FileMove]] = {}
    for move in plan.moves:
        old, new = _differing(move.old, move.new)
        found.setdefault((old, new, move.reason), []).append(move)
    whole = frozenset(plan.folders)
    return [
        group
        for (*_ends, reason), files in found.items()
        for group in _groups(files, reason, whole)
    ]


def _groups(
    files: Sequence[FileMove], reason: str, whole: frozenset[str]
) -> Iterator[Group]:
    shared = os.path.commonpath([os.path.dirname(move.old) for move in files])
    if len(files) > 1 and shared in whole:
        yield _of_folder(files, reason, shared)
        return
    parts: dict[str, list[FileMove]] = {}
    for move in files:
        around = filter(whole.__contains__, _folders_below(move.old, shared))
        parts.setdefault(next(around, ""), []).append(move)
    single = parts.pop("", [])
    for folder, inner in parts.items():
        if len(inner) > 1:
            yield _of_folder(inner, reason, folder)
        else:
            single += inner
    if len(single) <= _FEW:
        for move in single:
            yield Group(move.old, move.new, reason, (move,))
    else:
        shared = os.path.commonpath([os.path.dirname(move.old) for move in single])
        part = _of_folder(single, reason, shared)
        yield part._replace(old=single[0].old, part_of=part.old)


def _of_folder(files: Sequence[FileMove], reason: str, folder: str) -> Group:
    first = files[0]
    inner = len(first.old) - len(folder)
    new = f"{first.new[:-inner]}/" if folder else f"{first.new[: -inner - 1]}/"
    return Group(f"{folder}/" if folder else "./", new, reason, tuple(files))


def _folders_below(path: str, folder: str) -> Iterator[str]:
    """Yield the folders above a path that lie below `folder`, the outermost first."""
    at = path.find("/", len(folder) + 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)


def more_files(group: Group) -> str:
    """Return which other files than the first one move, of a folder that stays."""
    more = counted(len(group.files) - 1, "more file")
    return f" and {more} of {escape(group.part_of)}" if group.part_of else ""


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
    """List what is undecided, the riskiest places first and each file by itself, many
    data files of one folder as one item.

    The JSON of a plan has each of them.
    """
    folders = Counter(_data_folder(one) for one in plan.undecided)
    found: list[Undecided] = []
    listed: set[str] = set()
    for one in sorted(plan.undecided, key=_risk):
        folder = _data_folder(one)
        if not folder or folders[folder] <= _FEW:
            found.append(one)
        elif folder not in listed:
            listed.add(folder)
            why = f"{one.why}; so do {folders[folder] - 1} more files below {folder}"
            found.append(one._replace(why=why))
    return found


def _risk(one: Undecided) -> tuple[int, Undecided]:
    return RISKS.index(one.kind), one


def change(one: Undecided) -> str:
    """Return the new text of a proposal, after an arrow; empty where there is none."""
    return f" -> {one.new}" if one.new else ""


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
