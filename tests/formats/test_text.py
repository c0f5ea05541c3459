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
