"""`treeguard hook STAGE`: what the launchers and the hook runners call."""

from __future__ import annotations

import argparse
import os
import sys

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.terminal import format_of
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.findings import Notice
from treeguard.formats.registry import renderer
from treeguard.policy.model import Policy
from treeguard.rules.registry import KINDS
from treeguard.stages.commit import commit_pairs
from treeguard.stages.commit import law_before
from treeguard.stages.commit import staged_policy
from treeguard.stages.session import open_session
from treeguard.stages.session import rules_of_kind
from treeguard.trees import Snapshot

NAME = "hook"
HELP = "what Git's hooks call: judge the commit or the push that is being made"

CHECK_POLICY = "check-policy"
PUSH = "pre-push"
STAGES = ("pre-commit", "pre-merge-commit", "prepare-commit-msg", PUSH, CHECK_POLICY)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The stage, what Git tells it, and the kind of rule when not all are meant."""
    parser.add_argument("stage", choices=STAGES, help="the hook that calls")
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="what Git passes to this hook"
    )
    parser.add_argument(
        "--kind", choices=sorted(KINDS), help="judge the rules of this kind only"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the commit or push may be made, 1 when a finding blocks it."""
    if args.stage == PUSH or _runner_pushes():
        from treeguard.commands.pushing import push

        return push(args, native=not _runner_pushes())
    # A hook runs in the work tree's root, and a relative GIT_INDEX_FILE means that.
    with open_session(os.curdir) as (git, store):
        olds, new = commit_pairs(git)
        policy = staged_policy(olds[0], new)
        if args.stage == CHECK_POLICY:
            return 0
        only = rules_of_kind(policy, args.kind)
        second = law_before(olds, new)
        request = CheckRequest.of(policy, olds, new, store, progress_of(args))
        report = check(request._replace(rules=only, second=second))
        notices = _policy_changes(policy, olds[0], new) if second else ()
    report = report._replace(notices=(*notices, *report.notices))
    color = wants_color(args.color, sys.stdout)
    show(renderer(format_of())(report, color=color))
    return 1 if report.blocking else 0


def _policy_changes(policy: Policy, old: Snapshot, new: Snapshot) -> tuple[Notice, ...]:
    from treeguard.stages.policy_source import policy_changes

    return policy_changes(policy, old, new, ("HEAD", ""), later=False)


def _runner_pushes() -> bool:
    """True when pre-commit or prek runs us for a push or for two refs.

    No variable of theirs names the stage, so that what they pass has to tell.
    """
    names = ("PRE_COMMIT_REMOTE_NAME", "PRE_COMMIT_TO_REF")
    checkout = os.environ.get("PRE_COMMIT_CHECKOUT_TYPE")
    return any(os.environ.get(name) for name in names) and not checkout
