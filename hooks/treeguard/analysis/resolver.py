"""Which files an import leads to in one tree, without importing anything.

`search_order` has the folders in which an absolute import is looked up. A place where
only the beginning of the name exists gives way to one that has all of it, or `ns/ns.py`
would hide every other module of its own `ns/`.

`places` has the order inside one folder. A relative import starts at the file's own
folder and goes up one folder for every dot but the first. `from p import s` is the
submodule `s` where one exists, else `p`. Where a later part of a dotted name does not
exist, the deepest part that does is the target: importing the name runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.import_candidates import path_as_written
from treeguard.analysis.import_candidates import seen_from
from treeguard.analysis.import_candidates import spelled
from treeguard.analysis.module_finder import Found
from treeguard.analysis.module_finder import ModuleFinder
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.search_order import Added
from treeguard.analysis.search_order import SearchOrder
from treeguard.analysis.search_order import seen_by
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.trees import Snapshot

__all__ = ("Resolution", "Resolver", "spelled")

# What CPython has before it looks at any path: modules that it has loaded when a script
# starts, frozen ones, and those compiled into each build (BuiltinImporter,
# FrozenImporter; python/cpython#113769). Other modules of the standard library give way
# to a file of their name beside a script.
_STARTED = (
    "__main__ abc codecs encodings genericpath io os posixpath site stat zipimport"
)
_FROZEN = "zipimport __hello__ __phello__ ntpath runpy _collections_abc _sitebuiltins"
_COMPILED = "atexit builtins errno faulthandler gc itertools marshal sys time"
_PRIVATE = "_abc _ast _codecs _collections _functools _imp _io _locale _operator"
_PRIVATE += " _signal _sre _stat _string _symtable _thread _tracemalloc _warnings"
_PRIVATE += " _weakref _frozen_importlib _frozen_importlib_external"
BUILT_IN = frozenset(f"{_STARTED} {_FROZEN} {_COMPILED} {_PRIVATE}".split())


class Resolution(NamedTuple):
    """Where an import leads.

    `targets` are the files that it names (a namespace folder ends in `/`), `parents`
    the `__init__` files that run on the way to them. `beyond_top` is true for a
    relative import that leaves its top-level package. `shadowed` lists files that the
    same name means too and that lose. `case_variant` is where it would lead if upper
    and lower case were the same; empty whenever the name exists as written.
    """

    targets: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    beyond_top: bool = False
    shadowed: tuple[str, ...] = ()
    case_variant: tuple[str, ...] = ()


NOWHERE = Resolution()
_INIT = "__init__.py"


class _Start(NamedTuple):
    """Where a dotted name is looked up, and the package that this place itself is.

    `instead` is the order of folders for a name of which `folders` has a part only.
    """

    folders: tuple[str, ...]
    instead: tuple[str, ...] = ()
    package: Found | None = None
    beyond_top: bool = False


class Resolver:
    """Resolves imports in one snapshot; every answer is kept."""

    def __init__(
        self,
        snapshot: Snapshot,
        search_roots: SearchRoots,
        exports: Callable[[str], tuple[str, ...]] = lambda path: (),
    ) -> None:
        """`exports` returns the names of `__all__` that an `__init__.py` lists, and
        does not bind."""
        self._exports = exports
        self._places = ModuleFinder(snapshot, search_roots.packages)
        self._order = SearchOrder(self._places, search_roots)
        self._kept: dict[tuple[object, ...], Resolution] = {}

    def resolve(
        self, importer: str, imp: Import, search_path: SearchPath = ()
    ) -> Resolution:
        """Return where `imp`, read in the file at `importer`, leads.

        `search_path` holds what the file adds to `sys.path`.
        """
        folder = importer.rpartition("/")[0]
        place: object = folder
        added: Added = ()
        if search_path and not self._order.is_usual(folder, search_path):
            added = tuple(seen_by(imp, edit) for edit in search_path)
        elif not (imp.level or imp.kind == PATH):
            place = self._order.number(folder)
        key = (place, imp[4:8], imp.prefix, added)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._resolve(folder, imp, added)
            self._kept[key] = kept
        return kept

    def _resolve(self, folder: str, imp: Import, added: Added) -> Resolution:
        if imp.kind == PATH:
            return self._by_path(folder, path_as_written(imp))
        start = self._start(folder, imp, added)
        if imp.prefix:
            return self._by_prefix(start, imp)
        names = dotted_names(imp.module)
        found, whole = self._wholly(start, names)
        if imp.name and imp.name != "*":
            names = (*names, imp.name)
            # What a package holds is looked up in it alone, built in or not.
            inner = whole and self._places.find(_folders(found, start), imp.name)
            found += (inner,) if inner else ()
        elif imp.name and whole and found and found[-1].file.endswith(_INIT):
            return _resolution(found, self._starred(found[-1]))
        if imp.kind in (STRING, ATTRIBUTE, MENTION) and not _is_sure(found, whole, imp):
            return NOWHERE
        if not imp.level and self._is_elsewhere(found, names):
            found = ()
        result = _resolution(found)._replace(beyond_top=start.beyond_top)
        if whole or start.beyond_top:
            return result
        folded = self._folded(start, dotted_names(imp.module), imp.name)
        return result._replace(case_variant=folded)

    def _starred(self, package: Found) -> tuple[str, ...]:
        """Return the submodules that `from package import *` imports."""
        names = self._exports(package.file)
        every = (self._places.find(package.folders, name) for name in names)
        return tuple(path for inner in every if inner for path in inner.paths)

    def _is_elsewhere(self, found: tuple[Found, ...], names: tuple[str, ...]) -> bool:
        """Return True if plain folders alone were found, and nothing of the name's
        rest.

        A compiled module (`name.so`, `name.pyx`) is something of it, and so may be
        what a submodule holds.
        """
        if len(found) == len(names) or any(part.file for part in found):
            return False
        begun = f"{names[len(found)]}."
        return not any(
            self._places.is_submodule(folder)
            or any(child.startswith(begun) for child in self._places.children(folder))
            for folder in _folders(found, _Start(()))
        )

    def _start(self, folder: str, imp: Import, added: Added) -> _Start:
        if not imp.level:
            first = imp.module.partition(":")[0].lstrip(".").partition(".")[0]
            return _Start(*self._order.of(folder, first, added))
        base = folder
        for _ in range(imp.level - 1):
            if not base:
                return _Start((), beyond_top=True)
            base = parent_folder(base)
        package = self._extended(base, self._places.package(base))
        if not base and not package.file:
            # The root has no name that a package could be called by (Python
            # says "attempted relative import beyond top-level package").
            return _Start((base,), beyond_top=True)
        return _Start((base,), package=package)

    def _extended(self, folder: str, package: Found) -> Found:
        """Return a package that a relative import starts at, with all its folders."""
        if not self._places.is_extended(package):
            return package
        names = tuple(self._order.name_of(folder).split("/"))
        found = self._walk(_Start(*self._order.of(folder, names[0], ())), names)
        if len(found) < len(names):
            return package
        folders = dict.fromkeys((*package.folders, *found[-1].folders))
        return package._replace(folders=tuple(folders))

    def _wholly(
        self, start: _Start, names: tuple[str, ...]
    ) -> tuple[tuple[Found, ...], bool]:
        """Return what `names` lead to, and whether all of them lead somewhere."""
        needed = len(names) + (start.package is not None)
        found = self._walk(start, names)
        if len(found) < needed and start.instead:
            other = self._walk(_Start(start.instead), names)
            found = other if len(other) == needed else found
        return found, len(found) == needed

    def _walk(self, start: _Start, names: tuple[str, ...]) -> tuple[Found, ...]:
        """Return what each of `names` leads to, inside the one before it, until one is
        not."""
        found: list[Found] = [start.package] if start.package else []
        folders = start.folders
        if (
            names
            and not start.package
            and names[0] in BUILT_IN
            and not start.beyond_top
        ):
            return ()
        for name in names:
            here = self._places.find(folders, name)
            if here is None or (not found and _is_installed(name, here)):
                break
            found.append(here)
            folders = here.folders
        return tuple(found)

    def _folded(
        self, start: _Start, names: tuple[str, ...], name: str | None
    ) -> tuple[str, ...]:
        folders, here = start.folders, None
        for part in names:
            here = self._places.find(folders, part)
            here = here or self._places.find_folded(folders, part)
            if here is None:
                return ()
            folders = here.folders
        if name and (inner := self._places.find(folders, name)):
            here = inner
        return (here.file,) if here and here.file else ()

    def _by_prefix(self, start: _Start, imp: Import) -> Resolution:
        """Everything that a name with this beginning can mean."""
        known, dot, begun = imp.module.rpartition(".")
        if not dot and not imp.level:
            return NOWHERE
        names = dotted_names(known)
        found, whole = self._wholly(start, names)
        if not whole or not found or not found[-1].folders:
            return _resolution(found)._replace(beyond_top=start.beyond_top)
        parents = tuple(part.file for part in found if part.file)
        targets = self._begun(found[-1], begun) if begun else _below(found[-1])
        if not targets:
            return _resolution(found)
        return Resolution(targets, parents)

    def _begun(self, package: Found, begun: str) -> tuple[str, ...]:
        targets: list[str] = []
        for folder in package.folders:
            stems = {child.partition(".")[0] for child in self._places.children(folder)}
            for stem in sorted(stems):
                inner = stem.startswith(begun) and self._places.find((folder,), stem)
                if inner:
                    targets += _below(inner) if inner.folders else inner.paths
        return tuple(dict.fromkeys(targets))

    def _by_path(self, folder: str, path: str) -> Resolution:
        """Return the file or folder that is written: from the own folder, then the
        root."""
        for base in seen_from(folder, path):
            real = self._places.real(joined(base, path.lstrip("/")))
            if real:
                ending = "/" if self._places.is_folder(real) else ""
                return Resolution((real + ending,))
        return NOWHERE


def _folders(found: tuple[Found, ...], start: _Start) -> tuple[str, ...]:
    return found[-1].folders if found else start.folders


def _is_installed(name: str, here: Found) -> bool:
    # A regular module of the standard library wins over a namespace folder.
    return not here.file and name in sys.stdlib_module_names


def _is_sure(found: tuple[Found, ...], whole: bool, imp: Import) -> bool:
    """Return a string, or a walk over attributes, must go deeper than a mere word.

    A string of one word alone is a module only where something runs it (`-m garbage`)
    or takes an object from it (`garbage:main`): facts report no other.
    """
    if imp.kind == ATTRIBUTE:
        return len(found) > 1
    return bool(found and found[-1].file) and (len(found) > 1 or whole)


def _below(found: Found) -> tuple[str, ...]:
    return tuple(f"{folder}/" for folder in found.folders)


def _resolution(found: tuple[Found, ...], more: tuple[str, ...] = ()) -> Resolution:
    if not found:
        return NOWHERE
    parents = tuple(part.file for part in found[:-1] if part.file)
    shadowed = tuple(path for part in found for path in part.shadowed)
    return Resolution((*found[-1].paths, *more), parents, False, shadowed)
