"""What `audit` found in a history: the losses, and the reports on single commits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats import json_report
from treeguard.formats import text
from treeguard.formats.escape import escape
from treeguard.formats.text_parts import counted


class Loss(NamedTuple):
    """A preserved file that `commit` lost; its parent `parent` still had it.

    `back` is true when a later commit restored the file, or when the end of the history
    keeps its content. `command` restores the file.
    """

    commit: str
    parent: str
    date: str
    author: str
    subject: str
    finding: Finding
    back: bool
    command: str


class CommitReport(NamedTuple):
    """The report on one commit."""

    commit: str
    subject: str
    report: Report


class Audit(NamedTuple):
    """The losses in `commits` commits, and the reports that have findings."""

    range: str
    policy_source: str
    policy_digest: str
    commits: int
    losses: tuple[Loss, ...]
    reports: tuple[CommitReport, ...]

    @property
    def missing(self) -> int:
        """The number of losses that were never restored."""
        return sum(not loss.back for loss in self.losses)


def render_text(audit: Audit, *, color: bool) -> str:
    """Return each loss with the command that restores it, the reports, the counts."""
    return "\n".join(_lines(audit, color)) + "\n"


def _lines(audit: Audit, color: bool) -> Iterator[str]:
    for loss in audit.losses:
        what = escape(f"{loss.finding.path} {loss.finding.message}")
        yield f"{loss.commit[:12]} {what}"
        who = escape(f"{loss.date} {loss.author}: {loss.subject}")
        yield f"  [{loss.finding.rule}] {who}"
        yield f"  {'was restored later' if loss.back else escape(loss.command)}"
    for commit, subject, report in audit.reports:
        yield f"{commit[:12]} {escape(subject)}"
        yield text.render(report, color=color)
    count = len(audit.losses)
    losses = "1 loss" if count == 1 else f"{count} losses"
    commits = counted(audit.commits, "commit")
    yield f"{commits}, {losses}, {audit.missing} still missing."


def render_json(audit: Audit) -> str:
    """Return the audit as one JSON document."""
    document = {
        "version": 1,
        "range": audit.range,
        "policy": {"source": audit.policy_source, "digest": audit.policy_digest},
        "commits": audit.commits,
        "losses": [_loss(loss) for loss in audit.losses],
        "reports": [
            {"commit": commit, "report": json.loads(json_report.render(report))}
            for commit, _subject, report in audit.reports
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _loss(loss: Loss) -> dict[str, object]:
    return {
        "commit": loss.commit,
        "parent": loss.parent,
        "date": loss.date,
        "author": loss.author,
        "subject": loss.subject,
        "rule": loss.finding.rule,
        "path": loss.finding.path,
        "what": loss.finding.subject,
        "severity": loss.finding.severity,
        "message": loss.finding.message,
        "back": loss.back,
        "fix": None if loss.back else loss.command,
    }
