"""The full text, whole: what a person reads."""

from __future__ import annotations

import re

import pytest

from tests.formats.reports import CELL
from tests.formats.reports import CHAIN
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import NOTICE
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.findings import Report
from treeguard.formats.text import WIDEST
from treeguard.formats.text import excerpt
from treeguard.formats.text import render

CLEAN = "No violations (81 files checked).\n"
IMPORT_TEXT = """\
core/run.py:12:6: [no-garbage-imports] imports garbage/demo.py
   |
12 | from garbage.demo import x
   |      ^^^^^^^^^^^^
   |
   = why: garbage/ is an archive.
   = fix: take this out
   = policy: policy.toml:4

1 finding: 1 new, 0 existing, 0 excepted, 81 files.
"""
KEPT_TEXT = """\
core/run.py:12:6: [no-garbage-imports] reaches garbage/demo.py [existing]

core/run.py:12:6: [no-garbage-imports] imports garbage/demo.py
   |
12 | from garbage.demo import x
   |      ^^^^^^^^^^^^
   |
   = why: garbage/ is an archive.
   = fix: take this out
   = policy: policy.toml:4

2 findings: 1 new, 1 existing, 0 excepted, 81 files.
"""
CHAIN_TEXT = """\
core/run.py:12:6: [no-garbage-imports] reaches garbage/demo.py [existing]
     core/run.py:12
       -> lib/a.py:3
         -> garbage/demo.py
   = why: garbage/ is an archive.
   = fix: take this out
   = policy: policy.toml:4

1 finding: 0 new, 1 existing, 0 excepted, 81 files.
"""
DELETION_TEXT = """\
reports/a b.json: [reports-kept] is preserved and is deleted
  = why: measured once.
  = why: Never again.
  = fix: bring it back
      git restore -- 'reports/a b.json'
  = policy: policy.toml:9

core/run.py:7: notice: what f() imports is only known when it runs

1 finding: 1 new, 0 existing, 0 excepted, 81 files, 1 notice.
"""
CELL_TEXT = """\
n.ipynb:cell 2:12:6: [no-garbage-imports] imports garbage/demo.py [warning]
   = why: garbage/ is an archive.
   = fix: take this out
   = policy: policy.toml:4

1 finding (0 errors, 1 warning): 1 new, 0 existing, 1 excepted, 81 files.
"""


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        pytest.param(a_report(), CLEAN, id="clean"),
        pytest.param(a_report(IMPORT), IMPORT_TEXT, id="import"),
        pytest.param(a_report(CHAIN, IMPORT), KEPT_TEXT, id="kept, new"),
        pytest.param(
            a_report(CHAIN)._replace(blocking=1), CHAIN_TEXT, id="chain, existing"
        ),
        pytest.param(
            a_report(DELETION, notices=(NOTICE,)), DELETION_TEXT, id="deletion, notice"
        ),
        pytest.param(a_report(CELL, WAIVED), CELL_TEXT, id="cell, warning, excepted"),
    ],
)
def test_whole_text(report: Report, expected: str) -> None:
    assert render(report) == expected


def test_colour_adds_nothing_but_colour() -> None:
    report = a_report(IMPORT, CHAIN, DELETION, CELL, notices=(NOTICE,))
    painted = render(report, color=True)
    assert "\x1b[1;31m[no-garbage-imports]\x1b[0m" in painted
    assert re.sub("\x1b\\[[0-9;]*m", "", painted) == render(report)


@pytest.mark.parametrize(
    ("line", "column", "end", "expected"),
    [
        pytest.param("import a", 8, 9, ("import a", "       ^"), id="name"),
        pytest.param("\tx = 1", 2, 3, ("    x = 1", "    ^"), id="tab"),
        pytest.param("\u65e5 x", 3, 4, ("\u65e5 x", "   ^"), id="wide"),
        pytest.param("e\u0301 x", 4, 5, ("e\u0301 x", "  ^"), id="combining"),
        pytest.param("\x1b x", 3, 4, ("\\x1b x", "     ^"), id="escape"),
        pytest.param("##[a] b", 7, 8, ("\\x23#[a] b", " " * 9 + "^"), id="command"),
        pytest.param("a b  ", 1, None, ("a b  ", "^^^"), id="to the end"),
        pytest.param("a", 90, 99, ("a", " ^"), id="beyond the end"),
    ],
)
def test_carets(
    line: str, column: int, end: int | None, expected: tuple[str, str]
) -> None:
    finding = IMPORT._replace(excerpt=line, column=column, end_column=end)
    assert excerpt(finding) == expected


def test_a_statement_over_many_lines_is_marked_to_the_end_of_its_first() -> None:
    finding = IMPORT._replace(excerpt="from a import (", column=1, end_line=14)
    assert excerpt(finding) == ("from a import (", "^" * 15)


def test_a_long_line_shows_a_part_around_the_carets() -> None:
    line = "x" * 500 + "HERE" + "y" * 500
    shown = excerpt(IMPORT._replace(excerpt=line, column=501, end_column=505))
    assert shown is not None
    text, carets = shown
    assert len(text) == WIDEST + len("...") * 2
    assert text[carets.index("^") : len(carets)] == "HERE"


@pytest.mark.parametrize("line", ["", "   ", "\n"])
def test_nothing_is_shown_of_an_empty_line(line: str) -> None:
    assert excerpt(IMPORT._replace(excerpt=line)) is None
