"""How many findings each rule has, instead of the findings (`--statistics`)."""

from __future__ import annotations

from collections import Counter

from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.text_parts import shown
from treeguard.formats.text_parts import summary_line


def render_statistics(report: Report, output_format: str) -> str:
    """Count, rule and kind, most frequent first; a JSON array for `json`."""
    counts = Counter((finding.rule, finding.kind) for finding in shown(report))
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    if output_format == "json":
        import json

        keys = ("rule", "kind", "count")
        values = [dict(zip(keys, (*row, number), strict=True)) for row, number in rows]
        return json.dumps(values, indent=2) + "\n"
    lines = [f"{number}\t{escape(rule)}\t{kind}" for (rule, kind), number in rows]
    return "\n".join([*lines, summary_line(report)]) + "\n"
