"""`treeguard migrate apply`: performs the plan, or goes on where it was ended."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from treeguard.commands.migrate.migration_session import Opened
from treeguard.commands.migrate.migration_session import opened_migration
from treeguard.commands.terminal import complain
from treeguard.commands.terminal import detail
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.apply.executor import Applied
from treeguard.migration.apply.executor import Say
from treeguard.migration.apply.executor import apply
from treeguard.migration.apply.executor import finish
from treeguard.migration.apply.preflight import Options
from treeguard.migration.apply.untracked_files import compiled_only
from treeguard.migration.apply.user_commit_hooks import HookRefusedError
from treeguard.migration.apply.user_commit_hooks import user_hooks
from treeguard.migration.journal import load
from treeguard.migration.plan.plan_cache import planned
from treeguard.migration.status import APPLIED
from treeguard.migration.status import INTERRUPTED
from treeguard.migration.status import UNDO_INTERRUPTED
from treeguard.migration.undo import undo
from treeguard.plans import Plan
from treeguard.repository.snapshots import tree_snapshot

HELP = "perform it in three kinds of commits, or go on where it was interrupted"
MOST = 20


def add_options(group: argparse._ArgumentGroup) -> None:
    """What is allowed beyond the plain case."""
    group.add_argument(
        "--carry",
        action="store_true",
        help="untracked and ignored files in folders that move go along",
    )
    group.add_argument(
        "--detached", action="store_true", help="commit although HEAD is on no branch"
    )
    group.add_argument(
        "--protected",
        action="store_true",
        help="commit on a branch that `git config treeguard.protected` names",
    )
    group.add_argument(
        "--no-verify", action="store_true", help="pass pre-commit and commit-msg by"
    )


def run(args: argparse.Namespace) -> int:
    """0 when the migration is performed, by this run or an earlier one."""
    with opened_migration(args, alone=True) as opened:
        state = opened.status.state
        if state == UNDO_INTERRUPTED:
            message = f"{opened.migration.id} was being taken back when it was ended"
            raise UsageError(message, "`treeguard migrate undo` finishes that")
        if state == INTERRUPTED:
            _resume(args, opened)
        elif state == APPLIED:
            _tell_applied(opened)
        else:
            _perform(args, opened)
    return 0


def _resume(args: argparse.Namespace, opened: Opened) -> None:
    git, journal = opened.git, opened.status.journal
    if journal is None:
        raise UsageError("there is nothing to go on with", "treeguard migrate status")
    hooks = user_hooks(git, judging=not args.no_verify)
    try:
        folder, say, progress = opened.status.folder, _teller(args), progress_of(args)
        done, left = finish(git, folder, journal, say, hooks, progress)
    except HookRefusedError as refusal:
        _tell_refusal(refusal)
        raise
    show(f"{done.id}: finished what was interrupted, as {done.target[:12]}\n")
    _warn(_left(left))


def _tell_applied(opened: Opened) -> None:
    trail = opened.status.trail
    commit = trail.record if trail else ""
    show(f"{opened.migration.id} is performed already, as commit {commit}\n")


def _perform(args: argparse.Namespace, opened: Opened) -> None:
    git, record = opened.git, opened.migration.record
    lost = opened.lost_trail()
    if lost is not None:
        raise lost
    snapshot, progress = tree_snapshot(git, opened.head.oid), progress_of(args)
    policy, oid, store = opened.policy, opened.head.oid, opened.store
    plan = planned(policy, snapshot, oid, store, git=git, progress=progress)
    if not (plan.moves or plan.created):
        message = f"{plan.id} has nothing to move or to write in this tree"
        raise UsageError(message, "`treeguard migrate plan` shows what it looks for")
    options = Options(
        args.detached, args.carry, not args.no_verify, protected=args.protected
    )
    folder, say = opened.status.folder, _teller(args)
    try:
        done = apply(git, folder, plan, record, options, say, progress)
    except HookRefusedError as refusal:
        _tell_refusal(refusal)
        _warn(_left(undo(git, folder, load(folder), say).left))
        raise
    show("".join(f"{line}\n" for line in _report(plan, done)))
    _warn([*_stayed(git.where.top or "", done), *_left(done.left), *done.notes])


def _report(plan: Plan, done: Applied) -> Iterator[str]:
    commits = done.journal.commits
    edits = sum(len(file.edits) for file in plan.edits)
    yield (
        f"{escape(plan.id)} is performed: files moved: {len(plan.moves)}, "
        f"files edited: {len(plan.edits)}, references rewritten: {edits}, "
        f"files created: {len(plan.created)}"
    )
    for key in ("move", "rewrite", "record"):
        if key in commits:
            yield f"  {key:8}{commits[key]}"
    for path in plan.kept:
        yield f"  kept, because it already exists: {escape(path)}"
    if plan.undecided:
        yield f"  left for you to decide: {len(plan.undecided)} (listed in the record)"
    if plan.existing:
        count = len(plan.existing)
        yield f"  already violated, unchanged: {count} (listed in the record)"
    yield "check it, or take it back:"
    yield "  treeguard migrate verify"
    yield "  treeguard migrate undo"


def _stayed(top: str, done: Applied) -> Iterator[str]:
    if done.leftovers:
        yield (
            "files that Git does not have stay in folders that moved: "
            f"{len(done.leftovers)} (--carry takes such files along)"
        )
        yield from (f"  {one.path}" for one in done.leftovers[:MOST])
        if done.leftovers[MOST:]:
            yield f"  and {len(done.leftovers) - MOST} more"
    if done.exposed:
        yield (
            "files that were ignored, and that `git add` would take now: "
            f"{len(done.exposed)} (add a rule to .gitignore)"
        )
        yield from (f"  {path}" for path in done.exposed[:MOST])
        if done.exposed[MOST:]:
            yield f"  and {len(done.exposed) - MOST} more"
    for folder in compiled_only(top, done.leftovers):
        yield (
            f"{folder} holds compiled Python only, and can still be imported as an "
            "empty package: delete that folder"
        )


def _tell_refusal(refusal: HookRefusedError) -> None:
    """What the hook says, at once: taking back may have more to say."""
    complain(refusal.output or refusal.message)


def _left(left: tuple[str, ...]) -> Iterator[str]:
    for path in left:
        yield f"{path} was edited meanwhile: it stays"


def _warn(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        complain(os.fsencode(line).decode("utf-8", "backslashreplace"))


def _teller(args: argparse.Namespace) -> Say:
    return lambda said: detail(args, said)
