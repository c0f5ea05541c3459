"""Inside a real hook the index snapshot is the very commit that is being made."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import treeguard
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.trees import git_files

# What a hook of ours does, reduced to its reading: it writes what it saw to a file.
HOOK = """\
#!{python} -I
import json, os, sys
sys.path.insert(0, {source!r})
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
git = Git()
before = open(os.environ["GIT_INDEX_FILE"], "rb").read()
files = {{path: entry for path, entry in index_snapshot(git).files()}}
assert before == open(os.environ["GIT_INDEX_FILE"], "rb").read()
with open({seen!r}, "w") as file:
    json.dump([files, git.merging()], file)
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    for name in ("reports/a", "reports/b", "src/one.py", "src/two.py"):
        repo.write(name, f"content of {name}\n")
    repo.stage()
    repo.commit("base")
    source = str(Path(treeguard.__file__).parent.parent)
    seen = str(tmp_path / "seen.json")
    text = HOOK.format(python=sys.executable, source=source, seen=seen)
    for name in ("pre-commit", "pre-merge-commit"):
        repo.write(f".git/hooks/{name}", text)
        os.chmod(repo.path / ".git/hooks" / name, 0o755)
    return repo


def seen(repo: Repo) -> tuple[dict[str, tuple[int, str]], list[str]]:
    files, merging = json.loads((repo.path.parent / "seen.json").read_bytes())
    return {path: (mode, oid) for path, (mode, oid) in files.items()}, merging


def all_of_it(repo: Repo) -> None:
    repo.remove("reports/a")
    repo.run("commit", "-q", "-a", "-m", "x")


def only_a_path(repo: Repo) -> None:
    repo.write("src/one.py", "staged, and left out")
    repo.stage()
    repo.remove("reports/a")
    repo.run("commit", "-q", "-m", "x", "--", "reports/a")


def include_a_path(repo: Repo) -> None:
    repo.write("src/one.py", "staged, and taken along")
    repo.stage()
    repo.remove("reports/a")
    repo.run("commit", "-q", "-m", "x", "-i", "--", "reports/a")


def amend(repo: Repo) -> None:
    repo.run("rm", "-q", "reports/a")
    repo.run("commit", "-q", "--amend", "-m", "x")


def amend_all(repo: Repo) -> None:
    repo.remove("reports/a")
    repo.run("commit", "-q", "--amend", "-a", "-m", "x")


def not_staged(repo: Repo) -> None:
    repo.remove("reports/a")
    repo.run("commit", "-q", "--allow-empty", "-m", "x")


def removed_and_intended(repo: Repo) -> None:
    repo.run("rm", "-q", "--cached", "reports/a")
    repo.run("add", "-N", "reports/a")
    repo.run("commit", "-q", "-m", "x")


def from_a_subfolder(repo: Repo) -> None:
    repo.remove("reports/a")
    Repo(repo.path / "src", repo.env).run("commit", "-q", "-a", "-m", "x")


def by_git_dir(repo: Repo) -> None:
    repo.remove("reports/a")
    env = {"GIT_DIR": str(repo.path / ".git"), "GIT_WORK_TREE": str(repo.path)}
    Repo(Path("/"), repo.env).run("commit", "-q", "-a", "-m", "x", env=env)


def linked(repo: Repo) -> None:
    repo.run("worktree", "add", "-q", "-b", "other", "../linked")
    other = Repo(repo.path.parent / "linked", repo.env)
    other.remove("reports/a")
    other.run("commit", "-q", "-a", "-m", "x")
    repo.run("reset", "-q", "--hard", "other")


COMMITS: list[Callable[[Repo], None]] = [
    all_of_it,
    only_a_path,
    include_a_path,
    amend,
    amend_all,
    not_staged,
    removed_and_intended,
    from_a_subfolder,
    by_git_dir,
    linked,
]


@pytest.mark.parametrize("commit", COMMITS, ids=lambda commit: commit.__name__)
def test_the_hook_sees_what_is_committed(
    repo: Repo, commit: Callable[[Repo], None]
) -> None:
    commit(repo)
    files, merging = seen(repo)
    assert files == git_files(repo, "HEAD")
    assert merging == []
    assert ("reports/a" in files) == (commit is not_staged)


@pytest.mark.parametrize("arguments", [["--no-ff"], ["--no-ff", "-s", "ours"]])
def test_a_merge_hook_sees_the_result_and_all_parents(
    repo: Repo, arguments: list[str]
) -> None:
    for name in ("one", "two"):
        repo.run("switch", "-q", "-c", name, "main")
        repo.write(f"reports/{name}", name)
        repo.stage()
        repo.run("commit", "-q", "--no-verify", "-m", name)
    repo.run("switch", "-q", "main")
    repo.write("reports/main", "x")
    repo.stage()
    repo.run("commit", "-q", "--no-verify", "-m", "main")
    repo.run("merge", "-q", *arguments, "-m", "x", "one", "two")
    files, merging = seen(repo)
    assert files == git_files(repo, "HEAD")
    parents = repo.out("rev-parse", "HEAD^2", "HEAD^3").split()
    assert sorted(merging) == sorted(parents)


def test_a_merge_finished_by_hand_has_its_parents(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "side")
    repo.run("rm", "-q", "reports/a")
    repo.run("commit", "-q", "--no-verify", "-m", "side")
    repo.run("switch", "-q", "main")
    repo.write("reports/a", "edited")
    repo.run("commit", "-q", "--no-verify", "-a", "-m", "edited")
    repo.run("merge", "-q", "side", check=False)
    repo.run("rm", "-q", "reports/a")
    repo.run("commit", "-q", "-m", "x")
    files, merging = seen(repo)
    assert files == git_files(repo, "HEAD")
    assert merging == [repo.out("rev-parse", "HEAD^2")]
