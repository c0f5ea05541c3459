"""`treeguard migrate rebase BRANCH`: the same moves and rewrites for a branch."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.migrate.migration_session import MOST
from treeguard.commands.migrate.migration_session import first_items
from treeguard.commands.migrate.plan import chosen_policy
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.migration.history_lookup import find_trail
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import locked
from treeguard.migration.rebase.branch_rebase import CARRIED
from treeguard.migration.rebase.branch_rebase import CONFLICTS
from treeguard.migration.rebase.branch_rebase import CURRENT
from treeguard.migration.rebase.branch_rebase import Rebased
from treeguard.migration.rebase.branch_rebase import kept_ref
from treeguard.migration.rebase.branch_rebase import rebase
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import read_performed
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.merge_tree import borrowed
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy

HELP = "rebase a branch that forked before it onto the new layout"
# Options of other subcommands that this one has too.
SHARED = ("output_format",)
VERSION = 1


class BranchReport(NamedTuple):
    """What is reported: the branch, what became of it, and the verdict on it."""

    done: Performed
    branch: str
    rebased: Rebased
    report: Report | None
    dry: bool


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add the branch, where the migration is, and the dry run."""
    group.add_argument("branch", nargs="?", help="of rebase: the local branch")
    group.add_argument(
        "--onto",
        metavar="REF",
        default="HEAD",
        help="the branch that has the migration (default: HEAD)",
    )
    group.add_argument(
        "--dry-run", action="store_true", help="show what would be made, change nothing"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when the branch has the migration now.

    Return 1 for conflicts, with nothing changed, and for a rebased branch with blocking
    findings.
    """
    if args.branch is None:
        raise UsageError("no branch is named", "treeguard migrate rebase BRANCH")
    if args.output_format == "markdown":
        message = "markdown is a format of `migrate plan`"
        raise UsageError(message, "--output-format json")
    with ExitStack() as stack:
        git, store = stack.enter_context(open_session())
        done = _performed(args, git)
        folder = folder_of(git, done.migration.id)
        stack.enter_context(locked(folder))
        if args.dry_run:
            git = stack.enter_context(borrowed(git))
        result = _rebase(args, git, os.path.join(folder, "rebase"), store, done)
    show(_json(result) if args.output_format == "json" else "".join(_text(result)))
    blocking = result.report is not None and result.report.blocking
    return 1 if result.rebased.state == CONFLICTS or blocking else 0


def _performed(args: argparse.Namespace, git: Git) -> Performed:
    """Return the migration in the history of `--onto`. Raises `UsageError`."""
    onto = find_commit(git, args.onto)
    policy = chosen_policy(args, tree_snapshot(git, onto.oid))
    if policy.migration is None:
        hint = "add one, with its moves"
        raise UsageError(f"{policy.path} has no [migration] to rebase over", hint)
    trail = find_trail(git, policy.migration.id, onto.oid)
    if trail is None:
        name = policy.migration.id
        message = f"{name} is not performed in the history of {escape(args.onto)}"
        raise UsageError(message, "name a branch that has it: --onto BRANCH")
    policy, migration = _as_planned(args, git, policy, policy.migration, trail.base)
    return read_performed(git, policy, migration, trail)


def _as_planned(
    args: argparse.Namespace, git: Git, policy: Policy, migration: Migration, base: str
) -> tuple[Policy, Migration]:
    """Return the policy that the migration was planned by: later ones may say less."""
    snapshot = tree_snapshot(git, base)
    if args.policy is None and snapshot.entry(POLICY) is not None:
        before = read_policy(snapshot, base)
        if before.migration is not None and before.migration.id == migration.id:
            return before, before.migration
    return policy, migration


def _rebase(
    args: argparse.Namespace, git: Git, folder: str, store: Store, done: Performed
) -> BranchReport:
    branch = args.branch.removeprefix(BRANCHES)
    rebased = rebase(git, folder, store, done, branch, dry=args.dry_run)
    report = None
    if rebased.state == CARRIED:
        old = tree_snapshot(git, done.trail.record)
        new = tree_snapshot(git, rebased.new)
        report = check(CheckRequest.of(done.policy, [old], new, store))
    return BranchReport(done, branch, rebased, report, args.dry_run)


def _undo_command(result: BranchReport) -> str:
    kept = kept_ref(result.done.migration.id, result.branch)
    return f"git branch --force {escape(result.branch)} {escape(kept)}"


def _text(result: BranchReport) -> Iterator[str]:
    branch, name = escape(result.branch), escape(result.done.migration.id)
    if result.rebased.state == CURRENT:
        yield f"{branch} already has {name}; nothing was changed\n"
    elif result.rebased.state == CONFLICTS:
        yield from _conflicts(result)
    else:
        yield from _commits(result)


def _commits(result: BranchReport) -> Iterator[str]:
    done, rebased = result.done, result.rebased
    verb = "would be rebased" if result.dry else "is rebased"
    record, name = done.trail.record[:12], escape(done.migration.id)
    branch, count = escape(result.branch), len(rebased.copies)
    yield f"{branch} {verb} over {name}, onto {record}: commits: {count}\n"
    for copy in rebased.copies:
        yield f"  {copy.old[:12]} -> {copy.new[:12]}  {escape(copy.subject)}\n"
    if rebased.absorbed:
        count = len(rebased.absorbed)
        yield f"  merges dropped, because they change nothing any more: {count}\n"
    if rebased.undecided:
        yield f"left for you to decide: {len(rebased.undecided)}\n"
    left = [f"{one.path}:{one.line}: {one.why}" for one in rebased.undecided]
    for line in first_items(left):
        yield f"  {escape(line)}\n"
    yield from _verdict(result.report)
    if not result.dry:
        yield f"undo it:\n  {_undo_command(result)}\n"


def _verdict(report: Report | None) -> Iterator[str]:
    if report is None:
        return
    yield f"blocking findings: {report.blocking}\n"
    if report.blocking:
        for found in report.findings[:MOST]:
            place = f"{found.path}:{found.line or 1}"
            yield f"  {escape(place)}: {escape(found.rule)} {escape(found.message)}\n"


def _conflicts(result: BranchReport) -> Iterator[str]:
    done, rebased, branch = result.done, result.rebased, escape(result.branch)
    name = escape(done.migration.id)
    yield f"{branch} cannot be rebased over {name}; nothing was changed\n"
    for one in rebased.conflicts:
        yield f"  {one.commit[:12]} {escape(one.path)}: {escape(one.why)}\n"
    if rebased.by_content:
        yield "resolve them in the old layout, before any move, and run it again:"
        yield f"\n  git rebase {done.trail.base} {branch}\n"
    else:
        yield "change these files on the branch, and run it again\n"


def _json(result: BranchReport) -> str:
    import json

    rebased, report = result.rebased, result.report
    moved = rebased.state == CARRIED and not result.dry
    data = {
        "version": VERSION,
        "id": result.done.migration.id,
        "branch": result.branch,
        "state": rebased.state,
        "dry_run": result.dry,
        "record": result.done.trail.record,
        "old": rebased.old,
        "new": rebased.new,
        "commits": [copy._asdict() for copy in rebased.copies],
        "absorbed": list(rebased.absorbed),
        "conflicts": [conflict._asdict() for conflict in rebased.conflicts],
        "undecided": [one._asdict() for one in rebased.undecided],
        "blocking": report.blocking if report else None,
        "take_back": _undo_command(result) if moved else None,
    }
    return json.dumps(data, indent=2) + "\n"
