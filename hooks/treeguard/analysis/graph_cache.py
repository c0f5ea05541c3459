"""The import graph of a tree, read whole once and then brought up to date.

A tree's graph is kept as a base that many trees share and the files that differ from
it. In a tree without one, the files that changed since a tree that has one are read,
and those that spell a name whose meaning changed with them.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from treeguard.analysis.import_graph import Base
from treeguard.analysis.import_graph import FileImports
from treeguard.analysis.import_graph import Graph
from treeguard.analysis.import_graph import GraphBuilder
from treeguard.analysis.import_graph import ResolvedImport
from treeguard.analysis.import_graph import Rows
from treeguard.analysis.import_graph import file_imports
from treeguard.analysis.import_graph import merge_patch
from treeguard.analysis.progress import counted
from treeguard.analysis.store import Store
from treeguard.analysis.store import plain
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_cache import Difference
from treeguard.analysis.tree_cache import TreeCache
from treeguard.analysis.tree_cache import scope_of
from treeguard.languages.facts import FROM
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import SearchPath
from treeguard.languages.facts import edits_path
from treeguard.languages.python.dynamic_imports import has_importing_library
from treeguard.languages.python.dynamic_imports import spelled_callables
from treeguard.languages.python.file_names import NOTEBOOK
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import own_search_path
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import puts_together
from treeguard.languages.python.import_scan import walks_from
from treeguard.trees import REGULAR

# What a package is resolved to: its own module, or a namespace folder.
_PACKAGE = ("/__init__.py", "/__init__.pyi", "/")
# How many trees have their graph kept.
RECENT = 6
# A patch of this part of all files, and more than so many, is worked into its base.
PATCHED = 20
MANY_PATCHED = 50
# To read this part of all files anew is no cheaper than to read all.
PART = 4


def graph_of(analysis: TreeAnalysis) -> Graph:
    """Return who imports whom among the Python sources of a tree, by candidates."""
    base = analysis.snapshot.base
    if analysis.snapshot.tree is None and base is not None and base.tree:
        # The tree below can be kept; and the next change is made upon it, too.
        _kept_or_read(analysis.of(base))
    return _kept_or_read(analysis)


def kept_graph(analysis: TreeAnalysis) -> Graph | None:
    """Return the graph of a tree if no more than a few files need be read for it."""
    return _brought_up_to_date(analysis, _cache(analysis))


def _cache(analysis: TreeAnalysis) -> TreeCache:
    scope = scope_of(analysis.search_roots)
    return TreeCache(analysis.differences, analysis.store, "graph", scope, RECENT)


def _brought_up_to_date(analysis: TreeAnalysis, cache: TreeCache) -> Graph | None:
    for tree, value, since in cache.neighbours():
        kept = _loaded(value, cache, analysis.store)
        if kept is None:
            cache.forget(tree)
            continue
        graph = _patched(analysis, kept, since)
        if graph is not None:
            return graph
    return None


def _kept_or_read(analysis: TreeAnalysis) -> Graph:
    cache = _cache(analysis)
    graph = _brought_up_to_date(analysis, cache) or Graph(_read_all(analysis), {})
    if len(graph.patch) > MANY_PATCHED + len(graph.base.paths) // PATCHED:
        graph = Graph(merge_patch(graph), {})
    if cache.keeps():
        if not graph.name:
            graph.name = cache.put_part(_packed(graph.base))
            analysis.store.shared[graph.name] = graph.base
        patch = {path: plain(one) for path, one in graph.patch.items()}
        cache.put((graph.name, patch), graph.name)
    return graph


def _loaded(value: Any, cache: TreeCache, store: Store) -> Graph | None:
    name, patch = value
    base = store.shared.get(name)
    if base is None:
        packed = cache.part(name)
        base = None if packed is None else _unpacked(packed)
        store.shared[name] = base
    if base is None:
        return None
    graph = Graph(base, {path: r and FileImports(*r) for path, r in patch.items()})
    graph.name = name
    return graph


def _packed(base: Base) -> tuple[Any, ...]:
    """Return what `marshal` can write, and reads fast."""
    return (
        _joined(base.paths),
        [part.tobytes() for part in base.importers],
        _joined(base.names),
        [part.tobytes() for part in base.spelling],
        base.is_open.tobytes(),
    )


def _unpacked(packed: tuple[Any, ...]) -> Base:
    joined, importers, names, spelling, is_open = packed
    paths = _split(joined)
    return Base(
        paths,
        {path: number for number, path in enumerate(paths)},
        Rows(*(array("I", part) for part in importers)),
        _split(names),
        Rows(*(array("I", part) for part in spelling)),
        array("I", is_open),
    )


def _joined(texts: Iterable[str]) -> bytes:
    return b"".join(t.encode("utf-8", "surrogateescape") + b"\0" for t in texts)


def _split(joined: bytes) -> list[str]:
    return joined.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _patched(analysis: TreeAnalysis, kept: Graph, since: Difference) -> Graph | None:
    """Return `kept` brought up to date; None where that is no less work."""
    if not since.changes:
        return kept
    if since.names is None:
        return None
    paths = set(since.changes)
    if since.names:
        paths |= kept.spelling(since.names)
    if len(paths) * PART > len(kept.base.paths) + RECENT:
        return None
    graph = Graph(kept.base, dict(kept.patch))
    graph.name = kept.name
    reader = _Reader(analysis)
    for path in sorted(paths):
        file_imports = reader.read(path)
        if file_imports is not None or path in graph:
            graph.patch[path] = file_imports
    return graph


def _read_all(analysis: TreeAnalysis) -> Base:
    """Return the base of a tree, each of its sources read once."""
    paths = list(analysis.python_files())
    wanted = {path: number for number, path in enumerate(paths)}
    places: dict[str, list[str]] = {}
    for path, entry in analysis.snapshot.files():
        if path in wanted:
            places.setdefault(entry.oid, []).append(path)
    making = GraphBuilder(paths, wanted)
    reader = _Reader(analysis)
    blobs = analysis.snapshot.read_many(places)
    with _no_collection():
        for oid, data in counted(
            blobs, len(places), "reading imports", analysis.progress
        ):
            for path, resolved, is_open in reader.read_blob(places[oid], data):
                making.add(path, resolved, is_open)
    return making.base()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing made here is in a circle; to look for circles took 8 % of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Reader:
    """Reads what files import, and looks up where in the tree that leads."""

    def __init__(self, analysis: TreeAnalysis) -> None:
        self._known = analysis

    def read(self, path: str) -> FileImports | None:
        """Return one file; None where it is gone, or is no Python source."""
        entry = self._known.entry(path)
        if entry is None or not entry.is_file:
            return None
        data = self._known.snapshot.read(entry.oid)
        is_special = path in self._known.special
        if not is_special and language(path, entry.mode, data[:256]) is None:
            return None
        ((_, resolved, is_open),) = self.read_blob([path], data)
        return file_imports(path, resolved, is_open)

    def read_blob(
        self, paths: Iterable[str], data: bytes
    ) -> Iterator[tuple[str, list[ResolvedImport], bool]]:
        """Yield all files of the same bytes, which need be searched once only."""
        plain = candidates(data)
        # `import pytest` alone imports nothing by name: something has to be called.
        exact = puts_together(data) or (
            has_importing_library(plain)
            and bool(spelled_callables(data.decode("utf-8", "replace")))
        )
        for path in paths:
            is_special = path in self._known.special
            is_notebook = language(path, REGULAR, data[:256]) == NOTEBOOK
            if exact or is_special or is_notebook:
                facts = self._known.source(path)
                assert facts is not None
                items, search_path = facts.imports, facts.search_path
            else:
                items, search_path = plain, own_search_path(data)
            resolved = [
                ResolvedImport(item, self._known.resolve(path, item, search_path))
                for item in items
                if item.kind not in (STRING, PATH, MENTION)
            ]
            if items is plain:
                resolved += self._walks(path, data, resolved, search_path)
            yield (
                path,
                resolved,
                edits_path(search_path) or any(item.prefix for item, _ in resolved),
            )

    def _walks(
        self,
        path: str,
        data: bytes,
        resolved: Iterable[ResolvedImport],
        search_path: SearchPath,
    ) -> list[ResolvedImport]:
        """Return what is reached through attributes of packages that `from` imports."""
        wanted = {
            (item.level, item.module, item.name)
            for item, found in resolved
            if item.kind == FROM and item.name and item.name != "*"
            if found.targets and found.targets[0].endswith(_PACKAGE)
        }
        return [
            ResolvedImport(item, self._known.resolve(path, item, search_path))
            for item in (walks_from(data, wanted) if wanted else ())
        ]
