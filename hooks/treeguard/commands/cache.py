"""`treeguard cache`: where the store is and what it holds, or an end to it."""

from __future__ import annotations

import argparse

from treeguard.commands.terminal import show
from treeguard.commands.terminal import tell
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.stages.session import open_session

NAME = "cache"
HELP = "show or clear what is kept about this repository's objects"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What to do with it."""
    parser.add_argument(
        "action",
        choices=("info", "clear"),
        help="info: where it is and its size; clear: remove it (it is made anew)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when done. Raises `UsageError` when the store cannot be removed."""
    with open_session() as (_git, store):
        info = store.info()
        if args.action == "info":
            show(f"path: {escape(info.path)}\n")
            show(f"size: {info.size} bytes\nrows: {info.rows}\n")
            return 0
        try:
            store.clear()
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            message = f"{info.path} cannot be removed: {reason}"
            raise UsageError(message, "remove the file yourself") from error
    tell(args, f"removed {info.path} ({info.size} bytes)")
    return 0
