"""JUnit XML: a suite for each rule, a case for each finding, as Jenkins reads it.

A finding that fails the check is a failure; one that does not (a warning, or an
existing one) is a case that passes with its text as output; an excepted one is skipped.
A clean report has one passing case, because readers treat a report without any as an
error.
Valid by junit-10.xsd of Jenkins' xUnit plugin: no attribute beyond that schema's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from treeguard.findings import EXCEPTED
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.escape import escape_lines
from treeguard.formats.text_parts import at_line
from treeguard.formats.text_parts import blocks
from treeguard.formats.text_parts import existing_blocks
from treeguard.formats.text_parts import place
from treeguard.formats.text_parts import summary_line

NAME = "treeguard"

# All that XML gives a meaning to, after `escape`.
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def render(report: Report, *, color: bool = False) -> str:
    """Return the whole report; `color` has no effect."""
    existing = existing_blocks(report)
    rules = sorted({finding.rule for finding in report.findings})
    suites = [
        _suite(rule, [f for f in report.findings if f.rule == rule], existing)
        for rule in rules
    ]
    failures = sum(blocks(finding, existing) for finding in report.findings)
    tests = max(len(report.findings), 1)
    seconds = f"{report.summary.elapsed_ms / 1000:.3f}"
    opening = _tag(
        "testsuites",
        name=NAME,
        tests=str(tests),
        failures=str(failures),
        errors="0",
        time=seconds,
    )
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', opening]
    lines += suites or [_clean(report)]
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _clean(report: Report) -> str:
    case = f"{_tag('testcase', name='no violations', classname=NAME)}"
    case += f"<system-out>{_text(summary_line(report))}</system-out></testcase>"
    return "\n".join([_suite_tag(NAME, 1, 0, 0), case, "</testsuite>"])


def _suite(rule: str, findings: Sequence[Finding], existing: bool) -> str:
    failures = sum(blocks(finding, existing) for finding in findings)
    skipped = sum(finding.status == EXCEPTED for finding in findings)
    cases = [
        _case(name, finding, existing)
        for name, finding in zip(_names(findings), findings, strict=True)
    ]
    opening = _suite_tag(rule, len(findings), failures, skipped)
    return "\n".join([opening, *cases, "</testsuite>"])


def _suite_tag(name: str, tests: int, failures: int, skipped: int) -> str:
    counts = {"tests": tests, "failures": failures, "errors": 0, "skipped": skipped}
    words = {key: str(number) for key, number in counts.items()}
    return _tag("testsuite", name=name, **words)


def _case(name: str, finding: Finding, existing: bool) -> str:
    opening = _tag("testcase", name=name, classname=f"{NAME}.{finding.rule}")
    body = _text("\n".join(_lines(finding)))
    if blocks(finding, existing):
        failure = _tag("failure", type=finding.kind, message=finding.message)
        return f"{opening}{failure}{body}</failure></testcase>"
    if finding.status == EXCEPTED:
        skipped = _tag("skipped", type=finding.kind, message="excepted by the policy")
        return f"{opening}{skipped}{body}</skipped></testcase>"
    return f"{opening}<system-out>{body}</system-out></testcase>"


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{place(finding)}: {finding.severity}: {escape(finding.message)}"
    for step in finding.chain:
        yield f"  -> {at_line(step.path, step.line)}"
    if finding.reason:
        yield from (f"why: {line}" for line in finding.reason.strip().split("\n"))
    if finding.fix is not None:
        yield f"fix: {escape(finding.fix.summary)}"
        yield from (f"  {escape(command)}" for command in finding.fix.commands)


def _names(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield names without line numbers, so that a case keeps its history."""
    seen: Counter[str] = Counter()
    for finding in findings:
        name = f"{finding.path}: {finding.message}"
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _tag(tag: str, **attributes: str) -> str:
    words = [f'{key}="{_text(escape(value))}"' for key, value in attributes.items()]
    return f"<{' '.join([tag, *words])}>"


def _text(text: str) -> str:
    return escape_lines(text).translate(_XML)
