"""By which of two names the importers of a moved module reach it.

A plain folder that a package moves into may be no root of absolute imports. The files
below it find the package by its old name nevertheless, since the nearest folder without
an `__init__.py` is the first place that is searched for a script and by pytest. Whoever
imports the package from elsewhere needs a new name, and what runs for them does not
find the old one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.languages.references import may_refer
from treeguard.migration.context import MoveContext

_SOURCES = (".py", ".pyw", ".pyi", ".ipynb")
_TEST = re.compile(r"(?:test_.*|.*_test|conftest)\.py")
_KEY = "importers"


class TwoNames(NamedTuple):
    """Modules directly in `folder` that `script` and `outsider` call differently."""

    folder: str
    script: str
    outsider: str
    module: str


def importers_of(context: MoveContext) -> Importers:
    """Return what is known of the importers of all that moves, computed once."""
    kept = {} if context.kept is None else context.kept
    found = kept.get(_KEY)
    if not isinstance(found, Importers):
        found = kept[_KEY] = Importers(context)
    return found


class Importers:
    """Who imports what lies in a plain folder after the moves."""

    def __init__(self, context: MoveContext) -> None:
        assert context.after is not None
        self._context = context
        self._before, self._after = context.before, context.after
        self._old = {new: old for old, new in context.moves.items()}
        self._outsiders: dict[str, str] = {}
        self._scripts: dict[str, str] = {}

    def need_new_names(self, folder: str, path: str) -> bool:
        """Return True if the file at `path`, its new place, has to call the modules in
        `folder`, a plain one, as files outside of it do.

        Not so for a script: it finds its neighbours by their own names alone. Where
        both import the modules, there is no name that is right for all.
        """
        if parent_folder(path) == folder and self._is_run(path):
            return False
        return bool(self._outsider(folder)) and not self._script(folder)

    def two_names(self) -> Iterator[TwoNames]:
        """Yield each plain folder whose modules have two names after the moves."""
        for folder in sorted({self._own_root(new) for new in self._old}):
            if folder in self._after.search_roots.roots:
                continue
            if not (self._outsider(folder) and self._script(folder)):
                continue
            modules = self._modules(folder)
            for new, old in sorted(self._old.items()):
                run = parent_folder(new) == folder and self._is_run(new)
                first = "" if run else self._neighbour(old, folder, modules)
                if first and self._own_root(new) == folder:
                    both = self._script(folder), self._outsider(folder)
                    yield TwoNames(folder, *both, first)
                    break

    def _own_root(self, path: str) -> str:
        """Return the nearest folder above a new place that has no `__init__.py`."""
        folder = parent_folder(path)
        while folder and "__init__.py" in self._after.children(folder):
            folder = parent_folder(folder)
        return folder

    def _outsider(self, folder: str) -> str:
        """Return a file that imports a module of `folder`, and needs a new name."""
        if folder not in self._outsiders:
            modules = self._modules(folder)
            found = (one for one in self._users(modules) if _may_import(one))
            first = (one for one in found if self._reaches(one, folder, modules))
            self._outsiders[folder] = next(first, "")
        return self._outsiders[folder]

    def _script(self, folder: str) -> str:
        """Return a script in `folder` that imports a module beside it."""
        if folder not in self._scripts:
            modules = self._modules(folder)
            beside = (f"{folder}/{name}" for name in self._after.children(folder))
            runs = (
                new
                for new in sorted(beside)
                if new.endswith(_SOURCES)
                and self._neighbour(self._old.get(new, new), folder, modules)
                and self._is_run(new)
            )
            self._scripts[folder] = next(runs, "")
        return self._scripts[folder]

    def _modules(self, folder: str) -> frozenset[str]:
        """Return the modules directly in `folder` that came there from a root."""
        found, roots = set(), self._before.search_roots.roots
        for new, old in self._old.items():
            inner = new[len(folder) + 1 :]
            is_inside = new == f"{folder}/{inner}" and f"/{old}".endswith(f"/{inner}")
            if is_inside and old[: -len(inner)].rstrip("/") in roots:
                found.add(inner.partition("/")[0].partition(".")[0])
        return frozenset(found)

    def _users(self, modules: frozenset[str]) -> Iterable[str]:
        """Return the files that may import one of `modules`."""
        words = sorted(module.encode() for module in modules)
        found = self._before.snapshot.search(words, ("",)) if words else ()
        return sorted(self._before.snapshot.paths() if found is None else found)

    def _reaches(self, path: str, folder: str, modules: frozenset[str]) -> bool:
        """Return True if what led from a file to a module no longer does."""
        new = self._context.where(path)
        search = self._search_path(path)
        for item in self._uses(path, modules):
            targets = self._before.resolve(path, item, search).targets
            homes = tuple(map(self._context.where, targets))
            inside = any(home.startswith(f"{folder}/") for home in homes)
            if inside and self._after.resolve(new, item, search).targets != homes:
                return True
        return False

    def _neighbour(self, path: str, folder: str, modules: frozenset[str]) -> str:
        """Return the first of `modules` that the file at the old `path` finds in
        `folder` once it is at its new place."""
        new = self._context.where(path)
        for item in self._uses(path, modules):
            first = item.module.partition(".")[0]
            named = Import(1, 1, 1, 1, IMPORT, first)
            found = self._after.resolve(new, named).targets
            if any(parent_folder(_home(one)) == folder for one in found):
                return first
        return ""

    def _uses(self, path: str, modules: frozenset[str]) -> Iterator[Import]:
        entry = self._before.entry(path)
        if entry is None or not entry.is_file:
            return
        if path.endswith(_SOURCES):
            facts = self._before.source(path)
            items = facts.imports if facts is not None else ()
        else:
            items = self._before.references(path)
        for item in items:
            if item.kind in (PATH, ATTRIBUTE) or item.level or item.prefix:
                continue
            if item.module.partition(".")[0] in modules:
                yield item

    def _search_path(self, path: str) -> SearchPath:
        facts = self._before.source(path) if path.endswith(_SOURCES) else None
        return facts.search_path if facts is not None else ()

    def _is_run(self, new: str) -> bool:
        """Return True for a file that is started, or collected by pytest, and so has
        its own folder on `sys.path`."""
        if new.endswith(".ipynb") or _TEST.fullmatch(new.rpartition("/")[2]):
            return True
        old = self._old.get(new, new)
        entry = self._before.entry(old)
        data = self._before.data(old) if entry is not None and entry.is_file else b""
        return data.startswith(b"#!") or b"__main__" in data


def _may_import(path: str) -> bool:
    return path.endswith(_SOURCES) or may_refer(path)


def _home(path: str) -> str:
    """Return the path that stands for a module: its file, or its package's folder."""
    folder, _, name = path.rstrip("/").rpartition("/")
    return folder if name.startswith("__init__.") else path.rstrip("/")
