"""The tree that a commit from before a migration has after it.

Three trees meet: the fork that branch and migration have in common, the migration's
record, and the commit; all in the new layout, where a move is no difference any more.
What the branch did not touch is taken from the record as it stands there. What it did
touch is moved and rewritten for the world of its own commit; only where the other side
changed the same file, between the fork and the migration, is there a merge.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.destinations import IGNORE_REVS
from treeguard.migration.apply.objects_writer import private_index
from treeguard.migration.apply.objects_writer import write_blobs
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.files_to_open import files_to_open
from treeguard.migration.plan.files_to_open import sought
from treeguard.migration.plan.planner import world_of
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import collisions
from treeguard.migration.rebase.layout import laid_out
from treeguard.migration.rebase.merge import Conflict
from treeguard.migration.rebase.merge import merge
from treeguard.migration.rebase.merge import refuse_old_git
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.registry import rewrite
from treeguard.plans import FileMove
from treeguard.plans import Undecided
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import TREE
from treeguard.trees import Entry
from treeguard.trees import Snapshot

Changes = dict[str, Entry | None]


class TreeView(NamedTuple):
    """A commit before the migration: its files, and the world that rewriters need."""

    commit: str
    files: dict[str, Entry]
    world: MoveContext
    clashes: tuple[tuple[str, str], ...]

    def where(self, path: str) -> str:
        return self.world.where(path)


class Carried(NamedTuple):
    """A commit's tree after the migration (empty if there are conflicts), and what the
    rewriters left for a person to decide in the files that the branch changed."""

    tree: str
    conflicts: tuple[Conflict, ...]
    undecided: tuple[Undecided, ...]


class RewriteWorkspace(NamedTuple):
    """What the work stands on; `folder` is one of ours."""

    git: Git
    folder: str
    store: Store
    done: Performed
    views: dict[str, TreeView]
    reverses: dict[str, Changes]

    def view(self, commit: str) -> TreeView:
        """What is known of a commit; kept for forks, which are asked for often."""
        if commit not in self.views:
            files = dict(tree_snapshot(self.git, commit).files())
            self.views[commit] = _view(self, commit, files)
        return self.views[commit]

    def reverse(self, fork: str) -> Changes:
        """What leads from the record back to a fork, in the new layout."""
        if fork not in self.reverses:
            self.reverses[fork] = _reverse(self, fork)
        return self.reverses[fork]


def carried(bench: RewriteWorkspace, commit: str, fork: str) -> Carried:
    """The tree of `commit`, which forked from the migration's history at `fork`."""
    changes = changes_between(bench.git, fork, commit)
    files = dict(bench.view(fork).files)
    for change in changes:
        files.pop(change.path, None)
    files.update({path: new for path, _old, new in changes if new is not None})
    here, paths = _view(bench, commit, files), [change.path for change in changes]
    conflicts = tuple(_clashes(here, paths))
    if conflicts:
        return Carried("", conflicts, ())
    left: list[Undecided] = []
    theirs = _changes(bench, bench.view(fork), here, paths, left)
    reverse = bench.reverse(fork)
    if reverse.keys().isdisjoint(theirs) and not _obstructed(bench, theirs):
        tree = _with(bench, [theirs])
        return Carried(tree, (), tuple(left))
    return _merged(bench, here, reverse, theirs, left)


def _view(bench: RewriteWorkspace, commit: str, files: dict[str, Entry]) -> TreeView:
    snapshot = tree_snapshot(bench.git, commit)
    moves = laid_out(bench.done, files)
    clashes = tuple(collisions(moves, files))
    return TreeView(commit, files, _world(bench, snapshot, moves, files), clashes)


def _world(
    bench: RewriteWorkspace,
    snapshot: Snapshot,
    moves: tuple[FileMove, ...],
    files: dict[str, Entry],
) -> MoveContext:
    leaving = {move.old for move in moves}
    standing = {move.new for move in moves} | {p for p in files if p not in leaving}
    created = tuple(one for one in bench.done.created if one.path not in standing)
    before = analyze(snapshot, bench.done.policy.roots, bench.store)
    return world_of(bench.done.policy, before, moves, created, bench.store)


def _clashes(here: TreeView, paths: list[str]) -> Iterator[Conflict]:
    for path, why in here.clashes:
        yield Conflict(here.commit, path, why, content=False)
    for path in paths:
        entry, new = here.files.get(path), here.where(path)
        if entry is not None and entry.mode == GITLINK and new != path:
            why = f"{path} is a submodule, which only `git mv` can move"
            yield Conflict(here.commit, new, why, content=False)


def _changes(
    bench: RewriteWorkspace,
    old: TreeView,
    new: TreeView,
    paths: list[str],
    left: list[Undecided],
) -> Changes:
    """What happened to `paths` between two commits, as paths after the migration."""
    changes: Changes = {old.where(path): None for path in paths if path in old.files}
    changes.update(_moved(bench, new, paths, left))
    if IGNORE_REVS in paths and bench.done.ignored:
        entry = new.files.get(IGNORE_REVS)
        data = bench.git.objects.read(entry.oid) if entry else b""
        gap = b"\n" if data and not data.endswith(b"\n") else b""
        text = data + gap + bench.done.ignored.lstrip(b"\n")
        [oid] = write_blobs(bench.git, bench.folder, [text])
        changes[IGNORE_REVS] = Entry(entry.mode if entry else REGULAR, oid)
    return changes


def _moved(
    bench: RewriteWorkspace, view: TreeView, paths: list[str], left: list[Undecided]
) -> Mapping[str, Entry]:
    """Those of `paths` that the commit has, rewritten, by their new path."""
    files = {path: view.files[path] for path in paths if path in view.files}
    edited = dict(_rewritten(bench, view, files, left))
    ids = write_blobs(bench.git, bench.folder, list(edited.values()))
    new = dict(zip(edited, ids, strict=True))
    return {
        view.where(path): Entry(entry.mode, new.get(path, entry.oid))
        for path, entry in files.items()
    }


def _rewritten(
    bench: RewriteWorkspace,
    view: TreeView,
    files: dict[str, Entry],
    left: list[Undecided],
) -> Iterator[tuple[str, bytes]]:
    frozen = bench.done.migration.frozen
    for path, data in files_to_open(view.world, files, sought(view.world)):
        edits, undecided = rewrite(path, data, view.world)
        left += undecided
        if not edits or frozen.match(path):
            continue
        try:
            yield path, apply_edits(data, edits)
        except ValueError as error:
            left.append(Undecided(path, edits[0].line, path, str(error)))


def _reverse(bench: RewriteWorkspace, fork: str) -> Changes:
    """What leads from the record back to the fork in the new layout: without what the
    migration wrote, and without what happened between the fork and the migration."""
    base = bench.done.trail.base
    changes: Changes = {file.path: None for file in bench.done.created}
    paths = [change.path for change in changes_between(bench.git, base, fork)]
    if paths:
        changes |= _changes(bench, bench.view(base), bench.view(fork), paths, [])
    return changes


def _obstructed(bench: RewriteWorkspace, theirs: Changes) -> bool:
    """True where a file would take the place of a folder, or stand below a file."""
    record = tree_snapshot(bench.git, bench.done.trail.record)
    for path, entry in theirs.items():
        if entry is None:
            continue
        there = record.entry(path)
        if there is not None and there.mode == TREE:
            return True
        folder = path.rpartition("/")[0]
        while folder:
            there = record.entry(folder)
            if there is not None and there.mode != TREE:
                return True
            folder = folder.rpartition("/")[0]
    return False


def _with(bench: RewriteWorkspace, steps: Iterable[Changes]) -> str:
    """The record's tree with these changes upon it, in order."""
    with private_index(bench.git, bench.folder) as index:
        index.read(bench.done.trail.record)
        for changes in steps:
            if changes:
                index.change(changes)
        return index.write_tree()


def _merged(
    bench: RewriteWorkspace,
    here: TreeView,
    reverse: Changes,
    theirs: Changes,
    left: list[Undecided],
) -> Carried:
    both = sorted(reverse.keys() & theirs.keys()) or sorted(theirs)
    refuse_old_git(bench.git, both[0])
    fork, other = _with(bench, [reverse]), _with(bench, [reverse, theirs])
    tree, conflicts = merge(bench.git, bench.done, here.commit, fork, other)
    return Carried(tree, conflicts, () if conflicts else tuple(left))
