"""The merge of a branch's files with those of the migration, where both changed some.

Git does it, on three commits of ours that nothing names: the fork, the record and the
commit of the branch, all in the new layout.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.migration.apply.commits import commit_tree
from treeguard.migration.rebase.layout import Performed
from treeguard.repository.history import find_commit
from treeguard.repository.merge_tree import WRITE_TREE
from treeguard.repository.merge_tree import merged_tree
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable


class Conflict(NamedTuple):
    """One place that has two contents: the commit of the branch, the path after the
    migration, and why. With `content` both sides changed what stands there."""

    commit: str
    path: str
    why: str
    content: bool


class Merged(NamedTuple):
    """The tree, or the conflicts because of which there is none."""

    tree: str
    conflicts: tuple[Conflict, ...]


def refuse_old_git(git: Git, path: str) -> None:
    """Refuse a Git that cannot merge in memory; `path` is a file on both sides."""
    if git.version < WRITE_TREE:
        shown = printable(os.fsencode(path))
        message = f"{shown} was changed on both sides, which this Git cannot merge here"
        raise GitError(message, "update Git to 2.38 or newer")


def merge(git: Git, done: Performed, commit: str, fork: str, theirs: str) -> Merged:
    """Merge the tree `theirs`, of the branch's `commit`, with that of the record; both
    come from the tree `fork`."""
    record = done.trail.record
    base = _commit(git, fork, record)
    ours = _commit(git, find_commit(git, record).tree, base)
    tree, paths = merged_tree(git, ours, _commit(git, theirs, base))
    if not paths:
        return Merged(tree, ())
    written = {file.path for file in done.created}
    return Merged("", tuple(_conflicts(commit, paths, written)))


def _commit(git: Git, tree: str, parent: str) -> str:
    return commit_tree(git, tree, parent, "a side of a merge\n", signed=False)


def _conflicts(
    commit: str, paths: Iterable[bytes], written: set[str]
) -> Iterator[Conflict]:
    for path in dict.fromkeys(os.fsdecode(path) for path in paths if path):
        why = "changed on the branch, and otherwise before the migration"
        if path in written:
            why = "the migration wrote this file, and the branch has its own"
        yield Conflict(commit, path, why, content=path not in written)
