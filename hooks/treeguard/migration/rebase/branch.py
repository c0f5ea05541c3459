"""The branch that is rebased: whether it may be moved, and the step that does it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.migration.apply.objects_writer import flushed
from treeguard.repository.names import find
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.refs import BRANCHES

# A rebase that waits for its user has HEAD detached, and names its branch here.
_WAITING = ("rebase-merge/head-name", "rebase-apply/head-name")


def branch_tip(git: Git, branch: str) -> str:
    """The commit that a local branch names. Raises `UsageError` for any other name."""
    ref = os.fsencode(BRANCHES + branch)
    if git.answer("show-ref", "--verify", "-q", ref, codes=(0, 1, 128))[0]:
        shown = printable(os.fsencode(branch))
        hint = "`git branch` lists them; `git branch NAME origin/NAME` makes one"
        raise UsageError(f"there is no local branch {shown}", hint)
    return find(git, BRANCHES + branch, "commit").oid


def refuse_in_use(git: Git, branch: str) -> None:
    """Refuse a branch that a work tree stands on: its files would not go along.

    That the current one is refused too is meant: everything then happens to objects
    alone, and Git itself brings the files, with all its care for edits.
    """
    for place, ref in _stands(git):
        if ref == os.fsencode(BRANCHES + branch):
            shown, where = printable(os.fsencode(branch)), printable(place)
            message = f"{shown} is checked out in {where}"
            hint = "`git switch` to another branch there, or `git switch --detach`"
            raise UsageError(message, f"{hint}; then run it again")


def _stands(git: Git) -> Iterator[tuple[bytes, bytes]]:
    """Each work tree with the ref that it is on, or was when its rebase began."""
    place = b""
    for line in git.run("worktree", "list", "--porcelain").split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"worktree":
            place = value
        elif key == b"branch":
            yield place, value
    linked = os.path.join(git.where.common_dir, "worktrees")
    names = sorted(os.listdir(linked)) if os.path.isdir(linked) else []
    folders = [git.where.common_dir, *(os.path.join(linked, name) for name in names)]
    for folder in folders:
        for waiting in _WAITING:
            try:
                with open(os.path.join(folder, waiting), "rb") as file:
                    yield os.fsencode(folder), file.read().strip()
            except (FileNotFoundError, NotADirectoryError):
                continue


def kept_ref(name: str, branch: str) -> str:
    """Where the old tip of a branch is kept, for the migration `name`."""
    return f"refs/treeguard/{name}/rebased/{branch}"


def swing(git: Git, name: str, branch: str, new: str, old: str) -> None:
    """Bring the branch from `old` to `new` and keep `old`, both or neither.

    Raises `GitError` when the branch is somewhere else by now.
    """
    keep = f"update {kept_ref(name, branch)}\0{old}\0\0"
    lines = f"{keep}update {BRANCHES}{branch}\0{new}\0{old}\0"
    text = f"treeguard migrate rebase: {name}"
    args = (*flushed(git), "update-ref", "-m", text, "--stdin", "-z")
    code, _, err = git.answer(*args, codes=(0, 128), stdin=os.fsencode(lines))
    if code:
        if branch_tip(git, branch) != old:
            shown = printable(os.fsencode(branch))
            message = f"{shown} was moved by somebody else meanwhile"
            raise GitError(message, "nothing was changed: run it again")
        raise git.failure(args, code, err)
