"""The report for people: each finding in ruff's full style, then notices and counts."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.findings import EXISTING
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.color import BLUE
from treeguard.formats.color import CYAN
from treeguard.formats.color import paint
from treeguard.formats.color import severity_color
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines
from treeguard.formats.excerpt import excerpt
from treeguard.formats.severity import existing_blocks
from treeguard.formats.text_parts import head
from treeguard.formats.text_parts import notice_line
from treeguard.formats.text_parts import shown
from treeguard.formats.text_parts import summary_line


def render(report: Report, *, color: bool = False) -> str:
    """What was found, where, why it matters, what to type, and which line says so.

    What the old tree already had and may keep is one line each, before the rest: it
    is there at every commit, and the one new finding must not be looked for in it.
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
    """One finding in full, without a line feed at the end."""
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
    """Each step of an import chain one level deeper than the file that imports it."""
    for depth, step in enumerate(finding.chain):
        line = f":{step.line}" if step.line else ""
        arrow = "-> " if depth else ""
        yield f"{' ' * (gutter + 3 + 2 * depth)}{arrow}{escape(step.path)}{line}"


def _fix(finding: Finding, gutter: int, sign: str, color: bool) -> Iterator[str]:
    if finding.fix is None:
        return
    if finding.fix.summary:
        yield f"{sign} {paint('fix:', CYAN, color)} {escape(finding.fix.summary)}"
    for command in finding.fix.commands:
        yield f"{' ' * (gutter + 5)}{escape(command)}"
