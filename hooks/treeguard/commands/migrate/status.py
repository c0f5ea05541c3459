"""`treeguard migrate status`: where the migration stands, and what to type next."""

from __future__ import annotations

import argparse

from treeguard.commands.migrate.migration_session import opened_migration
from treeguard.commands.terminal import show
from treeguard.migration.status import APPLIED
from treeguard.migration.status import NONE
from treeguard.migration.status import UNDO_INTERRUPTED
from treeguard.migration.status import Status
from treeguard.migration.status import begun_only

HELP = "say where it stands here, and what to type next"


def add_options(_group: argparse._ArgumentGroup) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """Always 0: it is a question."""
    with opened_migration(args, alone=False) as opened:
        lost = opened.lost_trail() if opened.status.state == NONE else None
        text = f"{lost.message}\n  {lost.hint}" if lost else _said(opened.status)
        show(f"{opened.migration.id}: {text}\n")
    return 0


def _said(status: Status) -> str:
    if status.state == APPLIED and status.trail:
        trail = status.trail
        return (
            f"performed upon {trail.base[:12]}, recorded by {trail.record[:12]}\n"
            "  treeguard migrate verify    measures it\n"
            "  treeguard migrate undo      takes it back"
        )
    if status.state == NONE:
        begun = "begun, and ended before anything was touched"
        text = begun if begun_only(status) else "not performed"
        return f"{text}\n  treeguard migrate plan      shows what it would do"
    phase = status.journal.state if status.journal else ""
    if status.state == UNDO_INTERRUPTED:
        text = f"interrupted while it was taken back, {phase}"
        return f"{text}\n  treeguard migrate undo      finishes that"
    return (
        f"interrupted while {phase}\n"
        "  treeguard migrate apply     goes on\n"
        "  treeguard migrate undo      takes it back"
    )
