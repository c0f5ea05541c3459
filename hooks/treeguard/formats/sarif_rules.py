"""The rules of a SARIF report: what each protects, and what to do when it is broken."""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.findings import ERROR
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.sarif_parts import Json
from treeguard.formats.sarif_parts import message

# GitHub shows no more of a description.
LONGEST = 1024

KINDS = {
    "forbidden": "Nobody outside a zone may use it.",
    "isolated": "A zone is used by its entrances only, and uses only what it may.",
    "placed": "Files of a kind live in one place.",
    "preserved": "What is kept is never deleted.",
    "required": "These files exist.",
    "closed": "A folder has these children and no others.",
    "layers": "Imports between layers go down only.",
    "vacated": "What a migration emptied stays empty.",
    "unreadable-source": "What every Python source imports can be read.",
}


def by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each rule, in order of the rules' first findings."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def descriptor(rule: str, findings: list[Finding], report: Report) -> Json:
    """The `reportingDescriptor` of a rule that has these findings."""
    first = findings[0]
    short = KINDS.get(first.kind, f"The rule {escape(rule)} of the policy.")
    reason = next((f.reason.strip() for f in findings if f.reason.strip()), short)
    errors = any(finding.severity == ERROR for finding in findings)
    level = "error" if errors else "warning"
    return {
        "id": escape(rule) or "treeguard",
        "shortDescription": message(short),
        "fullDescription": message(reason[:LONGEST]),
        "help": message(_help(first, reason, report)),
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["layout", escape(first.kind) or "layout-rule"],
            "precision": "very-high",
            "problem.severity": level,
        },
    }


def _help(first: Finding, reason: str, report: Report) -> str:
    lines = [reason]
    if first.policy_line is not None:
        lines.append(f"The rule stands at {report.policy_path}:{first.policy_line}.")
    lines.append(f"Ask `treeguard explain {first.rule}` what it binds.")
    return "\n".join(lines)
