"""Carets stand under what is meant, whatever the line is made of."""

from __future__ import annotations

import pytest

from tests.formats.reports import IMPORT
from treeguard.formats.excerpt import WIDEST
from treeguard.formats.excerpt import excerpt


@pytest.mark.parametrize(
    ("line", "column", "end", "expected"),
    [
        pytest.param("import a", 8, 9, ("import a", "       ^"), id="name"),
        pytest.param("\tx = 1", 2, 3, ("    x = 1", "    ^"), id="tab"),
        pytest.param("\u65e5 x", 3, 4, ("\u65e5 x", "   ^"), id="wide"),
        pytest.param("e\u0301 x", 4, 5, ("e\u0301 x", "  ^"), id="combining"),
        pytest.param("\x1b x", 3, 4, ("\\x1b x", "     ^"), id="escape"),
        pytest.param("##[a] b", 7, 8, ("\\x23#[a] b", " " * 9 + "^"), id="command"),
        pytest.param("a b  ", 1, None, ("a b  ", "^^^"), id="to the end"),
        pytest.param("a", 90, 99, ("a", " ^"), id="beyond the end"),
    ],
)
def test_carets(
    line: str, column: int, end: int | None, expected: tuple[str, str]
) -> None:
    finding = IMPORT._replace(excerpt=line, column=column, end_column=end)
    assert excerpt(finding) == expected


def test_a_statement_over_many_lines_is_marked_to_the_end_of_its_first() -> None:
    finding = IMPORT._replace(excerpt="from a import (", column=1, end_line=14)
    assert excerpt(finding) == ("from a import (", "^" * 15)


def test_a_long_line_shows_a_part_around_the_carets() -> None:
    line = "x" * 500 + "HERE" + "y" * 500
    shown = excerpt(IMPORT._replace(excerpt=line, column=501, end_column=505))
    assert shown is not None
    text, carets = shown
    assert len(text) == WIDEST + len("...") * 2
    assert text[carets.index("^") : len(carets)] == "HERE"


@pytest.mark.parametrize("line", ["", "   ", "\n"])
def test_nothing_is_shown_of_an_empty_line(line: str) -> None:
    assert excerpt(IMPORT._replace(excerpt=line)) is None
