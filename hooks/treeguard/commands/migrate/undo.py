"""`treeguard migrate undo`: restores the tree before, from the end or the middle."""

from __future__ import annotations

import argparse

from treeguard.commands.migrate.migration_session import execution
from treeguard.commands.migrate.migration_session import open_migration
from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.errors import UsageError
from treeguard.migration.history_lookup import APPLIED
from treeguard.migration.undo import undo

HELP = "restore files, index and branch as they were"


def add_options(_group: argparse._ArgumentGroup) -> None:
    """Add no options."""


def run(args: argparse.Namespace) -> int:
    """Return 0 when everything is restored; an error says what prevents it."""
    with open_migration(args, alone=True) as opened:
        status, name = opened.status, opened.migration.id
        if status.state == APPLIED and status.trail and status.journal is None:
            first = (status.trail.moves or (status.trail.record,))[0]
            message = "the migration was not performed in this work tree"
            hint = f"git revert --no-edit {first}^..{status.trail.record}"
            raise UsageError(message, hint)
        done = undo(execution(args, opened), status.journal)
    if done.journal is None:
        show(f"{name}: nothing to undo\n")
        return 0
    show(f"{name} is undone: HEAD is {done.journal.target}\n")
    for path in done.left:
        warn(f"{path} was edited meanwhile: it stays")
    for path in done.newer:
        warn(f"{path} was added later: it stays at its new path")
    return 0
