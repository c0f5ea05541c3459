"""The GitLab job's script on real repositories, as a runner's shell runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build
from tests.support.project import ROOT

JOB = ROOT / "docs" / "ci" / "treeguard.gitlab-ci.yml"
REPORT = "gl-code-quality-report.json"
NOTHING = "0" * 40
LOOSE = POLICY.replace('paths = ["reports/"]', 'paths = ["reports/llama3/"]')


@pytest.fixture
def clone(tmp_path: Path) -> Repo:
    """A runner's clone, which has no branch of the remote but the one it is on."""
    origin = build(tmp_path / "origin")
    repo = clone_repository(origin, tmp_path / "clone")
    repo.run("update-ref", "-d", "refs/remotes/origin/main")
    return repo


def run(repo: Repo, python: str, **given: str) -> subprocess.CompletedProcess[str]:
    """The job's script with the variables that GitLab sets."""
    job: dict[str, Any] = yaml.safe_load(JOB.read_text(encoding="utf-8"))
    [script] = job["treeguard"]["script"]
    return subprocess.run(
        ["sh", "-c", script.replace("/tmp/treeguard/bin/python", python)],
        cwd=repo.path,
        env={**repo.env, **given},
        capture_output=True,
        text=True,
        check=False,
    )


def change(repo: Repo, edit: Edit) -> None:
    apply(repo, edit)
    repo.commit()


def rules(repo: Repo) -> list[str]:
    return [one["check_name"] for one in json.loads((repo.path / REPORT).read_text())]


@pytest.mark.parametrize(
    ("edit", "code", "found"),
    [
        pytest.param(KEPT["forbidden"], 0, [], id="kept"),
        pytest.param(VIOLATIONS["preserved"], 1, ["reports-kept"], id="deletion"),
        pytest.param(
            Edit({"policy.toml": LOOSE}, VIOLATIONS["preserved"].remove),
            1,
            ["reports-kept"],
            id="loosens the policy that it breaks",
        ),
    ],
)
def test_merge_request(
    edit: Edit, code: int, found: list[str], clone: Repo, python: str
) -> None:
    change(clone, edit)
    done = run(clone, python, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert (done.returncode, rules(clone)) == (code, found)
    # The job's log says what the report says.
    assert all(rule in done.stdout for rule in found)


def test_a_fork_is_held_to_the_project_that_it_would_change(
    clone: Repo, python: str, tmp_path: Path
) -> None:
    """Its own main has landed the deletion that the merge request asks for."""
    project = tmp_path / "project.git"
    clone_repository(Repo(tmp_path / "origin", clone.env), project, "--bare")
    change(clone, VIOLATIONS["preserved"])
    clone.run("push", "-q", "--no-verify", "origin", "+HEAD:refs/heads/forked")
    given = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "forked",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_PROJECT_URL": str(project).removesuffix(".git"),
    }
    Repo(project, clone.env).run("branch", "forked", "main")
    assert run(clone, python, **given, CI_PROJECT_ID="1").returncode == 0
    assert run(clone, python, **given, CI_PROJECT_ID="2").returncode == 1
    assert rules(clone) == ["reports-kept"]


@pytest.mark.parametrize(("before", "code"), [("HEAD~1", 1), ("HEAD", 0)])
def test_push(before: str, code: int, clone: Repo, python: str) -> None:
    change(clone, VIOLATIONS["preserved"])
    tip = clone.out("rev-parse", before)
    assert run(clone, python, CI_COMMIT_BEFORE_SHA=tip).returncode == code


def test_a_first_push_has_nothing_to_compare(clone: Repo, python: str) -> None:
    change(clone, VIOLATIONS["placed"])
    done = run(clone, python, CI_COMMIT_BEFORE_SHA=NOTHING)
    assert (done.returncode, rules(clone)) == (1, ["deployment-assets"])


def test_a_policy_that_cannot_be_used_is_no_pass(clone: Repo, python: str) -> None:
    change(clone, Edit({"policy.toml": "[policy]\nversion = 9\n"}))
    tip = clone.head()
    done = run(clone, python, CI_COMMIT_BEFORE_SHA=tip)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (clone.path / REPORT).exists()


def test_an_old_tip_that_cannot_be_had_is_no_pass(clone: Repo, python: str) -> None:
    assert run(clone, python, CI_COMMIT_BEFORE_SHA="1" * 40).returncode > 1
