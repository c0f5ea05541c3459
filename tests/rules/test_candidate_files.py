"""Which sources are looked at closely: few, and never one too few."""

from __future__ import annotations

import pytest

from tests.support.judging import knowledge
from tests.support.memory import Content
from treeguard.analysis.query import SearchRoots
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.candidate_files import leads_into
from treeguard.rules.importing.candidate_files import others
from treeguard.rules.importing.candidate_files import outside
from treeguard.rules.importing.candidate_files import sources
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import words

CONTEXT = SearchRoots(("", "src"), ())
ZONE = Zone(Patterns(["/b/garbage/"]))


def selected(path: str, content: Content, references: bool) -> bool:
    could = leads_into(ZONE, CONTEXT)
    question = sources("q", outside(ZONE), words(ZONE, CONTEXT), could, references)
    return knowledge({path: content}).ask(question) == (path,)


@pytest.mark.parametrize(
    ("path", "content", "references"),
    [
        pytest.param("x.py", "import b.garbage_truck\n", False, id="a-longer-word"),
        pytest.param("x.py", "import garbage\n", False, id="another-place"),
        pytest.param("x.py", "# garbage\ngc.garbage\n", False, id="a-mention"),
        pytest.param("x.py", "'agarbage garbages'\n", True, id="pieces-of-words"),
        pytest.param("x.py", "S = '\u00e9'\nimport os\n", False, id="not-ascii"),
        pytest.param("b/garbage/x.py", "from . import y\n", True, id="the-zone-itself"),
        pytest.param("x.txt", "import b.garbage\n", True, id="no-source"),
        pytest.param("tool", "import b.garbage\n", False, id="no-shebang"),
    ],
)
def test_leaves_out(path: str, content: Content, references: bool) -> None:
    assert not selected(path, content, references)


@pytest.mark.parametrize(
    ("path", "content", "references"),
    [
        pytest.param("x.py", "import b.garbage\n", False, id="import"),
        pytest.param("src/x.py", "import b.garbage\n", False, id="in-a-root"),
        pytest.param("b/x.py", "from . import garbage\n", False, id="relative"),
        pytest.param("x.py", "import b.GARBAGE\n", False, id="case"),
        pytest.param("x.py", "import b.\uff47arbage\n", False, id="full-width"),
        pytest.param("x.py", "import_module('b.gar' + 'bage')\n", False, id="pieces"),
        pytest.param(
            "x.py", b"# coding: utf-16-le\nimport os\n", False, id="foreign-coding"
        ),
        pytest.param(
            "x.ipynb", '{"cells": ["import b.\\u0067arbage"]}', False, id="json-escape"
        ),
        pytest.param("x.py", "f('b/garbage/y.py')\n", True, id="string"),
        pytest.param("x.py", "f('\\ngarbage.y')\n", True, id="after-an-escape"),
        pytest.param(
            "tool", "#!/usr/bin/python\nimport b.garbage\n", False, id="script"
        ),
    ],
)
def test_selects(path: str, content: Content, references: bool) -> None:
    assert selected(path, content, references)


@pytest.mark.parametrize(
    ("path", "content", "asked"),
    [
        ("Makefile", "a:\n\tpython b/garbage/x.py\n", True),
        ("Makefile", "a:\n\tpython b/other/x.py\n", False),
        ("README.md", "see b/garbage/x.py\n", False),
    ],
)
def test_other_files(path: str, content: str, asked: bool) -> None:
    could = leads_into(ZONE, CONTEXT)
    question = others("q", outside(ZONE), words(ZONE, CONTEXT), could)
    assert bool(knowledge({path: content}).ask(question)) is asked
