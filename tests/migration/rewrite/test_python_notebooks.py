"""Notebooks: the text of code cells follows, and every other byte stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.languages.python.notebooks import characters
from treeguard.languages.python.notebooks import strings

FILES = {
    "B/__init__.py": "",
    "B/core.py": "",
    "B/storage/__init__.py": "",
    "B/storage/db.py": "",
    "run.py": "",
}
MOVES = {"B/storage/": "B/enterprise/storage/", "run.py": "tools/run.py"}
HEAD = '{\n "metadata": {"kernelspec": {"language": "python"}},\n "cells": [\n'
TAIL = ' ],\n "nbformat": 4\n}\n'


def cell(*lines: str, kind: str = "code", outputs: str = "[]") -> str:
    """As Jupyter writes it: one string a line."""
    shown = ",\n".join(f"    {json.dumps(line, ensure_ascii=False)}" for line in lines)
    return (
        f'  {{\n   "cell_type": "{kind}",\n   "outputs": {outputs},\n'
        f'   "source": [\n{shown}\n   ]\n  }}'
    )


def book(*cells: str) -> str:
    return HEAD + ",\n".join(cells) + "\n" + TAIL


def become(text: str) -> tuple[str, list[tuple[int, str]]]:
    data, left = rewritten(a_world({**FILES, "n.ipynb": text}, MOVES), "n.ipynb")
    return data.decode(), [(one.line, one.text) for one in left]


CHANGED = [
    pytest.param(
        book(
            cell("import B.storage.db\n", "é = B.storage.db.X  # \U0001f600"), cell("1")
        ),
        book(
            cell(
                "import B.enterprise.storage.db\n",
                "é = B.enterprise.storage.db.X  # \U0001f600",
            ),
            cell("1"),
        ),
        id="an-import-and-its-use",
    ),
    pytest.param(
        book(cell("import B.storage.db"), cell("y = 1\n", "B.storage.db.run()\n")),
        book(
            cell("import B.enterprise.storage.db"),
            cell("y = 1\n", "B.enterprise.storage.db.run()\n"),
        ),
        id="a-use-in-another-cell",
    ),
    pytest.param(
        book(cell("from B import storage, core\n", "storage.x()")),
        book(
            cell(
                "from B import core\n",
                "from B.enterprise import storage\n",
                "storage.x()",
            )
        ),
        id="a-statement-that-is-split",
    ),
    pytest.param(
        book(cell("from B import storage, core")),
        book(cell("from B import core\n", "from B.enterprise import storage")),
        id="split-at-the-end-of-a-cell",
    ),
    pytest.param(
        book(cell("%%time\n", "%matplotlib inline\n", "%time import B.storage\n", "B")),
        book(
            cell(
                "%%time\n",
                "%matplotlib inline\n",
                "%time import B.enterprise.storage\n",
                "B",
            )
        ),
        id="beside-magics",
    ),
    pytest.param(
        HEAD + '{"cell_type": "code", "source": "import B.storage\\nx = \\"\\u00e9\\""}'
        "\n" + TAIL,
        HEAD + '{"cell_type": "code", "source": "import B.enterprise.storage\\n'
        'x = \\"\\u00e9\\""}\n' + TAIL,
        id="all-in-one-string",
    ),
    pytest.param(
        '{"worksheets": [{"cells": [{"cell_type": "code", "input": '
        '["import B.storage"]}]}]}',
        '{"worksheets": [{"cells": [{"cell_type": "code", "input": '
        '["import B.enterprise.storage"]}]}]}',
        id="format-3",
    ),
    pytest.param(
        book(cell("x = 1\r\n", "import B.storage\r\n", "B.storage.db")),
        book(
            cell(
                "x = 1\r\n",
                "import B.enterprise.storage\r\n",
                "B.enterprise.storage.db",
            )
        ),
        id="line-ends-of-another-kind",
    ),
    pytest.param(
        book(cell("import B.core\n"), cell("# import os\n")),
        book(cell("import B.core\n"), cell("# import os\n")),
        id="nothing-that-moves",
    ),
    pytest.param(
        book(cell("library(B.storage)")).replace("python", "R"),
        book(cell("library(B.storage)")).replace("python", "R"),
        id="another-language",
    ),
]


@pytest.mark.parametrize(("old", "new"), CHANGED)
def test_the_code_follows(old: str, new: str) -> None:
    assert become(old)[0] == new
    assert [one for one in become(old)[1] if "cell" in one[1]] == []


def test_outputs_and_text_are_left() -> None:
    text = book(
        cell("import B.storage is wrong", kind="markdown"),
        cell("x = 1", outputs='[{"text": ["B.storage.db\\n"]}]'),
    )
    assert become(text)[0] == text


@pytest.mark.parametrize(
    ("cells", "listed"),
    [
        pytest.param(
            [cell("%run run.py\n", "x = 1"), cell("!python -m B.storage.db")],
            [(1, "B.storage.db (cell 2)"), (1, "run.py (cell 1)")],
            id="magics",
        ),
        pytest.param(
            [cell("x = 1"), cell("\n", "__import__(f'{x}.storage')")],
            [(2, "__import__(f'{x}.storage') (cell 2)")],
            id="at-run-time",
        ),
        pytest.param(
            [cell("import B.storage"), cell("def (:")],
            [(1, "B.storage (cell 1)")],
            id="a-cell-that-is-no-python",
        ),
    ],
)
def test_what_is_left_is_listed_with_its_cell(
    cells: list[str], listed: list[tuple[int, str]]
) -> None:
    text = book(*cells)
    new, left = become(text)
    assert new == text
    assert [one for one in left if "cell" in one[1]] == listed


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, st.booleans(), st.sampled_from((None, 1)))
@settings(deadline=None)
def test_every_string_of_a_json_text_is_found(
    value: object, escaped: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=escaped, indent=indent)
    for one in strings(text):
        inner = value
        for key in one.key:
            inner = inner[key]  # type: ignore[index]
        read = [written for written, _start, _end in characters(text, one)]
        assert "".join(read) == inner
    assert len(list(strings(text))) == _count(value)


def _count(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return (
        sum(map(_count, value)) if isinstance(value, list) else isinstance(value, str)
    )
