"""Where tools show a finding that need a line of an existing file.

A deleted or missing file has no line, and tools show nothing at a path that is not in
the change: such a finding is shown at the rule's line of the policy.
"""

from __future__ import annotations

from typing import NamedTuple

from treeguard.findings import Finding
from treeguard.findings import Report

# The subjects of findings of a preserved file that still exists.
STILL_THERE = frozenset({"edited", "emptied", "blanked", "pointer"})


class Anchor(NamedTuple):
    """A place: 1-based, `end_column` after the last character, as in a `Finding`.

    `elsewhere` is true when `path` is the policy instead of the finding's own path.
    """

    path: str
    line: int = 1
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    elsewhere: bool = False


def anchor(finding: Finding, report: Report) -> Anchor:
    """Return the place at which a tool can show `finding`."""
    if is_absent(finding) and _in_repository(report.policy_path):
        line = max(finding.policy_line or 1, 1)
        return Anchor(report.policy_path, line, elsewhere=True)
    if finding.line is None or finding.cell is not None:
        # A cell's lines are not those of the notebook file.
        return Anchor(finding.path or ".")
    return _region(finding, max(finding.line, 1))


def is_absent(finding: Finding) -> bool:
    """Return whether the path is not a file of the new tree: lost or a folder."""
    if finding.line is not None:
        return False
    if finding.kind == "preserved":
        return finding.subject not in STILL_THERE
    return finding.kind == "required" or finding.path.endswith("/") or not finding.path


def message_at(finding: Finding, place: Anchor) -> str:
    """Return the message, with the part of the location that `place` cannot show."""
    if place.elsewhere and finding.path not in finding.message:
        return f"{finding.path}: {finding.message}"
    if finding.cell is not None and finding.line is not None:
        return f"cell {finding.cell}, line {finding.line}: {finding.message}"
    return finding.message


def _region(finding: Finding, line: int) -> Anchor:
    """Return the finding's own region, without ends that precede its start."""
    column = finding.column if finding.column and finding.column > 0 else None
    end_line, end_column = finding.end_line, finding.end_column
    if end_line is None or end_line < line:
        return Anchor(finding.path or ".", line, column)
    first = (column or 0) + 1 if end_line == line else 1
    if column is None or end_column is None or end_column < first:
        end_column = None
    return Anchor(finding.path or ".", line, column, end_line, end_column)


def _in_repository(policy_path: str) -> bool:
    """Return whether a tool can show the policy: --policy may name one outside."""
    parts = policy_path.split("/")
    return bool(policy_path) and parts[0] != "" and ".." not in parts
