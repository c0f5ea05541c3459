"""`treeguard migrate undo`: back to the tree before, from the end or the middle."""

from __future__ import annotations

import argparse
import os

from treeguard.commands.migrate.migration_session import opened_migration
from treeguard.commands.terminal import complain
from treeguard.commands.terminal import detail
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.migration.status import APPLIED
from treeguard.migration.undo import Undone
from treeguard.migration.undo import undo

HELP = "take it back: files, index and branch as they were"


def add_options(_group: argparse._ArgumentGroup) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """0 when everything is as it was; errors name what stands in the way."""
    with opened_migration(args, alone=True) as opened:
        status = opened.status
        if status.state == APPLIED and status.trail and not _here(status.journal):
            first = (status.trail.moves or (status.trail.record,))[0]
            message = "the migration was not performed in this work tree"
            hint = f"git revert --no-edit {first}^..{status.trail.record}"
            raise UsageError(message, hint)
        done = undo(
            opened.git,
            status.folder,
            status.journal,
            lambda said: detail(args, said),
            progress_of(args),
        )
    _report(opened.migration.id, done)
    return 0


def _here(journal: object) -> bool:
    return journal is not None


def _report(name: str, done: Undone) -> None:
    if done.journal is None:
        show(f"{name}: there is nothing to take back\n")
        return
    show(f"{name} is taken back: HEAD is {done.journal.target}\n")
    for path in done.left:
        complain(_safe(f"{path} was edited meanwhile: it stays"))
    for path in done.newer:
        complain(_safe(f"{path} came later, and stays in its new place"))


def _safe(line: str) -> str:
    return os.fsencode(line).decode("utf-8", "backslashreplace")
