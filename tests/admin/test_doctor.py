"""What the doctor sees without running anything, and what real commits prove."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.admin import doctor
from treeguard.admin import install
from treeguard.admin.install import HooksFolder
from treeguard.errors import GitError
from treeguard.repository.plumbing import Git
from treeguard.repository.scratch import scratch_clone

# A hook that refuses and names both extra rules, as treeguard would.
REFUSES = f"#!/bin/sh\necho {doctor.DELETION} {doctor.IMPORT}\nexit 1\n"


def said(remarks: list[doctor.Remark], state: str) -> str:
    return "\n".join(
        f"{remark.message} | {remark.hint}"
        for remark in remarks
        if remark.state == state
    )


def looked(
    folder: HooksFolder, environ: Mapping[str, str] | None = None
) -> list[doctor.Remark]:
    return list(doctor.look(folder, environ or {}))


@pytest.fixture
def installed(tmp_path: Path) -> HooksFolder:
    folder = HooksFolder(str(tmp_path / "hooks"))
    install.install(folder, sys.executable)
    return folder


def test_installed_hooks_are_good(installed: HooksFolder) -> None:
    assert [remark.state for remark in looked(installed)] == [doctor.GOOD] * 3


def test_a_missing_stage_is_named(installed: HooksFolder) -> None:
    os.unlink(os.path.join(installed.path, "pre-merge-commit"))
    words = said(looked(installed), doctor.BAD)
    assert "stage pre-merge-commit is not installed" in words
    assert "treeguard install" in words


def test_a_hook_that_is_not_executable_is_named(installed: HooksFolder) -> None:
    os.chmod(os.path.join(installed.path, "pre-commit"), 0o644)
    assert "not executable" in said(looked(installed), doctor.BAD)


def test_a_gone_interpreter_is_named(tmp_path: Path) -> None:
    folder = HooksFolder(str(tmp_path))
    install.install(folder, "/gone/python")
    assert "runs /gone/python, which does not exist" in said(looked(folder), doctor.BAD)


def test_pushes_that_nobody_guards_are_only_noted(installed: HooksFolder) -> None:
    (Path(installed.path) / "pre-push").unlink()
    states = [remark.state for remark in looked(installed)]
    assert states == [doctor.GOOD, doctor.GOOD, doctor.NOTE]


@pytest.mark.parametrize("native", [True, False])
def test_a_runner_that_is_not_in_use_need_not_know_treeguard(
    tmp_path: Path, native: bool
) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    git = Git(str(repo.path), repo.env)
    folder = install.hooks_folder(git)
    if native:
        install.install(folder, sys.executable)
    words = said(list(doctor.surroundings(git, folder)), doctor.NOTE)
    assert ("does not mention treeguard" in words) is not native


def test_skip_is_named(installed: HooksFolder) -> None:
    words = said(looked(installed, {"SKIP": "treeguard"}), doctor.NOTE)
    assert "SKIP=treeguard" in words


def test_a_configured_hooks_path_is_named(installed: HooksFolder) -> None:
    folder = installed._replace(configured="hk", scope="local")
    words = said(looked(folder), doctor.NOTE)
    assert "core.hooksPath is hk" in words
    assert "git config --unset core.hooksPath" in words


def test_a_folder_of_one_worktree_is_named(installed: HooksFolder) -> None:
    words = said(looked(installed._replace(private=True)), doctor.NOTE)
    assert "this worktree only" in words


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", "[policy]\nversion = 1\n")
    repo.write("src/large.txt", "x" * 1000)
    repo.stage()
    repo.commit("first")
    return repo


def hook(repo: Repo, text: str, *stages: str, folder: str = ".git/hooks") -> None:
    for stage in stages or install.STAGES:
        repo.write(f"{folder}/{stage}", text)
        (repo.path / folder / stage).chmod(0o755)


def proved(repo: Repo) -> list[doctor.Remark]:
    git = Git(str(repo.path), repo.env)
    return list(doctor.prove(git, install.hooks_folder(git)))


def test_a_refusal_that_names_both_rules_is_the_proof(repo: Repo) -> None:
    hook(repo, REFUSES)
    remarks = proved(repo)
    assert [remark.state for remark in remarks] == [doctor.GOOD] * 2
    assert "a commit that breaks the policy was refused" in remarks[0].message
    assert "a merge that breaks the policy was refused" in remarks[1].message


def test_the_clone_reports_its_progress(repo: Repo) -> None:
    git = Git(str(repo.path), {**repo.env, "GIT_PROGRESS_DELAY": "0"})
    steps: list[tuple[str, int, int]] = []
    with scratch_clone(git, progress=lambda *step: steps.append(step)) as clone:
        assert clone.run("ls-files").splitlines() == ["policy.toml", "src/large.txt"]
    assert steps[-1] == ("Updating files", 1, 1)  # only those of the root


def test_a_clone_that_cannot_be_made_names_the_reason(repo: Repo) -> None:
    head = repo.out("rev-parse", "HEAD^{tree}")
    (repo.path / ".git/objects" / head[:2] / head[2:]).unlink()
    with pytest.raises(GitError, match="scratch clone: fatal: failed to unpack tree"):
        proved(repo)


def test_no_hooks_no_proof(repo: Repo) -> None:
    assert [remark.state for remark in proved(repo)] == [doctor.BAD] * 2


def test_a_hook_that_lets_pass_is_no_proof(repo: Repo) -> None:
    hook(repo, "#!/bin/sh\nexit 0\n")
    assert "was accepted" in proved(repo)[0].message


def test_merges_that_nobody_guards_are_named(repo: Repo) -> None:
    hook(repo, REFUSES, "pre-commit")
    assert [remark.state for remark in proved(repo)] == [doctor.GOOD, doctor.BAD]


def test_a_refusal_for_another_reason_is_no_proof(repo: Repo) -> None:
    hook(repo, "#!/bin/sh\necho No module named treeguard\nexit 1\n")
    remark = proved(repo)[0]
    assert remark.state == doctor.BAD
    assert "No module named treeguard" in remark.message


def test_a_refusal_for_one_rule_is_half_a_proof(repo: Repo) -> None:
    hook(repo, f"#!/bin/sh\necho {doctor.IMPORT}\nexit 1\n")
    assert "only some kinds" in proved(repo)[0].message


@pytest.mark.parametrize("value", ["hk", ".config/hooks"])
def test_a_configured_folder_is_what_is_tried(repo: Repo, value: str) -> None:
    hook(repo, "#!/bin/sh\nexit 0\n")
    hook(repo, REFUSES, folder=value)
    repo.run("config", "core.hooksPath", value)
    assert [remark.state for remark in proved(repo)] == [doctor.GOOD] * 2


def test_hooks_outside_of_the_repository_are_tried(repo: Repo, tmp_path: Path) -> None:
    hook(repo, REFUSES, folder=str(tmp_path / "elsewhere"))
    repo.run("config", "core.hooksPath", str(tmp_path / "elsewhere"))
    assert [remark.state for remark in proved(repo)] == [doctor.GOOD] * 2


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_a_repository_without_a_commit(tmp_path: Path, kind: str) -> None:
    repo = make_repository(tmp_path / "new", f"--object-format={kind}")
    hook(repo, REFUSES)
    assert [remark.state for remark in proved(repo)] == [doctor.GOOD] * 2


def test_the_repository_itself_is_left_alone(repo: Repo) -> None:
    hook(repo, REFUSES)
    before = state(repo.path)
    proved(repo)
    assert state(repo.path) == before


def state(folder: Path) -> dict[Path, tuple[int, float]]:
    return {
        path: (path.stat().st_size, path.stat().st_mtime)
        for path in sorted(folder.rglob("*"))
    }


def test_called_from_a_hook_it_still_works_in_its_clone(repo: Repo) -> None:
    hook(repo, REFUSES)
    index = repo.path / ".git/index"
    before = index.read_bytes()
    env = {"GIT_DIR": str(repo.path / ".git"), "GIT_INDEX_FILE": str(index)}
    inside = repo._replace(env={**repo.env, **env})
    assert [remark.state for remark in proved(inside)] == [doctor.GOOD] * 2
    assert index.read_bytes() == before
