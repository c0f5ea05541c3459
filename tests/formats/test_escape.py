"""Nothing from a name or a message steers a terminal."""

from __future__ import annotations

import pytest

from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines
from treeguard.formats.escape import is_utf8


@pytest.mark.parametrize(
    "text",
    ["", "a/b c.py", "caf\u00e9/\u65e5\u672c.py", "back\\slash", "a::b", "## a"],
    ids=["empty", "plain", "letters", "backslash", "colons", "heading"],
)
def test_left_alone(text: str) -> None:
    assert escape(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\nb\r\t", "a\\nb\\r\\t", id="line feed, return, tab"),
        pytest.param("\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\x7f", id="ANSI, bell, DEL"),
        pytest.param("\x9b1m\x85", "\\x9b1m\\x85", id="C1"),
        pytest.param("a\u202eb\u2066", "a\\u202eb\\u2066", id="bidi"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="zero width"),
        pytest.param("a\u2028b\xa0", "a\\u2028b\\xa0", id="separators"),
        pytest.param("\udcff\udc80", "\\xff\\x80", id="bytes that are not UTF-8"),
        pytest.param("\ud800", "\\ud800", id="another surrogate"),
        pytest.param("\U000e0001", "\\U000e0001", id="beyond the first plane"),
        pytest.param("::error::a", "\\x3a:error::a", id="workflow command"),
        pytest.param("  ::a", "  \\x3a:a", id="workflow command after spaces"),
        pytest.param("a##[b]", "a\\x23#[b]", id="old workflow command"),
        pytest.param("##vso[b]", "\\x23#vso[b]", id="command of Azure Pipelines"),
    ],
)
def test_escaped(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_lines_are_kept_where_they_are_meant() -> None:
    assert escape_lines("a\nb\x1b\r") == "a\nb\\x1b\\r"


def test_is_utf8() -> None:
    assert is_utf8("\u00e9")
    assert not is_utf8("a\udcff")
