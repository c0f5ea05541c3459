"""The GitHub Action's script on real repositories: each event, and ways to fool it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build
from tests.support.project import ROOT

SCRIPT = ROOT / "deployment" / "github" / "check-event"
NOTHING = "0" * 40
INPUTS = ("RANGE", "POLICY_FROM", "EXISTING", "SARIF")
EVENT = ("BASE_REF", "MERGE_BASE", "BEFORE")
LOOSE = POLICY.replace('paths = ["reports/"]', 'paths = ["reports/llama3/"]')
WAIVER = """
[[exceptions]]
rule = "no-garbage-imports"
path = "banterhearts/ai_agent/agent.py"
reason = "ported next week"
"""


class Checkout(NamedTuple):
    """What actions/checkout leaves behind, and an interpreter that has treeguard."""

    repo: Repo
    python: str
    summary: Path

    def run(self, event: str, **given: str) -> subprocess.CompletedProcess[str]:
        """The action's step for `event`, with the rest of its environment."""
        env = {
            **dict.fromkeys((*INPUTS, *EVENT), ""),
            "EVENT": event,
            "DEFAULT_BRANCH": "main",
            "SUMMARY": "true",
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "PYTHON": self.python,
            **given,
        }
        return subprocess.run(
            [str(SCRIPT)],
            cwd=self.repo.path,
            env={**self.repo.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    return build(tmp_path / "origin")


@pytest.fixture
def checkout(origin: Repo, python: str, tmp_path: Path) -> Callable[..., Checkout]:
    """Clone `origin`, with a commit for each of the edits on top."""

    def make(*edits: Edit, depth: int = 0) -> Checkout:
        options = [f"--depth={depth}"] if depth else []
        repo = clone_repository(origin, tmp_path / "clone", *options)
        for edit in edits:
            apply(repo, edit)
            repo.commit()
        return Checkout(repo, python, tmp_path / "summary.md")

    return make


Make = Callable[..., Checkout]


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        pytest.param(KEPT["forbidden"], 0, id="kept"),
        pytest.param(VIOLATIONS["preserved"], 1, id="deletion"),
        pytest.param(VIOLATIONS["forbidden"], 1, id="import"),
        pytest.param(
            Edit({"policy.toml": LOOSE}, VIOLATIONS["preserved"].remove),
            1,
            id="loosens the policy that it breaks",
        ),
        pytest.param(
            Edit(
                {**VIOLATIONS["forbidden"].write, "policy.toml": POLICY + WAIVER},
            ),
            1,
            id="waives itself",
        ),
    ],
)
def test_pull_request(edit: Edit, code: int, checkout: Make) -> None:
    done = checkout(edit).run("pull_request", BASE_REF="main")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith("::error ") is bool(code)


def test_what_the_target_gained_meanwhile_is_not_lost(
    origin: Repo, checkout: Make
) -> None:
    made = checkout(Edit({"docs/new.md": "# New\n"}))
    origin.write("reports/gemma3/run_2.json", "{}\n")
    origin.stage()
    origin.commit()
    made.repo.run("fetch", "-q", "origin")
    assert made.run("pull_request", BASE_REF="main").returncode == 0


@pytest.mark.parametrize(
    ("branch", "code"), [("main", 2), ("$(touch${IFS}pwned)", 2), ("`touch`", 2)]
)
def test_a_target_that_was_not_fetched(branch: str, code: int, checkout: Make) -> None:
    made = checkout()
    made.repo.run("update-ref", "-d", "refs/remotes/origin/main")
    done = made.run("pull_request", BASE_REF=branch)
    assert (done.returncode, done.stdout) == (code, "")
    assert f"origin/{branch} was not fetched" in done.stderr
    assert not (made.repo.path / "pwned").exists()


def test_a_branch_named_like_a_command_is_only_a_name(checkout: Make) -> None:
    made = checkout(VIOLATIONS["preserved"])
    name = "refs/remotes/origin/$(touch${IFS}pwned);x"
    made.repo.run("update-ref", name, "origin/main")
    done = made.run("pull_request", BASE_REF="$(touch${IFS}pwned);x")
    assert done.returncode == 1
    assert not (made.repo.path / "pwned").exists()


def test_a_shallow_clone_is_refused(origin: Repo, checkout: Make) -> None:
    origin.commit("another")
    made = checkout(Edit({"docs/new.md": "# New\n"}), depth=1)
    made.repo.run("update-ref", "refs/remotes/origin/main", "HEAD~1")
    made.repo.run("checkout", "-q", "--orphan", "other")
    made.repo.commit()
    done = made.run("pull_request", BASE_REF="main")
    assert (done.returncode, done.stdout) == (2, "")
    assert "shallow" in done.stderr


def test_the_first_policy_binds_the_change_that_brings_it(
    origin: Repo, checkout: Make
) -> None:
    origin.run("rm", "-q", "policy.toml")
    origin.commit()
    made = checkout(Edit({"policy.toml": POLICY, "Dockerfile": "FROM python\n"}))
    done = made.run("pull_request", BASE_REF="main")
    assert done.returncode == 1
    assert "has no policy.toml yet" in done.stderr
    assert "deployment-assets" in done.stdout


def test_merge_group(checkout: Make) -> None:
    made = checkout(VIOLATIONS["preserved"])
    base = made.repo.out("rev-parse", "origin/main")
    assert made.run("merge_group", MERGE_BASE=base).returncode == 1
    assert made.run("merge_group", MERGE_BASE="1" * 40).returncode == 2


def test_push(checkout: Make) -> None:
    made = checkout(VIOLATIONS["preserved"])
    before = made.repo.out("rev-parse", "origin/main")
    assert made.run("push", BEFORE=before).returncode == 1
    assert made.run("push", BEFORE=made.repo.head()).returncode == 0


def test_a_forced_push_is_compared_with_what_it_replaced(
    origin: Repo, checkout: Make
) -> None:
    origin.run("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.write("reports/gemma3/run_2.json", "{}\n")
    origin.stage()
    replaced = origin.commit()
    origin.run("reset", "-q", "--hard", "HEAD~1")
    done = checkout().run("push", BEFORE=replaced)
    assert done.returncode == 1
    assert "reports/gemma3/run_2.json" in done.stdout


def test_what_a_forced_push_replaced_must_be_known(checkout: Make) -> None:
    done = checkout().run("push", BEFORE="1" * 40)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be fetched" in done.stderr


def test_a_new_branch_is_compared_with_the_default_branch(checkout: Make) -> None:
    made = checkout(VIOLATIONS["preserved"])
    new = {"GITHUB_REF": "refs/heads/new", "GITHUB_REF_NAME": "new"}
    assert made.run("push", BEFORE=NOTHING, **new).returncode == 1


@pytest.mark.parametrize(
    ("event", "given"),
    [
        ("push", {"BEFORE": NOTHING}),
        ("push", {"BEFORE": "", "GITHUB_REF": "refs/tags/v1"}),
        ("schedule", {}),
        ("workflow_dispatch", {}),
    ],
    ids=["first push", "tag", "schedule", "by hand"],
)
def test_with_nothing_to_compare_the_tree_alone_is_judged(
    event: str, given: dict[str, str], checkout: Make
) -> None:
    made = checkout(VIOLATIONS["preserved"])
    assert made.run(event, **given).returncode == 0
    apply(made.repo, VIOLATIONS["placed"])
    made.repo.commit()
    assert made.run(event, **given).returncode == 1


@pytest.mark.parametrize(
    "event",
    ["pull_request_target", "pull_request_review", "workflow_run", "issue_comment"],
)
def test_an_event_that_does_not_say_what_it_lands_is_refused(
    event: str, checkout: Make
) -> None:
    done = checkout().run(event, BASE_REF="main")
    assert (done.returncode, done.stdout) == (2, "")
    assert "use pull_request" in done.stderr


def test_the_inputs_come_first(checkout: Make) -> None:
    made = checkout(Edit({"policy.toml": LOOSE}, VIOLATIONS["preserved"].remove))
    chosen = {"RANGE": "origin/main..HEAD"}
    assert made.run("pull_request_target", **chosen).returncode == 0
    law = {**chosen, "POLICY_FROM": "origin/main"}
    assert made.run("pull_request_target", **law).returncode == 1


def test_the_summary_is_added_to(checkout: Make) -> None:
    made = checkout(VIOLATIONS["preserved"])
    made.summary.write_text("before\n")
    made.run("pull_request", BASE_REF="main")
    assert made.summary.read_text().startswith("before\n### treeguard: 1 to fix\n")


def test_sarif_leaves_excepted_findings_out(origin: Repo, checkout: Make) -> None:
    origin.write("policy.toml", POLICY + WAIVER)
    origin.stage()
    origin.commit()
    edit = Edit(VIOLATIONS["forbidden"].write, VIOLATIONS["preserved"].remove)
    done = checkout(edit).run("pull_request", BASE_REF="main", SARIF="out.sarif")
    document = json.loads((origin.path.parent / "clone" / "out.sarif").read_text())
    [run] = document["runs"]
    assert done.returncode == 1
    assert [found["ruleId"] for found in run["results"]] == ["reports-kept"]


def test_a_policy_that_cannot_be_used_is_no_pass(origin: Repo, checkout: Make) -> None:
    origin.write("policy.toml", "[policy]\nversion = 9\n")
    origin.stage()
    origin.commit()
    made = checkout(Edit({"docs/new.md": "# New\n"}))
    assert made.run("pull_request", BASE_REF="main").returncode == 2
    assert not made.summary.exists()
