"""`treeguard restore`: a lost file or folder, from the newest commit that had it."""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple

from treeguard.commands.arguments import repository_path
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.repository.history import is_folder
from treeguard.repository.history import lost_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.plumbing import filters_off

NAME = "restore"
HELP = "bring back what was deleted, from the commit that last had it"
EPILOG = """\
What comes back is in the index and the work tree, as the commit has it: no filter of
the repository runs (`git lfs pull` fetches what Git LFS keeps). Nothing is ever
overwritten, and a folder comes back only if it is gone as a whole.

examples:
  treeguard restore reports/2025/latency.json
  treeguard restore --from origin/main reports/a.csv reports/b.csv
"""

LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


class Found(NamedTuple):
    """A file or folder to bring back, and the commit that has it."""

    path: str
    commit: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which files, and in whose history they are looked for."""
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file or folder to bring back"
    )
    parser.add_argument(
        "--from",
        dest="ref",
        default="HEAD",
        metavar="REF",
        help="look in the history of this commit (default: HEAD)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when every file is back. All are looked for before the first is written."""
    git = Git()
    try:
        top = _work_tree(git)
        found = [_find(git, top, typed, args.ref) for typed in args.paths]
        above = Git(top)
        for path, commit in found:
            args_of = ("restore", f"--source={commit}", "--staged", "--worktree", "--")
            env = {**LITERAL, **filters_off(git)}
            above.run(*args_of, os.fsencode(path), env=env)
            show(f"{escape(path)}: back as commit {commit[:12]} has it\n")
    finally:
        git.close()
    return 0


def _work_tree(git: Git) -> str:
    top = git.where.top
    if top is None:
        raise UsageError(
            "there is no work tree here to bring a file back into",
            "run `treeguard restore` in a clone that has one",
        )
    return top


def _find(git: Git, top: str, typed: str, ref: str) -> Found:
    path = repository_path(git, typed)
    if os.path.lexists(os.path.join(top, path)):
        raise UsageError(
            f"{typed} exists, and nothing is overwritten",
            "move it away first, or name the file that is missing",
        )
    commit = lost_commit(git, path, ref) or lost_commit(git, path, ref, is_folder)
    if commit is None:
        raise UsageError(
            f"no commit in the history of {ref} has {path} as a file with content,"
            " or as a folder",
            "name a commit of another branch with --from REF",
        )
    return Found(path, commit)
