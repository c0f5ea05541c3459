"""Propose how a mention would read, where there is one answer if it is meant at all.

Nobody knows whether a name in prose or in a comment is that of what moves. A person
takes the proposals as a patch, or by `migrate apply --also prose,comments`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from itertools import accumulate

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.place_kinds import Places
from treeguard.migration.rewrite import leftover_mentions
from treeguard.migration.rewrite.edits import in_order
from treeguard.migration.rewrite.edits import overlaps
from treeguard.migration.rewrite.object_names import renamed_object
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_strings import MENTIONED
from treeguard.plans import COMMENTS
from treeguard.plans import DATA
from treeguard.plans import PROSE
from treeguard.plans import Edit
from treeguard.plans import FileEdit
from treeguard.plans import Plan
from treeguard.plans import Undecided
from treeguard.trees import Snapshot

# What may be taken without a look at each: neither is ever executed.
HARMLESS = (PROSE, COMMENTS)
KIND = "mention"
_NAMED = re.compile(r"it names (.+), which moves away; it is left as it is")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
# A longer text may have been cut.
_LONGEST = 79

Read = Callable[[str], bytes]


def judged(
    path: str,
    data: bytes,
    edits: Iterable[Edit],
    left: Collection[Undecided],
    context: MoveContext,
) -> Iterator[Undecided]:
    """Yield what is undecided in one file with the kind of its place, and with its new
    text where there is one answer. `edits` are those of the file."""
    places = Places(path, data) if left else None
    edited = sorted((edit.start, edit.end) for edit in edits)
    lines = _lines(data) if left else []
    for one in left:
        assert places is not None
        new = _new_text(one, context)
        if not new or not any(_spans(lines, one, edited)):
            new = ""
        yield one._replace(kind=places.kind(one), new=new)


def _new_text(one: Undecided, context: MoveContext) -> str:
    """Return how a mention reads afterwards; empty where that is not certain."""
    text, why = one.text, one.why
    if len(text) > _LONGEST or why.endswith(DATA):
        return ""
    if why in (leftover_mentions.PROSE, leftover_mentions.CODE) or why in MENTIONED:
        return _path_now(one, context) or _name_now(text, one, context)
    named = _NAMED.fullmatch(why)
    if named is None or text.count(named[1]) != 1:
        return ""
    old = named[1]
    now = moved_with_folder(old, context) or _name_now(old, one, context)
    return text.replace(old, now) if now and now != old else ""


def _path_now(one: Undecided, context: MoveContext) -> str:
    """Return the new text of a path that starts in the root, or in the file's folder:
    not if it may do both."""
    text = one.text
    folder, there = parent_folder(one.path), parent_folder(context.where(one.path))
    rooted = moved_path(f"/{text.lstrip('/')}", "", "", context)
    is_own = bool(folder) and target_of(text, folder, context) is not None
    own = moved_path(text, folder, there, context) if is_own else None
    if rooted is not None and not is_own:
        return "" if rooted.why else rooted.text.removeprefix("/" * (text[:1] != "/"))
    if own is not None and target_of(f"/{text}", "", context) is None:
        return "" if own.why else own.text
    if rooted is None and own is None and "/" in text.strip("/"):
        bare = text.strip("/")
        meant = target_of(bare, "", context) or is_own
        now = None if meant else moved_with_folder(bare, context)
        return text.replace(bare, now) if now and now != bare else ""
    return ""


def _name_now(text: str, one: Undecided, context: MoveContext) -> str:
    """Return the new text of a dotted name; empty if it has none, or several."""
    if not _DOTTED.fullmatch(text):
        return ""
    try:
        now = renamed_object(Names(one.path, context), text)
    except UndecidedError:
        return ""
    return now if now != text else ""


def _lines(data: bytes) -> list[tuple[int, bytes]]:
    """List the lines of a file, each with its place."""
    lines = data.splitlines(keepends=True)
    return list(zip(accumulate(map(len, lines), initial=0), lines, strict=False))


def _spans(
    lines: list[tuple[int, bytes]], one: Undecided, edited: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Yield the places of a text in its line, as a whole word and outside of edits."""
    if not 0 < one.line <= len(lines):
        return
    word = re.escape(one.text.encode("utf-8", "surrogateescape"))
    pattern = rb"(?<![\w/.\\-])" + word + rb"(?![\w\\-]|/\w|\.\w)"
    offset, line = lines[one.line - 1]
    for found in re.finditer(pattern, line):
        span = offset + found.start(), offset + found.end()
        if not overlaps(edited, span):
            yield span


def reader_of(snapshot: Snapshot) -> Read:
    """Return a function that reads files of a tree; what it lacks is empty."""

    def read(path: str) -> bytes:
        entry = snapshot.entry(path)
        return b"" if entry is None else snapshot.read(entry.oid)

    return read


def proposals(
    plan: Plan, read: Read, kinds: Collection[str] | None = None
) -> tuple[FileEdit, ...]:
    """Return the edits that the proposals of a plan are; of some kinds, if given.

    `read` returns the old bytes of a path.
    """
    made = {file.path: file for file in plan.edits}
    moves = {move.old: move.new for move in plan.moves}
    found: dict[str, list[Undecided]] = {}
    for one in plan.undecided:
        if one.new and (kinds is None or one.kind in kinds):
            found.setdefault(one.path, []).append(one)
    return tuple(
        FileEdit(path, moves.get(path, path), tuple(in_order(edits)))
        for path, left in sorted(found.items())
        if (edits := list(_edits(read(path), left, made.get(path))))
    )


def _edits(data: bytes, left: list[Undecided], file: FileEdit | None) -> Iterator[Edit]:
    edited = sorted((one.start, one.end) for one in (file.edits if file else ()))
    lines = _lines(data)
    taken: list[tuple[int, int]] = []
    for one in sorted(left, key=lambda one: -len(one.text)):
        for start, end in _spans(lines, one, sorted([*edited, *taken])):
            text = one.new.encode("utf-8", "surrogateescape")
            taken.append((start, end))
            yield Edit(start, end, text, one.line, KIND)


def with_proposals(plan: Plan, read: Read, kinds: Collection[str]) -> Plan:
    """Return the plan with the proposals of some kinds among its edits."""
    edits = {file.path: file for file in plan.edits}
    for path, new_path, more in proposals(plan, read, kinds):
        known = edits[path].edits if path in edits else ()
        edits[path] = FileEdit(path, new_path, tuple(in_order((*known, *more))))
    left = (one for one in plan.undecided if not one.new or one.kind not in kinds)
    return plan._replace(edits=tuple(sorted(edits.values())), undecided=tuple(left))
