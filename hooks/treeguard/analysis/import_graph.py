"""Who imports whom in one tree, by candidates: a superset of the true imports.

The files of one tree are numbered and kept as arrays, which load fast (`Base`):
`GraphBuilder` inverts what each file imports. What differs in another tree is a few
files, read anew (`FileImports`) and laid over them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.import_candidates import names_of
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.resolver import Resolution
from treeguard.languages.facts import Import

BLOCKED = -1


class FileImports(NamedTuple):
    """What one file is read to import.

    `targets` are the files that its imports make run, `names` what they spell, as
    `names_of`. Where one that `is_open` leads may change with any path.
    """

    targets: tuple[str, ...]
    names: tuple[str, ...]
    is_open: bool = False


class Rows(NamedTuple):
    """Lists of numbers, end to end: list `n` begins at `starts[n]`."""

    starts: array[int]
    values: array[int]

    def row(self, number: int) -> array[int]:
        return self.values[self.starts[number] : self.starts[number + 1]]

    @classmethod
    def of(cls, rows: Iterable[Collection[int]]) -> Rows:
        starts, values = array("I", [0]), array("I")
        for row in rows:
            values.extend(row)
            starts.append(len(values))
        return cls(starts, values)


class Base(NamedTuple):
    """The Python sources of one tree by number, and for each who imports it.

    `spelling` has, for each of `names`, the files that spell it; `is_open` lists those
    of which `Reading.is_open` is true.
    """

    paths: list[str]
    numbers: Mapping[str, int]
    importers: Rows
    names: list[str]
    spelling: Rows
    is_open: array[int]


Patch = dict[str, "FileImports | None"]


class Distances:
    """How many files lie between a file and some others, itself included."""

    def __init__(self, paths: list[str], numbers: dict[str, int], far: array[int]):
        self._paths = paths
        self._numbers = numbers
        self._far = far

    def of(self, path: str) -> int:
        """0 for a file from which no way leads there."""
        number = self._numbers.get(path)
        return 0 if number is None else max(self._far[number], 0)

    def reached(self) -> Iterator[tuple[str, int]]:
        """Yield each file from which a way leads there, with its distance."""
        for path, far in zip(self._paths, self._far, strict=True):
            if far > 0:
                yield path, far


class Graph:
    """A base with a patch: what each file of it is read to import now, None if gone."""

    def __init__(self, base: Base, patch: Patch) -> None:
        self.base = base
        self.patch = patch
        # What the store calls the base; empty while it is not kept.
        self.name = ""

    def __contains__(self, path: str) -> bool:
        return path in self.base.numbers or path in self.patch

    def spelling(self, names: Iterable[str]) -> set[str]:
        """Return the files that spell one of `names`, and those that are open to
        any."""
        base, wanted = self.base, set(names)
        files = set(base.is_open)
        for number, name in enumerate(base.names):
            if name in wanted:
                files.update(base.spelling.row(number))
        found = {base.paths[file] for file in files} - self.patch.keys()
        for path, file_imports in self.patch.items():
            if file_imports and (
                file_imports.is_open or not wanted.isdisjoint(file_imports.names)
            ):
                found.add(path)
        return found

    def distances(
        self,
        ends: Collection[str],
        may_pass: Callable[[str], bool],
        instead: Mapping[str, Collection[str]],
    ) -> Distances:
        """Return how far each file is from `ends`, which are at 1, by files that
        `may_pass`.

        `instead` are the targets of some files that are known better.
        """
        paths, numbers = list(self.base.paths), dict(self.base.numbers)
        overlay = {
            path: file_imports.targets if file_imports else ()
            for path, file_imports in self.patch.items()
        }
        overlay.update({path: tuple(targets) for path, targets in instead.items()})
        for path in (*overlay, *ends):
            if path not in numbers:
                numbers[path] = len(paths)
                paths.append(path)
        fresh, other = bytearray(len(paths)), dict[int, list[int]]()
        for path, targets in overlay.items():
            fresh[numbers[path]] = 1
            for target in targets:
                if target in numbers:
                    other.setdefault(numbers[target], []).append(numbers[path])
        far = array("i", bytes(4 * len(paths)))
        level = [numbers[path] for path in ends]
        for number in level:
            far[number] = 1
        step = 1
        while level:
            step += 1
            level = [
                number
                for number in self._next(level, far, fresh, other)
                if _mark(number, step if may_pass(paths[number]) else BLOCKED, far)
            ]
        return Distances(paths, numbers, far)

    def _next(
        self,
        level: Iterable[int],
        far: array[int],
        fresh: bytearray,
        other: Mapping[int, list[int]],
    ) -> Iterator[int]:
        """Yield the importers of `level` that have no distance yet; some of them
        twice."""
        starts, values = self.base.importers
        known = len(self.base.paths)
        for number in level:
            if number < known:
                for importer in values[starts[number] : starts[number + 1]]:
                    if not far[importer] and not fresh[importer]:
                        yield importer
            for importer in other.get(number, ()):
                if not far[importer]:
                    yield importer


def _mark(number: int, distance: int, far: array[int]) -> bool:
    if far[number]:
        return False
    far[number] = distance
    return distance > 0


def runs(path: str, found: Resolution) -> list[str]:
    """Return the files that an import in the file at `path` makes run, its own set
    aside."""
    if not found.parents:
        return list(found.targets)
    own = own_inits(parent_folder(path))
    return [*found.targets, *(parent for parent in found.parents if parent not in own)]


def own_inits(folder: str) -> set[str]:
    """Return the `__init__` files that have run before any file in `folder` does."""
    own = {"__init__.py"}
    while folder:
        own.add(f"{folder}/__init__.py")
        folder = parent_folder(folder)
    return own


class ResolvedImport(NamedTuple):
    """One import, and where it leads."""

    item: Import
    found: Resolution


def file_imports(
    path: str, resolved: Iterable[ResolvedImport], is_open: bool
) -> FileImports:
    """Return what one file is read to import."""
    targets = {target for _, found in resolved for target in runs(path, found)}
    names = {name for item, _ in resolved for name in names_of(item)}
    return FileImports(tuple(targets), tuple(names), is_open)


class GraphBuilder:
    """A base that is made file by file, in any order.

    The same few imports come again and again, so the numbers of one are
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

    def add(self, path: str, resolved: Iterable[ResolvedImport], is_open: bool) -> None:
        """Return what the file at `path` imports."""
        number, folder = self._numbers[path], parent_folder(path)
        own = self._own.get(folder)
        if own is None:
            own = self._own[folder] = set(self._known(own_inits(folder)))
        targets: set[int] = set()
        parents: set[int] = set()
        names: set[int] = set()
        for item, found in resolved:
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


def merge_patch(graph: Graph) -> Base:
    """Return a graph's patch worked into its base."""
    imports = imports_by_file(graph.base)
    for path, now in graph.patch.items():
        imports.pop(path, None)
        if now is not None:
            imports[path] = now
    return _inverted(imports)


def imports_by_file(base: Base) -> dict[str, FileImports]:
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
        path: FileImports(tuple(targets[n]), tuple(names[n]), n in is_open)
        for n, path in enumerate(base.paths)
    }


def _inverted(imports: Mapping[str, FileImports]) -> Base:
    numbers = {path: number for number, path in enumerate(imports)}
    importers: list[list[int]] = [[] for _ in imports]
    spelling: dict[str, list[int]] = {}
    for number, one in enumerate(imports.values()):
        for target in one.targets:
            if target in numbers:
                importers[numbers[target]].append(number)
        for name in one.names:
            spelling.setdefault(name, []).append(number)
    is_open = array("I", (n for n, one in enumerate(imports.values()) if one.is_open))
    by_name = Rows.of(spelling.values())
    return Base(
        list(numbers), numbers, Rows.of(importers), list(spelling), by_name, is_open
    )
