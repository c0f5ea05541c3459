"""Where every file and folder is after some moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treeguard.commands.moves import Move
from treeguard.commands.moves import Moves

FILES = ("a/b/x", "a/b/y", "a/z", "c", "ab")


@pytest.mark.parametrize(
    ("moves", "path", "expected"),
    [
        pytest.param([("c", "d/c")], "c", "d/c", id="a file"),
        pytest.param([("c", "d/c")], "a/z", "a/z", id="another file"),
        pytest.param([("a", "n")], "a/b/x", "n/b/x", id="below a folder"),
        pytest.param([("a", "n")], "ab", "ab", id="a name that begins alike"),
        pytest.param([("a", "n")], "a/b/", "n/b/", id="a folder below"),
        pytest.param([("a/b", "n")], "a/", "a/", id="a folder that keeps a file"),
        pytest.param(
            [("a/b/x", "n/x"), ("a/b/y", "n/y")], "a/b/", "n/", id="file by file"
        ),
        pytest.param([("a/b/x", "n/x"), ("a/b/y", "m/y")], "a/b/", "", id="two ways"),
        pytest.param([("a/b", "a/b/n")], "a/b/", "a/b/", id="into itself"),
        pytest.param([("c", "d")], "gone", "gone", id="no file"),
    ],
)
def test_after(moves: list[tuple[str, str]], path: str, expected: str) -> None:
    assert Moves(tuple(Move(*move) for move in moves), FILES).after(path) == expected


@given(st.sets(st.sampled_from(FILES)))
def test_the_files_that_move_are_those_that_change(moved: set[str]) -> None:
    moves = Moves(tuple(Move(path, f"new/{path}") for path in moved), FILES)
    assert set(moves.files) == moved
    assert {moves.after(path) for path in moved} == {f"new/{path}" for path in moved}
