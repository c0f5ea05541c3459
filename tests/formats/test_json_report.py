"""The JSON document: exactly the keys that the design names, and safe for any path."""

from __future__ import annotations

import json

import pytest

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import NOTICE
from tests.formats.reports import a_report
from treeguard.formats.concise import render_statistics
from treeguard.formats.json_report import path_value
from treeguard.formats.json_report import render


def test_whole_document() -> None:
    document = json.loads(render(a_report(CHAIN, notices=(NOTICE,))))
    assert document == {
        "version": 1,
        "policy": {"path": "policy.toml", "source": "index", "digest": "sha256:00"},
        "old": "a" * 40,
        "new": None,
        "findings": [
            {
                "rule": "no-garbage-imports",
                "kind": "forbidden",
                "severity": "error",
                "status": "existing",
                "path": "core/run.py",
                "line": 12,
                "column": 6,
                "end_line": 12,
                "end_column": 18,
                "message": "reaches garbage/demo.py",
                "target": "garbage/demo.py",
                "chain": [
                    {"path": "core/run.py", "line": 12},
                    {"path": "lib/a.py", "line": 3},
                    {"path": "garbage/demo.py", "line": 0},
                ],
                "fix": {"summary": "take this out", "commands": []},
                "reason": "garbage/ is an archive.",
                "fingerprint": "f1:1",
            }
        ],
        "notices": [
            {
                "path": "core/run.py",
                "line": 7,
                "message": "what f() imports is only known when it runs",
            }
        ],
        "summary": {
            "new": 0,
            "existing": 1,
            "excepted": 0,
            "files": 81,
            "elapsed_ms": 41,
        },
    }


def test_a_finding_without_lines_has_nulls() -> None:
    finding = json.loads(render(a_report(DELETION)))["findings"][0]
    lines = [finding[key] for key in ("line", "column", "end_line", "end_column")]
    assert lines == [None] * 4
    assert finding["target"] is None
    assert "cell" not in finding


def test_a_notebook_finding_names_its_cell() -> None:
    assert json.loads(render(a_report(CELL)))["findings"][0]["cell"] == 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("a/b.py", {"path": "a/b.py"}, id="plain"),
        pytest.param("\u00e9\n\x1b", {"path": "\u00e9\n\x1b"}, id="controls"),
        pytest.param(
            "a\udcff", {"path": "a\\xff", "path_bytes": "61ff"}, id="not UTF-8"
        ),
    ],
)
def test_path(path: str, expected: dict[str, str]) -> None:
    assert path_value("path", path) == expected
    finding = json.loads(render(a_report(IMPORT._replace(path=path))))["findings"][0]
    assert {key: finding[key] for key in expected} == expected


def test_statistics_as_json() -> None:
    value = json.loads(render_statistics(a_report(IMPORT, DELETION), "json"))
    assert value == [
        {"rule": "no-garbage-imports", "kind": "forbidden", "count": 1},
        {"rule": "reports-kept", "kind": "preserved", "count": 1},
    ]
