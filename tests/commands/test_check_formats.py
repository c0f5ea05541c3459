"""Every output format from the command line to the bytes that a tool reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import apply
from tests.support.patch13 import build
from treeguard.formats.registry import FORMATS

# A name that is no UTF-8, a line feed, and what GitHub would take for a command.
ODD = b"::error::\xff\n##[x] Dockerfile"
GONE = "reports/gemma3/run_1.json"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository that lost a report, and has files of odd names out of place."""
    made = build(tmp_path / "repo")
    apply(made, VIOLATIONS["preserved"])
    made.write(ODD, "FROM python:3.12\nRUN true\n")
    made.run("add", "--all")
    return made


def output(repo: Repo, capsys: pytest.CaptureFixture[str], name: str) -> str:
    answer = call(repo, capsys, "check", "--output-format", name)
    assert (answer.code, answer.err) == (1, "")
    return answer.out


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_file_gets_what_stdout_gets(
    name: str, repo: Repo, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "report"
    words = ("check", "--output-format", name, "--output", str(target))
    answer = call(repo, capsys, *words)
    written = target.read_bytes()
    assert (answer.code, answer.out) == (1, "")
    assert b"Dockerfile" in written
    assert not written.startswith(b"\xef\xbb\xbf")
    # The time that a check took differs, and nothing else.
    if name not in ("json", "junit"):
        assert written.decode() == output(repo, capsys, name)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_layout_that_is_kept(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clean = build(tmp_path / "clean")
    answer = call(clean, capsys, "check", "--output-format", name)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out or name == "github"


def test_sarif_stands_at_lines_that_exist(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    [run] = json.loads(output(repo, capsys, "sarif"))["runs"]
    places = {found["ruleId"]: _place(found) for found in run["results"]}
    uri, line = places["reports-kept"]
    policy = (repo.path / "policy.toml").read_text().splitlines()
    assert (uri, policy[line - 1]) == ("policy.toml", "[rules.reports-kept]")
    odd = "%3A%3Aerror%3A%3A%FF%0A%23%23%5Bx%5D%20Dockerfile"
    assert places["deployment-assets"] == (odd, 1)


def _place(found: dict[str, Any]) -> tuple[str, int]:
    place = found["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_github_gets_one_command_a_finding(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = output(repo, capsys, "github").splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "::error file=%3A%3Aerror%3A%3A\\xff%0A\\x23#[x] Dockerfile",
        "::error file=policy.toml",
    ]


def test_gitlab_names_the_lost_file(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = json.loads(output(repo, capsys, "gitlab"))
    assert [entry["location"]["path"] for entry in entries] == [
        "::error::\\xff\n##[x] Dockerfile",
        "policy.toml",
    ]
    assert GONE in entries[1]["description"]


def test_junit_has_a_suite_a_rule(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ElementTree.fromstring(output(repo, capsys, "junit"))
    names = [suite.get("name") for suite in root.iter("testsuite")]
    assert names == ["deployment-assets", "reports-kept"]
    assert root.get("failures") == "2"


def test_markdown_has_a_row_a_finding(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    text = output(repo, capsys, "markdown")
    assert text.count("\n| error |") == 2
    assert text.startswith("### treeguard: 2 to fix\n")
