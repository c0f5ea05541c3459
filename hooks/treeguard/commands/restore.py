"""`treeguard restore`: restore a lost file or folder."""

from __future__ import annotations

import argparse
from contextlib import closing

from treeguard.admin.restore import find_lost
from treeguard.admin.restore import restore
from treeguard.commands.arguments import repository_path
from treeguard.commands.terminal import show
from treeguard.formats.escape import escape
from treeguard.repository.plumbing import Git

HELP = "bring back what was deleted, from the commit that last had it"
EPILOG = """\
Files are restored to the index and the work tree, as the commit has them: no filter of
the repository runs (`git lfs pull` fetches what Git LFS keeps). Nothing is overwritten,
and a folder is restored only if it is missing as a whole.

examples:
  treeguard restore reports/2025/latency.json
  treeguard restore --from origin/main reports/a.csv reports/b.csv
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the files, and the history to search."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file or folder to bring back"
    )
    parser.add_argument(
        "--from",
        dest="ref",
        default="HEAD",
        metavar="REF",
        help="search the history of this commit (default: HEAD)",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if every file is restored. All are found before the first is written."""
    with closing(Git()) as git:
        paths = [repository_path(git, typed) for typed in args.paths]
        for path, commit in restore(git, find_lost(git, paths, args.ref)):
            show(f"{escape(path)}: restored from commit {commit[:12]}\n")
    return 0
