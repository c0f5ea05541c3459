"""A history as steps: what each commit changed, seen from each of its parents.

One `git rev-list` and one `git diff-tree --stdin` for all commits; nothing is paired as
a rename, and no merge is simplified away.
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
from treeguard.repository.changes import RAW
from treeguard.repository.changes import parse_raw
from treeguard.repository.history import find_commit
from treeguard.repository.names import UNSHALLOW
from treeguard.repository.plumbing import Git
from treeguard.repository.process import pipes
from treeguard.trees import Change

_CHUNK = 1 << 20


class Step(NamedTuple):
    """From `parent` (None: from nothing) to `commit`. `raw` is Git's own list of what
    differs, which `changes` reads."""

    commit: str
    parent: str | None
    parents: tuple[str, ...]
    raw: list[bytes]

    def changes(self) -> list[Change]:
        """What differs; raises `GitError` as `changes.parse_raw` does."""
        return parse_raw(b"".join(field + b"\0" for field in self.raw))

    def removed_or_changed(self) -> Iterator[str]:
        """The paths that the parent had and that are not as they were."""
        for header, path in zip(self.raw[::2], self.raw[1::2], strict=True):
            if not header.endswith(b"A"):
                yield os.fsdecode(path)

    def added(self) -> Iterator[str]:
        """The paths that the parent did not have, or not as the kind that they are."""
        for header, path in zip(self.raw[::2], self.raw[1::2], strict=True):
            if header.endswith((b"A", b"T")):
                yield os.fsdecode(path)


def commits_of(git: Git, text: str) -> list[tuple[str, ...]]:
    """Every commit of `A..B`, or of the history of one commit, with its parents.

    The newest comes first, and no commit before all of its children. Raises `GitError`
    in a shallow clone, which cannot say what its history does not have.
    """
    if git.where.shallow:
        raise GitError("a shallow clone has no whole history to look at", UNSHALLOW)
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
    """A step for each parent of each of `commits`, in their order.

    `tick` is told how many commits have begun. Raises `GitError` when Git does not
    answer for every one of them.
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
    # When Git has ended before, what it did not answer for is told by `_next`.
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
        raise GitError("Git's list of changes is cut off", "run treeguard again")


def _groups(fields: Iterator[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Ids, each with what follows it: pairs of a header (with a colon) and a path."""
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
            f"Git did not say what commit {commit} changed", "run `git fsck --full`"
        )
    return group
