"""`treeguard install`: install the native hooks."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from treeguard.admin import install
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import warn
from treeguard.repository.plumbing import Git
from treeguard.stages.receive import first_push
from treeguard.stages.receive import local_target
from treeguard.stages.receive import unborn_head

HELP = "install Git hooks that enforce the policy"
EPILOG = """\
examples:
  treeguard install              commits, merges and pushes of this repository
  treeguard install --hard       also what --no-verify, rebase and revert bypass
  treeguard install --server     in a bare repository: every push into it
"""
INTRUSIVE = (
    "prepare-commit-msg checks every commit a second time, also those of a rebase, and"
    " cannot be skipped: a finding in the middle of a rebase stops it."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the hooks beyond those of a commit and a push."""
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
    """Return 0. Raises `UsageError` for a foreign hook, which is left as it is."""
    with closing(Git()) as git:
        if args.server:
            return _install_server(git, args)
        stages = (*install.STAGES, install.HARD) if args.hard else install.STAGES
        folder = install.hooks_folder(git)
        for sentence in install.install(folder, sys.executable, stages):
            inform(args, sentence)
    if args.hard:
        inform(args, INTRUSIVE)
    inform(args, "`treeguard doctor` proves that they run.")
    return 0


def _install_server(git: Git, args: argparse.Namespace) -> int:
    folder = install.server_folder(git)
    stages = (install.SERVER, install.AFTER)
    for sentence in install.install(folder, sys.executable, stages):
        inform(args, sentence)
    inform(args, "The policy of the default branch applies to every push.")
    target = local_target(git)
    message, remedy = unborn_head(target)
    if message:
        warn(f"treeguard: {message}; fix it here with: {remedy}")
    elif target.unborn:
        inform(args, "; ".join(first_push(target)))
    if git.run("rev-parse", "--verify", "-q", "HEAD", codes=(0, 1)):
        inform(args, "Reading its files once, so that no push has to ...")
        _warm(args)
    return 0


def _warm(args: argparse.Namespace) -> None:
    from treeguard.stages.session import open_session
    from treeguard.stages.warm_cache import warm

    with open_session() as session:
        warm(session, progress=progress_of(args))
