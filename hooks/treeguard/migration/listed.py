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
from treeguard.repository.searching import search
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
        self._words: frozenset[bytes] = frozenset()
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

    def expect(self, words: Iterable[bytes]) -> None:
        """Let the first search look for these words too: to inflate every file is what
        a search costs."""
        self._words = frozenset(words)

    def search_words(self, words: Iterable[bytes]) -> frozenset[str] | None:
        """As `searching.search_words`, and perhaps more; None for a tree that Git does
        not hold."""
        git, wanted = self._git(), frozenset(words)
        if git is None or self.tree is None:
            return None
        done = self._searched.items() if wanted <= self._words else ()
        for (_needles, endings), known in done:
            if known is not None:
                rest = search_words(git, self.tree, wanted, endings)
                return None if rest is None else rest | known
        return search_words(git, self.tree, wanted)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """As `searching.search`, each answer kept: a moved tree asks the same. The
        words that are expected count as needles."""
        key, git = (frozenset(needles), frozenset(endings)), self._git()
        if git is None or self.tree is None:
            return None
        if key not in self._searched:
            self._searched[key] = search(git, self.tree, *key, self._words)
        return self._searched[key]

    def _git(self) -> Git | None:
        found: Git | None = getattr(self.base, "git", None)
        return found
