"""A source line with carets under the place that is meant, whatever it is made of."""

from __future__ import annotations

from treeguard.findings import Finding
from treeguard.formats.escape import COMMANDS
from treeguard.formats.escape import escape_character

TAB = "    "
# A minified line would fill the screen: only this much around the carets is shown.
WIDEST = 160
BEFORE = 40


def excerpt(finding: Finding) -> tuple[str, str] | None:
    """The line and the carets under it; None when the finding shows no source."""
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
    """What is shown for each character; `##[` must not reach the log of a CI job."""
    cells = [_shown(character) for character in source]
    for number in range(len(source)):
        if source.startswith(COMMANDS, number):
            cells[number] = "\\x23"
    return cells


def _shown(character: str) -> str:
    return TAB if character == "\t" else escape_character(character)


def _width(cell: str) -> int:
    """How many columns of a terminal `cell` takes."""
    if cell.isascii():
        return len(cell)
    import unicodedata

    if unicodedata.combining(cell):
        return 0
    return 2 if unicodedata.east_asian_width(cell) in "WF" else 1
