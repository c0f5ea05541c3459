"""`treeguard migrate status`: the migration's state, and what to type next."""

from __future__ import annotations

import argparse

from treeguard.commands.migrate.migration_session import open_migration
from treeguard.commands.terminal import show
from treeguard.migration.history_lookup import APPLIED
from treeguard.migration.history_lookup import NONE
from treeguard.migration.history_lookup import UNDO_INTERRUPTED
from treeguard.migration.history_lookup import Status
from treeguard.migration.history_lookup import begun_only

HELP = "show its state here, and what to type next"


def add_options(_group: argparse._ArgumentGroup) -> None:
    """Add no options."""


def run(args: argparse.Namespace) -> int:
    """Return 0 always: it only reports."""
    with open_migration(args, alone=False) as opened:
        lost = opened.lost_trail() if opened.status.state == NONE else None
        text = f"{lost.message}\n  {lost.hint}" if lost else _described(opened.status)
        show(f"{opened.migration.id}: {text}\n")
    return 0


def _described(status: Status) -> str:
    if status.state == APPLIED and status.trail:
        trail = status.trail
        return (
            f"performed on {trail.base[:12]}, recorded by {trail.record[:12]}\n"
            "  treeguard migrate verify    measures it\n"
            "  treeguard migrate undo      undoes it"
        )
    if status.state == NONE:
        begun = "interrupted before anything was touched"
        text = begun if begun_only(status) else "not performed"
        return f"{text}\n  treeguard migrate plan      shows what it would do"
    phase = status.journal.state if status.journal else ""
    if status.state == UNDO_INTERRUPTED:
        text = f"undo interrupted while {phase}"
        return f"{text}\n  treeguard migrate undo      completes it"
    return (
        f"interrupted while {phase}\n"
        "  treeguard migrate apply     continues\n"
        "  treeguard migrate undo      undoes it"
    )
