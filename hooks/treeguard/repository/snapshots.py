"""Snapshots of real repositories: a tree, and the index as changes upon a tree.

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
from treeguard.repository.names import EMPTY_TREES
from treeguard.repository.names import find_tree
from treeguard.repository.names import head_tree
from treeguard.repository.object_errors import MissingObjectError
from treeguard.repository.plumbing import Git
from treeguard.repository.tree_objects import canonical
from treeguard.repository.tree_objects import names_by_folder
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot


def tree_snapshot(git: Git, treeish: str) -> Snapshot:
    """The tree of a commit, tag, id or `COMMIT:FOLDER`; errors as `find_tree`."""
    return TreeSnapshot(git, find_tree(git, treeish), treeish)


def index_snapshot(git: Git, base: str = "HEAD") -> Snapshot:
    """What a commit would hold now, told as changes upon `base`.

    An unborn HEAD counts as the empty tree. Raises `GitError` on a conflict in the
    index, and in a bare repository, which has no index.
    """
    tree = head_tree(git) if base == "HEAD" else find_tree(git, base)
    changes = staged_changes(git, tree)
    if changes and git.where.bare and "GIT_INDEX_FILE" not in git.environ:
        message = "a bare repository has no index to check"
        raise GitError(message, "name a commit: `treeguard check --all TREE`")
    return IndexSnapshot(TreeSnapshot(git, tree, base), changes)


def empty_snapshot(git: Git) -> Snapshot:
    """The tree without any file: what came before a first commit."""
    return TreeSnapshot(git, EMPTY_TREES[git.where.object_format], "nothing")


class TreeSnapshot:
    """A tree that is in the repository; folders are read when they are looked at."""

    def __init__(self, git: Git, tree: str, name: str) -> None:
        self.git = git
        self.name = name
        self.tree: str | None = tree
        self._root = Entry(TREE, tree)
        self._files: list[tuple[str, Entry]] | None = None

    def entry(self, path: str) -> Entry | None:
        if not path:
            return self._root
        folder, _, name = path.rpartition("/")
        return self.children(folder).get(name)

    def children(self, folder: str) -> Mapping[str, Entry]:
        # By steps, not by recursion: a path can have 2000 parts.
        found: Entry | None = self._root
        for part in folder.split("/") if folder else ():
            if found is None or found.mode != TREE:
                return {}
            found = self.git.objects.tree(found.oid).get(part)
        if found is None or found.mode != TREE:
            return {}
        return self.git.objects.tree(found.oid)

    def files(self) -> Iterator[tuple[str, Entry]]:
        if self._files is None:
            self._files = list(self._listed())
        yield from self._files

    def _listed(self) -> Iterator[tuple[str, Entry]]:
        for path, head in self.heads().items():
            yield path, entry_of(head)

    def heads(self) -> dict[str, str]:
        """Every file with what Git says of it, which `entry_of` reads.

        To make entries of 100,000 files takes four times as long as to list them.
        """
        args = ("ls-tree", "-r", "-z", "--full-tree", self._root.oid)
        records = os.fsdecode(self.git.run(*args)).split("\0")[:-1]
        parts = (record.partition("\t") for record in records)
        return {path: head for head, _, path in parts}

    def read(self, oid: str) -> bytes:
        return self.git.objects.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self.git.objects.read_many(oids)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """See `searching.search`; there may be more paths than that."""
        from treeguard.repository.grep import search

        return search(self.git, self._root.oid, needles, endings)

    def changes_since(self, tree: str) -> list[Change] | None:
        if not has_tree(self.git, tree):
            return None
        return tree_changes(self.git, tree, self._root.oid)


class IndexSnapshot:
    """The index: a tree, and upon it what is staged."""

    def __init__(self, base: Snapshot, changes: Iterable[Change]) -> None:
        self.name = "the index"
        self.base = base
        self._changes = {change.path: change for change in changes}
        self._folders = names_by_folder(self._changes)
        self._listings: dict[str, Mapping[str, Entry]] = {}
        self.tree: str | None = None if self._changes else base.tree

    def entry(self, path: str) -> Entry | None:
        if not path:
            return Entry(TREE, self.tree or "")
        folder, _, name = path.rpartition("/")
        return self.children(folder).get(name)

    def children(self, folder: str) -> Mapping[str, Entry]:
        if folder in self._folders:
            return self._listing(folder)
        # Nothing changed below, but perhaps the folder itself, or one above.
        above = folder
        while above not in self._folders:
            if above in self._changes:
                return {}
            above = above.rpartition("/")[0]
        return self.base.children(folder)

    def files(self) -> Iterator[tuple[str, Entry]]:
        for path, entry in self.base.files():
            if path not in self._changes:
                yield path, entry
        for path, change in self._changes.items():
            if change.new is not None:
                yield path, change.new

    def read(self, oid: str) -> bytes:
        return self.base.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self.base.read_many(oids)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """See `searching.search`; every path that is changed is among the answer."""
        of_base = getattr(self.base, "search", None)
        found: frozenset[str] | None = of_base(needles, endings) if of_base else None
        return None if found is None else found | self._changes.keys()

    def changes_since(self, tree: str) -> list[Change] | None:
        before = self.base.changes_since(tree)
        return None if before is None else compose(before, self._changes)

    def _listing(self, folder: str) -> Mapping[str, Entry]:
        """A folder in which something changed; those below it are listed before."""
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
        """A path that is changed, or has something changed below it."""
        change = self._changes.get(path)
        if change is not None and change.new is not None:
            return change.new
        return Entry(TREE, "") if self._listings.get(path) else None


def entry_of(head: str) -> Entry:
    """The entry of a file of which `git ls-tree` says `MODE KIND ID`."""
    return Entry(canonical(int(head[:6], 8)), head[head.rindex(" ") + 1 :])


def has_tree(git: Git, tree: str) -> bool:
    """True when the repository has the tree with this id."""
    try:
        git.objects.tree(tree)
    except MissingObjectError:
        return False
    return True
