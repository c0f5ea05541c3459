"""Turns what files import round: who imports each file, and who spells each name."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.import_candidates import names_of
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.import_graph import Base
from treeguard.analysis.import_graph import Graph
from treeguard.analysis.import_graph import Reading
from treeguard.analysis.import_graph import Rows
from treeguard.analysis.import_graph import own_inits
from treeguard.analysis.import_graph import runs
from treeguard.analysis.resolver import Resolution
from treeguard.languages.facts import Import


class ResolvedImport(NamedTuple):
    """One import, and where it leads."""

    item: Import
    found: Resolution


def reading(path: str, led: Iterable[ResolvedImport], is_open: bool) -> Reading:
    """Return what one file is read to import."""
    targets = {target for _, found in led for target in runs(path, found)}
    names = {name for item, _ in led for name in names_of(item)}
    return Reading(tuple(targets), tuple(names), is_open)


class GraphBuilder:
    """A base that is made file by file, in any order.

    The same few imports come again and again, so the numbers that stand for one are
    looked up once.
    """

    def __init__(self, paths: list[str], numbers: Mapping[str, int]) -> None:
        self._paths = paths
        self._numbers = numbers
        self._importers: list[list[int]] = [[] for _ in paths]
        self._is_open = array("I")
        self._spelling: list[list[int]] = []
        self._names: dict[str, int] = {}
        self._spelled: dict[tuple[str, str | None], list[int]] = {}
        # By the place in memory of a resolution, which is kept with them.
        self._ran: dict[int, tuple[Resolution, list[int], list[int]]] = {}
        self._own: dict[str, set[int]] = {}

    def add(self, path: str, led: Iterable[ResolvedImport], is_open: bool) -> None:
        """Return what the file at `path` imports."""
        number, folder = self._numbers[path], parent_folder(path)
        own = self._own.get(folder)
        if own is None:
            own = self._own[folder] = set(self._known(own_inits(folder)))
        targets: set[int] = set()
        parents: set[int] = set()
        names: set[int] = set()
        for item, found in led:
            ran = self._ran.get(id(found)) or self._run(found)
            targets.update(ran[1])
            parents.update(ran[2])
            spelled = self._spelled.get((item.module, item.name))
            names.update(self._spell(item) if spelled is None else spelled)
        targets |= parents - own
        for target in targets:
            self._importers[target].append(number)
        for name in names:
            self._spelling[name].append(number)
        if is_open:
            self._is_open.append(number)

    def base(self) -> Base:
        """Return all that was added."""
        return Base(
            self._paths,
            self._numbers,
            Rows.of(self._importers),
            list(self._names),
            Rows.of(self._spelling),
            self._is_open,
        )

    def _known(self, paths: Iterable[str]) -> list[int]:
        return [self._numbers[path] for path in paths if path in self._numbers]

    def _run(self, found: Resolution) -> tuple[Resolution, list[int], list[int]]:
        ran = (found, self._known(found.targets), self._known(found.parents))
        self._ran[id(found)] = ran
        return ran

    def _spell(self, item: Import) -> list[int]:
        spelled = [self._name(name) for name in names_of(item)]
        self._spelled[item.module, item.name] = spelled
        return spelled

    def _name(self, name: str) -> int:
        number = self._names.setdefault(name, len(self._names))
        if number == len(self._spelling):
            self._spelling.append([])
        return number


def whole(graph: Graph) -> Base:
    """Return a graph's patch worked into its base."""
    readings = readings_of(graph.base)
    for path, now in graph.patch.items():
        readings.pop(path, None)
        if now is not None:
            readings[path] = now
    return _turned_round(readings)


def readings_of(base: Base) -> dict[str, Reading]:
    """Return the facts of each file of a base, turned back."""
    targets: list[list[str]] = [[] for _ in base.paths]
    names: list[list[str]] = [[] for _ in base.paths]
    for number, path in enumerate(base.paths):
        for importer in base.importers.row(number):
            targets[importer].append(path)
    for number, name in enumerate(base.names):
        for file in base.spelling.row(number):
            names[file].append(name)
    is_open = set(base.is_open)
    return {
        path: Reading(tuple(targets[n]), tuple(names[n]), n in is_open)
        for n, path in enumerate(base.paths)
    }


def _turned_round(readings: Mapping[str, Reading]) -> Base:
    numbers = {path: number for number, path in enumerate(readings)}
    importers: list[list[int]] = [[] for _ in readings]
    spelling: dict[str, list[int]] = {}
    for number, one in enumerate(readings.values()):
        for target in one.targets:
            if target in numbers:
                importers[numbers[target]].append(number)
        for name in one.names:
            spelling.setdefault(name, []).append(number)
    is_open = array("I", (n for n, one in enumerate(readings.values()) if one.is_open))
    by_name = Rows.of(spelling.values())
    return Base(
        list(numbers), numbers, Rows.of(importers), list(spelling), by_name, is_open
    )
