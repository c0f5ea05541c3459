"""A table of every finding in GitHub's Markdown, for the summary of a CI step.

`treeguard check --output-format markdown >> "$GITHUB_STEP_SUMMARY"` shows what the
format `github` has to omit. GitHub drops a summary of more than 1 MiB, so a longer
table is cut off with a note. Every character that has a meaning in Markdown or HTML is
written as a character reference, so names and messages are never markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines
from treeguard.formats.text_parts import at_line
from treeguard.formats.text_parts import blocks
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import place
from treeguard.formats.text_parts import ranked
from treeguard.formats.text_parts import summary_line

# https://docs.github.com/actions/reference/workflow-commands-for-github-actions
# limits one step to 1 MiB; some of it is left to what the step itself adds.
LIMIT = 1024 * 1024
RESERVED = 4096

HEAD = ("| | rule | where | what | fix |", "| --- | --- | --- | --- | --- |")
NOTICES = ("| where | cannot be decided |", "| --- | --- |")

# All ASCII punctuation that Markdown, HTML or GitHub's links give a meaning to.
_SPECIAL = "&<>|`*_[]~\\#@$:{}"
_MARKUP = str.maketrans({character: f"&#{ord(character)};" for character in _SPECIAL})


def render(report: Report, *, color: bool = False) -> str:
    """Return the counts, the findings and the notices; `color` has no effect."""
    lines = [f"### treeguard: {_verdict(report)}", "", _markup(summary_line(report))]
    lines += ["", _policy(report)]
    existing = existing_blocks(report)
    rows = [_row(finding, existing) for finding in ranked(report.findings)]
    notices = [_notice_row(notice) for notice in report.notices]
    left = LIMIT - RESERVED - sum(_size(line) for line in lines)
    for head, table, noun in ((HEAD, rows, "findings"), (NOTICES, notices, "notices")):
        if table:
            kept = _fitting(table, left)
            left -= sum(_size(line) for line in table[:kept])
            lines += ["", *head, *table[:kept]]
            lines += _cut(len(table) - kept, noun)
    return "\n".join(lines) + "\n"


def _verdict(report: Report) -> str:
    if report.blocking:
        return f"{report.blocking} to fix"
    return "nothing blocks" if report.findings else "no violations"


def _policy(report: Report) -> str:
    words = f"Policy: {_code(report.policy_path)} of {_code(report.policy_source)}"
    return f"{words}, {_code(report.policy_digest)}"


def _row(finding: Finding, existing: bool) -> str:
    what = [_markup(escape(finding.message)), *_chain(finding)]
    what += [f"<i>{line}</i>" for line in _lines(finding.reason)]
    cells = (
        _level(finding, existing),
        _code(finding.rule),
        _code(place(finding)),
        "<br>".join(what),
        "<br>".join(_fix(finding)),
    )
    return f"| {' | '.join(cells)} |"


def _level(finding: Finding, existing: bool) -> str:
    if finding.status == EXCEPTED:
        return "excepted"
    word = ERROR if blocks(finding, existing) else WARNING
    return f"{word}, existing" if finding.status == EXISTING else word


def _chain(finding: Finding) -> Iterator[str]:
    steps = [_code(at_line(*step)) for step in finding.chain]
    if steps:
        yield " &rarr; ".join(steps)


def _fix(finding: Finding) -> Iterator[str]:
    if finding.fix is None:
        return
    yield _markup(escape(finding.fix.summary))
    yield from (_code(command) for command in finding.fix.commands)


def _notice_row(notice: Notice) -> str:
    where = _code(at_line(notice.path, notice.line))
    return f"| {where} | {_markup(escape(notice.message))} |"


def _lines(text: str) -> list[str]:
    lines = escape_lines(text.strip()).split("\n")
    return [_markup(line) for line in lines if line]


def _code(text: str) -> str:
    """Return text as code, in which GitHub makes no links."""
    return f"<code>{_markup(escape(text))}</code>" if text else ""


def _markup(text: str) -> str:
    text = text.translate(_MARKUP)
    # A bare `www.` becomes a link without any of the characters above.
    return text.replace("www.", "www&#46;").replace("WWW.", "WWW&#46;")


def _fitting(rows: Iterable[str], room: int) -> int:
    """Return how many of the rows fit into `room` bytes."""
    kept = 0
    for row in rows:
        room -= _size(row)
        if room < 0:
            break
        kept += 1
    return kept


def _size(line: str) -> int:
    return len(line.encode()) + 1


def _cut(number: int, noun: str) -> list[str]:
    if not number:
        return []
    return ["", f"{number} more {noun} are not shown: GitHub's limit is 1 MiB a step."]
