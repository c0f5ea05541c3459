"""Reports put together: of several comparisons, and of refs that are deleted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence

from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Report
from treeguard.findings import Summary
from treeguard.policy.model import Policy

# The id of findings about the policy itself (`policy.keys.RESERVED`).
RULE = "policy"


def merge_old_trees(reports: Sequence[Report]) -> Report:
    """One report of several about the same new tree.

    A finding that is new against any of the old trees is new; there is at least one.
    """
    first, *others = reports
    if not others:
        return first
    found = {finding.fingerprint: finding for finding in first.findings}
    for report in others:
        for finding in report.findings:
            if finding.fingerprint not in found or finding.status == NEW:
                found[finding.fingerprint] = finding
    findings = tuple(sorted(found.values(), key=_place))
    blocking = sum(f.severity == ERROR and f.status == NEW for f in findings)
    most = max(report.blocking for report in reports)
    rules = tuple(dict.fromkeys(rule for report in reports for rule in report.rules))
    return _counted(first._replace(rules=rules), findings, max(blocking, most))


def _place(finding: Finding) -> tuple[str, int, int, str]:
    return (finding.path, finding.line or 0, finding.column or 0, finding.rule)


def of_ref(report: Report, findings: Iterable[Finding], ref: str, short: str) -> Report:
    """`report` with `findings` alone, told as what deleting or moving `ref` loses."""
    fix = Fix(f"keep {short}, or first merge what it alone has")
    told = tuple(
        finding._replace(
            message=f"nothing but {ref} has {finding.path}, which is preserved",
            fix=fix,
            target=None,
        )
        for finding in findings
    )
    return _counted(report, told, sum(one.severity == ERROR for one in told))


def _counted(report: Report, findings: tuple[Finding, ...], blocking: int) -> Report:
    counts = Counter(finding.status for finding in findings)
    summary = report.summary._replace(
        new=counts[NEW], existing=counts[EXISTING], excepted=counts[EXCEPTED]
    )
    return report._replace(findings=findings, summary=summary, blocking=blocking)


def default_deleted(policy: Policy, ref: str) -> Report:
    """The report on deleting the branch whose policy binds: always refused."""
    digest = hashlib.sha256(f"{RULE}\0{ref}".encode("utf-8", "surrogateescape"))
    finding = Finding(
        rule=RULE,
        kind=RULE,
        path=policy.path,
        message=f"{ref} is the default branch, whose policy binds every push:"
        " it cannot be deleted",
        subject=ref,
        fix=Fix("name another default branch first, with `git symbolic-ref HEAD`"),
        fingerprint=f"{digest.hexdigest()[:32]}:1",
    )
    summary = Summary(new=1, existing=0, excepted=0, files=0, elapsed_ms=0)
    return Report(
        policy_path=policy.path,
        policy_source=policy.source,
        policy_digest=policy.digest,
        old=None,
        new=None,
        findings=(finding,),
        notices=(),
        summary=summary,
        blocking=1,
    )
