"""Which findings matter most, for readers that take only the first ones."""

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
    """Errors before warnings, new before existing; else in the order given."""
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[bool, bool, int]:
    excepted = finding.status == EXCEPTED
    return excepted, finding.severity != ERROR, _STATUSES.index(finding.status)


def existing_blocks(report: Report) -> bool:
    """Whether what the old tree already had blocks too, as the policy may say."""
    errors = (f for f in report.findings if f.severity == ERROR)
    return report.blocking > sum(finding.status == NEW for finding in errors)


def blocks(finding: Finding, existing: bool) -> bool:
    """Whether it makes the check fail; `existing` is what `existing_blocks` says."""
    if finding.severity != ERROR:
        return False
    return finding.status == NEW or (existing and finding.status == EXISTING)
