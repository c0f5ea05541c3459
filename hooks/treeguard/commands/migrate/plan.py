"""`treeguard migrate plan`: what would be moved and rewritten, and what forbids it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Mapping

from treeguard.commands.migrate import plan_json
from treeguard.commands.migrate import plan_markdown
from treeguard.commands.migrate import plan_text
from treeguard.commands.terminal import finish
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import tell
from treeguard.commands.terminal import write_report
from treeguard.errors import UsageError
from treeguard.migration.model import Plan
from treeguard.migration.plan.plan_cache import planned
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages import session
from treeguard.trees import Snapshot

HELP = "show what would be done, as a diff, and what forbids it"

Reader = Callable[[str], bytes]
FORMATS: Mapping[str, Callable[[Plan, Reader], str]] = {
    "text": plan_text.render,
    "json": plan_json.render,
    "markdown": plan_markdown.render,
}


def add_options(group: argparse._ArgumentGroup) -> None:
    """How the plan is shown, and where it is written."""
    group.add_argument(
        "--output-format",
        choices=tuple(FORMATS),
        default="text",
        help="how the plan is shown (default: text, with a unified diff)",
    )
    group.add_argument("--output", metavar="FILE", help="write it to a file")


def run(args: argparse.Namespace) -> int:
    """0 for a plan that may be applied, 1 when something forbids it."""
    with session.opened() as opened:
        commit = find_commit(opened.git, "HEAD")
        snapshot = tree_snapshot(opened.git, commit.oid)
        policy = chosen_policy(args, snapshot)
        progress = progress_of(args)
        plan = planned(policy, snapshot, commit.oid, opened.store, progress=progress)
        text = FORMATS[args.output_format](plan, lambda path: _read(snapshot, path))
    write_report(text, args.output)
    finish()  # in a log of both, what is said on stderr stands below
    if plan.blockers:
        count = len(plan.blockers)
        noun = "thing forbids" if count == 1 else "things forbid"
        tell(args, f"{count} {noun} this migration; nothing was changed")
    return 1 if plan.blockers else 0


def chosen_policy(args: argparse.Namespace, snapshot: Snapshot) -> Policy:
    """The policy in the file that was named, or else the one of the commit."""
    if args.policy is not None:
        return session.policy_of_file(args.policy)
    if snapshot.entry(session.POLICY) is None:
        message = f"the commit {snapshot.name[:12]} has no {session.POLICY}"
        hint = f"commit yours, or name it: --policy {session.POLICY}"
        raise UsageError(message, hint)
    return session.read_policy(snapshot, "HEAD")


def _read(snapshot: Snapshot, path: str) -> bytes:
    entry = snapshot.entry(path)
    return b"" if entry is None else snapshot.read(entry.oid)
