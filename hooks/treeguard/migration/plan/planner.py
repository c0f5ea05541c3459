"""Makes the plan of a migration: moves, edits, files to write, and what forbids it.

The new tree is made in memory and judged by the policy before a single file moves.
Nothing is written, and the answer depends on the policy and the old tree alone.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import prepare
from treeguard.errors import UsageError
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.files_to_open import Sought
from treeguard.migration.plan.files_to_open import expected
from treeguard.migration.plan.files_to_open import files_to_open
from treeguard.migration.plan.files_to_open import sought
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.plan.moved_tree import MovedAnswers
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.migration.plan.moves import Written
from treeguard.migration.plan.moves import lay_out
from treeguard.migration.plan.moves import to_write
from treeguard.migration.plan.verdict import blockers
from treeguard.migration.plan.verdict import can_be_judged_in_part
from treeguard.migration.plan.verdict import excepted
from treeguard.migration.plan.verdict import existing
from treeguard.migration.plan.verdict import verdict
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.leftover_mentions import is_mention
from treeguard.migration.rewrite.registry import rewrite
from treeguard.migration.warnings.collect import side_effects
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.plans import Plan
from treeguard.plans import Undecided
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.trees import Entry
from treeguard.trees import Snapshot

# Files of which what was found out is held at once.
_HELD = 2_000


def make_plan(
    policy: Policy,
    snapshot: Snapshot,
    base: str,
    store: Store,
    *,
    git: Git | None = None,
    today: datetime.date | None = None,
    progress: Progress = silent,
) -> Plan:
    """Return the plan of `policy.migration` for `snapshot`, the tree of commit `base`.

    With `git`, its repository, large trees are planned faster. Raises `UsageError` when
    the policy has no migration.
    """
    migration = _migration_of(policy)
    index = IndexedSnapshot(snapshot, git, progress)
    files = index.by_path
    layout = lay_out(migration, policy.path, files)
    title = migration.title or migration.id
    plan = Plan(migration.id, title, base, layout.moves, (), (), (), (), (), ())
    if layout.clashes:
        return plan._replace(blockers=layout.blockers)
    written = _written(migration, policy, index, files, layout.moves)
    before = analyze(index, policy.roots, store, progress, index)
    world = world_of(policy, before, layout.moves, written.created, store, index)
    in_part = can_be_judged_in_part(policy)
    if not in_part:
        index.expect(expected(world))
        prepare(policy, before)
    looked = sought(world, index)
    rewritten = _rewritten(world, migration, index, looked, progress)
    if in_part:
        index.opened = _concerned(policy, index, world, looked, rewritten)
    created = (*written.created, *_record(policy, world))
    moved = MovedSnapshot(index, layout.moves, rewritten.edited, created)
    after = _analyze_moved(moved, policy, store, index)
    day = today or datetime.date.today()
    report = verdict(policy, before, after, day, rewritten.closed)
    return plan._replace(
        edits=rewritten.edits,
        created=written.created,
        kept=written.kept,
        undecided=rewritten.undecided,
        blockers=(*layout.blockers, *written.blockers, *blockers(report)),
        side_effects=side_effects(world, after, rewritten.edits),
        existing=tuple(existing(policy, report)),
    )


def _migration_of(policy: Policy) -> Migration:
    if policy.migration is None:
        message = f"{policy.path} has no [migration] to plan"
        raise UsageError(message, "add one, with its moves")
    return policy.migration


def _concerned(
    policy: Policy,
    index: IndexedSnapshot,
    world: MoveContext,
    looked: Sought,
    rewritten: Rewritten,
) -> frozenset[str] | None:
    """The files whose content can make a new finding; None: perhaps any."""
    if looked.found is None:
        return None
    edited = (one.path for one in rewritten.edits)
    excused = excepted(policy, index.kinds)
    return looked.found.union(world.moves, edited, excused)


def world_of(
    policy: Policy,
    before: TreeAnalysis,
    moves: tuple[FileMove, ...],
    created: tuple[NewFile, ...],
    store: Store,
    index: IndexedSnapshot | None = None,
) -> MoveContext:
    """Return both trees as rewriters need to see them, nothing rewritten yet.

    `index` is the snapshot of `before`, if that is an indexed one.
    """
    moved = MovedSnapshot(before.snapshot, moves, {}, created)
    after = _analyze_moved(moved, policy, store, index)
    world = MoveContext(before, {move.old: move.new for move in moves}, after)
    return world.complete()


def _written(
    migration: Migration,
    policy: Policy,
    snapshot: Snapshot,
    files: Mapping[str, Entry],
    moves: tuple[FileMove, ...],
) -> Written:
    if not migration.creates:
        return Written((), (), ())
    left = {move.old for move in moves}
    standing = {path for path in files if path not in left}
    standing |= {move.new for move in moves}
    contents = {
        source: snapshot.read(files[source].oid)
        for source in {create.from_file for create in migration.creates}
        if source is not None and source in files and files[source].is_file
    }
    return to_write(migration, policy.path, standing, contents)


class Rewritten(NamedTuple):
    """Edits and what is undecided, both by old path, the new bytes by new path, and
    the new paths of moved files that were not opened: they say what they said."""

    edits: tuple[FileEdit, ...]
    undecided: tuple[Undecided, ...]
    edited: dict[str, bytes]
    closed: frozenset[str]


def _rewritten(
    world: MoveContext,
    migration: Migration,
    index: IndexedSnapshot,
    looked: Sought,
    progress: Progress,
) -> Rewritten:
    edits: list[FileEdit] = []
    left: list[Undecided] = []
    edited: dict[str, bytes] = {}
    opened: set[str] = set()
    for path, data in files_to_open(world, index.by_path, looked, index, progress):
        opened.add(path)
        made, undecided = rewrite(path, data, world)
        _let_go(world, path, len(opened))
        is_frozen = migration.frozen.match(path)
        left += (one for one in undecided if not (is_frozen and is_mention(one)))
        if not made:
            continue
        if is_frozen:
            why = "the migration leaves this file as it is (frozen)"
            shown = (data[e.start : e.end].decode("utf-8", "replace") for e in made)
            left += [
                Undecided(path, edit.line, text, why)
                for edit, text in zip(made, shown, strict=True)
            ]
            continue
        try:
            edited[world.where(path)] = apply_edits(data, made)
        except ValueError as error:
            left.append(Undecided(path, made[0].line, path, str(error)))
            continue
        edits.append(FileEdit(path, world.where(path), tuple(made)))
    closed = frozenset(new for old, new in world.moves.items() if old not in opened)
    return Rewritten(tuple(sorted(edits)), tuple(sorted(left)), edited, closed)


def _let_go(world: MoveContext, path: str, count: int) -> None:
    """Hold what was found out of each file no longer: it is seldom asked for again,
    and tens of thousands of them take hundreds of megabytes."""
    world.before.forget(path)
    if count % _HELD == 0:
        world.before.store.flush()


def _record(policy: Policy, world: MoveContext) -> Iterator[NewFile]:
    """Yield the record that `apply` will write, if it is not there yet."""
    assert policy.migration is not None
    record = policy.migration.record
    if world.before.entry(record) is None and record not in world.moves.values():
        yield NewFile(record, f"# {policy.migration.title}\n".encode())


def _analyze_moved(
    moved: MovedSnapshot, policy: Policy, store: Store, index: IndexedSnapshot | None
) -> TreeAnalysis:
    answers = MovedAnswers(index, moved) if index is not None else None
    return analyze(moved, policy.roots, store, answers=answers)
