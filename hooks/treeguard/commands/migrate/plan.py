"""`treeguard migrate plan`: shows what would be done, and what blocks it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard import plans
from treeguard.commands.terminal import finish
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import write_file
from treeguard.commands.terminal import write_report
from treeguard.errors import UsageError
from treeguard.formats import plan_json
from treeguard.formats import plan_markdown
from treeguard.formats import plan_patch
from treeguard.formats import plan_text
from treeguard.formats.plan_parts import Texts
from treeguard.formats.text_parts import counted
from treeguard.migration.plan.plan_cache import cached_plan
from treeguard.migration.plan.proposals import proposals
from treeguard.migration.plan.proposals import reader_of
from treeguard.migration.plan.proposals import with_proposals
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.plans import Plan
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.session import read_policy_file
from treeguard.trees import Snapshot

HELP = "show what would be done, as a diff, and what blocks it"

FORMATS: Mapping[str, Callable[[Plan, Texts], str]] = {
    "text": plan_text.render,
    "json": plan_json.render,
    "markdown": plan_markdown.render,
}


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add how the plan is shown, and where it is written."""
    group.add_argument(
        "--output-format",
        choices=tuple(FORMATS),
        default="text",
        help="format of the plan (default: text, with a unified diff)",
    )
    group.add_argument("--output", metavar="FILE", help="write the plan to a file")
    group.add_argument(
        "--proposals",
        metavar="FILE",
        help="write what has one new text if it is meant as a patch, for `git apply` "
        "after the migration",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 for a plan that may be applied, 1 when something blocks it."""
    with open_session() as session:
        git, store = session
        commit = find_commit(git, "HEAD")
        snapshot = tree_snapshot(git, commit.oid)
        policy = chosen_policy(args, snapshot)
        progress = progress_of(args)
        plan = cached_plan(
            policy, snapshot, commit.oid, store, git=git, progress=progress
        )
        text = FORMATS[args.output_format](plan, dict(_texts(plan, snapshot)))
        proposed = _proposed(plan, snapshot) if args.proposals is not None else {}
    write_report(text, args.output)
    if args.proposals is not None:
        write_file(plan_patch.render(proposed), args.proposals, "--proposals")
    finish()  # in a log of both, the lines of stderr come after
    if plan.blockers:
        inform(args, f"{counted(len(plan.blockers), 'blocker')}; nothing was changed")
    return 1 if plan.blockers else 0


def chosen_policy(args: argparse.Namespace, snapshot: Snapshot) -> Policy:
    """Return the policy in the file that was named, or else the one of the commit."""
    if args.policy is not None:
        return read_policy_file(args.policy)
    if snapshot.entry(POLICY) is None:
        message = f"the commit {snapshot.name[:12]} has no {POLICY}"
        hint = f"commit yours, or name it: --policy {POLICY}"
        raise UsageError(message, hint)
    return read_policy(snapshot, "HEAD")


def _proposed(plan: Plan, snapshot: Snapshot) -> dict[str, tuple[bytes, bytes]]:
    """Return the files with proposals as the migration leaves them, and with these, by
    their new paths."""
    read = reader_of(snapshot)
    with_all = {
        file.path: file for file in with_proposals(plan, read, plans.RISKS).edits
    }
    made = {file.path: file.edits for file in plan.edits}
    found = {}
    for path, new_path, _edits in proposals(plan, read):
        old, both = read(path), with_all[path].edits
        found[new_path] = apply_edits(old, made.get(path, ())), apply_edits(old, both)
    return found


def _texts(plan: Plan, snapshot: Snapshot) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    read = reader_of(snapshot)
    for path, _new, edits in plan.edits:
        old = read(path)
        yield path, (old, apply_edits(old, edits))
