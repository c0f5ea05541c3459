"""`treeguard migrate rebase BRANCH`: the same moves and rewrites for a branch."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.commands.migrate.plan import chosen_policy
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.migration.history_lookup import find_trail
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import held
from treeguard.migration.rebase.branch import kept_ref
from treeguard.migration.rebase.branch_rebase import CARRIED
from treeguard.migration.rebase.branch_rebase import CONFLICTS
from treeguard.migration.rebase.branch_rebase import CURRENT
from treeguard.migration.rebase.branch_rebase import Rebased
from treeguard.migration.rebase.branch_rebase import rebase
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import performed
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.merge_tree import borrowed
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import POLICY
from treeguard.stages.session import check_snapshots
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy

HELP = "carry a branch that forked before it over to the new layout"
# Options of other subcommands that this one has too.
SHARED = ("output_format",)
VERSION = 1
MOST = 20


class Told(NamedTuple):
    """What is reported: the branch, what became of it, and the verdict on it."""

    done: Performed
    branch: str
    rebased: Rebased
    report: Report | None
    dry: bool


def add_options(group: argparse._ArgumentGroup) -> None:
    """Which branch, where the migration is, and whether only to show it."""
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
    """0 when the branch has the migration now; 1 for conflicts, with nothing changed,
    and for a branch that was carried over and has findings that block."""
    if args.branch is None:
        raise UsageError("no branch is named", "treeguard migrate rebase BRANCH")
    if args.output_format == "markdown":
        message = "markdown is a format of `migrate plan`"
        raise UsageError(message, "--output-format json")
    with ExitStack() as stack:
        git, store = stack.enter_context(open_session())
        done = _performed(args, git)
        folder = folder_of(git, done.migration.id)
        stack.enter_context(held(folder))
        if args.dry_run:
            git = stack.enter_context(borrowed(git))
        told = _carry(args, git, os.path.join(folder, "rebase"), store, done)
    show(_json(told) if args.output_format == "json" else "".join(_text(told)))
    blocking = told.report is not None and told.report.blocking
    return 1 if told.rebased.state == CONFLICTS or blocking else 0


def _performed(args: argparse.Namespace, git: Git) -> Performed:
    """The migration in the history of `--onto`. Raises `UsageError` without one."""
    onto = find_commit(git, args.onto)
    policy = chosen_policy(args, tree_snapshot(git, onto.oid))
    if policy.migration is None:
        hint = "add one, with its moves"
        raise UsageError(f"{policy.path} has no [migration] to rebase over", hint)
    trail = find_trail(git, policy.migration.id, onto.oid)
    if trail is None:
        message = f"{policy.migration.id} is not performed in the history of "
        hint = "name a branch that has it: --onto BRANCH"
        raise UsageError(message + escape(args.onto), hint)
    policy, migration = _as_planned(args, git, policy, policy.migration, trail.base)
    return performed(git, policy, migration, trail)


def _as_planned(
    args: argparse.Namespace, git: Git, policy: Policy, migration: Migration, base: str
) -> tuple[Policy, Migration]:
    """The policy that the migration was planned by: later ones may say less of it."""
    snapshot = tree_snapshot(git, base)
    if args.policy is None and snapshot.entry(POLICY) is not None:
        before = read_policy(snapshot, base)
        if before.migration is not None and before.migration.id == migration.id:
            return before, before.migration
    return policy, migration


def _carry(
    args: argparse.Namespace, git: Git, folder: str, store: Store, done: Performed
) -> Told:
    branch = args.branch.removeprefix(BRANCHES)
    rebased = rebase(git, folder, store, done, branch, dry=args.dry_run)
    report = None
    if rebased.state == CARRIED:
        old = tree_snapshot(git, done.trail.record)
        new = tree_snapshot(git, rebased.new)
        report = check_snapshots(done.policy, [old], new, store)
    return Told(done, branch, rebased, report, args.dry_run)


def _take_back(told: Told) -> str:
    kept = kept_ref(told.done.migration.id, told.branch)
    return f"git branch --force {escape(told.branch)} {escape(kept)}"


def _text(told: Told) -> Iterator[str]:
    branch, name = escape(told.branch), escape(told.done.migration.id)
    if told.rebased.state == CURRENT:
        yield f"{branch} has {name} already; nothing was changed\n"
    elif told.rebased.state == CONFLICTS:
        yield from _conflicts(told)
    else:
        yield from _commits(told)


def _commits(told: Told) -> Iterator[str]:
    done, rebased = told.done, told.rebased
    verb = "would be carried" if told.dry else "is carried"
    record = done.trail.record[:12]
    yield f"{escape(told.branch)} {verb} over {escape(done.migration.id)}, "
    yield f"upon {record}: commits: {len(rebased.copies)}\n"
    for copy in rebased.copies:
        yield f"  {copy.old[:12]} -> {copy.new[:12]}  {escape(copy.subject)}\n"
    if rebased.absorbed:
        count = len(rebased.absorbed)
        yield f"  merges that have nothing of their own any more: {count}\n"
    yield from _left(rebased)
    yield from _verdict(told)
    if not told.dry:
        yield f"take it back:\n  {_take_back(told)}\n"


def _left(rebased: Rebased) -> Iterator[str]:
    if rebased.undecided:
        yield f"left for you to decide: {len(rebased.undecided)}\n"
    for one in rebased.undecided[:MOST]:
        yield f"  {escape(one.path)}:{one.line}: {escape(one.why)}\n"
    if rebased.undecided[MOST:]:
        yield f"  and {len(rebased.undecided) - MOST} more\n"


def _verdict(told: Told) -> Iterator[str]:
    report = told.report
    if report is None:
        return
    yield f"findings of the policy that block: {report.blocking}\n"
    if report.blocking:
        for found in report.findings[:MOST]:
            place = f"{found.path}:{found.line or 1}"
            yield f"  {escape(place)}: {escape(found.rule)} {escape(found.message)}\n"


def _conflicts(told: Told) -> Iterator[str]:
    rebased = told.rebased
    yield f"{escape(told.branch)} cannot be carried over "
    yield f"{escape(told.done.migration.id)}; nothing was changed\n"
    for one in rebased.conflicts:
        yield f"  {one.commit[:12]} {escape(one.path)}: {escape(one.why)}\n"
    if rebased.by_content:
        yield "solve them in the old layout, where no file has moved, and run it again:"
        yield f"\n  git rebase {told.done.trail.base} {escape(told.branch)}\n"
    else:
        yield "change these files on the branch, and run it again\n"


def _json(told: Told) -> str:
    import json

    rebased, report = told.rebased, told.report
    carried = rebased.state == CARRIED and not told.dry
    data = {
        "version": VERSION,
        "id": told.done.migration.id,
        "branch": told.branch,
        "state": rebased.state,
        "dry_run": told.dry,
        "record": told.done.trail.record,
        "old": rebased.old,
        "new": rebased.new,
        "commits": [copy._asdict() for copy in rebased.copies],
        "absorbed": list(rebased.absorbed),
        "conflicts": [conflict._asdict() for conflict in rebased.conflicts],
        "undecided": [one._asdict() for one in rebased.undecided],
        "blocking": report.blocking if report else None,
        "take_back": _take_back(told) if carried else None,
    }
    return json.dumps(data, indent=2) + "\n"
