"""Workflow commands: whole lines, the limit of ten, and nothing to inject."""

from __future__ import annotations

import pytest

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.formats.github import render

EXPECTED = """\
::error file=core/run.py,line=12,endLine=12,col=6,title=no-garbage-imports::\
core/run.py:12:6: [no-garbage-imports] imports garbage/demo.py\
%0Agarbage/ is an archive.%0Afix: take this out
::error file=policy.toml,line=9,title=reports-kept::\
reports/a b.json: [reports-kept] is preserved and is deleted\
%0Ameasured once.%0ANever again.%0Afix: bring it back\
%0A  git restore -- 'reports/a b.json'
::warning file=n.ipynb,line=1,title=no-garbage-imports::\
n.ipynb:cell 2:12:6: [no-garbage-imports] imports garbage/demo.py [warning]\
%0Agarbage/ is an archive.%0Afix: take this out
"""
BARE = Finding("r", "forbidden", "a.py", "m", line=1)


def test_whole_text() -> None:
    assert render(a_report(CELL, WAIVED, IMPORT, DELETION)) == EXPECTED


def test_nothing_is_said_of_a_clean_report() -> None:
    assert render(a_report()) == ""


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        pytest.param(
            BARE._replace(path="a,b:c%\n::error::x\r.py"),
            "::error file=a%2Cb%3Ac%25%0A%3A%3Aerror%3A%3Ax%0D.py,line=1,title=r::"
            "a,b:c%25\\n::error::x\\r.py:1:1: [r] m",
            id="file",
        ),
        pytest.param(
            BARE._replace(path="\x1b[31m\udcff.py"),
            "::error file=\\x1b[31m\\xff.py,line=1,title=r::"
            "\\x1b[31m\\xff.py:1:1: [r] m",
            id="control and undecoded bytes",
        ),
        pytest.param(
            BARE._replace(message="100%\n::stop-commands::x\u202e"),
            "::error file=a.py,line=1,title=r::a.py:1:1: [r] "
            "100%25\\n::stop-commands::x\\u202e",
            id="message",
        ),
        pytest.param(
            BARE._replace(end_line=3, column=2, end_column=4),
            "::error file=a.py,line=1,endLine=3,title=r::a.py:1:2: [r] m",
            id="no column over several lines",
        ),
        pytest.param(
            BARE._replace(column=2),
            "::error file=a.py,line=1,col=2,title=r::a.py:1:2: [r] m",
            id="column",
        ),
    ],
)
def test_escaping(finding: Finding, line: str) -> None:
    assert render(a_report(finding)) == f"{line}\n"


def test_ten_of_each_level_and_a_line_that_counts_the_rest() -> None:
    lines = render(a_report(*[CELL] * 12, *[IMPORT] * 13)).splitlines()
    levels = [line.split(" ")[0] for line in lines[:-1]]
    assert levels == ["::error"] * 10 + ["::warning"] * 10
    assert lines[-1] == "+5 more: GitHub shows 10 of each level for a step"


def test_an_existing_finding_that_is_let_pass_is_a_warning() -> None:
    assert render(a_report(CHAIN)).startswith("::warning ")
    assert render(a_report(CHAIN)._replace(blocking=1)).startswith("::error ")
