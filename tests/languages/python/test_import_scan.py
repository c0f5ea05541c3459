"""The fast superset: what it must hold, and when it is not enough."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.languages.python.reference import statements
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import needs_exact
from treeguard.languages.python.import_scan import walks_from
from treeguard.languages.python.source_facts import source_facts

HELD = [
    pytest.param(
        "from a.from_b import x", "from", "a.from_b", 0, "x", id="from-in-name"
    ),
    pytest.param("# from a \\\nimport b", "import", "b", 0, None, id="comment-no-join"),
    pytest.param("x # from y \\\nfrom a import b", "from", "a", 0, "b", id="two-froms"),
    pytest.param("from a import (b, # )\n c)", "from", "a", 0, "c", id="comment"),
    pytest.param(
        "from a import (b # \\\n, c)", "from", "a", 0, "c", id="comment-slash"
    ),
    pytest.param("from a \\\n import b, \\\n c", "from", "a", 0, "c", id="continued"),
    pytest.param("from.import(a)", "from", "", 1, "a", id="no-space"),
    pytest.param("from . . a import b", "from", "a", 2, "b", id="spread"),
    pytest.param("from a import*", "from", "a", 0, "*", id="star"),
    pytest.param("if x:import a;import b", "import", "b", 0, None, id="semicolon"),
    pytest.param("import a . b as c", "import", "a.b", 0, None, id="spread-name"),
    pytest.param("import\\\n a", "import", "a", 0, None, id="joined-name"),
    pytest.param("import \uff47a", "import", "ga", 0, None, id="nfkc"),
    pytest.param("\ufeffimport a", "import", "a", 0, None, id="bom"),
    pytest.param("x\rimport a\r", "import", "a", 0, None, id="carriage-return"),
    pytest.param("lazy import a", "import", "a", 0, None, id="lazy"),
    pytest.param("import a\nprint 'x'", "import", "a", 0, None, id="python-2"),
    pytest.param("import b\nb.c.d(1)", "attribute", "b.c.d", 0, None, id="walk"),
    pytest.param("import b as x\nx.c", "attribute", "b.c", 0, None, id="walk-as"),
    pytest.param(
        "import b\n(b\n # y.\n .c)", "attribute", "b.c", 0, None, id="spread-walk"
    ),
    pytest.param(
        "import b\n# foo.\n(b\n .c)", "attribute", "b.c", 0, None, id="prose-dot"
    ),
]


WALKS = [
    ("from lib import sub\nsub.deep.f()", (0, "lib.sub.deep.f")),
    ("from lib import (x, sub as s)\n(s\n .deep)", (0, "lib.sub.deep")),
    ("from . import sub\nsub.deep", (1, "sub.deep")),
    ("from lib import sub\n(sub).deep; f(sub).other", (0, "lib.sub.deep")),
    ("from ..lib import sub\nsub.deep", (2, "lib.sub.deep")),
]


@pytest.mark.parametrize(("source", "walk"), WALKS)
def test_walks_that_begin_with_what_from_imports(
    source: str, walk: tuple[int, str]
) -> None:
    found = {(item.level, item.module) for item in walks_from(source.encode())}
    assert found == {walk}
    name = (walk[0], "lib" if "lib" in walk[1] else "", "sub")
    assert walks_from(source.encode(), {name}) == walks_from(source.encode())
    assert walks_from(source.encode(), {(0, "other", "sub")}) == ()


@pytest.mark.parametrize(("source", "kind", "module", "level", "name"), HELD)
def test_candidates_hold(
    source: str, kind: str, module: str, level: int, name: str | None
) -> None:
    found = candidates(source.encode())
    keys = [(item.kind, item.module, item.level, item.name) for item in found]
    assert (kind, module, level, name) in keys


def test_lines_of_plain_statements_are_right() -> None:
    found = candidates(b"import a\n\nx\nfrom b import c\n")
    assert [(item.line, item.module) for item in found] == [(1, "a"), (4, "b")]


@pytest.mark.parametrize(
    "source",
    [
        b'import importlib as i\ni.import_module("a")',
        b'__import__("a")',
        b'import sys\nsys . path.append("a")',
        b'from sys import path as p\np.append("a")',
        b'exec ("import a")',
        b"# coding: shift_jis\n",
        b"\n# vim: fileencoding=latin-1\n",
        b"pytest_plugins = []",
        b'{"cells": []}',
    ],
)
def test_only_a_parser_can_read(source: bytes) -> None:
    assert needs_exact(source)


@pytest.mark.parametrize(
    "source",
    [
        b"import os\nos.path.join(a)",
        b"# -*- coding: utf-8 -*-\nimport a",
        b"import sys\nfrom a import path\nsys.exit(path)",
        b"executor.evaluate(a)",
        b"model.eval()",
        b"",
    ],
)
def test_candidates_are_enough(source: bytes) -> None:
    assert not needs_exact(source)


WORDS = ["import", "from", "a", "b.c", "as", ".", "..", ",", "*", "(", ")", "#", ";"]
WORDS += [
    "\\\n",
    "\n",
    " ",
    "\t",
    "\x0c",
    "if x:",
    "\n ",
    "'''",
    '"',
    "\uff47h",
    "lazy",
]


@given(st.lists(st.sampled_from(WORDS), max_size=25), st.sampled_from(["", " "]))
def test_nothing_that_ast_sees_is_missed(parts: list[str], glue: str) -> None:
    data = glue.join(parts).encode()
    seen = {
        (module, level, name) for _, _, module, level, name in statements(data) or ()
    }
    held = {(item.module, item.level, item.name) for item in candidates(data)}
    assert seen <= held


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes_have_candidates(data: bytes) -> None:
    exact = source_facts(b"import zz\n" + data, "python")
    held = {item.module for item in candidates(b"import zz\n" + data)}
    assert "zz" in held
    assert {i.module for i in exact.imports if i.kind == "import"} <= held


@pytest.mark.parametrize(
    "unit",
    [
        b"import garbage; ",
        b"# import ",
        b"from a import ",
        b"from . import (",
        b"from a import (#)\n",
        b"from a import (x # import b)\n, y)\n",
        b"import a; a. ",
        b"import (a,",
    ],
    ids=ascii,
)
def test_time_does_not_grow_with_the_square_of_the_size(unit: bytes) -> None:
    """A quarter of a megabyte on one line once took minutes."""
    began = time.process_time()
    candidates(unit * (250_000 // len(unit)))
    assert time.process_time() - began < 5


def test_a_crowd_of_imports_in_one_list_is_left_to_the_parser() -> None:
    crowd = b"from a import (\n" + b"# import\n" * 200 + b"b)\n"
    assert needs_exact(crowd)
    assert not needs_exact(crowd.replace(b"# import", b"# report"))


@pytest.mark.parametrize("length", [10, 600, 5_000, 100_000])
@pytest.mark.parametrize("before", [b"", b"#!/usr/bin/python\n", b"\r\n"])
def test_an_encoding_is_named_however_long_the_line(length: int, before: bytes) -> None:
    """`import garbage` in UTF-7 is ASCII that no search of the bytes finds."""
    comment = b"#" + b" " * length + b"coding: utf-7\n"
    data = before + comment + b"+AGkAbQBwAG8AcgB0- garbage\n"
    assert needs_exact(data)
    for found in (candidates(data), source_facts(data, "python").imports):
        assert [item.module for item in found] == ["garbage"]
