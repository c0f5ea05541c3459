"""Find a migration by the trailers of its commits, in any clone, or by its journal."""

from __future__ import annotations

import os
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import Journal
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.repository.history import find_commit
from treeguard.repository.history import parse_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import UNSHALLOW

# The trailer of every commit of a migration holds its id and one of these kinds.
TRAILER = "Treeguard-Migration"
KIND_MOVE = "move"
KIND_REWRITE = "rewrite"
KIND_RECORD = "record"

# The commit of the record also writes this file.
IGNORE_REVS = ".git-blame-ignore-revs"


NONE = "none"
INTERRUPTED = "interrupted"
UNDO_INTERRUPTED = "undo interrupted"
APPLIED = "applied"


class Trail(NamedTuple):
    """The commits of one migration, by id: its base, its moves in order, the rewrites
    (None: there were none) and the record."""

    base: str
    moves: tuple[str, ...]
    rewrite: str | None
    record: str


def find_trail(git: Git, name: str, ref: str = "HEAD") -> Trail | None:
    """Return the newest migration with the id `name` in the history of `ref`.

    None if there is none, or if a later commit undid it. Raises `GitError` in a clone
    that is too shallow to hold all of its commits.
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
    undone_by = f"--grep={TRAILER}-Undone: {name}"
    reverted = f"--grep=This reverts commit {record}"  # what `git revert` writes
    undone = (
        "rev-list",
        "-1",
        "--fixed-strings",
        undone_by,
        reverted,
        f"{record}..{ref}",
    )
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
    """Return the kind of a commit of the migration; None for any other commit."""
    found = git.objects.get(oid)
    parse_commit(found)
    prefix = f"{TRAILER}: {name} ".encode()
    for line in found.data.partition(b"\n\n")[2].split(b"\n"):
        if line.startswith(prefix):
            return line[len(prefix) :].decode("utf-8", "replace")
    return None


def moved_paths(git: Git, trail: Trail) -> tuple[dict[str, str], list[str]]:
    """Map old paths to new ones as Git pairs the files of the moves; and list the
    paths with which a commit of moves does anything else."""
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


class Status(NamedTuple):
    """`state` is one of the four words above; the journal's folder, the journal if it
    exists, and the commits if HEAD's history has them."""

    state: str
    folder: str
    journal: Journal | None
    trail: Trail | None


def status_of(git: Git, name: str) -> Status:
    """Return the status in this work tree of the migration with the id `name`."""
    folder = folder_of(git, name)
    journal = load(folder)
    if journal is not None and journal.unfinished:
        word = INTERRUPTED if journal.direction == APPLY else UNDO_INTERRUPTED
        return Status(word, folder, journal, None)
    trail = find_trail(git, name)
    return Status(APPLIED if trail else NONE, folder, journal, trail)


def begun_only(status: Status) -> bool:
    """Return True for a run that was interrupted before it touched anything."""
    return status.journal is not None and status.journal.state == STAGING
