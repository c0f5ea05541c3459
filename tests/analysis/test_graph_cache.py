"""A graph that was brought up to date is the one that is read from every file."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from treeguard.analysis import graph_cache
from treeguard.analysis.graph_cache import graph_of
from treeguard.analysis.import_graph import Graph
from treeguard.analysis.import_graph import imports_by_file
from treeguard.analysis.import_graph import merge_patch
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze

Files = dict[str, Content]

PLACES = ("", "a/", "a/b/", "b/", "b/a/", "src/", "src/a/")
NAMES: tuple[str, ...] = (
    "a.py",
    "b.py",
    "c.py",
    "__init__.py",
    "a.pyi",
    "c.txt",
    "B.py",
)
NAMES += ("B.py", "pyproject.toml", "c.ipynb", "tool")
PATHS = st.tuples(st.sampled_from(PLACES), st.sampled_from(NAMES)).map("".join)
STATEMENTS = st.sampled_from(
    (
        *("import a", "import b.a", "import a.b.c", "from a import b", "import c"),
        *("from a.b import c", "from . import a", "from .. import b", "import os"),
        *("from .b import c", "from b import *", "import a\na.b.c()", "import src.a"),
        *("# import c", "'''\nimport b\n'''", "import A.B", "from a import B"),
        "import sys; sys.path.append('b')",
        "__all__ = ['a', 'b']",
        "__path__.append(__file__ + '/../../b')",
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
        "from a import b\nb.c.d()",
        "from . import b as x\nx.a",
        "from .a import *",
        "import sys; sys.path.insert(0, 'a')",
        "if __name__ == '__main__': import b",
        "import importlib; importlib.import_module('a.' + x)",
        "import importlib; importlib.import_module('b.c')",
    )
)
TEXTS = st.lists(STATEMENTS, max_size=3).map("\n".join)
LINK = st.sampled_from(("a", "b", "../a", "src", "b.py")).map(Symlink)
CONTENT: st.SearchStrategy[Content] = st.one_of(TEXTS, TEXTS, TEXTS, TEXTS, LINK)
TREES = st.dictionaries(PATHS, CONTENT, max_size=9)
CHANGES = st.dictionaries(
    PATHS, st.one_of(st.none(), TEXTS, TEXTS, LINK), min_size=1, max_size=4
)
ROOTS = ("", "src")


def a_tree(files: Mapping[str, Content | None]) -> Files:
    """Without what is None, and without files where others need a folder."""
    there = {path: content for path, content in files.items() if content is not None}
    folders = {path[:end] for path in there for end in _slashes(path)}
    return {path: there[path] for path in there.keys() - folders}


def _slashes(path: str) -> list[int]:
    return [number for number, letter in enumerate(path) if letter == "/"]


def said(graph: Graph) -> dict[str, tuple[set[str], set[str], bool]]:
    return {
        path: (set(one.targets), set(one.names), one.is_open)
        for path, one in imports_by_file(merge_patch(graph)).items()
    }


@settings(max_examples=100, deadline=None)
@given(TREES, st.lists(CHANGES, min_size=1, max_size=3))
@example({"x/c.py": "import a"}, [{"x/a.py": ""}])
@example({"c.py": "import b.a", "b/a/c.txt": ""}, [{"b/a/c.py": ""}])
@example({"b/a.py": "import c", "b/c.py": ""}, [{"b/__init__.py": ""}])
@example({"a.py": "import b.c", "c.py": ""}, [{"b": Symlink(".")}])
@example({"c.py": "import a", "b": Symlink("src/x")}, [{"src/x/a.py": ""}])
def test_brought_up_to_date_it_is_as_read_anew(
    first: dict[str, Content], changes: list[dict[str, Content | None]]
) -> None:
    store, files = Store(None), a_tree(first)
    before = MemorySnapshot(files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_cache, "PART", 0)
        graph_of(analyze(before, ROOTS, store))
        for change in changes:
            files = a_tree({**files, **change})
            after = MemorySnapshot(files, earlier=before)
            warm = graph_of(analyze(after, ROOTS, store))
            assert said(warm) == said(graph_of(analyze(after, ROOTS, Store(None))))
            before = after


def test_a_file_that_comes_has_only_those_read_that_spell_it() -> None:
    store = Store(None)
    files: Files = {f"m{number}.py": f"import n{number}\n" for number in range(20)}
    before = MemorySnapshot(files)
    graph_of(analyze(before, ROOTS, store))
    after = MemorySnapshot({**files, "n7.py": ""}, earlier=before)
    graph = graph_of(analyze(after, ROOTS, store))
    assert graph.patch.keys() == {"n7.py", "m7.py"}
    assert graph.patch["m7.py"] == (("n7.py",), ("n7",), False)


def test_an_edit_has_one_file_read() -> None:
    store = Store(None)
    files: Files = {f"m{number}.py": f"import m{number + 1}\n" for number in range(20)}
    before = MemorySnapshot(files)
    graph_of(analyze(before, ROOTS, store))
    after = MemorySnapshot({**files, "m3.py": "import m8\n"}, earlier=before)
    assert graph_of(analyze(after, ROOTS, store)).patch.keys() == {"m3.py"}


def test_a_large_patch_is_worked_into_the_base() -> None:
    store, count = Store(None), graph_cache.MANY_PATCHED * 3
    files: Files = {f"m{number}.py": "import z\n" for number in range(count * 9)}
    before = MemorySnapshot({**files, "z.py": ""})
    graph_of(analyze(before, ROOTS, store))
    edits = {f"m{number}.py": "import os\n" for number in range(count)}
    after = MemorySnapshot({**files, **edits, "z.py": ""}, earlier=before)
    graph = graph_of(analyze(after, ROOTS, store))
    assert graph.patch == {}
    assert said(graph) == said(graph_of(analyze(after, ROOTS, Store(None))))
