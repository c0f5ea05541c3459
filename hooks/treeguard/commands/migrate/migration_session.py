"""What the subcommands share: the repository, the migration, and its status."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.commands.migrate.plan import chosen_policy
from treeguard.commands.terminal import detail
from treeguard.commands.terminal import progress_of
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.apply.executor import Execution
from treeguard.migration.apply.ref_swap import release_ours
from treeguard.migration.history_lookup import Status
from treeguard.migration.history_lookup import status_of
from treeguard.migration.journal import locked
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import UNSHALLOW
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import open_session

# The longest list that a person reads.
MOST = 20


class MigrationSession(NamedTuple):
    """The repository at its top, HEAD, the policy, its migration, and the status."""

    git: Git
    store: Store
    head: Commit
    policy: Policy
    migration: Migration
    status: Status

    def lost_trail(self) -> UsageError | None:
        """Return the error for a tree with the record but without the commits: they
        were squashed, copied without their trailers, or are not in this clone."""
        record = self.migration.record
        is_there = tree_snapshot(self.git, self.head.oid).entry(record) is not None
        if self.status.trail or not is_there:
            return None
        shown, name = escape(record), escape(self.migration.id)
        message = f"{shown} exists, but the history has no commits of {name}"
        hint = f"`git log -- {shown}` shows whether they were squashed, and where"
        return UsageError(message, UNSHALLOW if self.git.where.shallow else hint)


@contextmanager
def open_migration(
    args: argparse.Namespace, *, alone: bool
) -> Iterator[MigrationSession]:
    """Open the migration; with `alone`, lock it against other processes.

    Everything runs from the top of the work tree: the current folder may be one that
    moves away.
    """
    here = Git()
    try:
        top = here.where.top or here.cwd
    finally:
        here.close()
    with open_session(top) as (git, store):
        head = find_commit(git, "HEAD")
        policy = chosen_policy(args, tree_snapshot(git, head.oid))
        migration = policy.migration
        if migration is None:
            hint = "add one, with its moves"
            raise UsageError(f"{policy.path} has no [migration] to perform", hint)
        status = status_of(git, migration.id)
        if not alone:
            yield MigrationSession(git, store, head, policy, migration, status)
            return
        with locked(status.folder):
            release_ours(git, status.folder)
            status = status_of(git, migration.id)
            yield MigrationSession(git, store, head, policy, migration, status)


def execution(args: argparse.Namespace, opened: MigrationSession) -> Execution:
    """Return what performs the migration, and shows its steps with --verbose."""
    folder, progress = opened.status.folder, progress_of(args)
    return Execution(opened.git, folder, lambda text: detail(args, text), progress)


def first_items(items: Sequence[str]) -> Iterator[str]:
    """Yield the first items, and how many more there are."""
    yield from items[:MOST]
    if items[MOST:]:
        yield f"and {len(items) - MOST} more"
