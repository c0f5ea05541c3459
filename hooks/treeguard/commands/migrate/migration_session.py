"""What the acting subcommands stand on: the work tree's top, and the migration."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.commands.migrate.plan import chosen_policy
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.apply.ref_swap import release_ours
from treeguard.migration.journal import held
from treeguard.migration.status import Status
from treeguard.migration.status import status_of
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.names import UNSHALLOW
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import open_repository
from treeguard.stages.session import open_session


class Opened(NamedTuple):
    """The repository at its top, HEAD, the policy, its migration, how that stands."""

    git: Git
    store: Store
    head: Commit
    policy: Policy
    migration: Migration
    status: Status

    def lost_trail(self) -> UsageError | None:
        """What to say of a tree that has the record, in a history without its commits:
        they were squashed, copied without their trailers, or are not in this clone."""
        record = self.migration.record
        is_there = tree_snapshot(self.git, self.head.oid).entry(record) is not None
        if self.status.trail or not is_there:
            return None
        shown, name = escape(record), escape(self.migration.id)
        message = f"{shown} is there, but the history has no commits of {name}"
        hint = f"`git log -- {shown}` shows whether they were squashed, and where"
        return UsageError(message, UNSHALLOW if self.git.where.shallow else hint)


@contextmanager
def opened_migration(args: argparse.Namespace, *, alone: bool) -> Iterator[Opened]:
    """Open it; with `alone`, no other treeguard works on it meanwhile.

    Everything runs from the top of the work tree: the folder that we were called in may
    be one that moves away.
    """
    here = open_repository()
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
            yield Opened(git, store, head, policy, migration, status)
            return
        with held(status.folder):
            release_ours(git, status.folder)
            status = status_of(git, migration.id)
            yield Opened(git, store, head, policy, migration, status)
