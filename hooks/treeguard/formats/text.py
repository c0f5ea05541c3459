"""The report for people: findings in ruff's full style, then notices and counts."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.findings import EXISTING
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import COMMANDS
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_character
from treeguard.formats.escape import escape_lines
from treeguard.formats.text_parts import BLUE
from treeguard.formats.text_parts import CYAN
from treeguard.formats.text_parts import at_line
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import head
from treeguard.formats.text_parts import notice_line
from treeguard.formats.text_parts import paint
from treeguard.formats.text_parts import severity_color
from treeguard.formats.text_parts import shown
from treeguard.formats.text_parts import summary_line

TAB = "    "
# A minified line would fill the screen: only this much around the carets is shown.
WIDEST = 160
BEFORE = 40


def render(report: Report, *, color: bool = False) -> str:
    """Return each finding with its place, reason, fix and line of the policy.

    Existing findings that do not block are one line each, before the others: they are
    shown on every commit, and must not hide the one new finding.
    """
    policy = report.policy_path
    found = shown(report)
    passes = None if existing_blocks(report) else EXISTING
    kept = [finding for finding in found if finding.status == passes]
    blocks = ["\n".join(head(finding, color) for finding in kept)] if kept else []
    blocks += [finding_text(f, policy, color) for f in found if f.status != passes]
    notices = "\n".join(notice_line(notice, color) for notice in report.notices)
    blocks += [notices] if notices else []
    return "\n\n".join([*blocks, summary_line(report)]) + "\n"


def finding_text(finding: Finding, policy_path: str, color: bool) -> str:
    """Return one finding in full, without a line feed at the end."""
    return "\n".join(_finding(finding, policy_path, color))


def _finding(finding: Finding, policy_path: str, color: bool) -> Iterator[str]:
    yield head(finding, color)
    gutter = len(str(finding.line)) if finding.line is not None else 1
    yield from _source(finding, gutter, color)
    yield from _chain(finding, gutter)
    sign = " " * gutter + " " + paint("=", BLUE, color)
    for line in escape_lines(finding.reason.strip()).split("\n"):
        if line:
            yield f"{sign} {paint('why:', CYAN, color)} {line}"
    yield from _fix(finding, gutter, sign, color)
    if finding.policy_line is not None:
        rule = f"{escape(policy_path)}:{finding.policy_line}"
        yield f"{sign} {paint('policy:', CYAN, color)} {rule}"


def _source(finding: Finding, gutter: int, color: bool) -> Iterator[str]:
    found = excerpt(finding)
    if found is None:
        return
    line, carets = found
    bar = paint("|", BLUE, color)
    yield f"{' ' * gutter} {bar}"
    yield f"{paint(str(finding.line), BLUE, color)} {bar} {line}".rstrip()
    marked = carets.lstrip(" ")
    indent = " " * (len(carets) - len(marked))
    hue = severity_color(finding.severity)
    yield f"{' ' * gutter} {bar} {indent}{paint(marked, hue, color)}"
    yield f"{' ' * gutter} {bar}"


def _chain(finding: Finding, gutter: int) -> Iterator[str]:
    """Yield each step of an import chain, indented below the file that imports it."""
    for depth, step in enumerate(finding.chain):
        arrow = "-> " if depth else ""
        place = at_line(step.path, step.line)
        yield f"{' ' * (gutter + 3 + 2 * depth)}{arrow}{place}"


def _fix(finding: Finding, gutter: int, sign: str, color: bool) -> Iterator[str]:
    if finding.fix is None:
        return
    if finding.fix.summary:
        yield f"{sign} {paint('fix:', CYAN, color)} {escape(finding.fix.summary)}"
    for command in finding.fix.commands:
        yield f"{' ' * (gutter + 5)}{escape(command)}"


def excerpt(finding: Finding) -> tuple[str, str] | None:
    """Return the source line and the carets under it; None without a source line."""
    if finding.line is None or not finding.excerpt.strip():
        return None
    source = finding.excerpt.rstrip("\r\n")
    start = min(max((finding.column or 1) - 1, 0), len(source))
    end = _end(finding, source, start)
    begin = start - BEFORE if len(source) > WIDEST and start > BEFORE else 0
    stop = min(len(source), begin + WIDEST)
    cells = _cells(source)
    before = sum(map(_width, cells[begin:start]))
    marked = sum(map(_width, cells[start : min(end, stop)]))
    dots = "..." if begin else ""
    line = dots + "".join(cells[begin:stop]) + ("..." if stop < len(source) else "")
    return line, " " * (before + len(dots)) + "^" * max(marked, 1)


def _end(finding: Finding, source: str, start: int) -> int:
    if finding.end_line not in (None, finding.line) or finding.end_column is None:
        return len(source.rstrip())
    return min(max(finding.end_column - 1, start), len(source))


def _cells(source: str) -> list[str]:
    """Return what to show for each character; `##[` must not reach a CI job's log."""
    cells = [TAB if char == "\t" else escape_character(char) for char in source]
    for number in range(len(source)):
        if source.startswith(COMMANDS, number):
            cells[number] = "\\x23"
    return cells


def _width(cell: str) -> int:
    """Return how many columns of a terminal `cell` takes."""
    if cell.isascii():
        return len(cell)
    import unicodedata

    if unicodedata.combining(cell):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
