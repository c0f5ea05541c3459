"""One finding as a SARIF result: always with a place, wherever a file has gone."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.findings import Step
from treeguard.formats.escape import escape
from treeguard.formats.json_report import plain
from treeguard.formats.location import Anchor
from treeguard.formats.location import anchor
from treeguard.formats.location import said
from treeguard.formats.sarif_parts import Json
from treeguard.formats.sarif_parts import located
from treeguard.formats.sarif_parts import message


def result(finding: Finding, rule_index: int, report: Report) -> Json:
    """The `result` object; `rule_index` is the rule's number in the driver's table."""
    place = anchor(finding, report)
    return {
        "ruleId": escape(finding.rule) or "treeguard",
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": message(_text(finding, place)),
        "locations": [_location(finding, place)],
        **_related(finding, place),
        **_code_flows(finding),
        **_identity(finding, report),
    }


def _text(finding: Finding, place: Anchor) -> str:
    """The message first, because GitHub shows one sentence where room is scarce."""
    lines = [said(finding, place).rstrip(".") + ".", finding.reason.strip()]
    if finding.fix is not None:
        lines += [f"Fix: {finding.fix.summary}" if finding.fix.summary else ""]
        lines += [f"  {command}" for command in finding.fix.commands]
    return "\n".join(line for line in lines if line)


def _location(finding: Finding, place: Anchor) -> Json:
    found = located(
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
    """What is gone, and what is used: neither is where the result stands."""
    places = list(_related_places(finding, place))
    for number, related in enumerate(places, start=1):
        related["id"] = number
    return {"relatedLocations": places} if places else {}


def _related_places(finding: Finding, place: Anchor) -> Iterator[Json]:
    if place.elsewhere and finding.path:
        about = message(f"{finding.path}: what the finding is about")
        yield {**located(finding.path), "message": about}
    target = finding.target
    # The target of what has no line is a path to move to, which does not exist yet.
    if target and finding.line is not None and not target.endswith("/"):
        yield {**located(target), "message": message(f"{target}: what is used")}


def _code_flows(finding: Finding) -> Json:
    """The import chain, a step a file: GitHub opens it beside the result."""
    if not finding.chain:
        return {}
    told = zip(finding.chain, _told(finding.chain), strict=True)
    steps = [
        {"location": {**located(step.path, step.line), "message": message(text)}}
        for step, text in told
    ]
    return {"codeFlows": [{"threadFlows": [{"locations": steps}]}]}


def _told(chain: tuple[Step, ...]) -> Iterator[str]:
    for step in chain[1:]:
        yield f"imports {step.path}"
    yield f"{chain[-1].path} is reached"


def _identity(finding: Finding, report: Report) -> Json:
    """What tells this result from another, and whether it is new.

    The fingerprint holds no line number, so an edit above leaves the alert as it is.
    """
    found: Json = {}
    if finding.fingerprint:
        prints = {"primaryLocationLineHash": plain(finding.fingerprint)}
        found["partialFingerprints"] = prints
    if finding.status == EXCEPTED:
        why = message("Excepted by the policy, or by a comment with a reason.")
        suppressed = {"kind": "external", "status": "accepted"}
        found["suppressions"] = [{**suppressed, "justification": why["text"]}]
    elif report.old is not None:
        existing = finding.status == EXISTING
        found["baselineState"] = "unchanged" if existing else "new"
    return found
