"""Paths in notebooks: Python runs the cells in their folder, before and after."""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.plans import Undecided

FILES = {
    "data/x.csv": "1,2\n",
    "data/y.csv": "3,4\n",
    "conf/a.yaml": "a: 1\n",
    "img/p.png": "",
    "lab/inner/own.txt": "own",
    "lab/own.txt": "own",
    "source/kit_139/__init__.py": "C = 7\n",
}
DEEPER = {"lab/": "research/2024/lab/"}
ALONE = {"lab/n.ipynb": "research/n.ipynb"}
HEAD = "import os, sys\nfrom pathlib import Path\n"


def book(*cells: tuple[str, str]) -> str:
    """A notebook of cells, each its kind and its text."""
    made = [
        {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
        for kind, text in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4}, indent=1)


def become(text: str, moves: Mapping[str, str]) -> tuple[str, list[Undecided]]:
    files = {**FILES, "lab/n.ipynb": text}
    data, left = rewritten(a_world(files, moves), "lab/n.ipynb")
    return data.decode(), left


def output(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What code prints that starts in `folder`, as a kernel does."""
    with monkeypatch.context() as patched, io.StringIO() as shown:
        patched.chdir(folder)
        patched.setattr(sys, "path", ["", *sys.path])
        sys.modules.pop("kit_139", None)
        with contextlib.redirect_stdout(shown):
            exec(compile(code, "<cell>", "exec"), {})
        return shown.getvalue()


FOLLOWED = [
    'print(open("../data/x.csv").read())',
    "print(open('../conf/a.yaml').read(), open(r'../data/x.csv').read())",
    'D = "../data"\nprint(open(D + "/x.csv").read())',
    'D = "../data/"\nprint(open(f"{D}x.csv").read())',
    'D = Path("../data")\nprint((D / "x.csv").read_text())',
    'print((Path("..") / "data" / "x.csv").read_text())',
    'print(open(os.path.join("..", "data", "x.csv")).read())',
    'print(sorted(os.listdir("../data")))',
    'sys.path.append("../source")\nimport kit_139\nprint(kit_139.C)',
    'sys.path.insert(0, os.path.abspath("../source"))\n'
    "import kit_139\nprint(kit_139.C)",
    'sys.path.append(os.path.join(os.path.abspath(".."), "source"))\n'
    "from kit_139 import C\nprint(C)",
    'print(open("own.txt").read(), open("inner/own.txt").read())',
    'print(open("./inner/own.txt").read())',
    'print("a/b".split("/"), ".." in "a..b", "1/2")',
]


@pytest.mark.parametrize("code", FOLLOWED)
def test_the_cells_print_the_same(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, left = become(book(("code", HEAD + code)), DEEPER)
    assert left == []
    for folder, moves in (("before", {}), ("after", DEEPER)):
        for name, content in FILES.items():
            place = tmp_path / folder / moved(name, moves)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
    now = "".join(json.loads(text)["cells"][0]["source"])
    was = output(tmp_path / "before/lab", HEAD + code, monkeypatch)
    assert output(tmp_path / "after/research/2024/lab", now, monkeypatch) == was


LISTED = [
    ('R = ".."\nopen(os.path.join(R, "data", "x.csv"))', DEEPER, "os.path.join(R"),
    ('print(Path.cwd().parent / "data" / "x.csv")', DEEPER, "Path.cwd().parent"),
    ('open(f"../data/{name}.csv")', DEEPER, "../data/"),
    ('open("../out/made.csv", "w")', DEEPER, "../out/made.csv"),
    ('os.chdir("..")\nopen("data/x.csv")', DEEPER, ".."),
    ('open("../da" "ta/x.csv")', DEEPER, "../data/x.csv"),
    ("%cd ..\nopen('data/x.csv')", DEEPER, "%cd .."),
    ('open("../data/" + name)', {"data/x.csv": "csv/x.csv"}, "../data/"),
]


@pytest.mark.parametrize(("code", "moves", "shown"), LISTED)
def test_what_cannot_be_decided_is_listed(
    code: str, moves: dict[str, str], shown: str
) -> None:
    old = book(("code", HEAD + code))
    text, left = become(old, moves)
    assert any(shown in one.text for one in left)
    assert text == old


ALL = (
    "![p](../img/p.png) [c](../conf/a.yaml#x) [own](own.txt) <img src='../img/p.png'>"
    "\n\n![in it](attachment:p.png) [site](https://a.b/../img) `../img/p.png`\n"
)


def test_links_and_pictures_in_text_follow() -> None:
    text, _left = become(book(("markdown", ALL), ("raw", ALL)), DEEPER)
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    for path in ("img/p.png", "conf/a.yaml"):
        for mark in ("(", "'"):
            assert f"{mark}../{path}" not in cells[0]
    assert "(../../../img/p.png) [c](../../../conf/a.yaml#x) [own](own.txt)" in cells[0]
    assert "(attachment:p.png) [site](https://a.b/../img) `../img/p.png`" in cells[0]
    assert cells[1] == ALL


def test_what_it_leads_to_may_move_instead() -> None:
    old = book(("code", 'open("../data/x.csv")'), ("markdown", "![p](../img/p.png)"))
    text, left = become(old, {"data/": "assets/data/", "img/": "pictures/"})
    assert left == []
    assert text == old.replace("../data", "../assets/data").replace(
        "../img", "../pictures"
    )


def test_a_notebook_that_leaves_its_data() -> None:
    old = book(("code", 'open("inner/own.txt")\nopen("../data/x.csv")'))
    text, left = become(old, ALONE)
    assert left == []
    assert text == old.replace("inner/own", "../lab/inner/own")


_UPWARDS = re.compile(r"(?:\.\./)*\.\.(?![.\w])")
PATHS = st.sampled_from(["../data/x.csv", "../conf", "own.txt", "../../x", "..", "a/b"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(PATHS, st.sampled_from(['open("{}")', "x = '{}'", "![]({})"])))
)
def test_nothing_but_paths_changes(pieces: list[tuple[str, str]]) -> None:
    cells = [
        ("markdown" if shape.startswith("!") else "code", shape.format(path))
        for path, shape in pieces
    ]
    old = book(*cells)
    text, _left = become(old, DEEPER)
    assert _UPWARDS.sub("^", text) == _UPWARDS.sub("^", old)
    assert len(json.loads(text)["cells"]) == len(cells)
