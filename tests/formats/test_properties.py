"""Whatever a report holds, every format of it is safe to print and can be read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.reports import a_report
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.findings import Step
from treeguard.formats.registry import FORMATS
from treeguard.formats.registry import renderer
from treeguard.formats.statistics import render_statistics

TEXT = st.text(st.characters(), max_size=30) | st.text(
    st.sampled_from("\x00\x1b\x9b\n\r\t\u202e\u2028\udcff\ud800\x7fa/ \\\"'"),
    max_size=9,
)
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
