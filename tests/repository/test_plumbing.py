"""Git as it is found: where the repository is, and every way not to find one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.repository import process
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write("a/b.py", "import os\n")
    repo.stage()
    repo.commit()
    return repo


def test_a_plain_repository(repo: Repo) -> None:
    where = Git(str(repo.path / "a"), repo.env).where
    git_dir = str(repo.path / ".git")
    assert where == (str(repo.path), git_dir, git_dir, "sha1", False, False)


def test_sha256_is_seen(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo", "--object-format=sha256")
    assert Git(str(repo.path), repo.env).where.object_format == "sha256"


def test_a_bare_repository(repo: Repo, tmp_path: Path) -> None:
    bare = clone_repository(repo, tmp_path / "bare", "--bare")
    where = Git(str(bare.path), bare.env).where
    assert (where.top, where.bare, where.git_dir) == (None, True, str(bare.path))


def test_inside_the_git_folder_there_is_no_top(repo: Repo) -> None:
    where = Git(str(repo.path / ".git"), repo.env).where
    assert (where.top, where.bare) == (None, False)


def test_a_shallow_clone(repo: Repo, tmp_path: Path) -> None:
    repo.commit("second")
    clone = clone_repository(repo, tmp_path / "clone", "--depth=1")
    assert Git(str(clone.path), clone.env).where.shallow


def test_a_linked_worktree_shares_the_common_folder(repo: Repo, tmp_path: Path) -> None:
    repo.run("worktree", "add", "-q", "../linked")
    where = Git(str(tmp_path / "linked"), repo.env).where
    assert where.common_dir == str(repo.path / ".git")
    assert where.git_dir == str(repo.path / ".git/worktrees/linked")


def test_git_dir_in_the_environment_wins_over_the_folder(repo: Repo) -> None:
    env = {**repo.env, "GIT_DIR": str(repo.path / ".git")}
    assert Git("/", env).where.git_dir == str(repo.path / ".git")


def test_a_line_break_in_a_folder_name(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "two\nlines\n")
    where = Git(str(repo.path), repo.env).where
    assert (where.top, where.git_dir) == (str(repo.path), str(repo.path / ".git"))
    (tmp_path / "more").mkdir()
    bare = clone_repository(repo, tmp_path / "ba\nre", "--bare")
    assert Git(str(bare.path), bare.env).where.git_dir == str(bare.path)


def fault(git: Git) -> GitError:
    with pytest.raises(GitError) as caught:
        index_snapshot(git)
    error = caught.value
    assert error.exit_code == 2
    assert error.hint
    assert "\n" not in error.message + error.hint
    return error


def test_no_repository(tmp_path: Path) -> None:
    env = {**process.elsewhere(os.environ), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    git = Git(str(tmp_path), env)
    assert "not a Git repository" in fault(git).message
    with pytest.raises(GitError, match="not a Git repository"):
        _ = git.where


@pytest.mark.parametrize("path", ["", ".", "relative/bin", "/nowhere"])
def test_git_absent(repo: Repo, path: str) -> None:
    git = Git(str(repo.path), {**repo.env, "PATH": path})
    assert fault(git).message == "Git is not on PATH"


def test_a_program_named_git_in_the_repository_is_never_run(repo: Repo) -> None:
    repo.write("git", "#!/bin/sh\ntouch ran\n")
    os.chmod(repo.path / "git", 0o755)
    path = os.pathsep.join(["", ".", repo.env.get("PATH", "")])
    index_snapshot(Git(str(repo.path), {**repo.env, "PATH": path}))
    assert not (repo.path / "ran").exists()


def test_a_folder_that_is_gone(tmp_path: Path, repo: Repo) -> None:
    error = fault(Git(str(tmp_path / "gone"), repo.env))
    assert "gone: no such file or directory" in error.message


@pytest.mark.parametrize("version", ["2.30.9", "1.8.3.1", "2.7.4 (Apple Git-66)"])
def test_git_too_old(repo: Repo, tmp_path: Path, version: str) -> None:
    old = tmp_path / "bin" / "git"
    old.parent.mkdir()
    script = f"""\
#!{sys.executable}
import sys
if sys.argv[-1] == "version":
    print("git version {version}")
elif "--path-format=absolute" in sys.argv:
    print("\\n".join(sys.argv))
else:
    sys.exit("error: unknown option")
"""
    old.write_text(script)
    old.chmod(0o755)
    git = Git(str(repo.path), {**repo.env, "PATH": str(old.parent)})
    assert fault(git).message.startswith("Git 2.31 or newer is required, found ")
    with pytest.raises(GitError, match=r"Git 2\.31 or newer"):
        _ = git.where


def test_a_repository_of_somebody_else(repo: Repo) -> None:
    env = {**repo.env, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    error = fault(Git(str(repo.path), env))
    command = f"git config --global --add safe.directory {repo.path}"
    assert "another user owns it" in error.message
    assert command in error.hint


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        pytest.param("index", b"DIRC garbage", "git reset", id="index"),
        pytest.param("config", b"[core\n", "git cat-file", id="config"),
    ],
)
def test_damaged_files_of_git(repo: Repo, name: str, content: bytes, hint: str) -> None:
    (repo.path / ".git" / name).write_bytes(content)
    error = fault(Git(str(repo.path), repo.env))
    assert "failed: " in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"1" * 40 + b"\n", id="missing-commit"),
        pytest.param(b"garbage\n", id="garbage"),
    ],
)
def test_a_broken_branch_is_not_taken_for_an_unborn_one(
    repo: Repo, content: bytes
) -> None:
    (repo.path / ".git/refs/heads/main").write_bytes(content)
    fault(Git(str(repo.path), repo.env))


def test_a_detached_head_without_its_commit(repo: Repo) -> None:
    (repo.path / ".git/HEAD").write_bytes(b"1" * 40 + b"\n")
    assert "HEAD names a commit" in fault(Git(str(repo.path), repo.env)).message


def test_what_a_message_holds_cannot_reach_a_terminal() -> None:
    error = process.failure(("log",), 128, b"fatal: bad \x1b[31m\xff\r name\nmore\n")
    assert error.message == "`git log` failed: bad \\x1b[31m\\xff\\r name"


def test_merging_names_the_other_parents(repo: Repo) -> None:
    git = Git(str(repo.path), repo.env)
    assert git.merging() == ()
    repo.run("switch", "-q", "-c", "side")
    side = repo.commit("side")
    repo.run("switch", "-q", "main")
    repo.run("merge", "-q", "--no-ff", "--no-commit", "side")
    assert git.merging() == (side,)


def test_merging_inside_the_hook_of_a_merge(repo: Repo) -> None:
    side = "2" * 40
    git = Git(str(repo.path), {**repo.env, f"GITHEAD_{side}": "side"})
    assert git.merging() == (side,)


def test_merging_refuses_a_damaged_merge_head(repo: Repo) -> None:
    (repo.path / ".git/MERGE_HEAD").write_bytes(b"\xff\n")
    with pytest.raises(GitError, match="MERGE_HEAD cannot be read"):
        Git(str(repo.path), repo.env).merging()


def test_a_name_that_no_command_line_holds_is_told_as_such(tmp_path: Path) -> None:
    git = Git(str(make_repository(tmp_path / "repo").path))
    with pytest.raises(GitError, match="argument list too long") as caught:
        git.run("log", "--", "n" * 200_000)
    assert caught.value.hint is not None
    assert "too long for a command line" in caught.value.hint
