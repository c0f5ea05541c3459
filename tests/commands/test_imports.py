"""`treeguard imports`: exactly the keys of the design, one object a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository

SOURCE = """\
from ..a import b as c
import os, pkg.a.b
x = __import__("pkg.a")
pkg.a.b.run()
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    for path in ("pkg/__init__.py", "pkg/a/__init__.py", "pkg/a/b.py"):
        repo.write(path, "")
    repo.write("pkg/sub/__init__.py", SOURCE)
    repo.write("Makefile", "x:\n\tpython pkg/a/b.py\n")
    repo.stage()
    repo.commit()
    return repo


def _lines(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def _line(**more: object) -> dict[str, object]:
    return {"path": "pkg/sub/__init__.py", "level": 0, "name": None, **more}


def test_whole_output(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(repo, capsys, "imports")
    assert (answer.code, answer.err) == (0, "")
    place = ("line", "column", "end_line", "end_column")
    assert _lines(answer.out) == [
        {
            **_line(kind="path", module="pkg/a/b.py", resolved=["pkg/a/b.py"]),
            "path": "Makefile",
            **dict(zip(place, (2, 9, 2, 19), strict=True)),
        },
        {
            **_line(kind="from", module="a", resolved=["pkg/a/b.py"]),
            **dict(zip(place, (1, 17, 1, 23), strict=True)),
            "level": 2,
            "name": "b",
        },
        {
            **_line(kind="import", module="os", resolved=[]),
            **dict(zip(place, (2, 8, 2, 10), strict=True)),
        },
        {
            **_line(kind="import", module="pkg.a.b", resolved=["pkg/a/b.py"]),
            **dict(zip(place, (2, 12, 2, 19), strict=True)),
        },
        {
            **_line(kind="dynamic", module="pkg.a", resolved=["pkg/a/__init__.py"]),
            **dict(zip(place, (3, 16, 3, 23), strict=True)),
        },
    ]


def test_a_tree_and_the_index_are_told_apart(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("new.py", "import pkg\n")
    repo.stage()
    assert '"new.py"' in call(repo, capsys, "imports").out
    assert '"new.py"' not in call(repo, capsys, "imports", "HEAD").out


def test_what_cannot_be_read_is_told_and_no_success(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("bad.py", "import os\nimport pkg.\n")
    repo.stage()
    answer = call(repo, capsys, "imports", "--quiet")
    assert answer.code == 1
    assert answer.err.startswith("bad.py:2: cannot be read as Python: ")
    assert '"bad.py"' not in answer.out


def test_a_notebook_names_its_cells(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": [text], "outputs": []}
        for text in ("x = 1", "import pkg.a")
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    repo.write("n.ipynb", json.dumps(notebook))
    repo.stage()
    found = [
        line
        for line in _lines(call(repo, capsys, "imports").out)
        if line["path"] == "n.ipynb"
    ]
    assert [(line["cell"], line["line"]) for line in found] == [(2, 1)]


def test_a_policy_says_the_roots_and_what_is_never_looked_at(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write(
        "policy.toml",
        '[policy]\nversion = 1\nroots = ["lib"]\nexclude = ["pkg/"]\n'
        '[rules.r]\nkind = "required"\nfiles = ["policy.toml"]\n',
    )
    repo.write("lib/m.py", "")
    repo.write("tools/t.py", "import m\n")
    repo.stage()
    lines = _lines(call(repo, capsys, "imports").out)
    assert [line["path"] for line in lines] == ["Makefile", "tools/t.py"]
    assert lines[1]["resolved"] == ["lib/m.py"]
