"""GitLab's Code Quality report, held to the keys that its documentation names."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.formats.gitlab import render

# docs.gitlab.com/ci/testing/code_quality, "Code Quality report format", as a schema.
# GitLab itself asks for less (app/validators/json_schemas/codeclimate.json there).
KEYS = ["description", "check_name", "fingerprint", "severity", "location"]
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": KEYS,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "minLength": 1},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def entries(*findings: Finding) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(render(a_report(*findings)))
    jsonschema.validate(found, SCHEMA)
    return found


def test_an_entry() -> None:
    [entry] = entries(IMPORT, WAIVED)
    assert len(entry.pop("fingerprint")) == 40
    assert entry == {
        "description": "no-garbage-imports: imports garbage/demo.py "
        "(fix: take this out)",
        "check_name": "no-garbage-imports",
        "severity": "critical",
        "location": {"path": "core/run.py", "lines": {"begin": 12}},
    }


def test_an_empty_array_and_no_byte_order_mark_when_clean() -> None:
    assert render(a_report()) == "[]\n"


@pytest.mark.parametrize(
    ("finding", "severity", "path", "line"),
    [
        pytest.param(DELETION, "critical", "policy.toml", 9, id="deletion"),
        pytest.param(CHAIN, "major", "core/run.py", 12, id="existing, let pass"),
        pytest.param(CELL, "minor", "n.ipynb", 1, id="warning in a cell"),
    ],
)
def test_severity_and_place(
    finding: Finding, severity: str, path: str, line: int
) -> None:
    [entry] = entries(finding)
    assert entry["severity"] == severity
    assert entry["location"] == {"path": path, "lines": {"begin": line}}


def test_fingerprints_differ_and_do_not_follow_the_line() -> None:
    first, second = entries(IMPORT, IMPORT)
    [moved] = entries(IMPORT._replace(line=99))
    assert first["fingerprint"] != second["fingerprint"]
    assert first["fingerprint"] == moved["fingerprint"]
