"""The folders in which the absolute imports of a file are looked up, in order.

As `importlib.machinery.PathFinder` does on `sys.path`
(https://docs.python.org/3/reference/import.html#the-path-based-finder):

1. the folders that the file itself puts in front of `sys.path`, each taken from the
   file's own folder and then from the repository's root;
2. a script's own folder;
3. the nearest folder, at or above the file's own, that has no `__init__.py`: what
   Python puts first for a script, and pytest for a test module;
4. the policy's `roots`: those of the nearest enclosing project, then the others, in
   their order;
5. the folders that the file appends to `sys.path`, unless the name is one of the
   standard library.

The third comes last, and holds no name of the standard library, where that folder lies
below a root of sources (`src`): there it is a portion of a namespace package, not a
folder of scripts.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.module_finder import ModuleFinder
from treeguard.analysis.query import SearchRoots
from treeguard.languages.facts import FIRST
from treeguard.languages.facts import LAST
from treeguard.languages.facts import MAIN
from treeguard.languages.facts import OF_MAIN
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import SCRIPT
from treeguard.languages.facts import SECOND
from treeguard.languages.facts import Import
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.trees import folders_above

# A folder beside one of these holds scripts more often than a package.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")

# Where each folder is that a file adds to `sys.path`, and the folder as written.
Added = tuple[tuple[int, str], ...]


class Order(NamedTuple):
    """Folders in order; `instead` is for a name of which they have only a part."""

    folders: tuple[str, ...]
    instead: tuple[str, ...]


def seen_by(imp: Import, edit: PathEdit) -> tuple[int, str]:
    """Return where a folder is on `sys.path` for an import, and the folder.

    For an import above the line that adds it, it comes last: only one that runs later,
    in a function, may meet it.
    """
    is_above = (imp.cell or 0, imp.line) < (edit.cell or 0, edit.line)
    return LAST if is_above else edit.where, edit.folder


class SearchOrder:
    """Knows the order for every folder of a tree; every answer is kept."""

    def __init__(self, places: ModuleFinder, search_roots: SearchRoots) -> None:
        self._places = places
        real = (places.real(root) for root in search_roots.roots)
        self._roots = tuple(
            root for root in real if root is not None and places.is_folder(root)
        )
        self._own: dict[str, str] = {}
        self._near: dict[str, tuple[str, ...]] = {}
        self._portions: dict[str, bool] = {}
        self._number: dict[str, int] = {}
        self._numbers: dict[tuple[str, tuple[str, ...]], int] = {}

    def number(self, folder: str) -> int:
        """Return a number that folders with the same order share."""
        number = self._number.get(folder)
        if number is None:
            order = (self._own_root(folder), self._roots_near(folder))
            number = self._numbers.setdefault(order, len(self._numbers))
            self._number[folder] = number
        return number

    def is_usual(self, folder: str, search_path: SearchPath) -> bool:
        """Return True if no more than the own folder is added, which is first in any
        case."""
        return (
            search_path in (OF_SCRIPT, OF_MAIN)
            and self._own_root(folder) == folder
            and not self._is_portion(folder)
        )

    def of(self, folder: str, first: str, added: Added) -> Order:
        """Return where a name that begins with `first` is looked up."""
        is_standard = first in sys.stdlib_module_names
        front = self._placed(folder, added, FIRST)
        second = self._placed(folder, added, SECOND)
        last = [] if is_standard else self._placed(folder, added, LAST)
        own, near = self._own_root(folder), self._roots_near(folder)
        roots = (*second, *near, *last)
        marks = {where for where, _entry in added}
        is_run = SCRIPT in marks or (MAIN in marks and not is_standard)
        before = (*front, folder) if is_run else (*front,)
        if not self._is_portion(own):
            return Order(_once(*before, own, *roots), _once(*front, *roots))
        instead = () if is_standard else _once(*front, *roots, own)
        return Order(_once(*before, *roots), instead)

    def name_of(self, folder: str) -> str:
        """Return a package's path below the folder that Python finds it in."""
        return folder[len(self._own_root(folder)) :].lstrip("/")

    def _placed(self, folder: str, added: Added, where: int) -> list[str]:
        """Return the folders that a file adds in one place, of those that exist."""
        placed: list[str] = []
        for place, entry in added:
            if place == where:
                found = self._folders_of(folder, entry)
                # What is inserted later comes before what was inserted earlier.
                placed = [*placed, *found] if where == LAST else [*found, *placed]
        return placed

    def _folders_of(self, folder: str, entry: str) -> list[str]:
        """Return the folders that an entry of `sys.path` may mean."""
        found = []
        # Facts write `./` before what the file builds from its own place.
        for base in (folder,) if entry.startswith("./") else (folder, ""):
            real = None if entry.startswith("/") else joined(base, entry)
            real = None if real is None else self._places.real(real)
            if real is not None and self._places.is_folder(real):
                found.append(real)
        return found

    def _roots_near(self, folder: str) -> tuple[str, ...]:
        """Return the roots in the order that holds in a folder.

        Those of the nearest enclosing project come first: two projects of a repository
        may have modules of the same name (microsoft/pyright#4116).
        """
        near = self._near.get(folder)
        if near is None:
            near = self._roots
            # From the top down: a path may have more folders than Python calls nest.
            for above in (*folders_above(folder), folder) if folder else ():
                near = self._near.setdefault(above, self._nearer(above, near))
        return near

    def _nearer(self, folder: str, above: tuple[str, ...]) -> tuple[str, ...]:
        """Return the order in a folder below one with the order `above`."""
        if not self._is_project(folder):
            return above
        mine = (folder, f"{folder}/src")
        return _once(*(root for root in self._roots if root in mine), *above)

    def _is_project(self, folder: str) -> bool:
        """Return True for a root that is not merely the `src` of one."""
        above = parent_folder(folder)
        is_source = folder.rpartition("/")[2] == "src" and above in self._roots
        return folder in self._roots and not is_source

    def _is_portion(self, own: str) -> bool:
        """Return True for a folder without `__init__.py` below a root that holds
        sources."""
        if own not in self._portions:
            below = [root for root in self._roots if root and _is_below(own, root)]
            self._portions[own] = own not in self._roots and not all(
                any(name in self._places.children(root) for name in PROJECT_FILES)
                for root in below
            )
        return self._portions[own]

    def _own_root(self, folder: str) -> str:
        """Return the nearest folder, at or above, that has no `__init__.py`."""
        if folder not in self._own:
            root = folder
            while root and self._places.has_init(root):
                root = parent_folder(root)
            self._own[folder] = root
        return self._own[folder]


def _once(*folders: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folders))


def _is_below(folder: str, root: str) -> bool:
    return folder.startswith(f"{root}/")
