"""The verdict on the tree that a migration would make, before anything moves."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from treeguard.analysis.query_subset import Kinds
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import check
from treeguard.findings import ERROR
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.plans import Blocker
from treeguard.policy.model import Policy
from treeguard.rules.forbidden import Forbidden

BLOCK = "block"
_IMPORTING = {"forbidden", "isolated", "layers"}


def verdict(
    policy: Policy,
    before: TreeAnalysis,
    after: TreeAnalysis,
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


def existing(policy: Policy, report: Report) -> Iterator[Blocker]:
    """Yield blocking findings that the old tree has too: no move fixes them."""
    for finding in report.findings if policy.existing == BLOCK else ():
        if finding.status == EXISTING:
            yield _blocker(finding)


def _blocker(finding: Finding) -> Blocker:
    message = f"{finding.rule}: {finding.message}"
    return Blocker(finding.path, finding.line, message, tuple(_ways_out(finding)))


def can_be_judged_in_part(policy: Policy) -> bool:
    """True where the content of a file that neither moves, nor is edited, nor speaks of
    what moves cannot make a new finding: it says the same of the same things.

    A chain of imports leads through such files, and may be new all the same. And what
    was there before is told where the policy refuses it (`existing`).
    """
    if policy.existing == BLOCK:
        return False
    options = (rule.options for rule in policy.rules)
    return not any(isinstance(one, Forbidden) and one.indirect for one in options)


def excepted(policy: Policy, kinds: Kinds) -> set[str]:
    """The files that an exception means: what it excepts has to be found, or the
    exception would seem to be stale."""
    found: set[str] = set()
    for exception in policy.exceptions:
        for kind, paths in kinds.items():
            if exception.path.folder(kind.folder) is not False:
                found.update(path for path in paths if exception.path.match(path))
    return found


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
