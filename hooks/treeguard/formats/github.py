"""Annotations of GitHub Actions: one workflow command a finding.

GitHub shows ten errors and ten warnings of a step and drops the rest, so the most
severe come first, and a last line counts what is left out. The whole list belongs in
the step's summary: that is what the format `markdown` is for. Escaping is that of
https://docs.github.com/actions/reference/workflow-commands-for-github-actions (`%`,
CR and LF in data; `:` and `,` too in properties), after everything unprintable.
"""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.findings import EXCEPTED
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import defuse
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_character
from treeguard.formats.escape import escape_lines
from treeguard.formats.location import Anchor
from treeguard.formats.location import anchor
from treeguard.formats.text_parts import blocks
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import head
from treeguard.formats.text_parts import ranked

SHOWN = 10

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(report: Report, *, color: bool = False) -> str:
    """Return at most ten commands of each level; `color` has no effect."""
    existing = existing_blocks(report)
    found = ranked(f for f in report.findings if f.status != EXCEPTED)
    errors = [finding for finding in found if blocks(finding, existing)]
    warnings = [finding for finding in found if not blocks(finding, existing)]
    lines = [_command("error", finding, report) for finding in errors[:SHOWN]]
    lines += [_command("warning", finding, report) for finding in warnings[:SHOWN]]
    left = max(len(errors) - SHOWN, 0) + max(len(warnings) - SHOWN, 0)
    if left:
        lines.append(f"+{left} more: GitHub shows {SHOWN} of each level for a step")
    return "".join(f"{line}\n" for line in lines)


def _command(level: str, finding: Finding, report: Report) -> str:
    place = anchor(finding, report)
    properties = [f"file={_file(place.path)}", *_region(place)]
    properties.append(f"title={_property(escape(finding.rule))}")
    return f"::{level} {','.join(properties)}::{_data(_message(finding))}"


def _region(place: Anchor) -> Iterable[str]:
    """Yield the lines; columns only on one line, or GitHub refuses the annotation."""
    yield f"line={place.line}"
    if place.end_line is not None:
        yield f"endLine={place.end_line}"
    if place.column is not None and place.end_line in (None, place.line):
        yield f"col={place.column}"


def _message(finding: Finding) -> str:
    """Return the text with path and rule: the step's log shows nothing else."""
    lines = [head(finding, False)]
    lines += escape_lines(finding.reason.strip()).split("\n")
    if finding.fix is not None:
        lines += [f"fix: {escape(finding.fix.summary)}"] if finding.fix.summary else []
        lines += [f"  {escape(command)}" for command in finding.fix.commands]
    return "\n".join(line for line in lines if line)


def _data(text: str) -> str:
    return "".join(_DATA.get(character, character) for character in text)


def _property(text: str) -> str:
    return "".join(_PROPERTY.get(character, character) for character in text)


def _file(path: str) -> str:
    """Return the path such that GitHub finds the file, line feeds included."""
    text = "".join(_PROPERTY.get(c) or escape_character(c) for c in path)
    return defuse(text, "\\x23")
