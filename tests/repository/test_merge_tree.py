"""Merges in memory: the tree that Git itself would make, and nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.repository.merge_tree import Merged
from treeguard.repository.merge_tree import borrowed
from treeguard.repository.merge_tree import merge
from treeguard.repository.plumbing import Git

OLD_GIT = """#!/bin/sh
for word; do
    [ "$word" = version ] && { echo git version 2.31.0; exit; }
    [ "$word" = merge-tree ] && { echo fatal: Not a valid object name; exit 128; }
done
exec REAL "$@"
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """`main` and `side` both went on from one commit."""
    repo = make_repository(tmp_path / "repo")
    commit(repo, base="base\n", both="1\n2\n3\n4\n5\n")
    repo.run("branch", "side")
    commit(repo, new_on_main="main\n", both="main\n2\n3\n4\n5\n")
    repo.run("checkout", "-q", "side")
    commit(repo, new_on_side="side\n", both="1\n2\n3\n4\nside\n")
    return repo


def commit(repo: Repo, **files: str) -> None:
    for path, text in files.items():
        repo.write(path, text)
    repo.stage()
    repo.commit()


def merged(repo: Repo, ours: str = "main", theirs: str = "side") -> Merged:
    with borrowed(Git(str(repo.path), repo.env)) as git:
        return merge(git, ours, theirs)


def state(repo: Repo) -> Iterator[tuple[str, bytes]]:
    for folder, _, names in sorted(os.walk(repo.path)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            yield path, Path(path).read_bytes()


def test_the_tree_is_the_one_that_a_real_merge_makes(repo: Repo) -> None:
    found = merged(repo)
    repo.run("checkout", "-q", "main")
    repo.run("merge", "-q", "--no-edit", "side")
    assert found.new == repo.out("rev-parse", "HEAD^{tree}")
    assert found.old == repo.out("rev-parse", "HEAD^^{tree}")
    assert found.exact


def test_the_repository_is_not_written(repo: Repo) -> None:
    before = list(state(repo))
    with borrowed(Git(str(repo.path), repo.env)) as git:
        found = merge(git, "main", "side")
        assert "new_on_main" in git.objects.tree(found.new)
        folder = git.environ["GIT_OBJECT_DIRECTORY"]
        assert os.listdir(folder)
    assert list(state(repo)) == before
    assert not os.path.exists(folder)


def test_a_path_that_holds_the_separator(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / 'a:"b"')
    commit(repo, base="base\n")
    repo.run("branch", "side")
    commit(repo, main="main\n")
    repo.run("checkout", "-q", "side")
    commit(repo, side="side\n")
    assert merged(repo).exact


@pytest.mark.parametrize(
    ("ours", "theirs", "new"),
    [("side~1", "side", "side"), ("side", "side~1", "side"), ("side", "side", "side")],
    ids=["ahead", "behind", "same"],
)
def test_where_one_side_has_the_other_nothing_is_merged(
    repo: Repo, ours: str, theirs: str, new: str
) -> None:
    found = merged(repo, ours, theirs)
    assert found.new == repo.out("rev-parse", f"{new}^{{tree}}")
    assert found.old == repo.out("rev-parse", f"{ours}^{{tree}}")


def test_a_conflict_names_the_files_and_what_to_type(repo: Repo) -> None:
    commit(repo, both="side\n", **{f"file {n}": "side\n" for n in range(7)})
    repo.run("checkout", "-q", "main")
    commit(repo, both="main\n", **{f"file {n}": "main\n" for n in range(7)})
    with pytest.raises(GitError, match="conflicts in both, file 0, ") as caught:
        merged(repo)
    assert "and 3 more" in caught.value.message
    assert "`git merge main`" in caught.value.hint


def test_a_configured_merge_driver_does_not_run(repo: Repo, tmp_path: Path) -> None:
    repo.run("config", "merge.theirs.driver", f"touch {tmp_path}/ran; cp %B %A")
    repo.write(".git/info/attributes", "both merge=theirs\n")
    with pytest.raises(GitError, match="conflicts in both"):
        merged(repo)
    assert not (tmp_path / "ran").exists()


def test_no_common_ancestor(repo: Repo) -> None:
    repo.run("checkout", "-q", "--orphan", "other")
    repo.commit("orphan")
    with pytest.raises(GitError, match="have no common ancestor"):
        merged(repo, "main", "other")


def test_a_shallow_clone_is_refused(repo: Repo, tmp_path: Path) -> None:
    clone = clone_repository(
        repo, tmp_path / "clone", "--depth=1", "--no-single-branch"
    )
    with pytest.raises(GitError, match="needs the whole history") as caught:
        merged(clone, "origin/main", "origin/side")
    assert "git fetch --unshallow" in caught.value.hint
    assert "fetch-depth: 0" in caught.value.hint


def with_old_git(repo: Repo, tmp_path: Path) -> None:
    real = Git(str(repo.path), repo.env)._program
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(OLD_GIT.replace("REAL", real))
    (tmp_path / "bin/git").chmod(0o755)
    repo.env["PATH"] = f"{tmp_path}/bin:{repo.env['PATH']}"


def test_an_old_git_compares_with_the_merge_base(repo: Repo, tmp_path: Path) -> None:
    with_old_git(repo, tmp_path)
    base = repo.out("rev-parse", "side~1^{tree}")
    assert merged(repo) == Merged(base, repo.out("rev-parse", "side^{tree}"), False)


def test_an_old_git_does_not_choose_among_bases(repo: Repo, tmp_path: Path) -> None:
    for branch, other in (("main", "side"), ("side", "main~1")):
        repo.run("checkout", "-q", branch)
        repo.run("merge", "-q", "--no-edit", "-s", "ours", other)
    assert merged(repo).exact
    with_old_git(repo, tmp_path)
    with pytest.raises(GitError, match="2 merge bases"):
        merged(repo)
