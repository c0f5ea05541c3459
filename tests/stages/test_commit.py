"""Which trees a commit is judged by, asked from inside real hooks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from tests.support.project import ROOT
from treeguard.errors import PolicyError
from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git
from treeguard.stages.commit import commit_trees
from treeguard.stages.commit import staged_policy

POLICY = (
    "[policy]\nversion = 1\n\n"
    '[rules.readme]\nkind = "required"\nfiles = ["README.md"]\n'
)

# What a hook would see: the files of each old tree, then those of the new one.
SPY = f"""#!{sys.executable} -I
import sys
sys.path.insert(0, {str(ROOT / "hooks")!r})
from treeguard.repository.plumbing import Git
from treeguard.stages.commit import commit_trees

olds, new = commit_trees(Git())
with open("seen", "w") as file:
    for tree in (*olds, new):
        print(*sorted(path for path, _ in tree.files()), file=file)
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    for stage in ("pre-commit", "pre-merge-commit"):
        repo.write(f".git/hooks/{stage}", SPY)
        (repo.path / ".git/hooks" / stage).chmod(0o755)
    repo.write(".git/info/exclude", "seen\n")
    return repo


def add(repo: Repo, *paths: str) -> None:
    for path in paths:
        repo.write(path, path)
        repo.run("add", path)


def seen(repo: Repo) -> list[str]:
    return (repo.path / "seen").read_text().splitlines()


def test_a_first_commit_comes_from_nothing(repo: Repo) -> None:
    add(repo, "a")
    repo.commit()
    assert seen(repo) == ["", "a"]


def test_a_commit_comes_from_head(repo: Repo) -> None:
    add(repo, "a")
    repo.commit()
    add(repo, "b")
    repo.commit()
    assert seen(repo) == ["a", "a b"]


@pytest.mark.parametrize(
    "args",
    [("-a",), ("-i", "--", "a"), ("--", "a")],
    ids=["all", "include", "only"],
)
def test_the_index_of_this_commit_is_read(repo: Repo, args: tuple[str, ...]) -> None:
    add(repo, "a", "b")
    repo.commit()
    repo.remove("a")
    repo.commit("remove", *args)
    assert seen(repo) == ["a b", "b"]


def test_a_merge_comes_from_each_parent(repo: Repo) -> None:
    add(repo, "a")
    repo.commit()
    for side in ("left", "right"):
        repo.run("checkout", "-q", "-b", side, "main")
        add(repo, side)
        repo.commit()
    repo.run("checkout", "-q", "main")
    repo.run("merge", "-q", "--no-edit", "left", "right")
    first, *merged, new = seen(repo)
    assert (first, sorted(merged), new) == ("a", ["a left", "a right"], "a left right")


def test_a_merge_that_is_committed_later(repo: Repo) -> None:
    add(repo, "a")
    repo.commit()
    repo.run("checkout", "-q", "-b", "side")
    add(repo, "b")
    repo.commit()
    repo.run("checkout", "-q", "main")
    repo.run("merge", "-q", "--no-ff", "--no-commit", "side")
    repo.commit("merge")
    assert seen(repo) == ["a", "a b", "a b"]


def test_the_policy_is_the_staged_one() -> None:
    new = MemorySnapshot({"policy.toml": POLICY})
    assert staged_policy(MemorySnapshot({}), new).source == "index"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"policy.toml": POLICY}, {}, "was removed"),
        ({}, {}, "not in memory"),
        ({}, {"policy.toml": Symlink("x")}, "not a regular file"),
        ({}, {"policy.toml/x": ""}, "not a regular file"),
    ],
    ids=["removed", "never-was", "link", "folder"],
)
def test_without_a_policy_nothing_is_verified(
    old: dict[str, str], new: dict[str, str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        staged_policy(MemorySnapshot(old), MemorySnapshot(new))


def test_an_empty_policy_is_a_fault() -> None:
    with pytest.raises(PolicyError):
        staged_policy(MemorySnapshot({}), MemorySnapshot({"policy.toml": b""}))


def test_a_conflict_cannot_be_verified(repo: Repo) -> None:
    add(repo, "a")
    repo.commit()
    for side in ("left", "right"):
        repo.run("checkout", "-q", "-b", side, "main")
        repo.write("a", side)
        repo.commit(side, "-a")
    repo.run("merge", "left", check=False)
    with pytest.raises(Exception, match="conflict"):
        commit_trees(Git(str(repo.path), repo.env))
