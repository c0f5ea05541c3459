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
from treeguard.migration.plan.files_to_open import search_names
from treeguard.migration.plan.planner import move_context
from treeguard.migration.plan.planner import rewrite_files
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import collisions
from treeguard.migration.rebase.layout import moves_among
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
from treeguard.trees import folders_above

Changes = dict[str, Entry | None]


class Conflict(NamedTuple):
    """One path with two contents: the commit of the branch, the path after the
    migration, and why. With `content` both sides changed the file there."""

    commit: str
    path: str
    why: str
    content: bool


class Carried(NamedTuple):
    """A commit's tree after the migration (empty if there are conflicts), and what is
    left for a person to decide in the files that the branch changed."""

    tree: str
    conflicts: tuple[Conflict, ...]
    undecided: tuple[Undecided, ...]


class TreeView(NamedTuple):
    """A commit before the migration: its files, and the context that rewriters need."""

    commit: str
    files: dict[str, Entry]
    context: MoveContext
    clashes: tuple[tuple[str, str], ...]

    def where(self, path: str) -> str:
        return self.context.where(path)

    def conflicts(self, paths: Iterable[str]) -> Iterator[Conflict]:
        """Yield paths that cannot be in the new layout, among them moved submodules."""
        for path, why in self.clashes:
            yield Conflict(self.commit, path, why, content=False)
        for path in paths:
            entry, new = self.files.get(path), self.where(path)
            if entry is not None and entry.mode == GITLINK and new != path:
                why = f"{path} is a submodule, which only `git mv` can move"
                yield Conflict(self.commit, new, why, content=False)


class RewriteWorkspace:
    """Makes the trees of a branch's commits; `folder` is ours, for temporary files."""

    def __init__(self, git: Git, folder: str, store: Store, done: Performed) -> None:
        self.git = git
        self.done = done
        self._folder = folder
        self._store = store
        # Of forks, which are used often.
        self._views: dict[str, TreeView] = {}
        self._reverses: dict[str, Changes] = {}

    def carry(self, commit: str, fork: str) -> Carried:
        """Return the tree of `commit`, which forked from the history at `fork`."""
        changes = changes_between(self.git, fork, commit)
        files = dict(self._fork(fork).files)
        for change in changes:
            files.pop(change.path, None)
        files.update({path: new for path, _old, new in changes if new is not None})
        here, paths = self._view(commit, files), [change.path for change in changes]
        conflicts = tuple(here.conflicts(paths))
        if conflicts:
            return Carried("", conflicts, ())
        theirs, left = self._changes(self._fork(fork), here, paths)
        reverse = self._reverse(fork)
        if reverse.keys().isdisjoint(theirs) and not self._is_obstructed(theirs):
            return Carried(self._with([theirs]), (), left)
        tree, conflicts = self._merge(commit, reverse, theirs)
        return Carried(tree, conflicts, () if conflicts else left)

    def _fork(self, commit: str) -> TreeView:
        if commit not in self._views:
            files = dict(tree_snapshot(self.git, commit).files())
            self._views[commit] = self._view(commit, files)
        return self._views[commit]

    def _view(self, commit: str, files: dict[str, Entry]) -> TreeView:
        done, moves = self.done, moves_among(self.done, files)
        old, new = {move.old for move in moves}, {move.new for move in moves}
        existing = new.union(path for path in files if path not in old)
        created = tuple(one for one in done.created if one.path not in existing)
        before = analyze(
            tree_snapshot(self.git, commit), done.policy.roots, self._store
        )
        context = move_context(done.policy, before, moves, created, self._store)
        return TreeView(commit, files, context, tuple(collisions(moves, files)))

    def _changes(
        self, old: TreeView, new: TreeView, paths: list[str]
    ) -> tuple[Changes, tuple[Undecided, ...]]:
        """Return the changes of `paths` between two commits, in the new layout, and
        what is undecided in them."""
        changes: Changes = {
            old.where(path): None for path in paths if path in old.files
        }
        files = {path: new.files[path] for path in paths if path in new.files}
        frozen, looked = self.done.migration.frozen, search_names(new.context)
        rewritten = rewrite_files(new.context, files, frozen, looked)
        data = {**rewritten.edited, **self._ignored_revisions(new, paths)}
        ids = write_blobs(self.git, self._folder, list(data.values()))
        oids = dict(zip(data, ids, strict=True))
        for path, entry in files.items():
            there = new.where(path)
            changes[there] = Entry(entry.mode, oids.pop(there, entry.oid))
        changes.update({path: Entry(REGULAR, oid) for path, oid in oids.items()})
        return changes, rewritten.undecided

    def _ignored_revisions(self, view: TreeView, paths: list[str]) -> dict[str, bytes]:
        """Return `.git-blame-ignore-revs` with the migration's own lines, if the branch
        touched it."""
        added = self.done.ignored
        if IGNORE_REVS not in paths or not added:
            return {}
        entry = view.files.get(IGNORE_REVS)
        data = self.git.objects.read(entry.oid) if entry else b""
        gap = b"\n" if data and not data.endswith(b"\n") else b""
        return {IGNORE_REVS: data + gap + added.lstrip(b"\n")}

    def _reverse(self, fork: str) -> Changes:
        """Return the changes from the record back to the fork, in the new layout.

        They undo what the migration wrote, and what happened between both.
        """
        if fork not in self._reverses:
            base = self.done.trail.base
            changes: Changes = {file.path: None for file in self.done.created}
            paths = [change.path for change in changes_between(self.git, base, fork)]
            if paths:
                changes |= self._changes(self._fork(base), self._fork(fork), paths)[0]
            self._reverses[fork] = changes
        return self._reverses[fork]

    def _is_obstructed(self, theirs: Changes) -> bool:
        """Return True where a file would replace a folder, or be below a file."""
        record = tree_snapshot(self.git, self.done.trail.record)
        for path, entry in theirs.items():
            there = record.entry(path) if entry is not None else None
            if there is not None and there.mode == TREE:
                return True
            above = folders_above(path) if entry is not None else ()
            if any(
                at is not None and at.mode != TREE for at in map(record.entry, above)
            ):
                return True
        return False

    def _with(self, steps: Iterable[Changes]) -> str:
        """Write the record's tree with these changes, in order."""
        with private_index(self.git, self._folder) as index:
            index.read(self.done.trail.record)
            for changes in steps:
                if changes:
                    index.change(changes)
            return index.write_tree()

    def _merge(
        self, commit: str, reverse: Changes, theirs: Changes
    ) -> tuple[str, tuple[Conflict, ...]]:
        """Merge the branch's changes with those of the record since the fork."""
        both = sorted(reverse.keys() & theirs.keys()) or sorted(theirs)
        if self.git.version < WRITE_TREE:
            message = (
                f"{both[0]} was changed on both sides, which this Git cannot merge"
            )
            raise GitError(message, "update Git to 2.38 or newer")
        record = self.done.trail.record
        base = self._commit(self._with([reverse]), record)
        ours = self._commit(find_commit(self.git, record).tree, base)
        other = self._commit(self._with([reverse, theirs]), base)
        tree, paths = merged_tree(self.git, ours, other)
        return ("", tuple(self._conflicts(commit, paths))) if paths else (tree, ())

    def _commit(self, tree: str, parent: str) -> str:
        message = "a side of a merge\n"
        return commit_tree(self.git, tree, parent, message, signed=False)

    def _conflicts(self, commit: str, paths: Iterable[bytes]) -> Iterator[Conflict]:
        written = {file.path for file in self.done.created}
        for path in dict.fromkeys(os.fsdecode(path) for path in paths if path):
            why = "changed on the branch, and in another way before the migration"
            if path in written:
                why = "the migration wrote this file, and the branch has its own"
            yield Conflict(commit, path, why, content=path not in written)
