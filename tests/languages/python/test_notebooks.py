"""Notebooks: cells, magics, and what is no notebook."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.languages.python.sources import said
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.notebooks import read_cell
from treeguard.languages.python.source_facts import source_facts


def _book(*cells: str, **metadata: object) -> bytes:
    """A notebook whose cells are code, or text where they begin with `#md`."""
    made = [
        {
            "cell_type": "markdown" if cell.startswith("#md") else "code",
            "source": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4}).encode()


def _facts(*cells: str, **metadata: object) -> SourceFacts:
    return source_facts(_book(*cells, **metadata), "notebook")


def _words(*cells: str) -> list[tuple[int | None, int, str]]:
    found = _facts(*cells)
    assert found.error == ""
    return [(item.cell, item.line, said(item)) for item in found.imports]


CELLS = [
    (
        "41",
        ["%matplotlib inline\nfrom garbage import a"],
        [(1, 2, "from garbage:a")],
    ),
    ("text", ["#md import b", "import a"], [(2, 1, "import a")]),
    ("shell", ["!ls 'x\nimport a"], [(1, 2, "import a")]),
    ("help", ["a?\n?b\nimport a"], [(1, 3, "import a")]),
    ("in-a-block", ["if x:\n    %time f()\n    !ls\nimport a"], [(1, 4, "import a")]),
    ("timed", ["%time import a"], [(1, 1, "import a")]),
    ("assigned", ["x = !ls\ny = %pwd\nimport a"], [(1, 3, "import a")]),
    ("operator", ["x = (a\n % b)\nimport a"], [(1, 3, "import a")]),
    ("in-a-string", ["x = '''\n%run a.py\n'''\nimport a"], [(1, 4, "import a")]),
    ("python-cell", ["%%time\nimport a"], [(1, 2, "import a")]),
    ("script-cell", ["%%script python\nimport a"], [(1, 2, "import a")]),
    ("bash-cell", ["%%bash\nimport a\npython -m b.c"], [(1, 3, "string b.c")]),
    ("html-cell", ["%%html\nimport a"], []),
    ("72-run", ["%run ../garbage/x.py"], [(1, 1, "path ../garbage/x.py")]),
    ("72-run-option", ["%run -i 'x.py' 1"], [(1, 1, "path x.py")]),
    ("run-module", ["%run -m b.c"], [(1, 1, "string b.c")]),
    ("shell-module", ["!python -m b.c"], [(1, 1, "string b.c")]),
    ("extension", ["%load_ext a.b"], [(1, 1, "dynamic a.b")]),
    (
        "across-cells",
        ["from importlib import import_module as m", "#md", 'm("a.b")'],
        [(1, 1, "from importlib:import_module"), (3, 1, "dynamic a.b")],
    ),
    ("await", ["await x\nimport a"], [(1, 2, "import a")]),
    ("empty", [""], []),
]


@pytest.mark.parametrize(
    ("cells", "expected"), [pytest.param(*c[1:], id=c[0]) for c in CELLS]
)
def test_cells(cells: list[str], expected: list[tuple[int, int, str]]) -> None:
    assert _words(*cells) == expected


def test_a_broken_cell_is_named_and_hides_nothing() -> None:
    found = _facts("import a", "#md", "import b\nprint 'x'", "import c")
    assert found.error.startswith("cell 3 cannot be parsed")
    assert found.error_line == 2
    cells = {(item.cell, item.module) for item in found.imports}
    assert {(1, "a"), (3, "b"), (4, "c")} <= cells


def test_inline_exceptions_and_notices_know_their_cell() -> None:
    found = _facts("x", "y\nimport a  # treeguard: allow[r] why\n__import__(n)")
    (allow,) = found.allows
    assert (allow.cell, allow.line, allow.first_line, allow.rule) == (2, 2, 2, "r")
    assert [(item.cell, item.line) for item in found.undecidable] == [(2, 3)]


def test_the_older_format() -> None:
    cell = {"cell_type": "code", "input": ["import a\n"], "language": "python"}
    data = json.dumps({"worksheets": [{"cells": [cell]}], "nbformat": 3}).encode()
    assert [i.module for i in source_facts(data, "notebook").imports] == ["a"]


def test_other_languages_import_nothing() -> None:
    assert _facts("import a", kernelspec={"language": "R"}) == SourceFacts()


R = {"language_info": {"name": "R"}}


@pytest.mark.parametrize(
    ("metadata", "is_python"),
    [
        ({}, True),
        (R, False),
        # The kernel runs the cells, whatever ran them last.
        ({**R, "kernelspec": {"name": "python3", "language": "python"}}, True),
        ({"language_info": {"name": "python"}, "kernelspec": {"language": "R"}}, False),
        ({"kernelspec": {"name": "ir"}}, False),
        ({"kernelspec": {"name": "julia-1.9"}}, False),
        ({"kernelspec": {"name": "my-venv"}}, True),
        ({"kernelspec": {"name": "my-venv"}, **R}, False),
        ({"kernelspec": "python3", "language_info": None}, True),
    ],
)
def test_the_kernel_decides(metadata: dict[str, object], is_python: bool) -> None:
    modules = [item.module for item in _facts("import a", **metadata).imports]
    assert modules == ["a"] * is_python


@pytest.mark.parametrize(
    ("cells", "folders"),
    [
        (["%cd garbage", "import x"], [(1, 1, "garbage")]),
        (["import x\n%cd -q 'garbage'\n%cd .."], [(1, 2, "garbage"), (1, 3, ".")]),
        (
            ["%cd ..", "cd lib", "%cd src"],
            [(1, 1, ".."), (2, 1, "../lib"), (3, 1, "../lib/src")],
        ),
        (["import os\nos.chdir('../garbage')"], [(1, 2, "../garbage")]),
        (
            ["from os import chdir\nchdir('a')", "%pushd b"],
            [(1, 2, "a"), (2, 1, "a/b")],
        ),
        (["%cd /tmp", "%cd x"], []),
        (["%cd ~/x", "os.chdir(d)"], []),
        (["!cd garbage", "%%bash\ncd garbage", "cd = 3\ncd - 1"], []),
        (['print("""\n%cd garbage\n""")'], []),
    ],
)
def test_imports_are_looked_up_where_the_notebook_works(
    cells: list[str], folders: list[tuple[int, int, str]]
) -> None:
    book = [{"cell_type": "code", "source": source} for source in cells]
    found = source_facts(json.dumps({"cells": book}).encode(), "notebook")
    assert found.error == ""
    first, *edits = found.search_path
    assert (first,) == OF_SCRIPT
    assert [(one.cell, one.line, one.folder) for one in edits] == folders


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"cells": [{"source": "import garbage\\n",', "is not JSON"),
        (b"", "is not JSON"),
        (b"\xff{}", "cannot be decoded"),
        (b"[]", "no notebook"),
        (b'{"a": 1}', "no notebook"),
        (b'{"cells": [{"cell_type": "code", "source": 1}]}', "holds no text"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_notebook_is_unreadable(data: bytes, error: str) -> None:
    found = source_facts(data, "notebook")
    assert error in found.error
    expected = ["garbage"] if b"garbage" in data else []
    assert [item.module for item in found.imports] == expected


MAGIC = ["%run a.py", "!ls (", "x?", "'''", "(", ")", "%%bash", "y = 1", "  ", "# '"]


@given(st.lists(st.sampled_from(MAGIC), max_size=8).map("\n".join))
def test_lines_stay_where_they_are(source: str) -> None:
    python, _runs = read_cell(source)
    assert python is None or python.count("\n") == source.count("\n")
