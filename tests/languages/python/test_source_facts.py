"""Import statements and unreadable sources: the table first, then properties."""

from __future__ import annotations

import keyword
import warnings

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.languages.python.reference import statement_facts
from tests.languages.python.reference import statements
from tests.languages.python.sources import facts
from tests.languages.python.sources import words
from treeguard.languages.python.source_facts import source_facts

STATEMENTS = [
    pytest.param("import garbage", ["import garbage"], id="01-plain"),
    pytest.param(
        "import os, garbage.deep.thing as t, sys",
        ["import os", "import garbage.deep.thing", "import sys"],
        id="02-several",
    ),
    pytest.param(
        "from garbage import old_model as om", ["from garbage:old_model"], id="03-from"
    ),
    pytest.param(
        "from garbage.old_model import Model as M",
        ["from garbage.old_model:Model"],
        id="04-attribute",
    ),
    pytest.param("from garbage import *", ["from garbage:*"], id="05-star"),
    pytest.param(
        "from garbage import (\n\told_model as a,  # c )\n\tdeep as b,\n)",
        ["from garbage:old_model", "from garbage:deep"],
        id="06-parentheses",
    ),
    pytest.param(
        "from garbage \\\n\timport old_model",
        ["from garbage:old_model"],
        id="07-joined",
    ),
    pytest.param(
        "from ..enterprise import datadog_adapter",
        ["from ..enterprise:datadog_adapter"],
        id="08-relative",
    ),
    pytest.param("from .. import enterprise", ["from ..:enterprise"], id="09-dots"),
    pytest.param(
        "from ..... import garbage", ["from .....:garbage"], id="12-beyond-the-top"
    ),
    pytest.param("def f():\n\timport garbage.a", ["import garbage.a"], id="13-lazy"),
    pytest.param(
        "try:\n\timport garbage.a\nexcept ImportError:\n\tpass",
        ["import garbage.a"],
        id="14-try",
    ),
    pytest.param(
        "match v:\n\tcase []:\n\t\timport garbage", ["import garbage"], id="19-match"
    ),
    pytest.param(b"\xef\xbb\xbfimport garbage", ["import garbage"], id="47-bom"),
    pytest.param(
        b'# -*- coding: latin-1 -*-\nS = "\xe9"\nimport garbage',
        ["import garbage"],
        id="48-latin-1",
    ),
    *(
        pytest.param(
            b"# -*- coding: " + name + b' -*-\nS = "\xe9"\nimport garbage',
            ["import garbage"],
            id=f"48-{name.decode()}",
        )
        for name in (b"latin-1-unix", b"iso-8859-1-dos", b"ISO_latin_1-mac")
    ),
    pytest.param(
        "# -*- coding: utf-8-unix -*-\nS = 'é'\nimport garbage",
        ["import garbage"],
        id="48-utf-8-unix",
    ),
    pytest.param(
        b"# -*- coding: cp437 -*-\nimport garbage", ["import garbage"], id="49-cp437"
    ),
    pytest.param(
        b"import os\rimport garbage\r",
        ["import os", "import garbage"],
        id="52-carriage-returns",
    ),
    pytest.param("import \uff47arbage", ["import garbage"], id="53-nfkc"),
    pytest.param(
        '"""\nimport garbage\n"""\n# import garbage\ngc.garbage', [], id="56-no-code"
    ),
    pytest.param(
        "import garbage.old_model  # noqa", ["import garbage.old_model"], id="66-noqa"
    ),
    pytest.param("x = 1\x0c\nimport garbage", ["import garbage"], id="form-feed"),
    pytest.param(
        "if x: import a; import b", ["import a", "import b"], id="one-line-block"
    ),
    pytest.param("from.a import b", ["from .a:b"], id="no-space"),
    pytest.param("from . . a import(b)", ["from ..a:b"], id="spread-dots"),
    pytest.param("import a . b as c", ["import a.b"], id="spread-name"),
    pytest.param("import \\\n  a", ["import a"], id="backslash-alone"),
    pytest.param(
        b"# \xe9\nimport garbage  # \xe9", ["import garbage"], id="bad-comment-bytes"
    ),
    pytest.param("", [], id="empty"),
]


@pytest.mark.parametrize(("source", "expected"), STATEMENTS)
def test_statements(source: str | bytes, expected: list[str]) -> None:
    assert words(source, "import", "from") == expected


TYPING = [
    ("if TYPE_CHECKING:\n from garbage import a", True),
    ("import typing\nif typing.TYPE_CHECKING:\n from garbage import a", True),
    ("import typing as t\nif t.TYPE_CHECKING:\n from garbage import a", True),
    ("from typing import TYPE_CHECKING as TC\nif TC:\n from garbage import a", True),
    ("if TYPE_CHECKING:\n pass\nelse:\n from garbage import a", False),
    ("if not TYPE_CHECKING:\n from garbage import a", False),
    ("if not TYPE_CHECKING:\n pass\nelse:\n from garbage import a", True),
    ("if TYPE_CHECKING and x:\n from garbage import a", True),
    ("if TYPE_CHECKING or x:\n from garbage import a", False),
    ("if x:\n pass\nelif TYPE_CHECKING:\n from garbage import a", True),
    ("if TYPE_CHECKING:\n pass\nelif x:\n from garbage import a", False),
    ("if TYPE_CHECKING:\n def f():\n  from garbage import a", True),
    ("if False:\n from garbage import a", False),
    ("MYPY = False\nif MYPY:\n from garbage import a", True),
    ("TYPE_CHECKING = True\nif TYPE_CHECKING:\n from garbage import a", False),
    ("def f(TYPE_CHECKING):\n if TYPE_CHECKING:\n  from garbage import a", False),
]


@pytest.mark.parametrize(("source", "expected"), TYPING)
def test_branches_for_type_checkers(source: str, expected: bool) -> None:
    found = [item for item in facts(source).imports if item.module == "garbage"]
    assert [item.typing_only for item in found] == [expected]


def test_the_place_is_that_of_the_alias() -> None:
    found = facts("import os, garbage.deep.thing as t, sys").imports[1]
    assert (found.line, found.column, found.end_line, found.end_column) == (
        1,
        12,
        1,
        35,
    )


def test_columns_count_code_points() -> None:
    (found,) = facts('s = "\U0001f600\xe9"; import garbage').imports
    assert (found.column, found.end_column) == (18, 25)


UNREADABLE = [
    pytest.param(
        b'S = "\xe9"\nimport garbage', "cannot be decoded as utf-8", 1, id="50-latin-1"
    ),
    pytest.param(b'import garbage\nprint "py2"', "cannot be parsed", 2, id="51-py2"),
    pytest.param(b"import garbage\n\0", "cannot be parsed", None, id="null"),
    pytest.param(b"import garbage\n" + b"(" * 5000, "", None, id="brackets"),
    pytest.param(b"import garbage\nx = " + b"-" * 99999 + b"1 $", "", None, id="minus"),
    pytest.param(
        b"# coding: nonesuch\nimport garbage", "unknown encoding", 1, id="encoding"
    ),
    pytest.param(
        b"# coding: rot13\nimport garbage", "unknown", 1, id="not-a-text-codec"
    ),
]


@pytest.mark.parametrize(("data", "error", "line"), UNREADABLE)
def test_unreadable_sources_keep_their_candidates(
    data: bytes, error: str, line: int | None
) -> None:
    found = source_facts(data, "python")
    assert found.error.startswith("the source ")
    assert error in found.error
    assert line is None or found.error_line == line
    assert "garbage" in [item.module for item in found.imports]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("x = " + "1+" * 5000 + "1", id="sum"),
        pytest.param("x = " + "not " * 900 + "1", id="not"),
        pytest.param("x = a" + ".b" * 900, id="attributes"),
        pytest.param("if a: pass\n" + "elif a: pass\n" * 900, id="elifs"),
        pytest.param("x = " + "'a' 'b'" * 3000, id="strings"),
        pytest.param("f" + "()" * 900, id="calls"),
    ],
)
def test_depth_never_breaks(source: str) -> None:
    found = source_facts(f"import garbage\n{source}\n".encode(), "python")
    assert "garbage" in [item.module for item in found.imports]


def test_no_warning_leaks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert words('x = "\\d"\nassert (1, "a")\nif 1 is 1: pass\nimport a') == [
            "import a"
        ]


def test_bytes_in_a_comment_leave_no_half_characters() -> None:
    found = source_facts(b"import a  # treeguard: allow[r] \xe9", "python")
    assert [item.why for item in found.allows] == ["\ufffd"]


# Pieces that real files are made of, in any order: many of these parse.
PIECES = st.sampled_from(
    [
        "import a",
        "from .b import c as d",
        "\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "\x0c",
        "\\\n",
        "(",
        ")",
        "#",
        ";",
        ",",
        ":",
        "'",
        '"',
        '"""',
        "if x:",
        "x = 1",
        "\xe9",
        "\uff47",
        "\x00",
        "\ufeff",
        "# coding: latin-1",
        "f'{a.b}'",
        "import \uff47a.b as h",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join).map(str.encode) | st.binary())
def test_any_bytes_get_the_answer_of_ast(data: bytes) -> None:
    found = source_facts(data, "python")
    expected = statements(data)
    if expected is not None:
        assert found.error == ""
        assert statement_facts(found) == expected


NAMES = st.from_regex(r"[a-z]{1,4}", fullmatch=True).filter(
    lambda name: name.isidentifier() and not _is_keyword(name)
)
DOTTED = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
SPACE = st.sampled_from([" ", "\t", "  ", " \\\n ", "\x0c "])


@given(DOTTED, st.lists(NAMES, min_size=1, max_size=3), st.integers(0, 3), SPACE)
def test_spacing_changes_nothing(
    module: str, names: list[str], level: int, space: str
) -> None:
    head = f"from{space}{'.' * level}{module}{space}import{space}"
    source = head + f"{space},{space}".join(names)
    expected = [f"from {'.' * level}{module}:{name}" for name in names]
    assert words(source, "from") == expected


def _is_keyword(name: str) -> bool:
    return keyword.iskeyword(name)
