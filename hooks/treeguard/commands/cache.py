"""`treeguard cache`: show the store's path and size, or remove it."""

from __future__ import annotations

import argparse

from treeguard.commands.terminal import inform
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.formats.escape import escape
from treeguard.stages.session import open_session

HELP = "show or clear the stored facts about this repository's objects"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the action."""
    parser.add_argument(
        "action",
        choices=("info", "clear"),
        help="info: its path and size; clear: remove it (it is created again)",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0. Raises `UsageError` when the store cannot be removed."""
    with open_session() as (_git, store):
        info = store.info()
        if args.action == "info":
            show(f"path: {escape(info.path)}\n")
            show(f"size: {info.size} bytes\nrows: {info.rows}\n")
            return 0
        try:
            store.clear()
        except OSError as error:
            reason = reason_of(error)
            message = f"{info.path} cannot be removed: {reason}"
            raise UsageError(message, "remove the file yourself") from error
    inform(args, f"removed {info.path} ({info.size} bytes)")
    return 0
