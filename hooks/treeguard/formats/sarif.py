"""SARIF 2.1.0, as GitHub's code scanning takes it and OASIS defines it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and GitHub's subset:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files. GitHub
refuses a whole upload for one result without a location or one column 0, keeps 25,000
results of a run and shows 5,000 of them, so the gravest come first. It shows results
with `suppressions` (our excepted findings) as open: docs/formats.md has the filter.
"""

from __future__ import annotations

from treeguard import __version__
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.formats.json_report import document_text
from treeguard.formats.json_report import plain
from treeguard.formats.sarif_parts import Json
from treeguard.formats.sarif_parts import located
from treeguard.formats.sarif_parts import message
from treeguard.formats.sarif_result import result
from treeguard.formats.sarif_rules import by_rule
from treeguard.formats.sarif_rules import descriptor
from treeguard.formats.severity import ranked
from treeguard.formats.uris import uri

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
MOST_RESULTS = 25_000
MOST_NOTICES = 1_000


def render(report: Report, *, color: bool = False) -> str:
    """One run with every finding; `color` changes nothing."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    # On one line: a report of 25,000 results is read by programs, and written sooner.
    return document_text(document, indent=None)


def _run(report: Report) -> Json:
    kept = ranked(report.findings)[:MOST_RESULTS]
    rules = by_rule(kept)
    index = {rule: number for number, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "treeguard",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [descriptor(*item, report) for item in rules.items()],
            }
        },
        # One category for each policy: uploads of one do not replace another's.
        "automationDetails": {"id": f"treeguard/{uri(report.policy_path)}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": message("The root of the repository.")}
        },
        "invocations": [_invocation(report, len(report.findings) - len(kept))],
        "results": [result(finding, index[finding.rule], report) for finding in kept],
        "properties": _properties(report),
    }


def _invocation(report: Report, left_out: int) -> Json:
    """That the check came to its end, and what it could not say as a result."""
    notifications = [_notification(notice) for notice in report.notices[:MOST_NOTICES]]
    hidden = len(report.notices) - len(notifications)
    for number, noun in ((left_out, "findings"), (hidden, "notices")):
        if number:
            text = f"{number} more {noun} are left out of this file."
            notifications.append({"level": "warning", "message": message(text)})
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _notification(notice: Notice) -> Json:
    place = located(notice.path, notice.line)
    said = message(notice.message)
    return {"level": "note", "message": said, "locations": [place]}


def _properties(report: Report) -> Json:
    """What was judged and by which law, as far as it has an id."""
    known = {
        "policy": plain(report.policy_path),
        "policySource": plain(report.policy_source),
        "policyDigest": report.policy_digest,
        "oldTree": report.old,
        "newTree": report.new,
    }
    return {key: value for key, value in known.items() if value}
