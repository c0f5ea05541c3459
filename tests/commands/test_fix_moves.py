"""Where every file and folder is after the moves that `--fix` performs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory import MemorySnapshot
from treeguard.commands.fix import ProposedMove
from treeguard.commands.fix import file_moves
from treeguard.migration.context import whole_folders

FILES = ("a/b/x", "a/b/y", "a/z", "c", "ab")


def moved(moves: list[tuple[str, str]]) -> dict[str, str]:
    index = MemorySnapshot(dict.fromkeys(FILES, ""))
    every = [ProposedMove(*move) for move in moves]
    return {move.old: move.new for move in file_moves(every, index)}


@pytest.mark.parametrize(
    ("moves", "path", "expected"),
    [
        pytest.param([("c", "d/c")], "c", "d/c", id="a file"),
        pytest.param([("c", "d/c")], "a/z", None, id="another file"),
        pytest.param([("a", "n")], "a/b/x", "n/b/x", id="below a folder"),
        pytest.param([("a", "n")], "ab", None, id="a name that begins alike"),
        pytest.param([("a/b", "a/b/n")], "a/b/x", "a/b/n/x", id="into itself"),
        pytest.param([("c", "d")], "gone", None, id="no file"),
    ],
)
def test_a_file(moves: list[tuple[str, str]], path: str, expected: str | None) -> None:
    assert moved(moves).get(path) == expected


@pytest.mark.parametrize(
    ("moves", "folder", "expected"),
    [
        pytest.param([("a", "n")], "a/b", "n/b", id="a folder below"),
        pytest.param([("a/b", "n")], "a", None, id="a folder that keeps a file"),
        pytest.param(
            [("a/b/x", "n/x"), ("a/b/y", "n/y")], "a/b", "n", id="file by file"
        ),
        pytest.param([("a/b/x", "n/x"), ("a/b/y", "m/y")], "a/b", None, id="two ways"),
    ],
)
def test_a_folder(
    moves: list[tuple[str, str]], folder: str, expected: str | None
) -> None:
    assert whole_folders(FILES, moved(moves)).get(folder) == expected


@given(st.sets(st.sampled_from(FILES)))
def test_the_files_that_move_are_those_that_change(paths: set[str]) -> None:
    assert moved([(path, f"new/{path}") for path in sorted(paths)]) == {
        path: f"new/{path}" for path in paths
    }
