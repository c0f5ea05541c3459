"""SARIF 2.1.0, as GitHub's code scanning takes it and OASIS defines it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, and GitHub's subset:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files. GitHub
refuses a whole upload for one result without a location or one column 0, keeps 25,000
results of a run and shows 5,000, so the most severe come first. It shows results
with `suppressions` (our excepted findings) as open: docs/formats.md has the filter.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from urllib.parse import quote

from treeguard import __version__
from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import Finding
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import RuleText
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines
from treeguard.formats.json_report import document_text
from treeguard.formats.json_report import path_bytes
from treeguard.formats.json_report import plain
from treeguard.formats.location import Anchor
from treeguard.formats.location import anchor
from treeguard.formats.location import message_at
from treeguard.formats.text_parts import ranked

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
    "sarif-schema-2.1.0.json"
)
MOST_RESULTS = 25_000
MOST_NOTICES = 1_000
# GitHub shows no more of a description.
MOST_CHARACTERS = 1024

# Findings that treeguard reports whatever the policy says.
_OWN = {
    "exceptions": "Remove exceptions that except nothing or have expired.",
    "policy": "Do not delete the branch whose policy applies to every push.",
    "unreadable-source": "Keep every Python source such that its imports can be read.",
}

Json = dict[str, object]


def render(report: Report, *, color: bool = False) -> str:
    """Return one run with every finding; `color` has no effect."""
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}
    # On one line: only programs read 25,000 results, and it is written faster.
    return document_text(document, indent=None)


def _run(report: Report) -> Json:
    kept = ranked(report.findings)[:MOST_RESULTS]
    rules = _by_rule(kept)
    index = {rule: number for number, rule in enumerate(rules)}
    return {
        "tool": {
            "driver": {
                "name": "treeguard",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_descriptor(*item, report) for item in rules.items()],
            }
        },
        # One category for each policy: uploads of one do not replace another's.
        "automationDetails": {"id": f"treeguard/{_uri(report.policy_path)}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": _message("The root of the repository.")}
        },
        "invocations": [_invocation(report, len(report.findings) - len(kept))],
        "results": [_result(finding, index[finding.rule], report) for finding in kept],
        "properties": _properties(report),
    }


def _invocation(report: Report, left_out: int) -> Json:
    """Return that the check succeeded, and the notices."""
    notifications = [_notification(notice) for notice in report.notices[:MOST_NOTICES]]
    hidden = len(report.notices) - len(notifications)
    for number, noun in ((left_out, "findings"), (hidden, "notices")):
        if number:
            text = f"{number} more {noun} are left out of this file."
            notifications.append({"level": "warning", "message": _message(text)})
    return {"executionSuccessful": True, "toolExecutionNotifications": notifications}


def _notification(notice: Notice) -> Json:
    where = [_located(notice.path, notice.line)]
    return {"level": "note", "message": _message(notice.message), "locations": where}


def _properties(report: Report) -> Json:
    """Return what was checked and by which policy, as far as it has an id."""
    known = {
        "policy": plain(report.policy_path),
        "policySource": plain(report.policy_source),
        "policyDigest": report.policy_digest,
        "oldTree": report.old,
        "newTree": report.new,
    }
    return {key: value for key, value in known.items() if value}


def _by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Group findings by rule, in order of the rules' first findings."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.rule, []).append(finding)
    return found


def _descriptor(rule: str, findings: list[Finding], report: Report) -> Json:
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
        "shortDescription": _message(text.description[:MOST_CHARACTERS]),
        "fullDescription": _message(reason[:MOST_CHARACTERS]),
        "help": _message(_help(first, text, report)),
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


def _result(finding: Finding, rule_index: int, report: Report) -> Json:
    """Return the `result` of a finding; `rule_index` is its rule's position."""
    place = anchor(finding, report)
    return {
        "ruleId": escape(finding.rule) or "treeguard",
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": _message(_text(finding, place)),
        "locations": [_location(finding, place)],
        **_related(finding, place),
        **_code_flows(finding),
        **_identity(finding, report),
    }


def _text(finding: Finding, place: Anchor) -> str:
    """Return the message first, because GitHub may show only the first sentence."""
    lines = [message_at(finding, place).rstrip(".") + ".", finding.reason.strip()]
    if finding.fix is not None:
        lines += [f"Fix: {finding.fix.summary}" if finding.fix.summary else ""]
        lines += [f"  {command}" for command in finding.fix.commands]
    return "\n".join(line for line in lines if line)


def _location(finding: Finding, place: Anchor) -> Json:
    found = _located(
        place.path,
        place.line,
        startColumn=place.column,
        endLine=place.end_line,
        endColumn=place.end_column,
    )
    if place.elsewhere and finding.path:
        logical = {"fullyQualifiedName": plain(finding.path), "kind": "resource"}
        found["logicalLocations"] = [logical]
    return found


def _related(finding: Finding, place: Anchor) -> Json:
    """Return what is deleted or used, if it is not at the result's own place."""
    places = list(_related_places(finding, place))
    for number, related in enumerate(places, start=1):
        related["id"] = number
    return {"relatedLocations": places} if places else {}


def _related_places(finding: Finding, place: Anchor) -> Iterator[Json]:
    if place.elsewhere and finding.path:
        about = _message(f"{finding.path}: what the finding is about")
        yield {**_located(finding.path), "message": about}
    target = finding.target
    # The target of what has no line is a path to move to, which does not exist yet.
    if target and finding.line is not None and not target.endswith("/"):
        yield {**_located(target), "message": _message(f"{target}: what is used")}


def _code_flows(finding: Finding) -> Json:
    """Return the import chain, a step per file: GitHub opens it beside the result."""
    if not finding.chain:
        return {}
    texts = [f"imports {step.path}" for step in finding.chain[1:]]
    texts.append(f"{finding.chain[-1].path} is reached")
    steps = [
        {"location": {**_located(step.path, step.line), "message": _message(text)}}
        for step, text in zip(finding.chain, texts, strict=True)
    ]
    return {"codeFlows": [{"threadFlows": [{"locations": steps}]}]}


def _identity(finding: Finding, report: Report) -> Json:
    """Return what identifies this result, and whether it is new.

    The fingerprint holds no line number, so an edit above leaves the alert as it is.
    """
    found: Json = {}
    if finding.fingerprint:
        prints = {"primaryLocationLineHash": plain(finding.fingerprint)}
        found["partialFingerprints"] = prints
    if finding.status == EXCEPTED:
        why = _message("Excepted by the policy, or by a comment with a reason.")
        suppressed = {"kind": "external", "status": "accepted"}
        found["suppressions"] = [{**suppressed, "justification": why["text"]}]
    elif report.old is not None:
        existing = finding.status == EXISTING
        found["baselineState"] = "unchanged" if existing else "new"
    return found


def _message(text: str) -> Json:
    """Return a message without placeholders or links that is never empty.

    SARIF 2.1.0, 3.11.5: braces are doubled; 3.11.6: `[text](target)` is a link, so the
    brackets are escaped where a name of the repository would make one.
    """
    safe = escape_lines(text).replace("{", "{{").replace("}", "}}")
    if "](" in safe:
        safe = safe.replace("[", "\\[").replace("]", "\\]")
    return {"text": safe.strip() or "(no message)"}


def _located(path: str, line: int | None = None, **region: int | None) -> Json:
    """Return a physical location, without the keys of `region` that are None."""
    known = {key: value for key, value in region.items() if value is not None}
    place: Json = {"artifactLocation": {"uri": _uri(path), "uriBaseId": "%SRCROOT%"}}
    place["region"] = {"startLine": max(line or 1, 1), **known}
    return {"physicalLocation": place}


def _uri(path: str) -> str:
    """Return `path` relative to the root, percent-encoded; `.` for an empty one.

    A colon is encoded too, because `a:b` alone would be a scheme and its rest.
    """
    return quote(path_bytes(path), safe="/") or "."
