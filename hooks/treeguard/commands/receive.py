"""`treeguard receive`: check a push in the server's pre-receive hook."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from treeguard.commands.pushing import show_verdicts
from treeguard.commands.terminal import warn
from treeguard.errors import reason_of
from treeguard.stages.concurrent_deletions import FILE
from treeguard.stages.concurrent_deletions import announce
from treeguard.stages.concurrent_deletions import confirm
from treeguard.stages.concurrent_deletions import removals
from treeguard.stages.concurrent_deletions import with_pending
from treeguard.stages.concurrent_deletions import withdraw
from treeguard.stages.receive import bypass_reason
from treeguard.stages.receive import local_target
from treeguard.stages.receive import log_bypass
from treeguard.stages.receive import read_lines
from treeguard.stages.receive import require_bypass
from treeguard.stages.receive import resolve_aliases
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import check_updates
from treeguard.stages.ref_updates import policy_before_push
from treeguard.stages.session import Session
from treeguard.stages.session import open_session

HELP = "check a push on the server; pre-receive calls this, with refs on stdin"
EPILOG = """\
The policy is the one that the default branch had before the push, so a push cannot
relax the policy that it is checked by. `treeguard install --server` installs the hook.

A policy with `bypass = true` in [policy] lets a push through if it states a reason and
receive.advertisePushOptions is true; treeguard/bypass.log records each bypass:
  git push -o treeguard-bypass='the reason' origin main
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the stage; the refs are on stdin."""
    parser.add_argument(
        "--after",
        action="store_true",
        help="check nothing, read what the next push needs; post-receive calls this",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if the push may land, 1 if a finding refuses it, 2 if it cannot be
    checked."""
    updates = read_lines(sys.stdin.buffer.read())
    if args.after:
        return _after(updates)
    with open_session(os.curdir) as session:
        updates = resolve_aliases(session.git, updates)
        if not removals(updates):
            return _check(session, updates, local_target(session.git), args)
        return _check_removals(session, updates, args)


def _after(updates: list[Update]) -> int:
    from treeguard.stages.warm_cache import warm_in_background

    if removals(updates):
        # What cannot be written now could not be written before either.
        with open_session(os.curdir) as session, suppress(OSError):
            confirm(session.git, updates)
    warm_in_background(updates)
    return 0


def _check_removals(
    session: Session, updates: Sequence[Update], args: argparse.Namespace
) -> int:
    """Check a push that deletes refs, aware of other pushes that do so now."""
    git, push = session.git, os.urandom(16).hex()
    try:
        others = announce(git, updates, push)
    except OSError as error:
        path = os.path.join(git.where.common_dir, *FILE)
        why = reason_of(error)
        warn(f"{path} cannot be written ({why}): another push that deletes a branch at")
        warn("  the same moment goes unnoticed; give this user write permission")
        return _check(session, updates, local_target(git), args)
    code = 2
    try:
        code = _check(
            session, updates, with_pending(git, others, local_target(git)), args
        )
    finally:
        if code:
            with suppress(OSError):  # then the lines expire
                withdraw(git, push)
    return code


def _check(
    session: Session,
    updates: Sequence[Update],
    target: Target,
    args: argparse.Namespace,
) -> int:
    git = session.git
    verdicts = check_updates(session, updates, target)
    code = show_verdicts(verdicts, args)
    reason = bypass_reason(git.environ)
    if code != 1 or reason is None:
        return code
    require_bypass(policy_before_push(git, updates, target), reason)
    log_bypass(git, verdicts, reason, git.environ)
    warn(f"treeguard: bypassed, and logged: {reason}")
    return 0
