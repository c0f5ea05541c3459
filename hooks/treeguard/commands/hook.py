"""`treeguard hook STAGE`: what the launchers and the hook runners call."""

from __future__ import annotations

import argparse
import os
import sys

from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.formats.registry import renderer
from treeguard.policy.model import Policy
from treeguard.rules.registry import KINDS
from treeguard.stages import opening
from treeguard.stages.commit import commit_pairs
from treeguard.stages.commit import staged_policy

NAME = "hook"
HELP = "what Git's hooks call: judge the commit that is being made"

CHECK_POLICY = "check-policy"
STAGES = ("pre-commit", "pre-merge-commit", CHECK_POLICY)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The stage, and the kind of rule when not all are meant."""
    parser.add_argument("stage", choices=STAGES, help="the hook that calls")
    parser.add_argument(
        "--kind", choices=sorted(KINDS), help="judge the rules of this kind only"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the commit may be made, 1 when a finding blocks it."""
    # A hook runs in the work tree's root, and a relative GIT_INDEX_FILE means that.
    with opening.opened(os.curdir) as (git, store):
        olds, new = commit_pairs(git)
        policy = staged_policy(olds[0], new)
        if args.stage == CHECK_POLICY:
            return 0
        only = None if args.kind is None else rules_of(policy, args.kind)
        report = opening.judge(policy, olds, new, store, only=only)
    color = wants_color(args.color, sys.stdout)
    show(renderer("text")(report, color=color))
    return 1 if report.blocking else 0


def rules_of(policy: Policy, kind: str) -> frozenset[str]:
    """The ids of the rules of one kind."""
    return frozenset(rule.id for rule in policy.rules if rule.kind == kind)
