"""Rows of parts: what lies higher may import what lies lower, a row's parts not at all.

`layers` is such rows; the `independent` parts of an isolated zone are a single row.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.analysis.import_candidates import PossibleTargets
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.facts import Import
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.candidate_files import Could
from treeguard.rules.importing.candidate_files import inside
from treeguard.rules.importing.candidate_files import sources
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import is_rooted
from treeguard.rules.importing.zones import words


class Part(NamedTuple):
    """One part, and the row that it is in; the first row is the highest."""

    row: int
    zone: Zone


class Crossing(NamedTuple):
    """A use that leads from one part into another, where it must not lead."""

    use: Use
    target: str
    own: Part
    other: Part


class Parts:
    """The rows of parts of one rule."""

    def __init__(self, rows: Sequence[Sequence[Patterns]]) -> None:
        self.every = [
            Part(number, Zone(patterns))
            for number, row in enumerate(rows)
            for patterns in row
        ]
        self._kept: dict[str, Part | None] = {}

    def of(self, path: str) -> Part | None:
        """Return the part that `path` lies in; of several, the one that says it
        longest."""
        if path not in self._kept:
            holding = [part for part in self.every if part.zone.has(path)]
            self._kept[path] = max(holding, key=_length, default=None)
        return self._kept[path]

    def _below(self, folder: str) -> tuple[Part, ...] | None:
        """Return the part of every path below a folder; None where that is not one
        answer."""
        sides = [part.zone.patterns.folder(folder) for part in self.every]
        if None in sides:
            return None
        holding = [part for part, side in zip(self.every, sides, strict=True) if side]
        return (max(holding, key=_length),) if holding else ()

    def queries(self, search_roots: SearchRoots) -> list[FileQuery]:
        """Return which sources of the parts could import what they must not."""
        lines = [part.zone.patterns.lines for part in self.every]
        whole = Zone(Patterns([line for part in lines for line in part]))
        rows = [part.row for part in self.every]
        name = f"between {lines!r} in rows {rows!r} with {search_roots!r}"
        needed = self._words(search_roots)
        return [sources(name, inside(whole), needed, self._could(search_roots))]

    def crossings(
        self,
        analysis: TreeAnalysis,
        path: str,
        counted: Counted,
    ) -> Iterator[Crossing]:
        """Yield each use of one file that leads from its part into another, against the
        order."""
        own = self.of(path)
        if own is None:
            return
        for use in uses(analysis, path, counted):
            for target in use.found.targets:
                other = self.of(target)
                if other is not None and _against(own, other):
                    yield Crossing(use, target, own, other)
                    break

    def _could(self, search_roots: SearchRoots) -> Could:
        meant = PossibleTargets(search_roots, self.of, self._below)

        def could(path: str, item: Import) -> bool:
            own = self.of(path)
            is_any = item.prefix or (item.name == "*" and meant.may_open(path, item))
            if own is None or is_any:
                return own is not None
            return any(_against(own, other) for other in meant.of(path, item))

        return could

    def _words(self, search_roots: SearchRoots) -> frozenset[str] | None:
        """As `words`; None where an importer may lie inside what it must not import."""
        lines = [line for part in self.every for line in part.zone.patterns.lines]
        folders = sorted(f"{line.strip().strip('/')}/" for line in lines)
        nested = any(b.startswith(a) for a, b in itertools.pairwise(folders))
        if nested or not all(map(is_rooted, lines)):
            return None
        found: set[str] = set()
        for part in self.every:
            needed = words(part.zone, search_roots)
            if needed is None:
                return None
            found |= needed
        return frozenset(found)


def _against(own: Part, other: Part) -> bool:
    return other is not own and other.row <= own.row


def _length(part: Part) -> int:
    return max(len(line) for line in part.zone.patterns.lines)
