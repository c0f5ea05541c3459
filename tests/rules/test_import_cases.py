"""The situations in which import linters fail, one by one, each with its verdict.

The tree is always `TREE` with the case's own files laid over it. A case expects the
finding's path, line and target; those of `unreadable-source` have no target.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import knowledge
from tests.support.judging import with_options
from tests.support.memory import Content
from tests.support.memory import Executable
from tests.support.memory import Symlink
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.policy.model import Policy
from treeguard.policy.patterns import Patterns
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.own_findings import unreadable_in

X = "b/core/x.py"
GARBAGE = "garbage/__init__.py"
OLD = "garbage/old_model.py"
DEEP = "garbage/deep/__init__.py"
THING = "garbage/deep/thing.py"
DOOR = "b/enterprise/__init__.py"
ADAPTER = "b/enterprise/datadog_adapter.py"

TREE: dict[str, Content] = {
    GARBAGE: "",
    OLD: "class Model: ...\n",
    DEEP: "",
    THING: "",
    "b/__init__.py": "",
    "b/core/__init__.py": "",
    DOOR: "",
    ADAPTER: "X = 1\n",
    "b/enterprise/clickhouse/client.py": "",
}

ARCHIVE = a_policy(
    a_rule(
        "forbidden",
        Forbidden(zone=Patterns(["garbage/"]), indirect=True, references=True),
    )
)
CHAINS = a_policy(
    a_rule(
        "forbidden",
        Forbidden(zone=Patterns(["b/enterprise/"]), indirect=True, references=True),
    )
)
OWNS = ("datadog", "ddtrace", "opentelemetry.exporter.datadog")
ENTERPRISE = Isolated(
    zone=Patterns(["b/enterprise/"]),
    entrances=Patterns(["b/tests/enterprise/"]),
    owns=OWNS,
    uses=None,
    independent=(),
    references=False,
    type_checking=True,
)
DOORS = a_policy(a_rule("isolated", ENTERPRISE))
# `type_checking = false`: imports that only a type checker sees are free.
RUNTIME = a_policy(a_rule("isolated", with_options(ENTERPRISE, type_checking=False)))
RUNTIME_ARCHIVE = a_policy(
    a_rule(
        "forbidden",
        Forbidden(
            zone=Patterns(["garbage/"]),
            indirect=True,
            references=True,
            type_checking=False,
        ),
    )
)

Place = tuple[str, int | None, str | None]


class Case(NamedTuple):
    files: dict[str, Content]
    expected: list[Place]
    policy: Policy = ARCHIVE


def x(code: Content, *expected: tuple[int | None, str | None]) -> Case:
    """A case of `b/core/x.py` alone, under the rule about garbage."""
    return Case({X: code}, [(X, *place) for place in expected])


def notebook(*cells: str) -> str:
    """The JSON of a notebook with these code cells."""
    code = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": cell}
        for cell in cells
    ]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4})


CASES: dict[str, Case] = {
    "01 import": x("import garbage\n", (1, GARBAGE)),
    "02 among others": x("import os, garbage.deep.thing as t, sys\n", (1, THING)),
    "03 submodule": x("from garbage import old_model as om\n", (1, OLD)),
    "04 name": x("from garbage.old_model import Model as M\n", (1, OLD)),
    "05 star": x("from garbage import *\n", (1, GARBAGE)),
    "06 parentheses": x(
        "from garbage import (\n\told_model as a,  # c\n\tdeep as b,\n)\n",
        (2, OLD),
        (3, DEEP),
    ),
    "07 continued": x("from garbage \\\n\timport old_model\n", (2, OLD)),
    "08 relative": Case(
        {X: "from ..enterprise import datadog_adapter\n"}, [(X, 1, ADAPTER)], DOORS
    ),
    "09 relative package": Case(
        {X: "from .. import enterprise\n"}, [(X, 1, DOOR)], DOORS
    ),
    "10 in a package itself": Case(
        {"b/__init__.py": "from . import enterprise\n"},
        [("b/__init__.py", 1, DOOR)],
        DOORS,
    ),
    "11 beyond the top": x("from ...garbage import old_model\n", (1, OLD), (1, None)),
    "12 far beyond the top": x("from ..... import garbage\n", (1, None)),
    "13 in a function": x("def f():\n\timport garbage.old_model\n", (2, OLD)),
    "14 tried": x(
        "try:\n\timport garbage.old_model\nexcept ImportError:\n\tpass\n", (2, OLD)
    ),
    "15 for types": x(
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n\tfrom garbage import old_model\n",
        (3, OLD),
    ),
    "16 else of types": Case(
        {
            X: "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n\tpass\n"
            "else:\n\tfrom garbage import old_model\n"
        },
        [(X, 5, OLD)],
        RUNTIME_ARCHIVE,
    ),
    "17 alias of types, exempt": Case(
        {
            X: "from typing import TYPE_CHECKING as TC\n"
            "if TC:\n\tfrom b.enterprise import X\n"
        },
        [],
        RUNTIME,
    ),
    "17 alias of types, counted": Case(
        {
            X: "from typing import TYPE_CHECKING as TC\n"
            "if TC:\n\tfrom b.enterprise import X\n"
        },
        [(X, 3, DOOR)],
        DOORS,
    ),
    "18 not for types": Case(
        {
            X: "from typing import TYPE_CHECKING\n"
            "if not TYPE_CHECKING:\n\timport garbage\n"
        },
        [(X, 3, GARBAGE)],
        RUNTIME_ARCHIVE,
    ),
    "19 match": x("match v:\n\tcase []:\n\t\timport garbage\n", (3, GARBAGE)),
    "20 import_module": x(
        'import importlib\nimportlib.import_module("garbage.old_model")\n', (2, OLD)
    ),
    "21 alias": x(
        'from importlib import import_module as im\nim("garbage.old_model")\n',
        (2, OLD),
    ),
    "22 package argument": x(
        'import importlib\nimportlib.import_module(".old_model", package="garbage")\n',
        (2, OLD),
    ),
    "23 dunder import": x(
        '__import__("garbage.old_model", fromlist=["Model"])\n', (1, OLD)
    ),
    "24 folded": x(
        'import importlib\nimportlib.import_module("garbage." + "old_model")\n',
        (2, OLD),
    ),
    "25 prefix": x(
        'import importlib\nimportlib.import_module(f"garbage.{n}")\n', (2, "garbage/")
    ),
    "26 constant": x(
        'import importlib\nNAME = "garbage.old_model"\nimportlib.import_module(NAME)\n',
        (2, OLD),
        (3, OLD),
    ),
    "27 undecidable": x("import importlib\nimportlib.import_module(n)\n"),
    "28 in an expression": x(
        'f = lambda: __import__("garbage.deep.thing")\n', (1, THING)
    ),
    "29 runpy": x('import runpy\nrunpy.run_module("garbage.old_model")\n', (2, OLD)),
    "30 file location": x(
        "from importlib.util import spec_from_file_location\n"
        'spec_from_file_location("x", "garbage/old_model.py")\n',
        (2, OLD),
    ),
    "31 sys.path": x(
        'import sys\nsys.path.insert(0, "garbage")\nimport old_model\n', (3, OLD)
    ),
    "31 sys.path put together": x(
        "import os, sys\n"
        'sys.path.insert(0, os.path.dirname(__file__) + "/../../garbage")\n'
        "import old_model\n",
        (3, OLD),
    ),
    "32 resolve_name": x(
        'import pkgutil\npkgutil.resolve_name("garbage.old_model:Model")\n', (2, OLD)
    ),
    "33 subprocess": x(
        "import subprocess, sys\n"
        'subprocess.run([sys.executable, "-m", "garbage.old_model"])\n',
        (2, OLD),
    ),
    "33 glued to its option": x(
        'import os\nos.system("python -mgarbage.old_model")\n', (2, OLD)
    ),
    "34 eval of an import": x("eval(\"__import__('garbage.old_model')\")\n", (1, OLD)),
    "34 exec of an import": x(
        "exec('import importlib\\nimportlib.import_module(\"garbage.old_model\")')\n",
        (1, OLD),
    ),
    "34 eval of no import": x("eval('print(1) or garbage.old_model')\n"),
    "34 exec": x('exec(open("garbage/old_model.py").read())\n', (1, OLD)),
    "35 module getattr": x(
        "from importlib import import_module\n"
        'def __getattr__(n):\n\treturn import_module("garbage." + n)\n',
        (3, "garbage/"),
    ),
    "36 pytest plugins": Case(
        {"tests/conftest.py": 'pytest_plugins = ["garbage.old_model"]\n'},
        [("tests/conftest.py", 1, OLD)],
    ),
    "37 mock": Case(
        {
            "tests/test_a.py": "from unittest import mock\n"
            '@mock.patch("garbage.old_model.Model")\ndef test(m): ...\n'
        },
        [("tests/test_a.py", 2, OLD)],
    ),
    "38 conftest": Case(
        {"conftest.py": "import garbage\n"}, [("conftest.py", 1, GARBAGE)]
    ),
    "39 script": Case(
        {"scripts/run.py": "from garbage import old_model\n"},
        [("scripts/run.py", 1, OLD)],
    ),
    "40 stub": Case(
        {"b/core/x.pyi": "from garbage.old_model import Model\n"},
        [("b/core/x.pyi", 1, OLD)],
    ),
    "41 notebook": Case(
        {"n/a.ipynb": notebook("%matplotlib inline\nfrom garbage import old_model")},
        [("n/a.ipynb", 2, OLD)],
    ),
    "42 shebang": Case(
        {"bin/tool": Executable(b"#!/usr/bin/env python3\nimport garbage\n")},
        [("bin/tool", 2, GARBAGE)],
    ),
    "43 no init": Case(
        {"b/ns/hidden.py": "import garbage\n"}, [("b/ns/hidden.py", 1, GARBAGE)]
    ),
    "44 chain through it": Case(
        {"b/ns/hidden.py": "import garbage\n", X: "from b.ns import hidden\n"},
        [("b/ns/hidden.py", 1, GARBAGE), (X, 1, GARBAGE)],
    ),
    "45 hyphen": Case(
        {"b/my-tools/x.py": "import garbage\n"}, [("b/my-tools/x.py", 1, GARBAGE)]
    ),
    "46 dotted file": Case(
        {"b/core/v1.2.py": "import garbage\n"}, [("b/core/v1.2.py", 1, GARBAGE)]
    ),
    "47 byte order mark": x(b"\xef\xbb\xbfimport garbage\n", (1, GARBAGE)),
    "48 latin-1": x(
        b'# -*- coding: latin-1 -*-\nS = "\xe9"\nimport garbage\n', (3, GARBAGE)
    ),
    "49 cp437": x(b"# -*- coding: cp437 -*-\nimport garbage\n", (2, GARBAGE)),
    "50 undecodable": x(b'S = "\xe9"\nimport garbage\n', (2, GARBAGE), (1, None)),
    "51 unparseable": x('import garbage\nprint "py2"\n', (1, GARBAGE), (2, None)),
    "52 carriage returns": x("import os\rimport garbage\r", (2, GARBAGE)),
    "53 full width": x("import \uff47arbage\n", (1, GARBAGE)),
    "54 by segments": x("import garbage_collector; import b.enterprise_utils\n"),
    "54 by segments, isolated": Case(
        {X: "import garbage_collector; import b.enterprise_utils\n"}, [], DOORS
    ),
    "55 a neighbour of that name": Case(
        {X: "from .garbage import g\n", "b/core/garbage.py": "g = 1\n"}, []
    ),
    "56 only words": x('"""\nimport garbage\n"""\n# import garbage\ngc.garbage\n'),
    "57 package beside module": Case(
        {
            X: "from b.core import dual\n",
            "b/core/dual.py": "",
            "b/core/dual/__init__.py": "import garbage\n",
        },
        [("b/core/dual/__init__.py", 1, GARBAGE), (X, 1, GARBAGE)],
    ),
    "58 parent package": Case(
        {
            "tools/t.py": "import b.core.util\n",
            "b/core/util.py": "",
            "b/core/__init__.py": "from b import enterprise\n",
        },
        [("b/core/__init__.py", 1, DOOR), ("tools/t.py", 1, DOOR)],
        CHAINS,
    ),
    "59 shim": Case(
        {
            X: "from b.core.shim import thing\n",
            "b/core/shim.py": "from garbage.deep import thing\n",
        },
        [("b/core/shim.py", 1, THING), (X, 1, THING)],
    ),
    "60 part of a kit": Case(
        {X: "import opentelemetry.exporter.datadog as d\n"},
        [(X, 1, "opentelemetry.exporter.datadog")],
        DOORS,
    ),
    "60 another part": Case({X: "import opentelemetry.trace\n"}, [], DOORS),
    "61 at home": Case(
        {ADAPTER: "import datadog\nfrom . import clickhouse\n"}, [], DOORS
    ),
    "62 link": Case(
        {X: "import b.old.old_model\n", "b/old": Symlink("../garbage")}, [(X, 1, OLD)]
    ),
    "63 lazy": x("lazy import garbage\n", (1, GARBAGE)),
    "64 attributes": Case(
        {X: "import b\nb.enterprise.datadog_adapter.X\n"}, [(X, 2, ADAPTER)], DOORS
    ),
    "65 annotation": x('def f(m: "garbage.old_model.Model"): ...\n'),
    "66 noqa": x("import garbage.old_model  # noqa\n", (1, OLD)),
    "66 tach-ignore": x("import garbage.old_model  # tach-ignore\n", (1, OLD)),
    "67 ignored": Case(
        {".gitignore": "gi.py\n", "b/core/gi.py": "import garbage\n"},
        [("b/core/gi.py", 1, GARBAGE)],
    ),
    "68 case": x("import Garbage\n", (1, GARBAGE)),
    "69 hidden": Case(
        {".github/scripts/a.py": "import garbage\n"},
        [(".github/scripts/a.py", 1, GARBAGE)],
    ),
    "71 entry point": Case(
        {
            "pyproject.toml": '[project]\nname = "t"\n'
            '[project.scripts]\nt = "garbage.old_model:main"\n'
        },
        [("pyproject.toml", 4, OLD)],
    ),
    "72 dockerfile": Case(
        {
            "deployment/Dockerfile": "FROM python\nCOPY garbage/ /app\n"
            "RUN python -m garbage.old_model\n"
        },
        [("deployment/Dockerfile", 2, "garbage/"), ("deployment/Dockerfile", 3, OLD)],
    ),
    "72 makefile": Case(
        {"Makefile": "all:\n\tpython -m garbage.old_model\n"}, [("Makefile", 2, OLD)]
    ),
    "72 workflow": Case(
        {
            ".github/workflows/a.yml": "jobs:\n  a:\n    steps:\n"
            "      - run: python -m garbage.old_model\n"
        },
        [(".github/workflows/a.yml", 4, OLD)],
    ),
    "72 notebook": Case(
        {"n/a.ipynb": notebook("%run ../garbage/old_model.py")},
        [("n/a.ipynb", 1, OLD)],
    ),
}


def verdict(case: Case) -> list[Finding]:
    """What the case's rule says, and then what of the case cannot be read."""
    files = {**TREE, **case.files}
    found = judge(case.policy, files)
    known = knowledge(files)
    for path in case.files:
        facts = known.source(path)
        if facts is not None:
            found += unreadable_in(path, facts, known)
    return found


def places(found: list[Finding]) -> list[Place]:
    return [(finding.path, finding.line, finding.target) for finding in found]


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    assert places(verdict(case)) == case.expected


def test_02_names_the_column_of_its_own_alias() -> None:
    (found,) = verdict(CASES["02 among others"])
    assert (found.column, found.end_column) == (12, 35)


def test_27_is_undecidable_and_said_so() -> None:
    case = CASES["27 undecidable"]
    facts = knowledge({**TREE, **case.files}).source(X)
    assert facts is not None
    assert [item.line for item in facts.undecidable] == [2]


@pytest.mark.parametrize(
    ("name", "chain"),
    [
        ("44 chain through it", [(X, 1), ("b/ns/hidden.py", 1)]),
        ("57 package beside module", [(X, 1), ("b/core/dual/__init__.py", 1)]),
        ("58 parent package", [("tools/t.py", 1), ("b/core/__init__.py", 1)]),
        ("59 shim", [(X, 1), ("b/core/shim.py", 1)]),
    ],
)
def test_chains(name: str, chain: list[tuple[str, int]]) -> None:
    steps = [finding.chain for finding in verdict(CASES[name]) if finding.chain]
    assert [list(map(tuple, chain_)) for chain_ in steps] == [chain]


def test_41_counts_lines_in_the_cell() -> None:
    (found,) = verdict(CASES["41 notebook"])
    assert found.cell == 1


def test_57_tells_of_the_clash() -> None:
    indirect = verdict(CASES["57 package beside module"])[1]
    assert "b/core/dual.py has the same name" in indirect.message


def test_68_only_warns() -> None:
    (found,) = verdict(CASES["68 case"])
    assert found.severity == WARNING
