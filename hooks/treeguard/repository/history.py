"""Questions about commits: which is meant, how two relate, which last had a file.

Everything goes through `rev-list`, `merge-base` and raw commit objects: `git log` obeys
configuration (`log.showSignature` runs a program), and Python readers of Git's files
do not know every format of refs and hashes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.repository.names import UNSHALLOW
from treeguard.repository.names import find
from treeguard.repository.object_errors import MissingObjectError
from treeguard.repository.objects import Object
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.trees import TREE
from treeguard.trees import Entry


class Commit(NamedTuple):
    """One commit: its tree and parents as ids, and what a person wants to see.

    `date` is the day on which it was written, where its author was.
    """

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: str
    subject: str
    date: str = ""


def find_commit(git: Git, name: str) -> Commit:
    """The commit that a name stands for, through tags. Raises `UsageError`."""
    return parse_commit(find(git, name, "commit"))


def parse_commit(found: Object) -> Commit:
    """Read a raw commit: `tree`, then every `parent`, `author`, ..., a blank line."""
    head, _, message = found.data.partition(b"\n\n")
    fields = [line.partition(b" ")[::2] for line in head.split(b"\n")]
    trees = [text.decode("ascii") for key, text in fields if key == b"tree"]
    parents = tuple(text.decode("ascii") for key, text in fields if key == b"parent")
    author = next((text for key, text in fields if key == b"author"), b"")
    if not trees:
        raise GitError(f"commit {found.oid} is damaged", "run `git fsck --full`")
    name = printable(author.rpartition(b" <")[0])
    subject = printable(message.lstrip(b"\n").split(b"\n")[0])
    return Commit(found.oid, trees[0], parents, name, subject, _day(author))


def _day(author: bytes) -> str:
    """The day in `Name <mail> SECONDS +HHMM`; empty where none can be read."""
    import datetime

    seconds, _, zone = author.rpartition(b"> ")[2].partition(b" ")
    try:
        hours, minutes = int(zone[:-2]), int(zone[:1] + zone[-2:])
        shift = datetime.timedelta(hours=hours, minutes=minutes)
        start = datetime.datetime(1970, 1, 1)
        return (
            (start + datetime.timedelta(seconds=int(seconds)) + shift)
            .date()
            .isoformat()
        )
    except (ValueError, OverflowError):
        return ""


def merge_base(git: Git, one: str, other: str) -> str:
    """The best common ancestor of two commits (ids).

    Raises `GitError` when there is none: in a shallow clone it may only be missing,
    and to compare without it would report the other side's new files as deleted.
    """
    return merge_bases(git, one, other)[0]


def merge_bases(git: Git, one: str, other: str) -> tuple[str, ...]:
    """Every best common ancestor: several where branches were merged crosswise.

    Errors as `merge_base`; there is at least one.
    """
    bases = common_ancestors(git, one, other)
    if bases:
        return bases
    hint = UNSHALLOW if git.where.shallow else "name a commit that both come from"
    raise GitError(f"{one[:12]} and {other[:12]} have no common ancestor here", hint)


def common_ancestors(git: Git, one: str, other: str) -> tuple[str, ...]:
    """As `merge_bases`, and empty where there is none."""
    out = git.run("merge-base", "--all", one, other, codes=(0, 1))
    return tuple(out.decode("ascii").split())


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """True when `new` has `old` in its history (both ids)."""
    return git.answer("merge-base", "--is-ancestor", old, new, codes=(0, 1))[0] == 0


def new_commits(git: Git, new: str, *old: str) -> list[str]:
    """The ids of the commits in the history of `new` and of no `old`, newest first."""
    stdin = "".join(f"^{one}\n" for one in old) + f"{new}\n"
    args = ("rev-list", "--date-order", "--stdin")
    return git.run(*args, stdin=stdin.encode("ascii")).decode("ascii").split()


Keeps = Callable[[Entry, bytes], bool]


def has_content(entry: Entry, data: bytes) -> bool:
    """True for a regular file that is not empty."""
    return entry.is_file and bool(data)


def is_folder(entry: Entry, _data: bytes) -> bool:
    """True for a folder: Git keeps none that is empty."""
    return entry.mode == TREE


def lost_commit(
    git: Git, path: str, ref: str = "HEAD", keeps: Keeps = has_content
) -> str | None:
    """The newest commit in the history of `ref` that holds `path` as `keeps` wants it.

    None when no commit ever did. Raises `GitError` when a shallow clone ends before one
    is found. A commit that holds the path while none of its children does is a parent
    of a commit that changed the path: only those parents are looked at. Full history,
    because a merge that drops a side branch's file has one parent without any change,
    and there Git's default would stop looking.
    """
    tip = find_commit(git, ref)
    if _holds(git, tip, path, keeps):
        return tip.oid
    holders, unknown = [], False
    for parent in _parents_of_changes(git, tip.oid, path):
        try:
            commit = parse_commit(git.objects.get(parent))
        except MissingObjectError:
            if not git.where.shallow:
                raise
            unknown = True
        else:
            if _holds(git, commit, path, keeps):
                holders.append(parent)
    if holders:
        return _newest(git, holders)
    if unknown or git.where.shallow:
        shown = printable(os.fsencode(path))
        message = f"this shallow clone does not go back to a commit that has {shown}"
        raise GitError(message, UNSHALLOW)
    return None


def _parents_of_changes(git: Git, tip: str, path: str) -> list[str]:
    where = b":(top,literal)" + os.fsencode(path)
    commits = git.run("rev-list", "--full-history", tip, "--", where).split()
    found: dict[str, None] = {}
    for oid in commits:
        commit = parse_commit(git.objects.get(oid.decode("ascii")))
        found.update(dict.fromkeys(commit.parents))
    return list(found)


def _newest(git: Git, commits: list[str]) -> str:
    """The one without a descendant among them; the latest by date, if several."""
    args = ("rev-list", "--date-order", "--max-count=1", "--stdin")
    stdin = "\n".join(commits).encode("ascii") + b"\n"
    return git.run(*args, stdin=stdin).decode("ascii").strip()


def _holds(git: Git, commit: Commit, path: str, keeps: Keeps) -> bool:
    entry = TreeSnapshot(git, commit.tree, commit.oid).entry(path)
    if entry is None:
        return False
    try:
        data = git.objects.read(entry.oid) if entry.is_file else b""
    except TooLargeError as error:  # it has content, and more need not be known
        data = str(error.size).encode("ascii")
    return keeps(entry, data)
