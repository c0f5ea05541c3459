"""Where a finding is shown: always at a line of a file that the new tree has."""

from __future__ import annotations

import pytest

from tests.formats.reports import CELL
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.formats.location import Anchor
from treeguard.formats.location import anchor
from treeguard.formats.location import message_at

GONE = Anchor("policy.toml", 9, elsewhere=True)
MISSING = DELETION._replace(kind="required", subject="missing")
PLACED = DELETION._replace(kind="placed", path="Dockerfile")


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        pytest.param(IMPORT, Anchor("core/run.py", 12, 6, 12, 18), id="import"),
        pytest.param(DELETION, GONE, id="deletion"),
        pytest.param(DELETION._replace(subject="replaced"), GONE, id="replaced"),
        pytest.param(MISSING, GONE, id="missing"),
        pytest.param(PLACED._replace(path="k8s/"), GONE, id="folder"),
        pytest.param(
            DELETION._replace(policy_line=None),
            Anchor("policy.toml", 1, elsewhere=True),
            id="rule without a line",
        ),
        pytest.param(
            DELETION._replace(subject="emptied"),
            Anchor("reports/a b.json"),
            id="emptied, and still there",
        ),
        pytest.param(PLACED, Anchor("Dockerfile"), id="misplaced"),
        pytest.param(CELL, Anchor("n.ipynb"), id="cell of a notebook"),
        pytest.param(
            IMPORT._replace(end_column=6),
            Anchor("core/run.py", 12, 6, 12),
            id="empty region",
        ),
        pytest.param(
            IMPORT._replace(end_line=11), Anchor("core/run.py", 12, 6), id="backwards"
        ),
        pytest.param(
            IMPORT._replace(line=0, column=0, end_line=0, end_column=0),
            Anchor("core/run.py", 1),
            id="all zero",
        ),
    ],
)
def test_place(finding: Finding, expected: Anchor) -> None:
    assert anchor(finding, a_report(finding)) == expected


@pytest.mark.parametrize("policy", ["/etc/policy.toml", "../policy.toml", ""])
def test_a_policy_outside_the_repository_is_no_place(policy: str) -> None:
    report = a_report(DELETION)._replace(policy_path=policy)
    assert anchor(DELETION, report) == Anchor("reports/a b.json")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        pytest.param(IMPORT, "imports garbage/demo.py", id="as it is"),
        pytest.param(CELL, "cell 2, line 12: imports garbage/demo.py", id="cell"),
        pytest.param(
            DELETION, "reports/a b.json: is preserved and is deleted", id="elsewhere"
        ),
        pytest.param(
            DELETION._replace(message="reports/a b.json is deleted"),
            "reports/a b.json is deleted",
            id="elsewhere, and named already",
        ),
    ],
)
def test_what_the_place_does_not_show_is_said(finding: Finding, words: str) -> None:
    assert message_at(finding, anchor(finding, a_report(finding))) == words
