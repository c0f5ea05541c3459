"""`treeguard explain`: what binds a path, and what a rule is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import AGENT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build

REPORT = """\
reports/gemma3/run_1.json

Rules that apply to it:
  no-garbage-imports (forbidden, policy.toml:4): it may not use garbage/
    by: everything outside the zone
  enterprise-isolated (isolated, policy.toml:10): it may not import \
banterhearts/enterprise/
    by: everything outside the zone
  enterprise-isolated (isolated, policy.toml:10): only the zone may import datadog, \
clickhouse_connect
    by: everything outside the zone
  deployment-assets (placed, policy.toml:22): it belongs below deployment/ if its \
content is of these kinds
    by: dockerfile, compose, kubernetes
  reports-kept (preserved, policy.toml:30): it is never deleted (allowed: edit and move)
    by: reports/

What it imports:
  nothing

Who imports it ({asked} files searched):
  nobody

Findings: none
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return build(tmp_path / "repo")


def test_the_whole_of_a_path(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(repo, capsys, "explain", "reports/gemma3/run_1.json")
    asked = answer.out.partition("Who imports it (")[2].partition(" ")[0]
    assert int(asked) >= 20
    assert answer == (0, REPORT.format(asked=asked), "")


def test_imports_importers_and_findings(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, VIOLATIONS["forbidden"])
    module = "garbage/agents/self_healing_pipeline.py"
    out = call(repo, capsys, "explain", module).out
    assert f"  {AGENT}:3 (from)\n" in out
    assert "Findings: 1\n" in out
    assert f"{AGENT}:3:28: [no-garbage-imports] " in out
    mine = call(repo, capsys, "explain", AGENT).out
    assert "  1: import os: not in this repository\n" in mine
    assert f"(self_healing_pipeline): {module}\n" in mine


def test_exclusions_and_exceptions(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = POLICY.replace("version = 1", 'version = 1\nexclude = ["*.md"]', 1)
    policy += (
        '[[exceptions]]\nrule = "readmes"\npath = "docs/README.md"\n'
        'reason = "later"\nexpires = 2099-01-02\n'
    )
    apply(repo, Edit({"policy.toml": policy}))
    out = call(repo, capsys, "explain", "docs/README.md").out
    assert "  ignored because of `exclude` of [policy]: *.md\n" in out
    assert "  excepted from readmes until 2099-01-02 (policy.toml:" in out
    assert "    why: later\n" in out


def test_a_rule(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    apply(repo, VIOLATIONS["placed"])
    code, out, err = call(repo, capsys, "explain", "deployment-assets")
    assert (code, err) == (0, "")
    assert out.startswith("deployment-assets (placed, error), policy.toml:22\n")
    assert '  under = ["deployment/"]\n' in out
    assert "[rules.reports-kept]" not in out
    assert "  Put `Dockerfile*`" in out
    assert "  Move it to its place" in out
    assert "  Placed: files of a kind live below `under`" in out
    assert "  files: Dockerfile*: 2\n" in out
    assert "Dockerfile: [deployment-assets] is a Dockerfile" in out


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        pytest.param("reports-keep", "did you mean `reports-kept`?", id="near a rule"),
        pytest.param("no/such.py", "neither a rule of policy.toml", id="no file"),
        pytest.param("docs", "docs is a folder", id="folder"),
        pytest.param("../x", "outside of this repository", id="outside"),
    ],
)
def test_what_cannot_be_explained(
    subject: str, said: str, repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "explain", subject)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
