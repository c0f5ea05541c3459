"""`treeguard receive`: the server's pre-receive hook."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from treeguard.commands.pushing import tell_verdicts
from treeguard.commands.terminal import complain
from treeguard.stages.concurrent_deletions import FILE
from treeguard.stages.concurrent_deletions import announce
from treeguard.stages.concurrent_deletions import beside
from treeguard.stages.concurrent_deletions import landed
from treeguard.stages.concurrent_deletions import taken_away
from treeguard.stages.concurrent_deletions import withdraw
from treeguard.stages.receive import assert_bypass
from treeguard.stages.receive import followed
from treeguard.stages.receive import log_bypass
from treeguard.stages.receive import read_lines
from treeguard.stages.receive import target_of
from treeguard.stages.receive import wanted_bypass
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import judge_updates
from treeguard.stages.ref_updates import law
from treeguard.stages.session import Session
from treeguard.stages.session import open_session

NAME = "receive"
HELP = "judge a push on the server: what pre-receive calls, refs on stdin"
EPILOG = """\
The policy is that of the default branch as it stood before the push, so that no push
loosens its own law. `treeguard install --server` puts this in place.

A policy with `bypass = true` in [policy] lets a refused push through when it says why,
if receive.advertisePushOptions is true; treeguard/bypass.log keeps each one:
  git push -o treeguard-bypass='the reason' origin main
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """When; what is pushed stands on stdin."""
    parser.add_argument(
        "--after",
        action="store_true",
        help="what post-receive calls: judge nothing, keep what the next push needs",
    )


def run(args: argparse.Namespace) -> int:
    """0 when the push may land, 1 when a finding refuses it, 2 when it cannot be
    judged."""
    updates = read_lines(sys.stdin.buffer.read())
    if args.after:
        return _after(updates)
    with open_session(os.curdir) as session:
        updates = followed(session.git, updates)
        if not taken_away(updates):
            return _judge(session, updates, target_of(session.git), args)
        return _judge_departures(session, updates, args)


def _after(updates: list[Update]) -> int:
    from treeguard.stages.warm_cache import learn_apart

    if taken_away(updates):
        # What cannot be written here could not be written before either.
        with open_session(os.curdir) as session, suppress(OSError):
            landed(session.git, updates)
    learn_apart(updates)
    return 0


def _judge_departures(
    session: Session, updates: Sequence[Update], args: argparse.Namespace
) -> int:
    """Judge a push that takes refs away, with an eye on those that do so meanwhile."""
    git, push = session.git, os.urandom(16).hex()
    try:
        others = announce(git, updates, push)
    except OSError as error:
        path = os.path.join(git.where.common_dir, *FILE)
        why = (error.strerror or "unknown reason").lower()
        complain(f"{path} cannot be written ({why}): another push that deletes")
        complain("  a branch at the same moment is not seen; give this user the right")
        return _judge(session, updates, target_of(git), args)
    code = 2
    try:
        code = _judge(session, updates, beside(git, others, target_of(git)), args)
    finally:
        if code:
            with suppress(OSError):  # then the lines end with their time
                withdraw(git, push)
    return code


def _judge(
    session: Session,
    updates: Sequence[Update],
    target: Target,
    args: argparse.Namespace,
) -> int:
    git = session.git
    verdicts = judge_updates(session, updates, target)
    code = tell_verdicts(verdicts, args)
    reason = wanted_bypass(git.environ)
    if code != 1 or reason is None:
        return code
    assert_bypass(law(git, updates, target), reason)
    log_bypass(git, verdicts, reason, git.environ)
    complain(f"treeguard: let through, and logged: {reason}")
    return 0
