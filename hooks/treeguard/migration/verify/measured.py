"""What `verify` measures: a line of its checklist, and the trees that it compares."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.migration.context import MoveContext
from treeguard.policy.patterns import Patterns


class Line(NamedTuple):
    """One line of the checklist: does it hold, what was measured, what breaks it."""

    holds: bool
    text: str
    details: tuple[str, ...] = ()


class Both(NamedTuple):
    """The trees before and after, where each file went, and each folder as a whole."""

    before: TreeAnalysis
    after: TreeAnalysis
    moved: dict[str, str]
    folders: dict[str, str]
    frozen: Patterns

    def where(self, path: str) -> str:
        return self.moved.get(path) or self.folders.get(path, path)

    def world(self) -> MoveContext:
        """Both trees as rewriters see them, everything rewritten already."""
        return MoveContext(self.before, self.moved, self.after).complete()

    def lasting(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Those of `paths` that are there afterwards, and not frozen: old, new."""
        for path in paths:
            new = self.where(path)
            if not self.frozen.match(path) and self.after.entry(new) is not None:
                yield path, new
