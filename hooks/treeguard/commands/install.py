"""`treeguard install`: puts the native hooks in place."""

from __future__ import annotations

import argparse
import sys

from treeguard.admin import install
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import tell
from treeguard.repository.plumbing import Git

NAME = "install"
HELP = "put the hooks in place that hold every commit and push to the policy"
EPILOG = """\
examples:
  treeguard install              commits, merges and pushes of this repository
  treeguard install --hard       also what --no-verify, rebase and revert pass by
  treeguard install --server     in a bare repository: every push into it
"""
INTRUSIVE = (
    "prepare-commit-msg judges every commit a second time, those of a rebase too, and"
    " cannot be skipped: a finding in the middle of a rebase stops it."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which hooks, beyond those of a commit and a push."""
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--hard",
        action="store_true",
        help="also prepare-commit-msg, which --no-verify does not skip (intrusive)",
    )
    kind.add_argument(
        "--server",
        action="store_true",
        help="pre-receive and post-receive, in the repository that is pushed to",
    )


def run(args: argparse.Namespace) -> int:
    """0; a hook of somebody else is a usage error, and stays."""
    git = Git()
    try:
        if args.server:
            return _serve(git, args)
        stages = (*install.STAGES, install.HARD) if args.hard else install.STAGES
        folder = install.hooks_folder(git)
        for sentence in install.install(folder, sys.executable, stages):
            tell(args, sentence)
    finally:
        git.close()
    if args.hard:
        tell(args, INTRUSIVE)
    tell(args, "`treeguard doctor` proves that they fire.")
    return 0


def _serve(git: Git, args: argparse.Namespace) -> int:
    folder = install.server_folder(git)
    stages = (install.SERVER, install.AFTER)
    for sentence in install.install(folder, sys.executable, stages):
        tell(args, sentence)
    tell(args, "The policy of the default branch, as it stands, binds every push.")
    if git.run("rev-parse", "--verify", "-q", "HEAD", codes=(0, 1)):
        tell(args, "Reading its files once, so that no push has to...")
        _learn(args)
    return 0


def _learn(args: argparse.Namespace) -> None:
    from treeguard.stages.session import open_session
    from treeguard.stages.warm_cache import learn

    with open_session() as session:
        learn(session, progress=progress_of(args))
