"""Which sources that move need no parser, and that the plan is the same without it."""

from __future__ import annotations

import pytest

from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.files_to_open import is_self_contained
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.plans import FileMove

FILES = {
    "pkg/__init__.py": b"",
    "pkg/core.py": b"",
    "pkg/old/__init__.py": b"",
    "pkg/old/a.py": b"",
    "pkg/old/deep/__init__.py": b"",
    "pkg/old/deep/b.py": b"",
    "scripts/run.py": b"",
    "scripts/help.py": b"",
    "alone/one.py": b"",
    "alone/two.py": b"",
}


def world_with(moves: dict[str, str]) -> MoveContext:
    base = MemorySnapshot(FILES)
    entries = {old: base.entry(old) for old in moves}
    made = [
        FileMove(old, moves[old], entry.mode, entry.oid)
        for old, entry in entries.items()
        if entry is not None
    ]
    store = Store(None)
    after = analyze(MovedSnapshot(base, made), None, store)
    context = MoveContext(analyze(base, None, store), moves, after)
    return context._replace(folders=context.folder_moves())


def moved(folder: str, new: str) -> MoveContext:
    inside = (path for path in FILES if path.startswith(f"{folder}/"))
    return world_with({path: f"{new}{path[len(folder) :]}" for path in inside})


PACKAGE = ("pkg/old", "pkg/new")
SCRIPTS = ("scripts", "tools/scripts")


@pytest.mark.parametrize(
    ("move", "path", "data"),
    [
        pytest.param(PACKAGE, "pkg/old/a.py", b"import os\nX = 1\n", id="nothing"),
        pytest.param(PACKAGE, "pkg/old/a.py", b"from . import x", id="beside-it"),
        pytest.param(PACKAGE, "pkg/old/deep/b.py", b"from ..a import x", id="inside"),
        pytest.param(PACKAGE, "pkg/old/a.py", b"from pkg import core", id="what-stays"),
        pytest.param(SCRIPTS, "scripts/run.py", b"import help", id="a-script-beside"),
    ],
)
def test_a_self_contained_source(move: tuple[str, str], path: str, data: bytes) -> None:
    assert is_self_contained(moved(*move))(path, data)


@pytest.mark.parametrize(
    ("move", "path", "data"),
    [
        pytest.param(PACKAGE, "pkg/old/a.py", b"from ..core import x", id="out-of-it"),
        pytest.param(PACKAGE, "pkg/old/a.py", b"from . \\\n. import x", id="in-pieces"),
        pytest.param(
            PACKAGE, "pkg/old/deep/b.py", b"from ...core import x", id="from-deep"
        ),
        pytest.param(PACKAGE, "pkg/old/a.py", b"open(__file__)", id="its-own-place"),
        pytest.param(PACKAGE, "pkg/old/a.py", b"open('../x.csv')", id="a-path-upwards"),
        pytest.param(
            PACKAGE, "pkg/old/a.py", b"import_module(name)", id="known-when-it-runs"
        ),
        pytest.param(PACKAGE, "pkg/old/a.py", "import é".encode(), id="not-ascii"),
        pytest.param(PACKAGE, "pkg/old/a.ipynb", b"{}", id="a-notebook"),
        pytest.param(
            PACKAGE, "pkg/old/a.py", b"open('pkg/old/a.py')", id="a-file-that-moves"
        ),
    ],
)
def test_a_source_that_needs_the_parser(
    move: tuple[str, str], path: str, data: bytes
) -> None:
    assert not is_self_contained(moved(*move))(path, data)


def test_a_file_that_moves_alone_needs_the_parser() -> None:
    context = world_with({"alone/one.py": "pkg/one.py"})
    assert not is_self_contained(context)("alone/one.py", b"import two\n")


def test_a_new_neighbour_of_the_same_name_needs_the_parser() -> None:
    context = world_with(
        {"scripts/run.py": "alone/run.py", "scripts/help.py": "alone/help.py"}
    )
    test = is_self_contained(context)
    assert test("scripts/run.py", b"import json\n")
    assert not test("scripts/run.py", b"import two\n")
