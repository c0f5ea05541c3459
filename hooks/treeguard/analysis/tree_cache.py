"""Values computed for a tree, kept by kind, tree and scope, and brought up to date.

Answers to queries, verdicts on files, chains of imports and the import graph are each
computed for a tree once. For another tree the value of a neighbour is taken, a recent
tree that Git can compare it with, and only what the difference invalidates is computed
anew: what depends on a changed path, or on a name that may mean something else now.

Where an import leads depends on the paths that there are, and on the bytes of no file
but the `__init__.py` of a package: its `__path__` is part of `SearchRoots`, and what
`import *` imports is looked up anew when it changes. So after any other edit all
imports of the other files lead where they led. After a file came or
went only those can lead elsewhere that spell its name, or the name of a folder that
came or went with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.import_candidates import stem_of
from treeguard.analysis.module_finder import MODULES
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.search_order import PROJECT_FILES
from treeguard.analysis.store import Store
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Snapshot

# What `names_of` returns for the name in `from package import *`.
STAR = "*"
# A new package with more files than this is not looked through.
MOST_FILES = 2_000


class Difference:
    """What differs from an earlier tree to a newer one: `changes`, by path."""

    def __init__(
        self, changes: Iterable[Change], new: Snapshot, search_roots: SearchRoots
    ) -> None:
        self.changes: Mapping[str, Change] = {one.path: one for one in changes}
        self._new = new
        self._search_roots = search_roots

    @cached_property
    def names(self) -> frozenset[str] | None:
        """The names that may mean something else now, as `invalidated_names`."""
        changes = self.changes.values()
        return invalidated_names(changes, self._new, self._search_roots)


class Differences:
    """The differences from earlier trees to the tree `new`, each computed once."""

    def __init__(self, new: Snapshot, search_roots: SearchRoots) -> None:
        self.new = new
        self._search_roots = search_roots
        self._known: dict[str, Difference | None] = {}

    def since(self, tree: str) -> Difference | None:
        """Return the difference from the tree with this id; None if that is gone.

        It may start a Git process, as `Snapshot.changes_since`.
        """
        if tree not in self._known:
            same = tree == self.new.tree
            changes = [] if same else self.new.changes_since(tree)
            self._known[tree] = None
            if changes is not None:
                found = Difference(changes, self.new, self._search_roots)
                self._known[tree] = found
        return self._known[tree]


class Neighbour(NamedTuple):
    """The value of an earlier tree, and what differs in the new one since then."""

    tree: str
    value: Any
    since: Difference


class TreeCache:
    """The values of one `kind`, kept for the `most` trees that were kept last.

    `scope` names all that a value depends on beside its tree. A value may need a `part`
    that several trees share: it is kept as long as one of them is.
    """

    def __init__(
        self, differences: Differences, store: Store, kind: str, scope: str, most: int
    ) -> None:
        self._differences = differences
        self._store = store
        self._kind = kind
        self._scope = scope
        self._most = most
        self._recent: list[tuple[str, str]] = self._read(f"{kind}-recent", scope) or []

    def neighbours(self) -> Iterator[Neighbour]:
        """Yield what is kept for this tree, then for recent ones, the last one first.

        Trees that Git can no longer compare with this one are left out.
        """
        own = self._differences.new.tree
        recent = sorted(self._recent, key=lambda one: one[0] != own)
        for tree, _part in recent:
            value = self._read(self._kind, f"{tree} {self._scope}")
            if value is None:  # damaged
                self.forget(tree)
                continue
            since = self._differences.since(tree)
            if since is not None:
                yield Neighbour(tree, value, since)

    def keeps(self) -> bool:
        """Return True if `put` will keep a value: the tree is a Git object, and none is
        kept for it."""
        tree = self._differences.new.tree
        return bool(tree) and all(tree != known for known, _part in self._recent)

    def put(self, value: Any, part: str = "") -> None:
        """Keep the value of this tree, if `keeps` says so."""
        tree, store, kind = self._differences.new.tree, self._store, self._kind
        if tree is None or not self.keeps():
            return
        store.put(kind, f"{tree} {self._scope}", value)
        every = [(tree, part), *self._recent]
        self._recent = every[: self._most]
        store.put(f"{kind}-recent", self._scope, self._recent)
        store.shared[f"{kind}-recent {self._scope}"] = self._recent
        for old, _part in every[self._most :]:
            store.drop(kind, f"{old} {self._scope}")
            store.shared.pop(f"{kind} {old} {self._scope}", None)
        needed = {part for _tree, part in self._recent}
        for name in {part for _tree, part in every} - needed:
            store.drop(f"{kind}-part", name)

    def forget(self, tree: str) -> None:
        """Treat the value of a tree as not kept, so that it may be kept again."""
        self._recent = [one for one in self._recent if one[0] != tree]

    def _read(self, kind: str, key: str) -> Any:
        # An old tree and a new one read the same rows.
        shared, name = self._store.shared, f"{kind} {key}"
        found = shared.get(name)
        if found is None:
            found = self._store.get(kind, key)
            if found is not None:
                shared[name] = found
        return found

    def part(self, name: str) -> Any:
        """Return a part that was kept, or None."""
        return self._store.get(f"{self._kind}-part", name)

    def put_part(self, value: Any) -> str:
        """Keep a part that this tree's value needs, and return its name."""
        name = f"{self._differences.new.tree} {self._scope}"
        self._store.put(f"{self._kind}-part", name, value)
        return name


def is_kept(store: Store, kind: str, tree: str, scope: str) -> bool:
    """Return True if a value of this kind is kept for the tree."""
    return store.get(kind, f"{tree} {scope}") is not None


def scope_of(*basis: object) -> str:
    """Return a name for all that a value depends on beside its tree."""
    import hashlib

    text = repr(basis).encode("utf-8", "surrogateescape")
    return hashlib.sha256(text).hexdigest()[:24]


def invalidated_names(
    changes: Iterable[Change], new: Snapshot, search_roots: SearchRoots
) -> frozenset[str] | None:
    """Return the names, as `names_of` has them, whose meaning `changes` may change.

    `new` is the tree that they lead to. None where any name may mean something else: a
    link or a submodule came or went, or what says where modules are looked up.
    """
    changes = list(changes)
    moved = [change for change in changes if not _is_edit(change)]
    if any(_moves_everything(change) for change in moved):
        return None
    if moved and _has_linked_root(search_roots):
        return None
    places = {change.path for change in moved}
    found: set[str] = set()
    if any(_is_edit(one) and one.path.endswith("__init__.py") for one in changes):
        # What it lists in `__all__` is what `from package import *` imports.
        found.add(STAR)
    # Thousands of files may come with one folder, which is looked through once.
    kept: dict[str, bool] = {}
    for path in places:
        inside = _names_at(path, places, new, search_roots.roots, kept)
        if inside is None:
            return None
        found |= inside
    if found:
        # A link by another name may lead to what came or went.
        found.update(stem_of(link.rpartition("/")[2]) for link, _ in search_roots.links)
    return frozenset(found)


def _is_edit(change: Change) -> bool:
    if change.old is None or change.new is None:
        return False
    if change.old.is_file and change.new.is_file:
        return True
    return change.old.mode == change.new.mode == GITLINK


def _moves_everything(change: Change) -> bool:
    entries = [entry for entry in (change.old, change.new) if entry is not None]
    if any(entry.mode in (SYMLINK, GITLINK) for entry in entries):
        return True
    return change.path.rpartition("/")[2] in PROJECT_FILES


def _has_linked_root(search_roots: SearchRoots) -> bool:
    return any(
        f"{root}/".startswith(f"{link}/")
        for root in search_roots.roots
        for link, _ in search_roots.links
    )


def _names_at(
    path: str,
    places: set[str],
    new: Snapshot,
    roots: tuple[str, ...],
    kept: dict[str, bool],
) -> set[str] | None:
    folder, _, name = path.rpartition("/")
    if stem_of(name) == "__init__" and not _is_all_new(folder, places, new):
        # It makes a package of a folder whose files nobody touched.
        return None
    found = {stem_of(name)}
    while folder:
        if folder not in kept:
            kept[folder] = _holds_another(folder, places, new)
        if kept[folder]:
            break
        if folder in roots:
            return None
        found.add(stem_of(folder.rpartition("/")[2]))
        folder = parent_folder(folder)
    return found


def _holds_another(folder: str, places: set[str], new: Snapshot) -> bool:
    """Return True if a module that stays keeps the folder what it was."""
    return any(
        name.endswith(MODULES) and entry.is_file and f"{folder}/{name}" not in places
        for name, entry in new.children(folder).items()
    )


def _is_all_new(folder: str, places: set[str], new: Snapshot) -> bool:
    """Return True if every file below `folder` is among `places`, or none is left."""
    if not folder:
        return False
    folders, seen = [folder], 0
    for inner in folders:
        for name, entry in new.children(inner).items():
            path = f"{inner}/{name}"
            seen += 1
            if entry.mode == TREE:
                folders.append(path)
            elif path not in places or seen > MOST_FILES:
                return False
    return True
