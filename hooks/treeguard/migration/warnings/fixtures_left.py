"""Warn of tests that no longer find their fixtures, or find others.

pytest looks for a fixture in the test's module, then in the conftest.py of each folder
above it, the nearest first, and in the plugins that these name
(https://docs.pytest.org/en/stable/reference/fixtures.html#fixture-availability). A test
that moves away from its conftest.py fails, or silently gets another fixture.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.facts import FROM
from treeguard.languages.facts import Import
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.fixtures import Fixtures
from treeguard.languages.python.fixtures import fixtures
from treeguard.languages.python.parse import parse
from treeguard.migration.context import MoveContext
from treeguard.plans import SideEffect

_CONFTEST = "conftest.py"
# pytest's default `python_files`, and the files that hold fixtures for others.
_ASKS = re.compile(r"(?:.*/)?(?:test_[^/]*|[^/]*_test|conftest)\.py")
# How far `import *` and plugins of plugins are followed.
_DEPTH = 4
_NOTHING = Fixtures(frozenset(), frozenset(), {}, ())


class _Lost(NamedTuple):
    """A fixture of the file at `path` that `conftest` had; `other` has one now."""

    path: str
    line: int
    name: str
    conftest: str
    other: str | None


class _Providers:
    """The fixtures that each file of one tree provides."""

    def __init__(self, analysis: TreeAnalysis) -> None:
        self.analysis = analysis
        self._read: dict[str, Fixtures] = {}
        self._provided: dict[str, frozenset[str]] = {}
        self._chains: dict[str, tuple[str, ...]] = {}

    def of(self, path: str) -> Fixtures:
        """Return the fixtures of one source; none of what cannot be read."""
        if path not in self._read:
            entry = self.analysis.entry(path)
            try:
                is_file = entry is not None and entry.is_file
                tree = parse(self.analysis.data(path)) if is_file else None
                self._read[path] = fixtures(tree) if tree is not None else _NOTHING
            except UnreadableError:
                self._read[path] = _NOTHING
        return self._read[path]

    def provided(self, path: str, depth: int = _DEPTH) -> frozenset[str]:
        """Return the names of all fixtures that a file provides to its folder."""
        if path not in self._provided:
            own = self.of(path)
            names = set(own.defined)
            for module, level in own.plugins if depth else ():
                asked = Import(1, 1, 1, 1, FROM, module, level, "*")
                for target in self.analysis.resolve(path, asked).targets:
                    if target != path:
                        names |= self.provided(target, depth - 1)
            self._provided[path] = frozenset(names)
        return self._provided[path]

    def chain(self, folder: str) -> tuple[str, ...]:
        """Return every conftest.py at or above a folder, the nearest first."""
        if folder not in self._chains:
            above = self.chain(parent_folder(folder)) if folder else ()
            own = f"{folder}/{_CONFTEST}" if folder else _CONFTEST
            has_own = self.analysis.entry(own) is not None
            self._chains[folder] = (own, *above) if has_own else above
        return self._chains[folder]

    def provider(self, name: str, chain: tuple[str, ...]) -> str | None:
        """Return the nearest conftest.py of a chain that has a fixture."""
        return next((one for one in chain if name in self.provided(one)), None)


def lost_fixtures(context: MoveContext, after: TreeAnalysis) -> Iterator[SideEffect]:
    """Yield, once for each conftest.py and folder, tests that no longer find one of its
    fixtures. `after` is the tree with all edits made."""
    grouped: dict[tuple[str, str, str | None], list[_Lost]] = {}
    for one in _lost(context, _Providers(context.before), _Providers(after)):
        key = one.conftest, parent_folder(one.path), one.other
        grouped.setdefault(key, []).append(one)
    for (conftest, folder, other), lost in grouped.items():
        first = lost[0]
        names = ", ".join(sorted({one.name for one in lost}))
        count = len({one.path for one in lost}) - 1
        more = f" (and {count} more files of {folder or 'the root'})" if count else ""
        there = parent_folder(context.where(first.path)) or "the root"
        found = f"{other} has another one" if other else "pytest finds none"
        yield SideEffect(
            first.path,
            first.line,
            f"{names} of {conftest} is asked for here{more}, and for tests in {there} "
            f"{found}",
            f"move {context.where(conftest)} to a folder above both, or let a "
            f"conftest.py of {there} import what is asked for",
        )


def _lost(
    context: MoveContext, before: _Providers, after: _Providers
) -> Iterator[_Lost]:
    for path in _asking(context):
        chain = before.chain(parent_folder(path))
        now = after.chain(parent_folder(context.where(path)))
        homes = tuple(map(context.where, chain))
        if homes == now or not chain:
            continue
        own = before.of(path)
        asked = {name: own.asked[name] for name in own.asked}
        for conftest in chain:
            if conftest != path and context.where(conftest) not in now:
                for name in sorted(before.of(conftest).autouse):
                    asked.setdefault(name, 1)
        inside = frozenset() if path in chain else before.provided(path)
        chain = tuple(one for one in chain if one != path)
        now = tuple(one for one in now if one != context.where(path))
        for name, line in sorted(asked.items()):
            had = before.provider(name, chain) if name not in inside else None
            has = after.provider(name, now) if had is not None else None
            if had is not None and has != context.where(had):
                yield _Lost(path, line, name, had, has)


def _asking(context: MoveContext) -> list[str]:
    """List the tests that move, and those that a conftest.py leaves."""
    left = {
        parent_folder(path)
        for path in context.moves
        if path.rpartition("/")[2] == _CONFTEST
    }
    found = {path for path in context.moves if _ASKS.fullmatch(path)}
    for path in context.before.snapshot.paths() if left else ():
        above = any(not one or path.startswith(f"{one}/") for one in left)
        if above and _ASKS.fullmatch(path):
            found.add(path)
    return sorted(found)
