"""GitLab's Code Quality report: a JSON array, `[]` when there are no findings.

The keys are those of https://docs.gitlab.com/ci/testing/code_quality, section "Code
Quality report format". GitLab does not show `check_name`, so the description begins
with the rule; it merges entries of the same fingerprint into one, so none is used
twice; and it refuses a byte order mark.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.findings import ERROR
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.json_report import document_text
from treeguard.formats.json_report import plain
from treeguard.formats.location import Anchor
from treeguard.formats.location import anchor
from treeguard.formats.location import message_at
from treeguard.formats.text_parts import blocks
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import shown

# GitLab's own words in ascending order: info, minor, major, critical, blocker. What
# fails the check is critical, an existing error that does not is major, a warning is
# minor.
CRITICAL = "critical"
MAJOR = "major"
MINOR = "minor"


def render(report: Report, *, color: bool = False) -> str:
    """Return an entry for each finding not excepted; `color` has no effect."""
    existing = existing_blocks(report)
    found = shown(report)
    entries = [
        _entry(finding, report, fingerprint, existing)
        for finding, fingerprint in zip(found, _fingerprints(found), strict=True)
    ]
    return document_text(entries)


def _entry(
    finding: Finding, report: Report, fingerprint: str, existing: bool
) -> dict[str, object]:
    place = anchor(finding, report)
    return {
        "description": _description(finding, place),
        "check_name": escape(finding.rule),
        "fingerprint": fingerprint,
        "severity": _severity(finding, existing),
        "location": {"path": plain(place.path), "lines": {"begin": place.line}},
    }


def _description(finding: Finding, place: Anchor) -> str:
    text = f"{escape(finding.rule)}: {escape(message_at(finding, place))}"
    summary = finding.fix.summary if finding.fix is not None else ""
    return f"{text} (fix: {escape(summary)})" if summary else text


def _severity(finding: Finding, existing: bool) -> str:
    if blocks(finding, existing):
        return CRITICAL
    return MAJOR if finding.severity == ERROR else MINOR


def _fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the findings' fingerprints, hashed with a number where one repeats."""
    seen: Counter[str] = Counter()
    for finding in findings:
        known = finding.fingerprint
        seen[known] += 1
        text = f"{plain(known)}\0{seen[known]}"
        yield hashlib.sha256(text.encode()).hexdigest()[:40]
