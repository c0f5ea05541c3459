"""What differs between two trees, or between a tree and the index, as Git reports it.

Only `--raw -z --no-renames` is read: raw output obeys no diff configuration, no
external diff and no textconv (git-diff-index(1), "RAW OUTPUT FORMAT"), and a move stays
what it is, a deletion and an addition.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from itertools import pairwise

from treeguard.errors import GitError
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.tree_objects import canonical
from treeguard.trees import Change
from treeguard.trees import Entry

# `--ignore-submodules=none`: .gitmodules can tell Git to hide a changed submodule.
RAW = (
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
    "--no-relative",
    "--ignore-submodules=none",
)

# Comparing two trees Git reads the index too, for nothing: in a repository of 100,000
# files that is 5 ms of 6.7. Beside /dev/null nobody but root can make a file.
_NO_INDEX = {"GIT_INDEX_FILE": os.devnull + "-no-index"}


def staged_changes(git: Git, tree: str, index: str | None = None) -> list[Change]:
    """Return what a commit of the index (or of the one at the path `index`) would
    change in `tree`; the index is only read.

    Raises `GitError` where the index cannot be committed: paths in conflict. Without
    `--ita-invisible-in-index` a file that was removed and then added with `--intent-to-
    add` would look emptied, where the commit deletes it.
    """
    args = ("diff-index", "--cached", *RAW, "--ita-invisible-in-index", tree, "--")
    env = {"GIT_INDEX_FILE": index} if index else None
    return parse_raw(git.run(*args, env=env))


def tree_changes(git: Git, old: str, new: str) -> list[Change] | None:
    """Return what differs from tree `old` to tree `new`; None when one cannot be read.

    Raises `GitError` where a folder is not in Git's order, as none that Git has written
    is: Git finds some of its files under their path, and others not.
    """
    if old == new:
        return []
    args = ("diff-tree", "-r", *RAW, old, new, "--")
    code, out, _ = git.answer(*args, codes=(0, 128), env=_NO_INDEX)
    if code:
        return None
    changes = parse_raw(out)
    paths = sorted(change.path for change in changes)
    for path, following in pairwise(paths):
        if path == following:
            message = f"{printable(os.fsencode(path))} is in a damaged folder"
            raise GitError(message, "run `git fsck --full`, and fix what it names")
    return changes


def raw_changes(git: Git, old: str, new: str) -> set[tuple[bytes, bytes]]:
    """Return the same as Git prints it, to be compared with what `raw_change` makes.

    Raises `GitError` where a tree cannot be read.
    """
    args = ("diff-tree", "-r", *RAW, old, new, "--")
    fields = git.run(*args, env=_NO_INDEX).split(b"\0")[:-1]
    return set(zip(fields[::2], fields[1::2], strict=True))


def raw_change(
    path: str, old: tuple[int, str] | None, new: tuple[int, str] | None
) -> tuple[bytes, bytes]:
    """Return a change of a file from one mode and id to others, as Git prints it."""
    width = len((old or new or (0, ""))[1])
    (mode, oid), (now, id_now) = old or (0, "0" * width), new or (0, "0" * width)
    kind = "A" if old is None else "D" if new is None else "M"
    if old and new and mode & 0o170000 != now & 0o170000:
        kind = "T"
    return f":{mode:06o} {now:06o} {oid} {id_now} {kind}".encode(), os.fsencode(path)


def parse_raw(data: bytes) -> list[Change]:
    """Return changes from `:oldmode newmode oldid newid letter NUL path NUL`, repeated.

    Raises `GitError` for a conflict and for whatever is not of this form.
    """
    fields = data.split(b"\0")
    if fields.pop() or len(fields) % 2:
        raise GitError("Git's list of changes is incomplete", "run treeguard again")
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return [_change(header, os.fsdecode(path)) for header, path in pairs]


def compose(before: Iterable[Change], after: Mapping[str, Change]) -> list[Change]:
    """Return one list for two steps, `before` and then `after` (by path), without what
    the second step undoes."""
    firsts = {change.path: change for change in before}
    merged = []
    for path in sorted(firsts.keys() | after.keys()):
        first, second = firsts.get(path), after.get(path)
        old = first.old if first else second and second.old
        new = second.new if second else first and first.new
        if old != new:
            merged.append(Change(path, old, new))
    return merged


def _change(header: bytes, path: str) -> Change:
    try:
        old_mode, new_mode, old, new, letter = header.split(b" ")
    except ValueError:
        raise _strange(header) from None
    if letter == b"U":
        shown = printable(os.fsencode(path))
        message = f"the index has a conflict in {shown}, so it cannot be committed"
        raise GitError(message, f"resolve it, then run `git add -- {shown}`")
    if letter not in (b"A", b"D", b"M", b"T") or header[:1] != b":":
        raise _strange(header)
    try:
        return Change(path, _entry(old_mode[1:], old), _entry(new_mode, new))
    except ValueError:  # a mode that is no number, an id that is not ASCII
        raise _strange(header) from None


def _entry(mode: bytes, oid: bytes) -> Entry | None:
    if mode == b"000000":
        return None
    if not oid.strip(b"0"):
        raise GitError(
            "Git reported no id for a changed file", "run `git status`, then again"
        )
    return Entry(canonical(int(mode, 8)), oid.decode("ascii"))


def _strange(header: bytes) -> GitError:
    message = f"Git's list of changes has an unexpected entry: {printable(header)}"
    return GitError(message, "run `git version`, and report this")
