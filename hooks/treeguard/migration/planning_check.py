"""The verdict on the tree that a migration would make, before anything moves."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from treeguard.check import check
from treeguard.facts.knowledge import Knowledge
from treeguard.findings import ERROR
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.migration.model import Blocker
from treeguard.policy.model import Policy

_IMPORTING = {"forbidden", "isolated", "layers"}


def blockers(
    policy: Policy,
    before: Knowledge,
    after: Knowledge,
    today: datetime.date,
    unchanged: frozenset[str] = frozenset(),
) -> Iterator[Blocker]:
    """Every error of the new tree that the old one did not have.

    `unchanged` are moved files that say in their new place what they said before.
    """
    report = check(
        policy, [before], after, today=today, existing="warn", unchanged=unchanged
    )
    for finding in report.findings:
        if finding.status == NEW and finding.severity == ERROR:
            message = f"{finding.rule}: {finding.message}"
            ways = tuple(_ways_out(finding))
            yield Blocker(finding.path, finding.line, message, ways)


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
    yield f'except it: [[exceptions]] rule = "{finding.rule}", path = "{finding.path}"'
