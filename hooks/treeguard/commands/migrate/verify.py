"""`treeguard migrate verify`: prints the checklist, each line with its measurement."""

from __future__ import annotations

import argparse

from treeguard.commands.migrate.migration_session import first_items
from treeguard.commands.migrate.migration_session import open_migration
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.history_lookup import APPLIED
from treeguard.migration.verify import verify

HELP = "measure what was performed: moves, imports, links, and the policy"


def add_options(_group: argparse._ArgumentGroup) -> None:
    """Add no options."""


def run(args: argparse.Namespace) -> int:
    """Return 0 when every line of the checklist holds, 1 when one does not."""
    with open_migration(args, alone=False) as opened:
        trail = opened.status.trail
        if opened.status.state != APPLIED or trail is None:
            lost = opened.lost_trail()
            if lost is not None:
                raise lost
            message = f"{opened.migration.id} is not performed in the history of HEAD"
            raise UsageError(message, "`treeguard migrate status` shows its state")
        holds = True
        for line in verify(opened.git, opened.store, opened.policy, trail):
            holds = holds and line.holds
            show(f"[{'x' if line.holds else ' '}] {escape(line.text)}\n")
            for detail in first_items(line.details):
                show(f"      {escape(detail)}\n")
    return 0 if holds else 1
