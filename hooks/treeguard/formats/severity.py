"""Which findings matter most, for formats that show only the first ones."""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Report

_STATUSES = (NEW, EXISTING, EXCEPTED)


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
