"""What forbids a plan is listed once for each file and rule."""

from __future__ import annotations

import pytest

from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.findings import Summary
from treeguard.migration.plan.planner import blockers


def finding(
    line: int, target: str, rule: str = "zone", path: str = "use.py"
) -> Finding:
    return Finding(
        rule=rule,
        kind="isolated",
        path=path,
        message=f"imports {target}",
        subject=target,
        target=target,
        line=line,
    )


ONE = "zone: imports app/feed.py"
TABLE = [
    ([finding(1, "app/feed.py")], [ONE]),
    ([finding(line, "app/feed.py") for line in (2, 3, 4)], [ONE]),
    (
        [finding(2, "app/feed.py"), finding(5, "app/tap.py"), finding(9, "app/x.py")],
        [f"{ONE}; and 2 more, in line 5, 9"],
    ),
    (
        [finding(1, "app/feed.py"), finding(1, "app/feed.py", "other")],
        [ONE, "other: imports app/feed.py"],
    ),
    ([finding(1, "app/feed.py"), finding(1, "app/feed.py", path="b.py")], [ONE, ONE]),
]


@pytest.mark.parametrize(("findings", "messages"), TABLE)
def test_a_file_and_a_rule_make_one_blocker(
    findings: list[Finding], messages: list[str]
) -> None:
    summary = Summary(len(findings), 0, 0, 1, 0)
    empty = Report("policy.toml", "index", "", None, None, (), (), summary)
    found = list(blockers(empty._replace(findings=tuple(findings))))
    assert [one.message for one in found] == messages
    assert all(one.line == findings[0].line for one in found[:1])
