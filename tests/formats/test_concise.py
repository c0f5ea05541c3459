"""One line for each finding."""

from __future__ import annotations

from tests.formats.reports import CELL
from tests.formats.reports import DELETION
from tests.formats.reports import IMPORT
from tests.formats.reports import NOTICE
from tests.formats.reports import WAIVED
from tests.formats.reports import a_report
from treeguard.formats.concise import render
from treeguard.formats.concise import render_statistics

EXPECTED = """\
core/run.py:12:6: [no-garbage-imports] imports garbage/demo.py
reports/a b.json: [reports-kept] is preserved and is deleted
core/run.py:7: notice: what f() imports is only known when it runs
2 findings: 2 new, 0 existing, 1 excepted, 81 files, 1 notice.
"""
COUNTED = """\
2\tno-garbage-imports\tforbidden
1\treports-kept\tpreserved
3 findings (2 errors, 1 warning): 3 new, 0 existing, 0 excepted, 81 files.
"""


def test_whole_text() -> None:
    report = a_report(IMPORT, WAIVED, DELETION, notices=(NOTICE,))
    assert render(report) == EXPECTED


def test_statistics_count_each_rule_most_frequent_first() -> None:
    report = a_report(DELETION, IMPORT, CELL)
    assert render_statistics(report, "text") == COUNTED
