"""Repositories that are migrated by tests: small plans by hand, and what is on disk."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from tests.support.git import Repo
from treeguard.migration.apply.executor import Applied
from treeguard.migration.apply.executor import Execution
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.apply.ref_swap import release_ours
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.migration.journal import locked
from treeguard.migration.undo import Undone
from treeguard.migration.undo import undo
from treeguard.plans import Edit
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot

ID = "patch-13"
RECORD = "patches/patch_13.md"
DEFAULT = ApplyOptions()


def git_of(repo: Repo) -> Git:
    """The repository as the product sees it, from its top."""
    return Git(str(repo.path), repo.env)


def plan_of(
    repo: Repo,
    moves: Mapping[str, str],
    edits: Mapping[str, tuple[str, str]] | None = None,
    created: Mapping[str, str] | None = None,
) -> Plan:
    """A plan by hand: old to new path; old path to a text and what replaces it."""
    git = git_of(repo)
    base = repo.head()
    tree = tree_snapshot(git, base)
    entries = {old: tree.entry(old) for old in moves}
    made = []
    for path, (old, new) in (edits or {}).items():
        entry = tree.entry(path)
        assert entry is not None
        start = tree.read(entry.oid).index(old.encode())
        edit = Edit(start, start + len(old.encode()), new.encode(), 1, "import")
        made.append(FileEdit(path, moves.get(path, path), (edit,)))
    git.close()
    return Plan(
        id=ID,
        title="Tidy up",
        base=base,
        moves=tuple(
            FileMove(old, moves[old], entry.mode, entry.oid, "it belongs there")
            for old, entry in entries.items()
            if entry is not None
        ),
        edits=tuple(made),
        created=tuple(
            NewFile(path, text.encode()) for path, text in (created or {}).items()
        ),
        kept=(),
        undecided=(),
        blockers=(),
        side_effects=(),
    )


def execution(git: Git, folder: str) -> Execution:
    """What performs a migration, in silence."""
    return Execution(git, folder, lambda _text: None)


def run_apply(repo: Repo, plan: Plan, options: ApplyOptions = DEFAULT) -> Applied:
    """Apply a plan in this process."""
    git = git_of(repo)
    try:
        folder = folder_of(git, ID)
        with locked(folder):
            release_ours(git, folder)
            return execution(git, folder).apply(plan, RECORD, options)
    finally:
        git.close()


def run_undo(repo: Repo) -> Undone:
    """Take the migration back in this process."""
    git = git_of(repo)
    try:
        folder = folder_of(git, ID)
        with locked(folder):
            release_ours(git, folder)
            return undo(execution(git, folder), load(folder))
    finally:
        git.close()


def on_disk(repo: Repo) -> dict[str, tuple[int, str]]:
    """Every file, link and empty folder of the work tree: its mode and a digest."""
    found: dict[str, tuple[int, str]] = {}
    for folder, names, files in os.walk(os.fsencode(repo.path)):
        if b".git" in names:
            names.remove(b".git")
        for name in [
            *files,
            *(n for n in names if os.path.islink(os.path.join(folder, n))),
        ]:
            full = os.path.join(folder, name)
            found[_relative(repo, full)] = _digest(full)
        if not names and not files:
            found[_relative(repo, folder)] = (0, "folder")
    return found


def _relative(repo: Repo, full: bytes) -> str:
    return os.fsdecode(os.path.relpath(full, os.fsencode(repo.path)))


def _digest(full: bytes) -> tuple[int, str]:
    mode = os.lstat(full).st_mode
    data = (
        os.readlink(full)
        if stat.S_ISLNK(mode)
        else Path(os.fsdecode(full)).read_bytes()
    )
    return stat.S_IMODE(mode), hashlib.sha256(data).hexdigest()


def state(repo: Repo) -> tuple[object, ...]:
    """Ref, index and work tree, to be compared as a whole."""
    listing = repo.run("ls-files", "-s", "-z").stdout
    return repo.head(), listing, on_disk(repo)


def resume_apply(repo: Repo, plan: Plan, options: ApplyOptions = DEFAULT) -> None:
    """What `migrate apply` does: go on with what was begun, else begin."""
    git = git_of(repo)
    try:
        folder = folder_of(git, ID)
        with locked(folder):
            release_ours(git, folder)
            journal = load(folder)
            if journal is not None and journal.unfinished:
                execution(git, folder).finish(journal)
            elif journal is None or journal.state == STAGING:
                execution(git, folder).apply(plan, RECORD, options)
    finally:
        git.close()
