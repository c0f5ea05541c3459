"""What the acting subcommands stand on: the work tree's top, and the migration."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.commands.migrating.plan import chosen_policy
from treeguard.errors import UsageError
from treeguard.facts.store import Store
from treeguard.migration.journal import held
from treeguard.migration.status import Status
from treeguard.migration.status import status_of
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages import opening


class Opened(NamedTuple):
    """The repository at its top, HEAD, the policy, its migration, how that stands."""

    git: Git
    store: Store
    head: Commit
    policy: Policy
    migration: Migration
    status: Status


@contextmanager
def opened_migration(args: argparse.Namespace, *, alone: bool) -> Iterator[Opened]:
    """Open it; with `alone`, no other treeguard works on it meanwhile.

    Everything runs from the top of the work tree: the folder that we were called in may
    be one that moves away.
    """
    here = opening.open_repository()
    try:
        top = here.where.top or here.cwd
    finally:
        here.close()
    with opening.opened(top) as (git, store):
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
            status = status_of(git, migration.id)
            yield Opened(git, store, head, policy, migration, status)
