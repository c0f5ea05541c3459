"""Commits: which one a name means, how two relate, which last had a file, what each
one changed.

Everything goes through `rev-list`, `merge-base`, `diff-tree` and raw commit objects:
`git log` obeys configuration (`log.showSignature` runs a program), and Python readers
of Git's files do not know every format of refs and hashes. Nothing is paired as a
rename, and no merge is simplified away.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from threading import Thread
from typing import IO
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.repository.changes import RAW
from treeguard.repository.changes import parse_raw
from treeguard.repository.objects import Object
from treeguard.repository.plumbing import Git
from treeguard.repository.process import pipes
from treeguard.repository.process import printable
from treeguard.repository.refs import UNSHALLOW
from treeguard.repository.refs import find
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.tree_objects import MissingObjectError
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import is_blank


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
    """Return the commit that a name resolves to, through tags. Raises `UsageError`."""
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
    """Return the day in `Name <mail> SECONDS +HHMM`; empty where none can be read."""
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


def merge_bases(git: Git, one: str, other: str) -> tuple[str, ...]:
    """Return every best common ancestor of two commits (ids); at least one.

    There are several where branches were merged crosswise. Raises `GitError` when there
    is none: in a shallow clone it may only be missing, and to compare without it would
    report the other side's new files as deleted.
    """
    bases = common_ancestors(git, one, other)
    if bases:
        return bases
    hint = UNSHALLOW if git.where.shallow else "name a commit that both descend from"
    raise GitError(f"{one[:12]} and {other[:12]} have no common ancestor here", hint)


def common_ancestors(git: Git, one: str, other: str) -> tuple[str, ...]:
    """As `merge_bases`, and empty where there is none."""
    out = git.run("merge-base", "--all", one, other, codes=(0, 1))
    return tuple(out.decode("ascii").split())


def is_ancestor(git: Git, old: str, new: str) -> bool:
    """Return True if `new` has `old` in its history (both ids)."""
    return git.answer("merge-base", "--is-ancestor", old, new, codes=(0, 1))[0] == 0


Keeps = Callable[[Entry, bytes], bool]


def has_content(entry: Entry, data: bytes) -> bool:
    """Return True for a regular file that is neither empty nor blank."""
    return entry.is_file and not is_blank(data)


def is_folder(entry: Entry, _data: bytes) -> bool:
    """Return True for a folder: Git keeps none that is empty."""
    return entry.mode == TREE


def lost_commit(
    git: Git, path: str, ref: str = "HEAD", keeps: Keeps = has_content
) -> str | None:
    """Return the newest commit in the history of `ref` that holds `path` as `keeps`
    wants it.

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
        message = f"this shallow clone has no commit with {shown}"
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
    """Return the one without a descendant among them; the latest by date, if
    several."""
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


_CHUNK = 1 << 20


class Step(NamedTuple):
    """From `parent` (None: from nothing) to `commit`. `raw` is Git's own list of what
    differs, which `changes` reads."""

    commit: str
    parent: str | None
    parents: tuple[str, ...]
    raw: list[bytes]

    def changes(self) -> list[Change]:
        """Return what differs; raises `GitError` as `changes.parse_raw` does."""
        return parse_raw(b"".join(field + b"\0" for field in self.raw))

    def removed_or_changed(self) -> Iterator[str]:
        """Yield the paths that the parent had and that are not as they were."""
        for header, path in zip(self.raw[::2], self.raw[1::2], strict=True):
            if not header.endswith(b"A"):
                yield os.fsdecode(path)

    def added(self) -> Iterator[str]:
        """Yield the paths that the parent did not have, or not as the kind that they
        are."""
        for header, path in zip(self.raw[::2], self.raw[1::2], strict=True):
            if header.endswith((b"A", b"T")):
                yield os.fsdecode(path)


def commits_of(git: Git, text: str) -> list[tuple[str, ...]]:
    """Return every commit of `A..B`, or of the history of one commit, with its parents.

    The newest comes first, and no commit before all of its children. Raises `GitError`
    in a shallow clone, which cannot say what its history does not have.
    """
    if git.where.shallow:
        raise GitError("a shallow clone does not have the whole history", UNSHALLOW)
    start, dots, end = text.partition("..")
    names = [
        find_commit(git, end or "HEAD").oid if dots else find_commit(git, text).oid
    ]
    if dots:
        names.append("^" + find_commit(git, start or "HEAD").oid)
    args = ("rev-list", "--topo-order", "--parents", *names, "--")
    lines = git.run(*args).decode("ascii").splitlines()
    return [tuple(line.split(" ")) for line in lines]


def steps(
    git: Git,
    commits: Iterable[tuple[str, ...]],
    tick: Callable[[int], None] = lambda _number: None,
) -> Iterator[Step]:
    """Yield a step for each parent of each of `commits`, in their order.

    `tick` is called with the number of commits that have begun. Raises `GitError` when
    Git does not answer for every one of them.
    """
    wanted = list(_wanted(commits))
    args = ("diff-tree", "--stdin", "--root", "--always", "-r", *RAW)
    link = pipes(git.start(args))
    asked = "".join(
        f"{one} {parent or ''}".rstrip() + "\n" for one, parent, _ in wanted
    )
    writer = Thread(target=_feed, args=(link.stdin, asked.encode("ascii")), daemon=True)
    writer.start()
    try:
        groups = _groups(_fields(link.stdout))
        number, last = 0, ""
        for commit, parent, parents in wanted:
            if commit != last:
                number, last = number + 1, commit
                tick(number)
            yield Step(commit, parent, parents, _next(groups, commit))
    except BaseException:  # also when nobody asks for the next: Git would wait for ever
        link.process.kill()
        raise
    finally:
        writer.join()
        said = link.stderr.read()
        code = link.end()
    if code:
        raise git.failure(args, code, said)


def _wanted(
    commits: Iterable[tuple[str, ...]],
) -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    for commit, *parents in commits:
        if not parents:
            yield commit, None, ()
        for parent in parents:
            yield commit, parent, tuple(parents)


def _feed(stdin: IO[bytes], data: bytes) -> None:
    # When Git has ended before, `_next` reports what it did not answer for.
    try:
        stdin.write(data)
        stdin.close()
    except OSError:
        return


def _fields(stdout: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stdout.read(_CHUNK):
        *fields, rest = (rest + chunk).split(b"\0")
        yield from fields
    if rest:
        raise GitError("Git's list of changes is incomplete", "run treeguard again")


def _groups(fields: Iterator[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Yield ids, each with what follows it: pairs of a header (with a colon) and a
    path."""
    name, group = "", list[bytes]()
    for field in fields:
        if field.startswith(b":"):
            group += (field, next(fields, b""))
            continue
        if name:
            yield name, group
        name, group = field.decode("ascii", "replace").strip(), []
    if name:
        yield name, group


def _next(groups: Iterator[tuple[str, list[bytes]]], commit: str) -> list[bytes]:
    name, group = next(groups, ("", []))
    if name != commit:
        raise GitError(
            f"Git did not report what commit {commit} changed", "run `git fsck --full`"
        )
    return group
