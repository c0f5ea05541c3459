"""One line for each finding, as editors and `grep` like it."""

from __future__ import annotations

from treeguard.findings import Report
from treeguard.formats.text_parts import head
from treeguard.formats.text_parts import notice_line
from treeguard.formats.text_parts import shown
from treeguard.formats.text_parts import summary_line


def render(report: Report, *, color: bool = False) -> str:
    """Return a line for each finding and notice, and the counts."""
    lines = [head(finding, color) for finding in shown(report)]
    lines += [notice_line(notice, color) for notice in report.notices]
    return "\n".join([*lines, summary_line(report)]) + "\n"
