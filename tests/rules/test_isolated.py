"""Adapters behind one door: who may come in, what they own, and what they may use."""

from __future__ import annotations

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import with_options
from tests.support.memory import Content
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import Import
from treeguard.policy.patterns import Patterns
from treeguard.rules.isolated import Isolated
from treeguard.rules.isolated import owner

Files = dict[str, Content]
ZONE = Isolated(
    zone=Patterns(["b/ent/"]),
    entrances=Patterns(["b/tests/ent/"]),
    owns=("datadog", "opentelemetry.exporter.datadog"),
    uses=Patterns(["b/mon/"]),
    independent=(Patterns(["b/ent/obs/"]), Patterns(["b/ent/store/"])),
    references=False,
    type_checking=True,
)
BASE: Files = {
    "b/__init__.py": "",
    "b/core/__init__.py": "",
    "b/core/util.py": "",
    "b/mon/__init__.py": "",
    "b/mon/log.py": "",
    "b/ent/__init__.py": "",
    "b/ent/base.py": "",
    "b/ent/obs/__init__.py": "",
    "b/ent/obs/dd.py": "",
    "b/ent/store/__init__.py": "",
    "b/ent/store/ch.py": "",
    "b/tests/ent/test_dd.py": "from b.ent.obs import dd\n",
}

SILENT: dict[str, tuple[Isolated, Files]] = {
    "an entrance": (ZONE, {}),
    "the zone uses what it may": (
        ZONE,
        {
            "b/ent/x.py": "import os, sys, json\nimport datadog.api\n"
            "import requests\nfrom ..mon import log\nfrom . import base\n"
            "from b.ent.obs import dd\n"
        },
    ),
    "a part imports what all share": (
        ZONE,
        {"b/ent/obs/y.py": "from .. import base\n"},
    ),
    "a longer name than is owned": (
        ZONE,
        {"x.py": "import datadog_x, opentelemetry.exporter.datadog2\n"},
    ),
    "the rest of a kit": (
        ZONE,
        {"x.py": "import opentelemetry.trace\nfrom opentelemetry import exporter\n"},
    ),
    "a module of the tree with an owned name": (
        ZONE,
        {"datadog.py": "", "x.py": "import datadog\n"},
    ),
    "a relative import of an owned name": (
        ZONE,
        {"b/core/datadog.py": "", "b/core/y.py": "from . import datadog\n"},
    ),
    "uses left open": (
        with_options(ZONE, uses=None),
        {"b/ent/x.py": "from ..core import util\n"},
    ),
    "nothing independent": (
        with_options(ZONE, independent=()),
        {"b/ent/obs/y.py": "from ..store import ch\n"},
    ),
    "types that are exempt": (
        with_options(ZONE, type_checking=False),
        {
            "x.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    import datadog\n    import b.ent\n"
        },
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_says_nothing(name: str) -> None:
    options, files = SILENT[name]
    assert judge(a_policy(a_rule("isolated", options)), {**BASE, **files}) == []


SAYS: dict[str, tuple[Isolated, Files, list[tuple[str, int, str]]]] = {
    "an intruder": (
        ZONE,
        {"b/core/y.py": "from ..ent.obs import dd\n"},
        [("b/core/y.py", 1, "b/ent/obs/dd.py")],
    ),
    "a test that is no entrance": (
        ZONE,
        {"b/tests/test_x.py": "import b.ent\n"},
        [("b/tests/test_x.py", 1, "b/ent/__init__.py")],
    ),
    "an owned module": (
        ZONE,
        {"x.py": "import os\nfrom datadog.api import Event\nimport os\n"},
        [("x.py", 2, "datadog.api.Event")],
    ),
    "an owned module, and what is done with it": (
        ZONE,
        {"x.py": "import datadog\ndatadog.api.Event.create()\n"},
        [("x.py", 1, "datadog")],
    ),
    "an owned module at an entrance": (
        ZONE,
        {"b/tests/ent/test_y.py": "import datadog\n"},
        [("b/tests/ent/test_y.py", 1, "datadog")],
    ),
    "an owned part of a kit": (
        ZONE,
        {"x.py": "from opentelemetry.exporter import datadog, jaeger\n"},
        [("x.py", 1, "opentelemetry.exporter.datadog")],
    ),
    "an owned part by attributes": (
        ZONE,
        {"x.py": "import opentelemetry as o\no.exporter.datadog.X\no.exporter.datadog"},
        [("x.py", 2, "opentelemetry.exporter.datadog.X")],
    ),
    "an owned module by name": (
        ZONE,
        {"x.py": "__import__('datadog')\n"},
        [("x.py", 1, "datadog")],
    ),
    "an owned module beside a folder of its name": (
        ZONE,
        {"datadog/chart.py": "", "x.py": "import datadog\n"},
        [("x.py", 1, "datadog")],
    ),
    "the zone uses the program": (
        ZONE,
        {"b/ent/x.py": "import json\nfrom ..core import util\n"},
        [("b/ent/x.py", 2, "b/core/util.py")],
    ),
    "parts that know each other": (
        ZONE,
        {"b/ent/obs/y.py": "from ..store import ch\n"},
        [("b/ent/obs/y.py", 1, "b/ent/store/ch.py")],
    ),
    "references": (
        with_options(ZONE, references=True),
        {"Makefile": "a:\n\tpython -m b.ent.base\n\tpython -m datadog\n"},
        [("Makefile", 2, "b/ent/base.py"), ("Makefile", 3, "datadog")],
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_says_this(name: str) -> None:
    options, files, expected = SAYS[name]
    found = judge(a_policy(a_rule("isolated", options)), {**BASE, **files})
    assert [(each.path, each.line, each.target) for each in found] == expected


@pytest.mark.parametrize(
    ("code", "path", "message"),
    [
        (
            "import b.ent\n",
            "x.py",
            "imports b/ent/__init__.py, which only b/ent/ and b/tests/ent/ may import",
        ),
        (
            "import datadog\n",
            "x.py",
            "imports datadog, which only b/ent/ may import",
        ),
        (
            "import datadog.api\n",
            "x.py",
            "imports datadog.api, a part of datadog, which only b/ent/ may import",
        ),
        (
            "import b.core\n",
            "b/ent/x.py",
            "imports b/core/__init__.py, which is not in `uses` of isolated-rule",
        ),
        (
            "import b.ent.store\n",
            "b/ent/obs/x.py",
            "imports b/ent/store/__init__.py, which is in b/ent/store/; "
            "b/ent/obs/ and b/ent/store/ are independent",
        ),
    ],
)
def test_messages(code: str, path: str, message: str) -> None:
    (found,) = judge(a_policy(a_rule("isolated", ZONE)), {**BASE, path: code})
    assert found.message == message
    assert found.fix is not None
    assert found.fix.summary


@pytest.mark.parametrize(
    ("kind", "module", "level", "name", "prefix", "expected"),
    [
        (IMPORT, "a.b", 0, None, False, "a.b"),
        (IMPORT, "a.b.c", 0, None, False, "a.b"),
        (FROM, "a", 0, "b", False, "a.b"),
        (FROM, "a.b", 0, "*", False, "a.b"),
        (DYNAMIC, "a.b.", 0, None, True, "a.b"),
        (IMPORT, "a", 0, None, False, None),
        (IMPORT, "a.bc", 0, None, False, None),
        (FROM, "a", 0, "*", False, None),
        (FROM, "a.b", 1, "c", False, None),
        (DYNAMIC, "a.b", 0, None, True, None),
        (PATH, "a.b", 0, None, False, None),
    ],
)
def test_owner(
    kind: str,
    module: str,
    level: int,
    name: str | None,
    prefix: bool,
    expected: str | None,
) -> None:
    item = Import(1, 1, 1, 2, kind, module, level, name, prefix=prefix)
    assert owner(item, ("a.b",)) == expected
