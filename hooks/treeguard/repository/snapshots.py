"""Snapshots of real repositories: a tree, and a few changes upon it, as the index is.

Nothing is listed until somebody asks for all files: trees are read folder by folder,
and the index is HEAD's tree with the few paths that `git diff-index --cached` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.errors import GitError
from treeguard.repository.changes import compose
from treeguard.repository.changes import staged_changes
from treeguard.repository.changes import tree_changes
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import EMPTY_TREES
from treeguard.repository.refs import find_tree
from treeguard.repository.refs import head_tree
from treeguard.repository.tree_objects import MissingObjectError
from treeguard.repository.tree_objects import canonical
from treeguard.repository.tree_objects import names_by_folder
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot
from treeguard.trees import file_at


def tree_snapshot(git: Git, treeish: str) -> TreeSnapshot:
    """Return the tree of a commit, tag, id or `COMMIT:FOLDER`.

    Errors as `find_tree`.
    """
    return TreeSnapshot(git, find_tree(git, treeish), treeish)


def index_snapshot(git: Git, base: str = "HEAD") -> ChangedSnapshot:
    """Return what a commit would hold now, as changes upon `base`.

    An unborn HEAD counts as the empty tree. Raises `GitError` on a conflict in the
    index, and in a bare repository, which has no index.
    """
    tree = head_tree(git) if base == "HEAD" else find_tree(git, base)
    changes = staged_changes(git, tree)
    if changes and git.where.bare and "GIT_INDEX_FILE" not in git.environ:
        message = "a bare repository has no index to check"
        raise GitError(message, "name a commit: `treeguard check --all TREE`")
    return ChangedSnapshot(TreeSnapshot(git, tree, base), changes, "the index")


def empty_snapshot(git: Git) -> TreeSnapshot:
    """Return the tree without any file: what precedes a first commit."""
    return TreeSnapshot(git, EMPTY_TREES[git.where.object_format], "nothing")


class TreeSnapshot(Snapshot):
    """A tree that is in the repository; each folder is read when it is asked for.

    `changes` are its differences from other trees, by their id, as far as known.
    """

    def __init__(
        self,
        git: Git,
        tree: str,
        name: str,
        changes: Mapping[str, list[Change]] | None = None,
    ) -> None:
        self._git = git
        self.name = name
        self.tree: str = tree
        self._files: list[tuple[str, Entry]] | None = None
        self._since: dict[str, list[Change] | None] = dict(changes or {})

    def children(self, folder: str) -> Mapping[str, Entry]:
        # By steps, not by recursion: a path can have 2000 parts.
        oid, objects = self.tree, self._git.objects
        for part in folder.split("/") if folder else ():
            found = objects.tree(oid).get(part)
            if found is None or found.mode != TREE:
                return {}
            oid = found.oid
        return objects.tree(oid)

    def files(self) -> Iterator[tuple[str, Entry]]:
        if self._files is None:
            heads = list_tree(self._git, self.tree).items()
            self._files = [(path, entry_of(head)) for path, head in heads]
        yield from self._files

    def read(self, oid: str) -> bytes:
        return self._git.objects.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self._git.objects.read_many(oids)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        from treeguard.repository.grep import search

        return search(self._git, self.tree, needles, endings)

    def changes_since(self, tree: str) -> list[Change] | None:
        if tree not in self._since:
            known = has_tree(self._git, tree)
            changes = tree_changes(self._git, tree, self.tree) if known else None
            self._since[tree] = changes
        return self._since[tree]


class ChangedSnapshot(Snapshot):
    """The snapshot `base` with a few `changes`: the index upon HEAD, what a tool would
    write upon the index, what a migration would make of a tree.

    `blobs` are the bytes of ids that the repository may not have.
    """

    base: Snapshot

    def __init__(
        self,
        base: Snapshot,
        changes: Iterable[Change],
        name: str,
        blobs: Mapping[str, bytes] | None = None,
    ) -> None:
        self.name = name
        self.base = base
        self.changes = {change.path: change for change in changes}
        self.tree: str | None = None if self.changes else base.tree
        self._blobs = {} if blobs is None else blobs
        self._folders = names_by_folder(self.changes)
        self._listings: dict[str, Mapping[str, Entry]] = {}

    @classmethod
    def of(
        cls,
        base: Snapshot,
        entries: Mapping[str, Entry | None],
        name: str,
        blobs: Mapping[str, bytes] | None = None,
    ) -> ChangedSnapshot:
        """Return `base` with `entries` in place of its own (None: nothing there)."""
        changes = (
            Change(path, file_at(base, path), new) for path, new in entries.items()
        )
        return cls(base, (one for one in changes if one.old != one.new), name, blobs)

    def children(self, folder: str) -> Mapping[str, Entry]:
        if folder in self._folders:
            return self._listing(folder)
        # Nothing changed below, but perhaps the folder itself, or one above.
        above = folder
        while above not in self._folders:
            if above in self.changes:
                return {}
            above = above.rpartition("/")[0]
        return self.base.children(folder)

    def files(self) -> Iterator[tuple[str, Entry]]:
        for path, entry in self.base.files():
            if path not in self.changes:
                yield path, entry
        for path, change in self.changes.items():
            if change.new is not None:
                yield path, change.new

    def paths(self) -> Iterator[str]:
        yield from (path for path in self.base.paths() if path not in self.changes)
        yield from (path for path, one in self.changes.items() if one.new is not None)

    def read(self, oid: str) -> bytes:
        found = self._blobs.get(oid)
        return self.base.read(oid) if found is None else found

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        if not self._blobs:
            yield from self.base.read_many(oids)
            return
        wanted = list(oids)
        plain = self.base.read_many(oid for oid in wanted if oid not in self._blobs)
        for oid in wanted:
            yield (oid, self._blobs[oid]) if oid in self._blobs else next(plain)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        # Every path that is changed is among the answer.
        found = self.base.search(needles, endings)
        return None if found is None else found | self.changes.keys()

    def changes_since(self, tree: str) -> list[Change] | None:
        before = self.base.changes_since(tree)
        return None if before is None else compose(before, self.changes)

    def _listing(self, folder: str) -> Mapping[str, Entry]:
        """Return a folder in which something changed, after those below it."""
        waiting = [] if folder in self._listings else [folder]
        while waiting:
            here = waiting[-1]
            prefix = f"{here}/" if here else ""
            inner = [prefix + name for name in self._folders[here]]
            unknown = [
                path
                for path in inner
                if path in self._folders and path not in self._listings
            ]
            if here not in self._listings and not unknown:
                self._listings[here] = self._overlay(here, self._folders[here])
            if here in self._listings:
                waiting.pop()
            else:
                waiting += unknown
        return self._listings[folder]

    def _overlay(self, folder: str, names: Iterable[str]) -> Mapping[str, Entry]:
        listing = dict(self.base.children(folder))
        for name in names:
            path = f"{folder}/{name}" if folder else name
            entry = self._touched(path)
            if entry is None:
                listing.pop(name, None)
            else:
                listing[name] = entry
        return listing

    def _touched(self, path: str) -> Entry | None:
        """Return what a changed path holds, or one with a change below it."""
        change = self.changes.get(path)
        if change is not None and change.new is not None:
            return change.new
        return Entry(TREE, "") if self._listings.get(path) else None


def list_tree(git: Git, tree: str) -> dict[str, str]:
    """Return every file below a tree with its `MODE KIND ID`, which `entry_of` reads.

    To make entries of 100,000 files takes four times as long as to list them.
    """
    args = ("ls-tree", "-r", "-z", "--full-tree", tree)
    records = os.fsdecode(git.run(*args)).split("\0")[:-1]
    parts = (record.partition("\t") for record in records)
    return {path: head for head, _, path in parts}


def entry_of(head: str) -> Entry:
    """Return the entry of a file that `git ls-tree` lists as `MODE KIND ID`."""
    return Entry(canonical(int(head[:6], 8)), head[head.rindex(" ") + 1 :])


def has_tree(git: Git, tree: str) -> bool:
    """Return True if the repository has the tree with this id."""
    try:
        git.objects.tree(tree)
    except MissingObjectError:
        return False
    return True
