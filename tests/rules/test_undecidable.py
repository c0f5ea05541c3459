"""Imports that only a running program knows, under `undecidable = "error"`."""

from __future__ import annotations

import json

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import with_options
from tests.support.memory import Content
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Options
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated

ZONE = Patterns(["/garbage/"])
FORBIDDEN = Forbidden(zone=ZONE, undecidable="error")
ISOLATED = Isolated(zone=ZONE, entrances=Patterns(["/door/"]), undecidable="error")
BASE: dict[str, Content] = {"garbage/__init__.py": "", "garbage/a.py": "exec(code)\n"}
LOADS = "import importlib\nimportlib.import_module(name)\n"
CELL = {"cells": [{"cell_type": "code", "source": "x = 1\nexec(x)"}]}

SILENT: dict[str, tuple[Options, dict[str, Content]]] = {
    "a notice": (with_options(FORBIDDEN, undecidable="notice"), {"x.py": LOADS}),
    "the zone itself": (FORBIDDEN, {}),
    "who is not named in from": (
        with_options(FORBIDDEN, importers=Patterns(["app/"])),
        {"x.py": LOADS},
    ),
    "an entrance": (ISOLATED, {"door/x.py": LOADS}),
    "a name that is known": (
        FORBIDDEN,
        {"x.py": "import importlib\nN = 'json'\nimportlib.import_module(N)\n"},
    ),
    "a beginning that leads elsewhere": (FORBIDDEN, {"x.py": "__import__(f'a.{n}')\n"}),
    "methods": (FORBIDDEN, {"x.py": "model.eval()\nself.exec(code)\n"}),
}


@pytest.mark.parametrize("name", SILENT)
def test_says_nothing(name: str) -> None:
    options, files = SILENT[name]
    kind = type(options).__name__.lower()
    assert judge(a_policy(a_rule(kind, options)), {**BASE, **files}) == []


@pytest.mark.parametrize(
    "options", [FORBIDDEN, ISOLATED], ids=["forbidden", "isolated"]
)
@pytest.mark.parametrize(
    ("path", "content", "line", "column"),
    [
        ("x.py", LOADS, 2, 1),
        ("x.py", "a = exec(code)\n", 1, 5),
        ("x.py", "exec('import ' + n)\n", 1, 1),
        ("x.py", "from pydoc import locate\nlocate(n)\n", 2, 1),
        ("x.py", "x = map(__import__, names)\n", 1, 5),
        ("x.py", "import builtins\ngetattr(builtins, n)('x')\n", 2, 1),
        ("x.py", "from timeit import timeit\ntimeit('import gar' 'bage')\n", 2, 8),
        ("x.py", "from importlib.util import find_spec\nfind_spec(n)\n", None, None),
        ("x.ipynb", json.dumps(CELL), 2, 1),
        ("tool", "#!/usr/bin/env python\neval(x)\n", 2, 1),
    ],
)
def test_says_where(
    options: Options, path: str, content: str, line: int | None, column: int | None
) -> None:
    kind = type(options).__name__.lower()
    found = judge(a_policy(a_rule(kind, options)), {**BASE, path: content})
    expected = [] if line is None else [(path, line, column)]
    assert [(one.path, one.line, one.column) for one in found] == expected
    assert all(one.subject.startswith("undecidable ") for one in found)
