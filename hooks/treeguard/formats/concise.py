"""One line for each finding, for editors and `grep`, or for each rule."""

from __future__ import annotations

from collections import Counter

from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.text_parts import head
from treeguard.formats.text_parts import notice_line
from treeguard.formats.text_parts import shown
from treeguard.formats.text_parts import summary_line


def render(report: Report, *, color: bool = False) -> str:
    """Return a line for each finding and notice, and the counts."""
    lines = [head(finding, color) for finding in shown(report)]
    lines += [notice_line(notice, color) for notice in report.notices]
    return "\n".join([*lines, summary_line(report)]) + "\n"


def render_statistics(report: Report, output_format: str) -> str:
    """Return count, rule and kind, most frequent first; a JSON array for `json`."""
    counts = Counter((finding.rule, finding.kind) for finding in shown(report))
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    if output_format == "json":
        import json

        keys = ("rule", "kind", "count")
        values = [dict(zip(keys, (*row, number), strict=True)) for row, number in rows]
        return json.dumps(values, indent=2) + "\n"
    lines = [f"{number}\t{escape(rule)}\t{kind}" for (rule, kind), number in rows]
    return "\n".join([*lines, summary_line(report)]) + "\n"
