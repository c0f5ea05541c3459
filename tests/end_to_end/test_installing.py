"""`treeguard install`, `uninstall` and `doctor` in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.support import RUNNERS
from tests.end_to_end.support import WAYS
from tests.end_to_end.support import Guarded
from tests.end_to_end.support import Outcome
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.patch13 import KEPT
from tests.support.patch13 import VIOLATIONS
from tests.support.project import ROOT

Guard = Callable[..., Guarded]


@pytest.fixture
def bare_of_hooks(tmp_path: Path, workshop: Workshop) -> Repo:
    """A repository shaped as after patch 13, without any hook."""
    path = tmp_path / "repo"
    shutil.copytree(workshop.template, path)
    return Repo(path, workshop.env)


def treeguard(workshop: Workshop, repo: Repo, *args: str, **env: str) -> Outcome:
    done = subprocess.run(
        [workshop.python, "-I", "-m", "treeguard", *args],
        cwd=repo.path,
        env={**repo.env, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


@pytest.mark.parametrize("way", WAYS)
def test_the_doctor_sees_a_refused_commit(
    guard: Guard, workshop: Workshop, way: str
) -> None:
    repo = guard(way).repo
    outcome = treeguard(workshop, repo, "doctor")
    assert outcome.accepted, outcome.output
    assert "a commit that breaks the policy was refused" in outcome.output
    assert "a merge that breaks the policy was refused" in outcome.output


@pytest.mark.parametrize("way", RUNNERS)
def test_the_doctor_names_a_skip(guard: Guard, workshop: Workshop, way: str) -> None:
    repo = guard(way).repo
    outcome = treeguard(workshop, repo, "doctor", SKIP="treeguard")
    assert outcome.code == 1
    assert "SKIP=treeguard" in outcome.output
    # prek fails when nothing is left to run, which is no verdict of ours either.
    said = {"pre-commit": "was accepted in a scratch clone", "prek": "not by treeguard"}
    assert said[way] in outcome.output


def test_the_doctor_names_missing_hooks(
    workshop: Workshop, bare_of_hooks: Repo
) -> None:
    outcome = treeguard(workshop, bare_of_hooks, "doctor")
    assert outcome.code == 1
    assert "stage pre-commit is not installed" in outcome.output
    assert "was accepted in a scratch clone" in outcome.output


def test_install_and_uninstall(workshop: Workshop, bare_of_hooks: Repo) -> None:
    guarded = Guarded(bare_of_hooks)
    workshop.treeguard(bare_of_hooks, "install")
    assert not guarded.commit(VIOLATIONS["required"]).accepted
    workshop.treeguard(bare_of_hooks, "uninstall")
    assert guarded.commit().accepted


def test_install_refuses_a_foreign_hook(
    workshop: Workshop, bare_of_hooks: Repo
) -> None:
    bare_of_hooks.write(".git/hooks/pre-merge-commit", "#!/bin/sh\n")
    outcome = treeguard(workshop, bare_of_hooks, "install")
    assert outcome.code == 2
    assert "left as it is" in outcome.output
    assert not (bare_of_hooks.path / ".git/hooks/pre-commit").exists()


def test_install_beside_pre_commit_says_how_the_two_combine(
    guard: Guard, workshop: Workshop
) -> None:
    outcome = treeguard(workshop, guard("pre-commit").repo, "install")
    assert outcome.code == 2
    assert "the two combine" in outcome.output


def test_from_a_linked_worktree_all_are_guarded(
    workshop: Workshop, bare_of_hooks: Repo, tmp_path: Path
) -> None:
    linked = bare_of_hooks._replace(path=tmp_path / "linked")
    bare_of_hooks.run("worktree", "add", "-q", str(linked.path))
    workshop.treeguard(linked, "install")
    for repo in (linked, bare_of_hooks):
        assert not Guarded(repo).commit(VIOLATIONS["preserved"]).accepted


@pytest.fixture
def launched(workshop: Workshop, bare_of_hooks: Repo) -> Repo:
    """A repository that uses the launchers of this project through core.hooksPath."""
    for stage in ("pre-commit", "pre-merge-commit"):
        shutil.copy2(ROOT / "hooks" / stage, bare_of_hooks.path)
    folder = bare_of_hooks.path / "hooks"
    folder.mkdir()
    for stage in ("pre-commit", "pre-merge-commit"):
        (bare_of_hooks.path / stage).rename(folder / stage)
    bare_of_hooks.write(".gitignore", "/.venv\n")
    environment = Path(workshop.python).parents[1]
    (bare_of_hooks.path / ".venv").symlink_to(environment)
    bare_of_hooks.run("config", "core.hooksPath", "hooks")
    bare_of_hooks.stage()
    bare_of_hooks.commit("Launchers", "--no-verify")
    return bare_of_hooks


def test_the_launchers_use_the_projects_environment(launched: Repo) -> None:
    guarded = Guarded(launched)
    assert not guarded.commit(VIOLATIONS["preserved"]).accepted
    launched.run("reset", "-q", "--hard")
    assert guarded.commit(KEPT["preserved"]).accepted


def test_the_launchers_work_in_a_linked_worktree(
    launched: Repo, tmp_path: Path
) -> None:
    linked = launched._replace(path=tmp_path / "linked")
    launched.run("worktree", "add", "-q", str(linked.path))
    outcome = Guarded(linked).commit(VIOLATIONS["preserved"])
    assert "reports-kept" in outcome.output


def test_the_launchers_pass_the_doctor(workshop: Workshop, launched: Repo) -> None:
    outcome = treeguard(workshop, launched, "doctor")
    assert outcome.accepted, outcome.output


def test_a_launcher_without_treeguard_blocks(launched: Repo, tmp_path: Path) -> None:
    (launched.path / ".venv").unlink()
    plain = tmp_path / "bin"
    plain.mkdir()
    (plain / "python3").write_text(
        "#!/bin/sh\necho No module named treeguard\nexit 1\n"
    )
    (plain / "python3").chmod(0o755)
    path = f"{plain}{os.pathsep}{launched.env['PATH']}"
    assert not Guarded(launched).commit(KEPT["preserved"], PATH=path).accepted
