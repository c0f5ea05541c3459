"""Layers: imports go down only, and siblings stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import knowledge
from tests.support.memory import Content
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.layer_matrix import Parts
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.layers import Layers

Files = dict[str, Content]


def layers(*rows: str, type_checking: bool = True) -> Layers:
    """Layers from rows such as `a/ b/`; each word of a row is one part."""
    return Layers(
        layers=tuple(tuple(Patterns([part]) for part in row.split()) for row in rows),
        type_checking=type_checking,
    )


HOUSE = layers("b/ui/", "b/left/ b/right/", "b/base/")
BASE: Files = {
    "b/__init__.py": "",
    "b/ui/__init__.py": "",
    "b/left/__init__.py": "",
    "b/right/__init__.py": "",
    "b/right/r.py": "",
    "b/base/__init__.py": "",
}

SILENT: dict[str, tuple[Layers, Files]] = {
    "down": (HOUSE, {"b/ui/x.py": "from ..left import y\nimport b.base\n"}),
    "inside one part": (HOUSE, {"b/right/x.py": "from . import r\nimport b.right.r\n"}),
    "from outside the layers": (HOUSE, {"tools/x.py": "import b.ui\n"}),
    "to outside the layers": (HOUSE, {"b/base/x.py": "import os, b, numpy\n"}),
    "down into a nested part": (
        layers("b/", "b/base/"),
        {"b/x.py": "from .base import y\n"},
    ),
    "types that are exempt": (
        layers("b/ui/", "b/base/", type_checking=False),
        {"b/base/x.py": "import typing\nif typing.TYPE_CHECKING:\n    import b.ui\n"},
    ),
    "a string": (HOUSE, {"b/base/x.py": 'f("b.ui.window")\n'}),
}


@pytest.mark.parametrize("name", SILENT)
def test_says_nothing(name: str) -> None:
    options, files = SILENT[name]
    assert judge(a_policy(a_rule("layers", options)), {**BASE, **files}) == []


SAYS: dict[str, tuple[Layers, Files, list[tuple[str, int, str]]]] = {
    "up": (
        HOUSE,
        {"b/base/x.py": "import os\nfrom ..ui import y\n"},
        [("b/base/x.py", 2, "b/ui/__init__.py")],
    ),
    "to a sibling": (
        HOUSE,
        {"b/left/x.py": "from ..right import r\n"},
        [("b/left/x.py", 1, "b/right/r.py")],
    ),
    "up by name": (
        HOUSE,
        {"b/base/x.py": "__import__('b.ui')\n"},
        [("b/base/x.py", 1, "b/ui/__init__.py")],
    ),
    "up out of a nested part, by dots alone": (
        layers("b/", "b/base/"),
        {"b/util.py": "", "b/base/x.py": "from .. import util\n"},
        [("b/base/x.py", 1, "b/util.py")],
    ),
    "names at any depth": (
        layers("ui/", "base/"),
        {"b/base/x.py": "from b import ui\n"},
        [("b/base/x.py", 1, "b/ui/__init__.py")],
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_says_this(name: str) -> None:
    options, files, expected = SAYS[name]
    found = judge(a_policy(a_rule("layers", options)), {**BASE, **files})
    assert [(each.path, each.line, each.target) for each in found] == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "up",
            "imports b/ui/__init__.py, which is in b/ui/, a layer above b/base/",
        ),
        (
            "to a sibling",
            "imports b/right/r.py, "
            "which is in b/right/, a sibling of this file's layer b/left/",
        ),
    ],
)
def test_messages(name: str, message: str) -> None:
    options, files, _expected = SAYS[name]
    (found,) = judge(a_policy(a_rule("layers", options)), {**BASE, **files})
    assert found.message == message


PARTS = ("a/", "/a/", "a/b/", "b/", "b/c/", "/c/", "c/*.py")
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)
STATEMENTS = st.one_of(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(
        lambda names: f"import {'.'.join(names)}"
    ),
    st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.sampled_from("abc")).map(
        lambda p: f"from {'.' * p[0]}{p[1]} import {p[2]}"
    ),
    st.tuples(st.integers(1, 3), st.sampled_from("abc")).map(
        lambda p: f"from {'.' * p[0]} import {p[1]}"
    ),
)
TREES = st.dictionaries(
    PATHS.map("{}.py".format),
    st.lists(STATEMENTS, max_size=3).map("\n".join),
    min_size=2,
)


@settings(max_examples=100, deadline=None)
@given(tree=TREES, rows=st.lists(st.sampled_from(PARTS), min_size=2, max_size=3))
def test_every_crossing_is_found(tree: dict[str, str], rows: list[str]) -> None:
    """What the question selects is enough: asking each file finds no more."""
    options = layers(*rows)
    known = knowledge(tree)
    parts = Parts(options.layers)
    expected = []
    for path in sorted(tree):
        own = parts.of(path)
        for use in uses(known, path, Counted()):
            reached = [parts.of(target) for target in use.found.targets]
            if own and any(
                to and to is not own and to.row <= own.row for to in reached
            ):
                expected.append((path, use.item))
    asked = [
        path for one in parts.queries(known.search_roots) for path in known.ask(one)
    ]
    found = [each for path in asked for each in parts.crossings(known, path, Counted())]
    assert [(each.use.path, each.use.item) for each in found] == expected
