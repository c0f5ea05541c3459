"""Sources that cannot be read, and relative imports that leave the top."""

from __future__ import annotations

import pytest

from tests.support.judging import knowledge
from treeguard.findings import Finding
from treeguard.rules.own_findings import unreadable_in


def found_in(path: str, source: bytes) -> list[Finding]:
    known = knowledge({"b/__init__.py": b"", path: source})
    facts = known.source(path)
    assert facts is not None
    return list(unreadable_in(path, facts, known))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        pytest.param("b/x.py", b"from . import y\n", id="own-package"),
        pytest.param("a/x.py", b"from . import y\n", id="namespace"),
        pytest.param("b/x.py", b"# coding: latin-1\nS = '\xe9'\n", id="encoding"),
        pytest.param("b/x.py", b"", id="empty"),
    ],
)
def test_says_nothing(path: str, source: bytes) -> None:
    assert found_in(path, source) == []


@pytest.mark.parametrize(
    ("path", "source", "line", "said"),
    [
        pytest.param("b/x.py", b"\nprint 'x'\n", 2, "cannot be parsed", id="syntax"),
        pytest.param("b/x.py", b"S = '\xe9'\n", 1, "cannot determine", id="encoding"),
        pytest.param(
            "b/x.py", b"\nfrom .. import y\n", 2, "`from .. import y` goes", id="beyond"
        ),
        pytest.param(
            "x.py",
            b"from .a import y\n",
            1,
            "`from .a import y` goes",
            id="at-the-root",
        ),
    ],
)
def test_says_this(path: str, source: bytes, line: int, said: str) -> None:
    (found,) = found_in(path, source)
    assert (found.rule, found.line) == ("unreadable-source", line)
    assert said in found.message
