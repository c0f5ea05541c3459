"""The verdict on the tree that a migration would make, before anything moves."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from treeguard.check import check
from treeguard.facts.knowledge import Knowledge
from treeguard.findings import ERROR
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.migration.model import Blocker
from treeguard.policy.model import Policy

BLOCK = "block"
_IMPORTING = {"forbidden", "isolated", "layers"}


def verdict(
    policy: Policy,
    before: Knowledge,
    after: Knowledge,
    today: datetime.date,
    unchanged: frozenset[str] = frozenset(),
) -> Report:
    """What the policy says of the new tree, with what it said of the old one.

    `unchanged` are moved files that say in their new place what they said before.
    """
    return check(
        policy, [before], after, today=today, existing="warn", unchanged=unchanged
    )


def blockers(report: Report) -> Iterator[Blocker]:
    """Every error of the new tree that the old one did not have."""
    for finding in report.findings:
        if finding.status == NEW and finding.severity == ERROR:
            yield _blocker(finding)


def standing(policy: Policy, report: Report) -> Iterator[Blocker]:
    """What the old tree has as well, and the policy refuses: no move mends it."""
    for finding in report.findings if policy.existing == BLOCK else ():
        if finding.status == EXISTING:
            yield _blocker(finding)


def _blocker(finding: Finding) -> Blocker:
    message = f"{finding.rule}: {finding.message}"
    return Blocker(finding.path, finding.line, message, tuple(_ways_out(finding)))


def _ways_out(finding: Finding) -> Iterator[str]:
    if finding.kind not in _IMPORTING:
        if finding.fix is not None:
            yield finding.fix.summary
            yield from finding.fix.commands
        yield f"change rules.{finding.rule}, if it asks too much"
        return
    target = finding.target or "what it imports"
    yield f"port it: give {finding.path} what it needs of {target}, without the import"
    yield f"move it too: add {finding.path} to a [[migration.move]]"
    exception = f'rule = "{finding.rule}", path = "{finding.path}"'
    yield f"except it: [[exceptions]] {exception}, and a reason"
