"""Finds a migration in the history by the trailers of its commits, in any clone."""

from __future__ import annotations

import os
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.migration.apply.commits import KIND_MOVE
from treeguard.migration.apply.commits import KIND_RECORD
from treeguard.migration.apply.commits import TRAILER
from treeguard.repository.history import find_commit
from treeguard.repository.history import parse_commit
from treeguard.repository.names import UNSHALLOW
from treeguard.repository.plumbing import Git


class Trail(NamedTuple):
    """The commits of one migration, by id: what it was made for, its moves in order,
    the rewrites (None: there were none) and the record."""

    base: str
    moves: tuple[str, ...]
    rewrite: str | None
    record: str


def find_trail(git: Git, name: str, ref: str = "HEAD") -> Trail | None:
    """The newest migration with the id `name` in the history of `ref`, if it is there.

    None too when it was taken back by a later commit. Raises `GitError` in a clone that
    is too shallow to hold all of its commits.
    """
    args = (
        "rev-list",
        "-1",
        "--fixed-strings",
        f"--grep={TRAILER}: {name} {KIND_RECORD}",
    )
    record = git.run(*args, ref).decode("ascii").strip()
    if not record:
        return None
    back = f"--grep={TRAILER}-Undone: {name}"
    reverted = f"--grep=This reverts commit {record}"  # what `git revert` writes
    undone = ("rev-list", "-1", "--fixed-strings", back, reverted, f"{record}..{ref}")
    return None if git.run(*undone).strip() else _walk(git, name, record)


def _walk(git: Git, name: str, record: str) -> Trail:
    moves: list[str] = []
    rewrite: str | None = None
    oid = _parent(git, record)
    while (kind := _kind(git, name, oid)) is not None:
        if kind == KIND_MOVE:
            moves.insert(0, oid)
        else:
            rewrite = oid
        oid = _parent(git, oid)
    return Trail(oid, tuple(moves), rewrite, record)


def _parent(git: Git, oid: str) -> str:
    parents = find_commit(git, oid).parents
    if not parents:
        raise GitError(f"commit {oid[:12]} has no parent here", UNSHALLOW)
    return parents[0]


def _kind(git: Git, name: str, oid: str) -> str | None:
    """What a commit is to the migration; None when it is none of its commits."""
    found = git.objects.get(oid)
    parse_commit(found)
    prefix = f"{TRAILER}: {name} ".encode()
    for line in found.data.partition(b"\n\n")[2].split(b"\n"):
        if line.startswith(prefix):
            return line[len(prefix) :].decode("utf-8", "replace")
    return None


def moved_paths(git: Git, trail: Trail) -> tuple[dict[str, str], list[str]]:
    """Old path to new path, as Git itself pairs the files of the moves; and the paths
    with which a commit of moves does anything else."""
    composed: dict[str, str] = {}
    strange: list[str] = []
    parent = trail.base
    for commit in trail.moves:
        args = ("diff-tree", "-r", "-z", "-M100%", "-l0", "--name-status")
        fields = git.run(*args, parent, commit).split(b"\0")[:-1]
        step: dict[str, str] = {}
        while fields:
            letter = fields.pop(0)
            if letter == b"R100":
                step[os.fsdecode(fields[0])] = os.fsdecode(fields[1])
                del fields[:2]
            else:
                strange.append(os.fsdecode(fields.pop(0)))
        stops = {new: old for old, new in composed.items()}
        composed |= {stops.get(old, old): new for old, new in step.items()}
        parent = commit
    return composed, strange
