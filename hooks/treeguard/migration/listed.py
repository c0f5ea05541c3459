"""A tree whose files are listed once, however often they are asked for.

A plan goes through all of them many times, and in a large repository each listing by
Git costs as much as a commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cached_property

from treeguard.repository.plumbing import Git
from treeguard.repository.searching import search_words
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot


class Listed:
    """The snapshot `base`, with the list of its files kept."""

    def __init__(self, base: Snapshot) -> None:
        self.base = base
        self.name = base.name
        self.tree = base.tree
        self._searched: dict[
            tuple[frozenset[bytes], frozenset[str]], frozenset[str] | None
        ] = {}

    @cached_property
    def by_path(self) -> dict[str, Entry]:
        """What each path holds; not to be changed."""
        return dict(self.base.files())

    def files(self) -> Iterator[tuple[str, Entry]]:
        return iter(self.by_path.items())

    def entry(self, path: str) -> Entry | None:
        return self.base.entry(path)

    def children(self, folder: str) -> Mapping[str, Entry]:
        return self.base.children(folder)

    def read(self, oid: str) -> bytes:
        return self.base.read(oid)

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return self.base.read_many(oids)

    def changes_since(self, tree: str) -> list[Change] | None:
        return [] if tree == self.tree else self.base.changes_since(tree)

    def search_words(self, words: Iterable[bytes]) -> frozenset[str] | None:
        """As `searching.search_words`; None for a tree that Git does not hold."""
        git: Git | None = getattr(self.base, "git", None)
        if git is None or self.tree is None:
            return None
        return search_words(git, self.tree, words)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """As `searching.search`, each answer kept: a moved tree asks the same."""
        key = frozenset(needles), frozenset(endings)
        if key not in self._searched:
            of_base = getattr(self.base, "search", None)
            self._searched[key] = of_base(*key) if of_base else None
        return self._searched[key]
