"""`treeguard migrate apply`: performs the plan, or continues after an interruption."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.commands.migrate.migration_session import MigrationSession
from treeguard.commands.migrate.migration_session import execution
from treeguard.commands.migrate.migration_session import first_items
from treeguard.commands.migrate.migration_session import open_migration
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.migration.apply.executor import Applied
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.apply.preflight import compiled_folders
from treeguard.migration.apply.user_commit_hooks import HookRefusedError
from treeguard.migration.apply.user_commit_hooks import user_hooks
from treeguard.migration.history_lookup import APPLIED
from treeguard.migration.history_lookup import INTERRUPTED
from treeguard.migration.history_lookup import UNDO_INTERRUPTED
from treeguard.migration.journal import load
from treeguard.migration.plan.plan_cache import cached_plan
from treeguard.migration.plan.proposals import HARMLESS
from treeguard.migration.plan.proposals import Read
from treeguard.migration.plan.proposals import reader_of
from treeguard.migration.plan.proposals import with_proposals
from treeguard.migration.rewrite.python_imports import KIND as IMPORT
from treeguard.migration.undo import undo
from treeguard.migration.warnings.import_order import sorting_command
from treeguard.plans import Plan
from treeguard.repository.snapshots import tree_snapshot

HELP = "perform it in three kinds of commits, or continue after an interruption"


def add_options(group: argparse._ArgumentGroup) -> None:
    """Add what is allowed beyond the plain case."""
    group.add_argument(
        "--carry",
        action="store_true",
        help="also move untracked and ignored files of folders that move",
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
        "--no-verify", action="store_true", help="bypass pre-commit and commit-msg"
    )
    group.add_argument(
        "--also",
        metavar="KINDS",
        default="",
        help="also take the plan's proposals in these kinds of places: prose,comments",
    )


def _kinds(text: str) -> tuple[str, ...]:
    """Return the kinds of places that `--also` names."""
    kinds = tuple(kind.strip() for kind in text.split(",") if kind.strip())
    for kind in kinds:
        if kind not in HARMLESS:
            hint = "what is executed is for you to decide: `migrate plan --proposals`"
            raise UsageError(f"--also takes prose and comments, not {kind!r}", hint)
    return kinds


def run(args: argparse.Namespace) -> int:
    """Return 0 when the migration is performed, by this run or an earlier one."""
    kinds = _kinds(args.also)
    with open_migration(args, alone=True) as opened:
        state = opened.status.state
        if state == UNDO_INTERRUPTED:
            message = f"`undo` of {opened.migration.id} was interrupted"
            raise UsageError(message, "`treeguard migrate undo` completes it")
        if state == INTERRUPTED:
            _resume(args, opened)
        elif state == APPLIED:
            trail = opened.status.trail
            commit = trail.record if trail else ""
            show(f"{opened.migration.id} is already performed, as commit {commit}\n")
        else:
            _perform(args, opened, kinds)
    return 0


def _resume(args: argparse.Namespace, opened: MigrationSession) -> None:
    journal = opened.status.journal
    assert journal is not None
    hooks = user_hooks(opened.git, verify=not args.no_verify)
    try:
        done, left = execution(args, opened).finish(journal, hooks)
    except HookRefusedError as refusal:
        _print_refusal(refusal)
        raise
    show(f"{done.id}: completed after an interruption, as {done.target[:12]}\n")
    _warn(_edited(left))


def _perform(
    args: argparse.Namespace, opened: MigrationSession, kinds: tuple[str, ...]
) -> None:
    git, record = opened.git, opened.migration.record
    lost = opened.lost_trail()
    if lost is not None:
        raise lost
    snapshot, progress = tree_snapshot(git, opened.head.oid), progress_of(args)
    policy, oid, store = opened.policy, opened.head.oid, opened.store
    plan = cached_plan(policy, snapshot, oid, store, git=git, progress=progress)
    read = reader_of(snapshot)
    plan = with_proposals(plan, read, kinds) if kinds else plan
    if not (plan.moves or plan.created):
        message = f"{plan.id} has nothing to move or to create in this tree"
        raise UsageError(message, "`treeguard migrate plan` shows what it looks for")
    options = ApplyOptions(
        args.detached, args.carry, not args.no_verify, protected=args.protected
    )
    run = execution(args, opened)
    try:
        done = run.apply(plan, record, options)
    except HookRefusedError as refusal:
        _print_refusal(refusal)
        _warn(_edited(undo(run, load(run.folder)).left))
        raise
    show("".join(f"{line}\n" for line in _report(plan, done)))
    _warn(_unsorted(plan, read))
    _warn([*_not_moved(git.where.top or "", done), *_edited(done.left), *done.notes])


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
    yield "verify it, or undo it:"
    yield "  treeguard migrate verify"
    yield "  treeguard migrate undo"


def _unsorted(plan: Plan, read: Read) -> Iterator[str]:
    """Yield how to sort the imports that were rewritten, if a tool checks that."""
    kinds = {edit.kind for file in plan.edits for edit in file.edits}
    command = sorting_command(read) if IMPORT in kinds else ""
    if command:
        yield f"imports may no longer be sorted, as they are to be: `{command}`"


def _not_moved(top: str, done: Applied) -> Iterator[str]:
    if done.leftovers:
        yield (
            "untracked files stay in folders that moved: "
            f"{len(done.leftovers)} (--carry moves such files too)"
        )
        paths = [one.path for one in done.leftovers]
        yield from (f"  {line}" for line in first_items(paths))
    if done.exposed:
        yield (
            "files are no longer ignored, and `git add` would add them: "
            f"{len(done.exposed)} (add a rule to .gitignore)"
        )
        yield from (f"  {line}" for line in first_items(done.exposed))
    for folder in compiled_folders(top, done.leftovers):
        yield (
            f"{folder} holds compiled Python only, and can still be imported as an "
            "empty package: delete that folder"
        )


def _print_refusal(refusal: HookRefusedError) -> None:
    """Print what the hook printed, at once: `undo` may have more to report."""
    warn(refusal.output or refusal.message)


def _edited(left: Iterable[str]) -> Iterator[str]:
    for path in left:
        yield f"{path} was edited meanwhile: it stays"


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        warn(line)
