"""The rules of a SARIF report: what each demands, and what to do about its findings."""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.findings import ERROR
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.findings import RuleText
from treeguard.formats.escape import escape
from treeguard.formats.sarif_parts import Json
from treeguard.formats.sarif_parts import message

# GitHub shows no more of a description.
LONGEST = 1024

# Findings that treeguard reports whatever the policy says.
_OWN = {
    "exceptions": "Remove exceptions that except nothing or have expired.",
    "policy": "Do not delete the branch whose policy applies to every push.",
    "unreadable-source": "Keep every Python source such that its imports can be read.",
}


def by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Group findings by rule, in order of the rules' first findings."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def descriptor(rule: str, findings: list[Finding], report: Report) -> Json:
    """Return the `reportingDescriptor` of a rule that has these findings."""
    first = findings[0]
    texts = {text.id: text for text in report.rules}
    text = texts.get(rule) or RuleText(
        rule, _OWN.get(rule, f"The rule {rule}."), "", ""
    )
    reason = text.reason.strip() or text.description
    errors = any(finding.severity == ERROR for finding in findings)
    level = "error" if errors else "warning"
    return {
        "id": escape(rule) or "treeguard",
        "shortDescription": message(text.description[:LONGEST]),
        "fullDescription": message(reason[:LONGEST]),
        "help": message(_help(first, text, report)),
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": ["layout", escape(first.kind) or "layout-rule"],
            "precision": "very-high",
            "problem.severity": level,
        },
    }


def _help(first: Finding, text: RuleText, report: Report) -> str:
    lines = [text.reason.strip(), text.description, text.remedy]
    if first.policy_line is not None:
        lines.append(f"The rule is at {report.policy_path}:{first.policy_line}.")
    lines.append(f"`treeguard explain {first.rule}` shows what it applies to.")
    return "\n".join(line for line in lines if line)
