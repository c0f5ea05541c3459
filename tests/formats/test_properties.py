"""Whatever a report holds, every format of it is safe to print and can be read."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import Step
from treeguard.formats.concise import render_statistics
from treeguard.formats.registry import FORMATS
from treeguard.formats.registry import renderer

HOSTILE = (
    *"\x00\x1b\x9b\n\r\t\u202e\u2028\udcff\ud800\ufffe\x7fa/ \\\"'%,|`<&{}[]()",
    *("::", "::error::", "##[", "##vso[", "]]>", "<!--", "](", "../", "{0}", "%0A"),
)
TEXT = st.text(st.characters(), max_size=30) | st.lists(
    st.sampled_from(HOSTILE), max_size=9
).map("".join)
NUMBER = st.none() | st.integers(1, 300)
FINDINGS = st.builds(
    Finding,
    rule=TEXT,
    kind=st.just("forbidden"),
    path=TEXT,
    message=TEXT,
    severity=st.sampled_from(["error", "warning"]),
    status=st.sampled_from(["new", "existing", "excepted"]),
    line=NUMBER,
    column=NUMBER,
    end_line=NUMBER,
    end_column=NUMBER,
    cell=NUMBER,
    target=st.none() | TEXT,
    chain=st.lists(st.builds(Step, TEXT, st.integers(0, 9)), max_size=3).map(tuple),
    fix=st.none() | st.builds(Fix, TEXT, st.tuples(TEXT)),
    reason=TEXT,
    policy_line=NUMBER,
    excerpt=TEXT,
)
NOTICES = st.builds(Notice, TEXT, st.integers(0, 9), TEXT)
REPORTS = st.builds(
    lambda findings, notices, path: a_report(
        *findings, notices=tuple(notices)
    )._replace(policy_path=path),
    st.lists(FINDINGS, max_size=4),
    st.lists(NOTICES, max_size=3),
    TEXT,
)


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(report=REPORTS)
def test_only_printable_characters_and_line_feeds(name: str, report: Report) -> None:
    text = renderer(name)(report)
    assert all(line.isprintable() for line in text.split("\n"))
    text.encode("utf-8")


@given(report=REPORTS)
def test_statistics_are_printable(report: Report) -> None:
    text = render_statistics(report, "text").replace("\t", " ")
    assert all(line.isprintable() for line in text.split("\n"))


@given(report=REPORTS)
def test_json_says_what_the_report_says(report: Report) -> None:
    text = renderer("json")(report)
    document = json.loads(text)
    text.encode("ascii")
    for shown, finding in zip(document["findings"], report.findings, strict=True):
        assert _path(shown) in (finding.path, _undecoded(finding.path))
        assert shown["line"] == finding.line
        assert len(shown["chain"]) == len(finding.chain)
    assert document["summary"] == report.summary._asdict()


def _path(shown: dict[str, str]) -> str | bytes:
    if "path_bytes" in shown:
        return bytes.fromhex(shown["path_bytes"])
    return shown["path"]


def _undecoded(path: str) -> bytes:
    try:
        return path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # surrogates that no path of Git's can hold
        return path.encode("utf-8", "replace")


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(report=REPORTS)
def test_no_line_is_a_command_of_a_ci_job(name: str, report: Report) -> None:
    text = renderer(name)(report)
    assert "##[" not in text
    assert "##vso[" not in text
    lines = [line.lstrip() for line in text.split("\n")]
    commands = [line for line in lines if line.startswith("::")]
    assert name == "github" or commands == []


@given(report=REPORTS)
def test_a_github_command_is_one_line_with_one_message(report: Report) -> None:
    *commands, _last = renderer("github")(report).split("\n")
    shown = [finding for finding in report.findings if finding.status != "excepted"]
    assert len(commands) == len(shown)
    for command in commands:
        head, _, data = command.removeprefix("::").partition("::")
        level, _, properties = head.partition(" ")
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        assert level in ("error", "warning")
        assert set(pairs) <= {"file", "line", "endLine", "col", "title"}
        assert all(value for key, value in pairs.items() if key != "title")
        assert "%" not in re.sub("%(25|0A|0D)", "", data)


@given(report=REPORTS)
def test_gitlab_says_what_the_report_says(report: Report) -> None:
    entries = json.loads(renderer("gitlab")(report))
    shown = [finding for finding in report.findings if finding.status != "excepted"]
    assert len(entries) == len(shown)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    assert all(entry["location"]["path"] for entry in entries)


@given(report=REPORTS)
def test_junit_is_xml_that_says_what_the_report_says(report: Report) -> None:
    text = renderer("junit")(report)
    assert "]]>" not in text
    root = ElementTree.fromstring(text.encode())
    cases = list(root.iter("testcase"))
    assert len(cases) == max(len(report.findings), 1)
    assert root.get("tests") == str(len(cases))
    named = {(case.get("classname"), case.get("name")) for case in cases}
    assert len(named) == len(cases)


@given(report=REPORTS)
def test_every_row_of_a_markdown_table_has_its_cells(report: Report) -> None:
    text = renderer("markdown")(report)
    rows = [line for line in text.split("\n") if line.startswith("|")]
    for bars, count in ((6, len(report.findings)), (3, len(report.notices))):
        held = sum(row.count("|") == bars for row in rows)
        assert held == (count + 2 if count else 0)
    bare = re.sub("</?(?:code|i)>|<br>|&(?:#[0-9]+|rarr);", "", text)
    assert not set(bare) & set("<>&`*[]\\~@{}")
