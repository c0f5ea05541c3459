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
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.analysis.tree_cache import Differences
from treeguard.analysis.tree_cache import TreeCache
from treeguard.analysis.tree_cache import invalidated_names
from treeguard.analysis.tree_cache import is_kept
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
    moved = invalidated_names(new.changes_since(old), after, new.search_roots)
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
        # A package's own file says what `from package import *` imports.
        ({"a/__init__.py": "1"}, {"a/__init__.py": "2"}, {"*"}),
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
def test_invalidated_names(old: Files, new: Files, expected: set[str] | None) -> None:
    before = MemorySnapshot(old)
    analysis = analyze(MemorySnapshot(new, earlier=before), ROOTS, Store(None))
    changes = analysis.changes_since(analyze(before, ROOTS, Store(None)))
    names = invalidated_names(changes, analysis.snapshot, analysis.search_roots)
    assert names == expected


def cache(store: Store, tree: MemorySnapshot, scope: str = "s") -> TreeCache:
    differences = Differences(tree, SearchRoots(ROOTS, ()))
    return TreeCache(differences, store, "kind", scope, most=3)


def trees(count: int) -> list[MemorySnapshot]:
    """Trees that each come from the one before, and from no other."""
    made: list[MemorySnapshot] = []
    for number in range(count):
        earlier = made[-1] if made else None
        made.append(MemorySnapshot({f"m{number}.py": ""}, earlier=earlier))
    return made


def values(store: Store, tree: MemorySnapshot, scope: str = "s") -> list[object]:
    return [one.value for one in cache(store, tree, scope).neighbours()]


def test_the_value_of_a_tree_is_kept_for_itself_and_the_next() -> None:
    store, (first, second, third) = Store(None), trees(3)
    cache(store, first).put("a value")
    assert values(store, first) == ["a value"]
    ((_tree, value, since),) = cache(store, second).neighbours()
    assert (value, set(since.changes)) == ("a value", {"m0.py", "m1.py"})
    assert since.names == frozenset({"m0", "m1"})
    assert values(store, third) == []  # nothing says what differs
    assert values(store, first, "another scope") == []


def test_what_is_kept_for_the_tree_itself_comes_first() -> None:
    store, (first, second) = Store(None), trees(2)
    cache(store, second).put(2)
    cache(store, first).put(1)
    assert values(store, second) == [2, 1]
    assert next(cache(store, second).neighbours()).since.changes == {}


def test_a_tree_that_is_no_object_keeps_nothing() -> None:
    store, (first, second) = Store(None), trees(2)
    second.tree = None
    cache(store, first).put(1)
    cache(store, second).put(2)
    assert values(store, second) == [1]


def test_only_the_last_trees_are_kept_with_the_parts_that_they_need() -> None:
    store, every = Store(None), trees(5)
    shared = cache(store, every[0]).put_part("shared")
    own = cache(store, every[1]).put_part("own")
    for number, part in enumerate(("", own, shared, shared, shared)):
        cache(store, every[number]).put(number, part)
    kept = [is_kept(store, "kind", tree.tree or "", "s") for tree in every]
    assert kept == [False, False, True, True, True]
    last = cache(store, every[4])
    assert (last.part(shared), last.part(own)) == ("shared", None)


def test_a_value_that_is_lost_is_kept_again() -> None:
    store, (tree,) = Store(None), trees(1)
    cache(store, tree).put("old")
    store.drop("kind", f"{tree.tree} s")
    again = cache(store, tree)
    assert list(again.neighbours()) == []
    again.put("new")
    assert values(store, tree) == ["new"]
