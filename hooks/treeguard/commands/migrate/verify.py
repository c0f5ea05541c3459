"""`treeguard migrate verify`: the checklist, each line with what was measured."""

from __future__ import annotations

import argparse

from treeguard.commands.migrate.migration_session import opened_migration
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.status import APPLIED
from treeguard.migration.verify.checklist import verify

HELP = "measure what was performed: moves, imports, links, and the policy"
MOST = 20


def add_options(_group: argparse._ArgumentGroup) -> None:
    """It has none."""


def run(args: argparse.Namespace) -> int:
    """0 when every line of the checklist holds, 1 when one does not."""
    with opened_migration(args, alone=False) as opened:
        trail = opened.status.trail
        if opened.status.state != APPLIED or trail is None:
            lost = opened.lost_trail()
            if lost is not None:
                raise lost
            message = f"{opened.migration.id} is not performed in the history of HEAD"
            raise UsageError(message, "`treeguard migrate status` says where it stands")
        holds = True
        for line in verify(opened.git, opened.store, opened.policy, trail):
            holds = holds and line.holds
            show(f"[{'x' if line.holds else ' '}] {escape(line.text)}\n")
            for detail in line.details[:MOST]:
                show(f"      {escape(detail)}\n")
            if line.details[MOST:]:
                show(f"      and {len(line.details) - MOST} more\n")
    return 0 if holds else 1
