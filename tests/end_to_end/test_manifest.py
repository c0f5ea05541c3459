"""The hook manifest: the runners accept unknown keys silently, this test does not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.support.project import ROOT
from treeguard.rules.registry import KINDS

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS: list[dict[str, Any]] = yaml.safe_load(MANIFEST.read_text())
BY_ID = {hook["id"]: hook for hook in HOOKS}

KIND_IDS = {
    "forbidden-imports": "forbidden",
    "isolated-packages": "isolated",
    "placed-files": "placed",
    "preserved-paths": "preserved",
    "required-files": "required",
    "closed-folders": "closed",
    "import-layers": "layers",
    "vacated-paths": "vacated",
}
KEYS = {
    "id",
    "name",
    "description",
    "entry",
    "language",
    "pass_filenames",
    "require_serial",
    "stages",
    "minimum_pre_commit_version",
}


def test_the_ids_are_those_that_are_documented() -> None:
    others = ["treeguard-hard", "check-policy", "migrate-layout"]
    assert list(BY_ID) == ["treeguard", *KIND_IDS, *others]


def test_every_kind_has_one_id() -> None:
    assert sorted(KIND_IDS.values()) == sorted(KINDS)


GUARD_STAGES = ["pre-commit", "pre-merge-commit", "pre-push", "manual"]
STAGES = {
    **dict.fromkeys(("treeguard", *KIND_IDS), GUARD_STAGES),
    "treeguard-hard": ["prepare-commit-msg"],
    "check-policy": ["pre-commit", "pre-merge-commit", "manual"],
    "migrate-layout": ["manual"],
}


@pytest.mark.parametrize(
    "name", ["treeguard", *KIND_IDS, "treeguard-hard", "migrate-layout"]
)
def test_a_guard_has_exactly_these_keys(name: str) -> None:
    assert set(BY_ID[name]) == KEYS | {"always_run"}
    assert BY_ID[name]["always_run"] is True


def test_check_policy_runs_when_the_policy_changes() -> None:
    assert set(BY_ID["check-policy"]) == KEYS | {"files"}
    assert BY_ID["check-policy"]["files"] == r"^policy\.toml$"


@pytest.mark.parametrize("hook", HOOKS, ids=list(BY_ID))
def test_every_hook_reads_git_itself_in_one_isolated_process(
    hook: dict[str, Any],
) -> None:
    assert hook["language"] == "python"
    command = "migrate apply" if hook["id"] == "migrate-layout" else "hook "
    assert hook["entry"].startswith(f"python -I -m treeguard {command}")
    assert hook["pass_filenames"] is False
    assert hook["require_serial"] is True
    assert hook["stages"] == STAGES[hook["id"]]
    assert hook["minimum_pre_commit_version"] == "3.2.0"


@pytest.mark.parametrize(("name", "kind"), KIND_IDS.items())
def test_the_kind_stands_in_the_entry(name: str, kind: str) -> None:
    # A user's `args` replaces the manifest's: a flag there would not survive.
    assert BY_ID[name]["entry"].endswith(f" hook pre-commit --kind {kind}")


@pytest.mark.parametrize("runner", ["pre_commit", "prek"])
def test_the_runners_accept_the_manifest(runner: str) -> None:
    command = [sys.executable, "-m", runner, "validate-manifest", str(MANIFEST)]
    subprocess.run(command, check=True, capture_output=True)
