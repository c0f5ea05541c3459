"""Reports made of plain data, for the tests of the formats."""

from __future__ import annotations

from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import Step
from treeguard.findings import Summary

IMPORT = Finding(
    rule="no-garbage-imports",
    kind="forbidden",
    path="core/run.py",
    message="imports garbage/demo.py",
    line=12,
    column=6,
    end_line=12,
    end_column=18,
    target="garbage/demo.py",
    fix=Fix("take this out"),
    reason="garbage/ is an archive.",
    fingerprint="f1:1",
    policy_line=4,
    excerpt="from garbage.demo import x",
)
CHAIN = IMPORT._replace(
    message="reaches garbage/demo.py",
    chain=(Step("core/run.py", 12), Step("lib/a.py", 3), Step("garbage/demo.py", 0)),
    excerpt="",
    status=EXISTING,
)
DELETION = Finding(
    rule="reports-kept",
    kind="preserved",
    path="reports/a b.json",
    message="is preserved and is deleted",
    fix=Fix("bring it back", ("git restore -- 'reports/a b.json'",)),
    reason="measured once.\nNever again.",
    fingerprint="f2:1",
    policy_line=9,
)
CELL = IMPORT._replace(path="n.ipynb", cell=2, excerpt="", severity=WARNING)
WAIVED = IMPORT._replace(path="core/waived.py", status=EXCEPTED)
NOTICE = Notice("core/run.py", 7, "what f() imports is only known when it runs")


def a_report(*findings: Finding, notices: tuple[Notice, ...] = ()) -> Report:
    """A report on 81 files that holds `findings`."""
    counts = [finding.status for finding in findings]
    existing, excepted = counts.count(EXISTING), counts.count(EXCEPTED)
    new = len(findings) - existing - excepted
    blocking = sum((f.status, f.severity) == (NEW, ERROR) for f in findings)
    return Report(
        policy_path="policy.toml",
        policy_source="index",
        policy_digest="sha256:00",
        old="a" * 40,
        new=None,
        findings=findings,
        notices=notices,
        summary=Summary(new, existing, excepted, files=81, elapsed_ms=41),
        blocking=blocking,
    )
