"""The tree that a commit from before a migration has after it.

Three trees are merged: the fork that branch and migration have in common, the
migration's record, and the commit; all in the new layout, where a move is no difference
any more. What the branch did not touch is taken from the record. What it did touch is
moved and rewritten in the context of its own commit; only where the other side changed
the same file, between the fork and the migration, does Git merge, on three commits of
ours that no ref names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.errors import GitError
from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.commits import commit_tree
from treeguard.migration.apply.objects_writer import private_index
from treeguard.migration.apply.objects_writer import write_blobs
from treeguard.migration.context import MoveContext
from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.migration.plan.files_to_open import files_to_open
from treeguard.migration.plan.files_to_open import search_names
from treeguard.migration.plan.planner import move_context
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import collisions
from treeguard.migration.rebase.layout import moves_among
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.registry import rewrite
from treeguard.plans import FileMove
from treeguard.plans import Undecided
from treeguard.repository.history import find_commit
from treeguard.repository.merge_tree import WRITE_TREE
from treeguard.repository.merge_tree import merged_tree
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import TREE
from treeguard.trees import Entry
from treeguard.trees import Snapshot

Changes = dict[str, Entry | None]


class TreeView(NamedTuple):
    """A commit before the migration: its files, and the context that rewriters need."""

    commit: str
    files: dict[str, Entry]
    context: MoveContext
    clashes: tuple[tuple[str, str], ...]

    def where(self, path: str) -> str:
        return self.context.where(path)


class Carried(NamedTuple):
    """A commit's tree after the migration (empty if there are conflicts), and what is
    left for a person to decide in the files that the branch changed."""

    tree: str
    conflicts: tuple[Conflict, ...]
    undecided: tuple[Undecided, ...]


class RewriteWorkspace(NamedTuple):
    """What is known of the commits of a branch; `folder` is ours."""

    git: Git
    folder: str
    store: Store
    done: Performed
    views: dict[str, TreeView]
    reverses: dict[str, Changes]

    def view(self, commit: str) -> TreeView:
        """Return the view of a commit; it is kept for forks, which are used often."""
        if commit not in self.views:
            files = dict(tree_snapshot(self.git, commit).files())
            self.views[commit] = _view(self, commit, files)
        return self.views[commit]

    def reverse(self, fork: str) -> Changes:
        """Return the changes from the record back to a fork, in the new layout."""
        if fork not in self.reverses:
            self.reverses[fork] = _reverse(self, fork)
        return self.reverses[fork]


def carry(workspace: RewriteWorkspace, commit: str, fork: str) -> Carried:
    """Return the tree of `commit`, which forked from the history at `fork`."""
    changes = changes_between(workspace.git, fork, commit)
    files = dict(workspace.view(fork).files)
    for change in changes:
        files.pop(change.path, None)
    files.update({path: new for path, _old, new in changes if new is not None})
    here, paths = _view(workspace, commit, files), [change.path for change in changes]
    conflicts = tuple(_clashes(here, paths))
    if conflicts:
        return Carried("", conflicts, ())
    left: list[Undecided] = []
    theirs = _changes(workspace, workspace.view(fork), here, paths, left)
    reverse = workspace.reverse(fork)
    if reverse.keys().isdisjoint(theirs) and not _obstructed(workspace, theirs):
        tree = _with(workspace, [theirs])
        return Carried(tree, (), tuple(left))
    return _merged(workspace, here, reverse, theirs, left)


def _view(
    workspace: RewriteWorkspace, commit: str, files: dict[str, Entry]
) -> TreeView:
    snapshot = tree_snapshot(workspace.git, commit)
    moves = moves_among(workspace.done, files)
    clashes = tuple(collisions(moves, files))
    return TreeView(commit, files, _context(workspace, snapshot, moves, files), clashes)


def _context(
    workspace: RewriteWorkspace,
    snapshot: Snapshot,
    moves: tuple[FileMove, ...],
    files: dict[str, Entry],
) -> MoveContext:
    leaving = {move.old for move in moves}
    standing = {move.new for move in moves} | {p for p in files if p not in leaving}
    created = tuple(one for one in workspace.done.created if one.path not in standing)
    before = analyze(snapshot, workspace.done.policy.roots, workspace.store)
    return move_context(workspace.done.policy, before, moves, created, workspace.store)


def _clashes(here: TreeView, paths: list[str]) -> Iterator[Conflict]:
    for path, why in here.clashes:
        yield Conflict(here.commit, path, why, content=False)
    for path in paths:
        entry, new = here.files.get(path), here.where(path)
        if entry is not None and entry.mode == GITLINK and new != path:
            why = f"{path} is a submodule, which only `git mv` can move"
            yield Conflict(here.commit, new, why, content=False)


def _changes(
    workspace: RewriteWorkspace,
    old: TreeView,
    new: TreeView,
    paths: list[str],
    left: list[Undecided],
) -> Changes:
    """Return the changes of `paths` between two commits, in the new layout."""
    changes: Changes = {old.where(path): None for path in paths if path in old.files}
    changes.update(_moved(workspace, new, paths, left))
    if IGNORE_REVS in paths and workspace.done.ignored:
        entry = new.files.get(IGNORE_REVS)
        data = workspace.git.objects.read(entry.oid) if entry else b""
        gap = b"\n" if data and not data.endswith(b"\n") else b""
        text = data + gap + workspace.done.ignored.lstrip(b"\n")
        [oid] = write_blobs(workspace.git, workspace.folder, [text])
        changes[IGNORE_REVS] = Entry(entry.mode if entry else REGULAR, oid)
    return changes


def _moved(
    workspace: RewriteWorkspace, view: TreeView, paths: list[str], left: list[Undecided]
) -> Mapping[str, Entry]:
    """Return the entries of `paths` in the commit, rewritten, by their new path."""
    files = {path: view.files[path] for path in paths if path in view.files}
    edited = dict(_rewritten(workspace, view, files, left))
    ids = write_blobs(workspace.git, workspace.folder, list(edited.values()))
    new = dict(zip(edited, ids, strict=True))
    return {
        view.where(path): Entry(entry.mode, new.get(path, entry.oid))
        for path, entry in files.items()
    }


def _rewritten(
    workspace: RewriteWorkspace,
    view: TreeView,
    files: dict[str, Entry],
    left: list[Undecided],
) -> Iterator[tuple[str, bytes]]:
    frozen = workspace.done.migration.frozen
    for path, data in files_to_open(view.context, files, search_names(view.context)):
        edits, undecided = rewrite(path, data, view.context)
        left += undecided
        if not edits or frozen.match(path):
            continue
        try:
            yield path, apply_edits(data, edits)
        except ValueError as error:
            left.append(Undecided(path, edits[0].line, path, str(error)))


def _reverse(workspace: RewriteWorkspace, fork: str) -> Changes:
    """Return the changes from the record back to the fork in the new layout: without
    what the migration wrote, and what happened between the fork and the migration."""
    base = workspace.done.trail.base
    changes: Changes = {file.path: None for file in workspace.done.created}
    paths = [change.path for change in changes_between(workspace.git, base, fork)]
    if paths:
        changes |= _changes(
            workspace, workspace.view(base), workspace.view(fork), paths, []
        )
    return changes


def _obstructed(workspace: RewriteWorkspace, theirs: Changes) -> bool:
    """Return True where a file would replace a folder, or be below a file."""
    record = tree_snapshot(workspace.git, workspace.done.trail.record)
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


def _with(workspace: RewriteWorkspace, steps: Iterable[Changes]) -> str:
    """Write the record's tree with these changes, in order."""
    with private_index(workspace.git, workspace.folder) as index:
        index.read(workspace.done.trail.record)
        for changes in steps:
            if changes:
                index.change(changes)
        return index.write_tree()


def _merged(
    workspace: RewriteWorkspace,
    here: TreeView,
    reverse: Changes,
    theirs: Changes,
    left: list[Undecided],
) -> Carried:
    both = sorted(reverse.keys() & theirs.keys()) or sorted(theirs)
    refuse_old_git(workspace.git, both[0])
    fork, other = _with(workspace, [reverse]), _with(workspace, [reverse, theirs])
    tree, conflicts = merge(workspace.git, workspace.done, here.commit, fork, other)
    return Carried(tree, conflicts, () if conflicts else tuple(left))


class Conflict(NamedTuple):
    """One path with two contents: the commit of the branch, the path after the
    migration, and why. With `content` both sides changed the file there."""

    commit: str
    path: str
    why: str
    content: bool


class Merged(NamedTuple):
    """The tree, or the conflicts that prevent it."""

    tree: str
    conflicts: tuple[Conflict, ...]


def refuse_old_git(git: Git, path: str) -> None:
    """Refuse a Git that cannot merge in memory; `path` is a file on both sides."""
    if git.version < WRITE_TREE:
        message = f"{path} was changed on both sides, which this Git cannot merge here"
        raise GitError(message, "update Git to 2.38 or newer")


def merge(git: Git, done: Performed, commit: str, fork: str, theirs: str) -> Merged:
    """Merge the tree `theirs`, of the branch's `commit`, with that of the record; the
    tree `fork` is their base."""
    record = done.trail.record
    base = _commit_side(git, fork, record)
    ours = _commit_side(git, find_commit(git, record).tree, base)
    tree, paths = merged_tree(git, ours, _commit_side(git, theirs, base))
    if not paths:
        return Merged(tree, ())
    written = {file.path for file in done.created}
    return Merged("", tuple(_conflicts(commit, paths, written)))


def _commit_side(git: Git, tree: str, parent: str) -> str:
    return commit_tree(git, tree, parent, "a side of a merge\n", signed=False)


def _conflicts(
    commit: str, paths: Iterable[bytes], written: set[str]
) -> Iterator[Conflict]:
    for path in dict.fromkeys(os.fsdecode(path) for path in paths if path):
        why = "changed on the branch, and in another way before the migration"
        if path in written:
            why = "the migration wrote this file, and the branch has its own"
        yield Conflict(commit, path, why, content=path not in written)
