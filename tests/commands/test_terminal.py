"""When output is coloured, and what is said where."""

from __future__ import annotations

import io
from argparse import Namespace

import pytest

from treeguard.commands.arguments import suggest
from treeguard.commands.terminal import detail
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import wants_color
from treeguard.commands.terminal import warn


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environment", "expected"),
    [
        ("auto", {}, True),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("never", {"FORCE_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
    ],
    ids=repr,
)
def test_colour_on_a_terminal(
    choice: str,
    environment: dict[str, str],
    expected: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice, Terminal()) is expected


@pytest.mark.parametrize(
    ("quiet", "verbose", "expected"),
    [
        (False, False, "tell\ncomplain\\x1b\n"),
        (True, False, "complain\\x1b\n"),
        (False, True, "tell\ndetail\ncomplain\\x1b\n"),
    ],
    ids=["as it is", "quiet", "verbose"],
)
def test_how_much_is_said(
    quiet: bool, verbose: bool, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    args = Namespace(quiet=quiet, verbose=verbose)
    inform(args, "tell")
    detail(args, "detail")
    warn("complain\x1b")
    assert capsys.readouterr() == ("", expected)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("chekc", ["check", "cache"], "did you mean `check`?"),
        ("zzz", ["b", "a"], "known: a, b"),
        ("zzz", [], "there is none"),
    ],
    ids=["near", "far", "none"],
)
def test_suggest(word: str, known: list[str], expected: str) -> None:
    assert suggest(word, known) == expected
