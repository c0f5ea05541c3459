"""`treeguard receive`: the server's pre-receive hook."""

from __future__ import annotations

import argparse
import os
import sys

from treeguard.commands.pushing import tell_verdicts
from treeguard.commands.terminal import complain
from treeguard.stages import opening
from treeguard.stages.receive import assert_bypass
from treeguard.stages.receive import followed
from treeguard.stages.receive import log_bypass
from treeguard.stages.receive import read_lines
from treeguard.stages.receive import target_of
from treeguard.stages.receive import wanted_bypass
from treeguard.stages.updates import judge_updates
from treeguard.stages.updates import law

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
        from treeguard.stages.learning import learn_apart

        learn_apart(updates)
        return 0
    with opening.opened(os.curdir) as opened:
        git = opened.git
        updates = followed(git, updates)
        target = target_of(git)
        verdicts = judge_updates(opened, updates, target)
        code = tell_verdicts(verdicts, args)
        reason = wanted_bypass(git.environ)
        if code != 1 or reason is None:
            return code
        assert_bypass(law(git, updates, target), reason)
        log_bypass(git, verdicts, reason, git.environ)
    complain(f"treeguard: let through, and logged: {reason}")
    return 0
