"""Inline exceptions: which lines each one covers."""

from __future__ import annotations

import pytest

from treeguard.languages.python.extract import allows
from treeguard.languages.python.source_facts import source_facts

MARK = "# treeguard: allow[r] why not"
COVERS = [
    pytest.param(f"x\nimport a  {MARK}\ny", (2, 2), id="one-line"),
    pytest.param(f"from a import (  {MARK}\n b,\n c,\n)", (1, 4), id="first-of-many"),
    pytest.param(f"from a import (\n b,  {MARK}\n c,\n)", (1, 4), id="inside"),
    pytest.param(f"from a import (\n b,\n)  {MARK}", (1, 3), id="last"),
    pytest.param(f"from a \\\n import b  {MARK}", (1, 2), id="continued"),
    pytest.param(f"if x:  {MARK}\n import a", (1, 1), id="head-of-a-block"),
    pytest.param(f"{MARK}\nimport a", (1, 1), id="own-line"),
    pytest.param(f"def f():\n {MARK}\n import a", (2, 2), id="own-line-in-a-block"),
    pytest.param(f"@p('a.b')  {MARK}\ndef f(): ...", (1, 1), id="decorator"),
    pytest.param(f"import a; import b  {MARK}", (1, 1), id="semicolon"),
    pytest.param(f"import a  # noqa  {MARK}", (1, 1), id="after-another-comment"),
]


@pytest.mark.parametrize(("text", "lines"), COVERS)
def test_an_exception_covers_its_statement(text: str, lines: tuple[int, int]) -> None:
    (found,) = allows(text)
    assert (found.first_line, found.last_line) == lines
    assert (found.rule, found.why) == ("r", "why not")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x  # treeguard: allow[a, b] c", [("a", "c"), ("b", "c")]),
        ("x  #treeguard:allow[a]", [("a", "")]),
        (
            "x  # treeguard: allow[a] c # treeguard: allow[b] d",
            [("a", "c"), ("b", "d")],
        ),
        ('x = "# treeguard: allow[a] c"', []),
        ("x  # treeguard allow[a] c", []),
        ("x  # treeguard: allow a", []),
        ("x  # noqa", []),
    ],
)
def test_the_words_of_an_exception(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(found.rule, found.why) for found in allows(text)] == expected


def test_an_unreadable_source_has_them_by_line() -> None:
    found = source_facts(b"print 'x'\nimport a  # treeguard: allow[r] why\n", "python")
    assert [(item.line, item.first_line, item.rule) for item in found.allows] == [
        (2, 2, "r")
    ]
