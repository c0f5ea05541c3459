"""`treeguard hook STAGE`: check a commit or push for the launchers and hook runners."""

from __future__ import annotations

import argparse
import os

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show_report
from treeguard.rules.registry import KINDS
from treeguard.stages.commit import commit_trees
from treeguard.stages.commit import replaced_policy
from treeguard.stages.commit import staged_policy
from treeguard.stages.policy_source import check_change
from treeguard.stages.session import open_session
from treeguard.stages.session import rules_of_kind

HELP = "check the commit or push that is being made; Git's hooks call this"

CHECK_POLICY = "check-policy"
PUSH = "pre-push"
STAGES = ("pre-commit", "pre-merge-commit", "prepare-commit-msg", PUSH, CHECK_POLICY)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the stage, the arguments that Git passes, and the kind of rule."""
    parser.add_argument("stage", choices=STAGES, help="the hook that calls")
    parser.add_argument(
        "words", nargs="*", metavar="WORD", help="what Git passes to this hook"
    )
    parser.add_argument(
        "--kind", choices=sorted(KINDS), help="check the rules of this kind only"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if the commit or push may be made, 1 if a finding blocks it."""
    if args.stage == PUSH or _runner_pushes():
        from treeguard.commands.pushing import push

        return push(args, native=not _runner_pushes())
    # A hook runs in the work tree's root, and GIT_INDEX_FILE is relative to it.
    with open_session(os.curdir) as (git, store):
        olds, new = commit_trees(git)
        policy = staged_policy(olds[0], new)
        if args.stage == CHECK_POLICY:
            return 0
        request = CheckRequest.of(policy, olds, new, store, progress_of(args))._replace(
            rules=rules_of_kind(policy, args.kind), second=replaced_policy(olds, new)
        )
        if git.merging():
            from treeguard.stages.merges import with_merge_being_made

            request = with_merge_being_made(request, git)
        report = (
            check_change(request, ("HEAD", ""), later=False)
            if request.second
            else check(request)
        )
    return show_report(report, args)


def _runner_pushes() -> bool:
    """Return whether pre-commit or prek runs us for a push or for two refs.

    None of their variables names the stage, so the others have to decide.
    """
    names = ("PRE_COMMIT_REMOTE_NAME", "PRE_COMMIT_TO_REF")
    checkout = os.environ.get("PRE_COMMIT_CHECKOUT_TYPE")
    return any(os.environ.get(name) for name in names) and not checkout
