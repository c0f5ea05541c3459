"""Restore a lost file or folder from the newest commit that had it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.repository.history import is_folder
from treeguard.repository.history import lost_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.plumbing import filters_off

LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


class Lost(NamedTuple):
    """A missing file or folder, and the commit to restore it from."""

    path: str
    commit: str


def find_lost(git: Git, paths: Iterable[str], ref: str) -> list[Lost]:
    """Find each of `paths` in the history of `ref`.

    Raises `UsageError` for one that exists, or that no commit had.
    """
    return [_find(git, path, ref) for path in paths]


def _find(git: Git, path: str, ref: str) -> Lost:
    if git.where.top is None:
        raise UsageError(
            "not in a work tree", "run `treeguard restore` in a clone that has one"
        )
    if os.path.lexists(os.path.join(git.where.top, path)):
        raise UsageError(
            f"{path} exists, and nothing is overwritten",
            "move it away first, or name the file that is missing",
        )
    commit = lost_commit(git, path, ref) or lost_commit(git, path, ref, is_folder)
    if commit is None:
        raise UsageError(
            f"no commit in the history of {ref} has {path} as a file with content,"
            " or as a folder",
            "name a commit of another branch with --from REF",
        )
    return Lost(path, commit)


def restore(git: Git, found: Iterable[Lost]) -> Iterator[Lost]:
    """Restore the files to the index and the work tree, and yield each one."""
    top = Git(str(git.where.top))
    for lost in found:
        args = ("restore", f"--source={lost.commit}", "--staged", "--worktree", "--")
        env = {**LITERAL, **filters_off(git)}
        top.run(*args, os.fsencode(lost.path), env=env)
        yield lost
