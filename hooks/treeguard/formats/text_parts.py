"""The parts that formats share: order, places, first lines, counts, colours."""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.formats.escape import escape

BOLD = "1"
RED = "1;31"
YELLOW = "1;33"
BLUE = "1;34"
CYAN = "36"
_STATUSES = (NEW, EXISTING, EXCEPTED)


def shown(report: Report) -> list[Finding]:
    """Return the findings that a person has to read: all but the excepted ones."""
    return [finding for finding in report.findings if finding.status != EXCEPTED]


def place(finding: Finding) -> str:
    """Return `path:line:column`, with the cell of a notebook if there is one."""
    parts = [escape(finding.path)]
    if finding.line is not None:
        if finding.cell is not None:
            parts.append(f"cell {finding.cell}")
        parts += [str(finding.line), str(finding.column or 1)]
    return ":".join(parts)


def head(finding: Finding, color: bool) -> str:
    """Return `path:line:col: [rule-id] message`, with severity or status if unusual."""
    tags = [finding.severity] if finding.severity == WARNING else []
    tags += [finding.status] if finding.status != NEW else []
    where = paint(place(finding), BOLD, color)
    rule = paint(f"[{escape(finding.rule)}]", severity_color(finding.severity), color)
    tail = f" [{', '.join(tags)}]" if tags else ""
    return f"{where}: {rule} {escape(finding.message)}{tail}"


def at_line(path: str, line: int) -> str:
    """Return `path:line`, or the path alone if there is no line."""
    return f"{escape(path)}:{line}" if line else escape(path)


def notice_line(notice: Notice, color: bool) -> str:
    """Return `path:line: notice: message`."""
    where = at_line(notice.path, notice.line)
    word = paint("notice:", YELLOW, color)
    return f"{paint(where, BOLD, color)}: {word} {escape(notice.message)}"


def summary_line(report: Report) -> str:
    """Return one sentence with every count."""
    counts = report.summary
    total = counts.new + counts.existing
    excepted, files = f"{counts.excepted} excepted", counted(counts.files, "file")
    notices = [counted(len(report.notices), "notice")] if report.notices else []
    if total == 0:
        parts = [f"{files} checked", *([excepted] if counts.excepted else []), *notices]
        return f"No violations ({', '.join(parts)})."
    parts = [f"{counts.new} new", f"{counts.existing} existing", excepted, files]
    found = f"{counted(total, 'finding')}{_warnings(report)}"
    return f"{found}: {', '.join([*parts, *notices])}."


def _warnings(report: Report) -> str:
    found = shown(report)
    errors = sum(finding.severity == ERROR for finding in found)
    warnings = len(found) - errors
    if not warnings:
        return ""
    return f" ({counted(errors, 'error')}, {counted(warnings, 'warning')})"


def counted(number: int, noun: str) -> str:
    """Return `1 file` or `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def paint(text: str, code: str, color: bool) -> str:
    """Return `text` in the colour `code`, or as it is."""
    return f"\x1b[{code}m{text}\x1b[0m" if color else text


def severity_color(severity: str) -> str:
    """Return red for an error, yellow for a warning."""
    return RED if severity == ERROR else YELLOW


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Sort errors before warnings, new before existing; else keep the order."""

    def rank(finding: Finding) -> tuple[bool, bool, int]:
        excepted = finding.status == EXCEPTED
        return excepted, finding.severity != ERROR, _STATUSES.index(finding.status)

    return sorted(findings, key=rank)


def existing_blocks(report: Report) -> bool:
    """Return whether existing findings block, too, as the policy may say."""
    errors = (f for f in report.findings if f.severity == ERROR)
    return report.blocking > sum(finding.status == NEW for finding in errors)


def blocks(finding: Finding, existing: bool) -> bool:
    """Return whether it fails the check; `existing` is `existing_blocks()`."""
    if finding.severity != ERROR:
        return False
    return finding.status == NEW or (existing and finding.status == EXISTING)
