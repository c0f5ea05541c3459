"""Finds a module's name in the folders of one snapshot, as CPython's finder would.

The order inside one folder is that of `importlib.machinery.FileFinder.find_spec`
(https://docs.python.org/3/reference/import.html#path-entry-finders): the package
`x/__init__.py`, then the module `x.py` (`x.pyw` on Windows), then the plain folder
`x/` as a portion of a namespace package (PEP 420). A portion counts only when no later
folder holds a regular `x`. What is compiled (`x.pyc`) is imported where there is no
source beside it. Stubs (`.pyi`) stand in where there is neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.languages.python.package_init import EXTENDED
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry
from treeguard.trees import Snapshot

SOURCES = (".py", ".pyw")
COMPILED = (".pyc",)
STUBS = (".pyi",)
MODULES = SOURCES + COMPILED + STUBS
_CACHE = "__pycache__"
# What Linux follows before it says ELOOP (`MAXSYMLINKS`).
MOST_LINKS = 40
# Folders that are looked into for a Python file before one is taken for granted.
MOST_FOLDERS = 1000


class Found(NamedTuple):
    """What a name leads to.

    `file` is what Python runs, empty for a namespace package; `folders` is where its
    submodules are looked up, empty for a module; `shadowed` lists the files that the
    same name means too and that Python therefore never runs.
    """

    file: str
    folders: tuple[str, ...]
    shadowed: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The file, or the folders of a namespace, each with a slash at its end."""
        return (self.file,) if self.file else tuple(f"{at}/" for at in self.folders)


class ModuleFinder:
    """The folders of one snapshot, symbolic links followed; every answer is kept."""

    def __init__(
        self,
        snapshot: Snapshot,
        packages: Iterable[tuple[str, tuple[str, ...]]] = (),
    ) -> None:
        self._snapshot = snapshot
        self._packages = dict(packages)
        self._listings: dict[str, Mapping[str, Entry]] = {}
        self._looks: dict[tuple[str, str], Found | None] = {}
        self._spellings: dict[str, dict[str, list[str]]] = {}
        self._python: dict[str, bool] = {}

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Return the direct children of a real folder by name."""
        if folder not in self._listings:
            self._listings[folder] = self._snapshot.children(folder)
        return self._listings[folder]

    def find(self, folders: tuple[str, ...], name: str) -> Found | None:
        """Return what `name` is, looked up in `folders` in order; None if it is
        nowhere."""
        portions: list[str] = []
        for folder in folders:
            found = self._look(folder, name)
            if found is None:
                continue
            if found.file:
                return self._extended(found, folders, name)
            portions += found.folders
        return Found("", tuple(dict.fromkeys(portions))) if portions else None

    def is_extended(self, package: Found) -> bool:
        """Return True if a package has every folder of its name on the path."""
        home = package.file.rpartition("/")[0]
        return EXTENDED in self._packages.get(home, ())

    def _extended(self, found: Found, folders: tuple[str, ...], name: str) -> Found:
        if not (self._packages and found.folders and self.is_extended(found)):
            return found
        # Each folder of that name, whatever its own `__init__.py` adds to it.
        named = ((self._look(at, name), self._folder(at, name)) for at in folders)
        more = [inner for one, inner in named if one and one.folders and inner]
        home = found.file.rpartition("/")[0]
        return found._replace(folders=self._path_of(home, more))

    def _path_of(self, folder: str, more: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the folders in which a package looks its submodules up.

        `more` are those that extend it.
        """
        if folder not in self._packages:
            return (folder,)
        found: list[str] = []
        for named in self._packages[folder]:
            real = None if named == EXTENDED else self.real(named)
            found += more if named == EXTENDED else [] if real is None else [real]
        return tuple(at for at in dict.fromkeys(found) if self.is_folder(at))

    def find_folded(self, folders: tuple[str, ...], name: str) -> Found | None:
        """Do as `find`, for a name that differs from what exists in case only."""
        for folder in folders:
            for spelling in self._spelled_alike(folder, name):
                found = self._look(folder, spelling)
                if found is not None:
                    return found
        return None

    def package(self, folder: str) -> Found:
        """Return the package that a real folder itself is: a namespace without
        `__init__`."""
        init = self._first(folder, "__init__", MODULES)
        return Found(init[0] if init else "", self._path_of(folder))

    def has_init(self, folder: str) -> bool:
        """Return True if an `__init__.py` makes the folder a regular package."""
        return bool(self._first(folder, "__init__", SOURCES[:1] + COMPILED))

    def real(self, path: str) -> str | None:
        """Return `path` with every link followed; None if it is absent or out of the
        tree."""
        parts = path.split("/")[::-1]
        at, links = "", 0
        while parts:
            part = parts.pop()
            if part == "..":
                if not at:
                    return None
                at = at.rpartition("/")[0]
            elif part not in ("", "."):
                entry = self.children(at).get(part)
                if entry is None:
                    return None
                if entry.mode != SYMLINK:
                    at = f"{at}/{part}" if at else part
                    continue
                links += 1
                target = self._target(entry)
                if links > MOST_LINKS or target.startswith("/"):
                    return None
                parts += target.split("/")[::-1]
        return at

    def is_folder(self, path: str) -> bool:
        """Return True for a real folder; a submodule is one whose content is not
        known."""
        if not path:
            return True
        folder, _, name = path.rpartition("/")
        entry = self.children(folder).get(name)
        return entry is not None and entry.mode in (TREE, GITLINK)

    def _target(self, link: Entry) -> str:
        return self._snapshot.read(link.oid).decode("utf-8", "surrogateescape")

    def _look(self, folder: str, name: str) -> Found | None:
        key = (folder, name)
        if key not in self._looks:
            self._looks[key] = self._look_closely(folder, name)
        return self._looks[key]

    def _look_closely(self, folder: str, name: str) -> Found | None:
        inner = self._folder(folder, name)
        for suffixes in (SOURCES + COMPILED, STUBS):
            inits = () if inner is None else self._first(inner, "__init__", suffixes)
            modules = self._first(folder, name, suffixes)
            if inits and inner is not None:
                return Found(inits[0], self._path_of(inner), _sources(modules))
            if modules:
                return Found(modules[0], (), _sources(modules[1:]))
        if inner is not None and self._holds_python(inner):
            return Found("", (inner,))
        return None

    def _folder(self, folder: str, name: str) -> str | None:
        # A link may lead to the root, which is the empty path.
        path = self._child(folder, name)
        return path if path is not None and self.is_folder(path) else None

    def _first(
        self, folder: str, stem: str, suffixes: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the files of that stem that exist, in the order in which Python
        looks."""
        found = (self._child(folder, stem + suffix) for suffix in suffixes)
        return tuple(path for path in found if path and not self.is_folder(path))

    def _child(self, folder: str, name: str) -> str | None:
        entry = self.children(folder).get(name)
        if entry is None:
            return None
        path = f"{folder}/{name}" if folder else name
        return self.real(path) if entry.mode == SYMLINK else path

    def _holds_python(self, folder: str) -> bool:
        """Return True if anything below could be imported.

        A folder of data is no rival of the installed package of the same name: that
        one is regular and wins.
        """
        if folder not in self._python:
            self._python[folder] = self._search_python(folder)
        return self._python[folder]

    def _search_python(self, folder: str) -> bool:
        folders = [folder]
        for looked_at, inner in enumerate(folders):
            if looked_at > MOST_FOLDERS or self.is_submodule(inner):
                return True
            for name, entry in self.children(inner).items():
                if entry.mode in (TREE, GITLINK):
                    if name != _CACHE:
                        folders.append(f"{inner}/{name}" if inner else name)
                elif name.endswith(MODULES) or entry.mode == SYMLINK:
                    return True
        return False

    def is_submodule(self, path: str) -> bool:
        """Return True for a submodule, whose content is not known."""
        folder, _, name = path.rpartition("/")
        entry = self.children(folder).get(name)
        return entry is not None and entry.mode == GITLINK

    def _spelled_alike(self, folder: str, name: str) -> list[str]:
        if folder not in self._spellings:
            index: dict[str, list[str]] = {}
            for child in self.children(folder):
                stem = child.partition(".")[0]
                index.setdefault(stem.lower(), []).append(stem)
            self._spellings[folder] = index
        alike = self._spellings[folder].get(name.lower(), [])
        return [stem for stem in alike if stem != name]


def _sources(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out what is compiled: beside its source it is no copy that rots."""
    return tuple(path for path in paths if not path.endswith(COMPILED))
