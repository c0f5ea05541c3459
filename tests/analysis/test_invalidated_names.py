"""After a change an import leads where it led, unless it spells what moved."""

from __future__ import annotations

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.analysis.test_graph_cache import CHANGES
from tests.analysis.test_graph_cache import TREES
from tests.analysis.test_graph_cache import Files
from tests.analysis.test_graph_cache import a_tree
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.analysis.import_candidates import names_of
from treeguard.analysis.invalidated_names import moved_names
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import

ROOTS = ("", "src")


def an(kind: str, module: str, level: int = 0, name: str | None = None) -> Import:
    return Import(1, 1, 1, 1, kind, module, level, name)


DOTTED = st.lists(st.sampled_from("abcABx"), min_size=1, max_size=3).map(".".join)
WRITTEN = st.lists(
    st.sampled_from(("a", "b", "..", "a.py", "c.txt", "src", "B", "*")), max_size=3
).map("/".join)
NAME = st.sampled_from((None, "a", "b", "c", "*"))
IMPORTS = st.one_of(
    DOTTED.map(lambda module: an(IMPORT, module)),
    st.tuples(DOTTED, NAME).map(lambda p: an(FROM, p[0], 0, p[1] or "a")),
    st.tuples(st.integers(1, 3), st.sampled_from(("", "a", "b.a")), NAME).map(
        lambda p: an(FROM, p[1], p[0], p[2] or "b")
    ),
    DOTTED.map(lambda module: an(ATTRIBUTE, module)),
    DOTTED.map(lambda module: an(DYNAMIC, module)),
    DOTTED.map(lambda module: an(STRING, f"{module}:f")),
    WRITTEN.map(lambda path: an(PATH, path)),
)
FOLDERS = st.sampled_from(("", "a", "b", "b/a", "src", "src/a"))


@settings(max_examples=150, deadline=None)
@given(TREES, CHANGES, st.lists(IMPORTS, min_size=1, max_size=5), FOLDERS)
@example({"b/a/c.txt": ""}, {"b/a/c.py": ""}, [an(IMPORT, "b"), an(IMPORT, "b.a")], "")
@example({"b/a/c.py": ""}, {"b/a/c.py": None}, [an(IMPORT, "b.a")], "")
@example(
    {"a.py": "", "src/a/a.py": "", "src/a/b.py": ""},
    {"src/pyproject.toml": ""},
    [an(IMPORT, "a")],
    "src/a",
)
@example({"x.py": "", "l": Symlink("a")}, {"a/b.py": ""}, [an(IMPORT, "l")], "")
@example({"x.py": "", "l": Symlink("a")}, {"a/b.py": ""}, [an(PATH, "l")], "")
@example({"a/b.py": "", "b.py": ""}, {"a/__init__.py": ""}, [an(IMPORT, "b")], "a")
@example({"b/a.py": "", "x.py": ""}, {"b": Submodule("1" * 40)}, [an(IMPORT, "b")], "")
@example({"x.py": ""}, {"src/a.py": ""}, [an(PATH, "src"), an(IMPORT, "src")], "")
@example({"a/x.txt": ""}, {"a/x.so": ""}, [an(IMPORT, "a.x")], "")
def test_what_spells_nothing_that_moved_leads_where_it_led(
    first: dict[str, Content],
    change: dict[str, Content | None],
    imports: list[Import],
    folder: str,
) -> None:
    # The importer is there before and after, or there would be nothing to compare.
    importer = f"{folder}/m" if folder else "m"
    files: Files = a_tree({**first, importer: ""})
    before = MemorySnapshot(files)
    after = MemorySnapshot(a_tree({**files, **change}), earlier=before)
    old, new = (analyze(tree, ROOTS, Store(None)) for tree in (before, after))
    moved = moved_names(new.changes_since(old), after, new.search_roots)
    if moved is None or old.search_roots != new.search_roots:
        return
    for imported in imports:
        if moved.isdisjoint(names_of(imported)) and after.entry(importer):
            led = old.resolve(importer, imported)
            assert new.resolve(importer, imported) == led, imported


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a.py": "1"}, {"a.py": "2"}, set()),
        ({"a/x.py": ""}, {"a/x.py": "", "a/Y.py": ""}, {"y"}),
        ({"a/x.py": ""}, {"a/x.py": "", "a/b/y.txt": ""}, {"y", "b"}),
        ({"a/x.py": ""}, {"a/x.py": "", "b/__init__.py": ""}, {"__init__", "b"}),
        ({"a/x.py": "", "b/__init__.py": ""}, {"a/x.py": ""}, {"__init__", "b"}),
        ({"a/x.py": ""}, {"a/x.py": "", "a/__init__.py": ""}, None),
        ({"a/x.py": ""}, {"a/x.py": "", "src/y.py": ""}, None),
        ({"a.py": ""}, {"a.py": "", "setup.cfg": ""}, None),
        ({"a.py": ""}, {"a.py": "", "b": Submodule("1" * 40)}, None),
        ({"b": Submodule("1" * 40)}, {"b": Submodule("2" * 40)}, set()),
        ({"a.py": "", "l": Symlink("b")}, {"l": Symlink("b")}, {"a", "l"}),
    ],
)
def test_moved_names(old: Files, new: Files, expected: set[str] | None) -> None:
    before = MemorySnapshot(old)
    analysis = analyze(MemorySnapshot(new, earlier=before), ROOTS, Store(None))
    changes = analysis.changes_since(analyze(before, ROOTS, Store(None)))
    assert moved_names(changes, analysis.snapshot, analysis.search_roots) == expected
