"""Sources that cannot be read, and relative imports that leave the top."""

from __future__ import annotations

import pytest

from tests.support.judging import knowledge
from treeguard.findings import Finding
from treeguard.rules.own_findings import unreadable_in
from treeguard.rules.own_findings import unreadable_sources


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


COMPILED = {
    "without its source": ({"lib/z.pyc": b"\xcb\r"}, ["lib/z.pyc"]),
    "a package": ({"lib/z/__init__.pyc": b"\xcb\r"}, ["lib/z/__init__.pyc"]),
    "beside its source": ({"lib/z.pyc": b"\xcb\r", "lib/z.py": b""}, []),
    "in the cache": ({"lib/__pycache__/z.cpython-311.pyc": b"\xcb\r"}, []),
    "of another name in the cache": ({"lib/__pycache__/z.pyc": b"\xcb\r"}, []),
}


@pytest.mark.parametrize("name", COMPILED)
def test_what_is_compiled_may_import_anything(name: str) -> None:
    """CPython imports it where no source is beside it (PEP 3147)."""
    files, expected = COMPILED[name]
    known = knowledge(files)
    found = list(unreadable_sources(known, known.python_files()))
    assert [one.path for one in found] == expected
    assert all("compiled" in one.message for one in found)
