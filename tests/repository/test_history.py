"""Which commit last had a file, in histories that hide it from simpler questions."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.history import lost_commit
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.trees import Entry

PATH = "reports/a"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write(PATH, "content\n")
    repo.write("other", "x")
    repo.stage()
    repo.commit("first")
    return repo


def opened(repo: Repo) -> Git:
    return Git(str(repo.path), repo.env)


def deleted(repo: Repo) -> str:
    wanted = repo.commit("unrelated")
    repo.run("rm", "-q", PATH)
    repo.commit("deletes")
    repo.commit("later")
    return wanted


def still_there(repo: Repo) -> str:
    return repo.commit("keeps")


def emptied(repo: Repo) -> str:
    wanted = repo.head()
    repo.write(PATH, "")
    repo.commit("empties", "-a")
    return wanted


def made_a_link(repo: Repo) -> str:
    wanted = repo.head()
    repo.link(PATH, "../other")
    repo.commit("links", "-a")
    return wanted


def made_a_folder(repo: Repo) -> str:
    wanted = repo.head()
    repo.run("rm", "-q", PATH)
    repo.write(PATH + "/b", "x")
    repo.stage()
    repo.commit("folder")
    return wanted


def folder_made_a_file(repo: Repo) -> str:
    wanted = repo.head()
    repo.run("rm", "-q", "-r", "reports")
    repo.write("reports", "x")
    repo.stage()
    repo.commit("file")
    return wanted


def deleted_twice(repo: Repo) -> str:
    repo.run("rm", "-q", PATH)
    repo.commit("deletes")
    repo.write(PATH, "again\n")
    repo.stage()
    wanted = repo.commit("again")
    repo.run("rm", "-q", PATH)
    repo.commit("deletes again")
    return wanted


def dropped_by_an_ours_merge(repo: Repo) -> str:
    """Only the side branch had the newer file; the merge equals its first parent."""
    repo.run("rm", "-q", PATH)
    repo.commit("deletes")
    repo.run("switch", "-q", "-c", "side")
    repo.write(PATH, "side\n")
    repo.stage()
    repo.commit("adds")
    wanted = repo.commit("unrelated on side")
    repo.run("switch", "-q", "main")
    repo.commit("unrelated on main")
    repo.run("merge", "-q", "-s", "ours", "-m", "merge", "side")
    repo.commit("later")
    return wanted


def dropped_by_an_evil_merge(repo: Repo) -> str:
    repo.run("switch", "-q", "-c", "side")
    repo.commit("side")
    repo.run("switch", "-q", "main")
    wanted = repo.commit("main", "--date=2026-05-05T00:00:00Z")
    repo.run("merge", "-q", "--no-commit", "-s", "ours", "side")
    repo.run("rm", "-q", PATH)
    repo.commit("evil")
    return wanted


def dropped_by_a_foxtrot_merge(repo: Repo) -> str:
    """The mainline's file is lost by a merge whose first parent never had it."""
    repo.run("rm", "-q", PATH)
    base = repo.commit("without")
    repo.write(PATH, "mainline\n")
    repo.stage()
    wanted = repo.commit("mainline")
    repo.run("switch", "-q", "-c", "topic", base)
    repo.commit("topic")
    repo.run("merge", "-q", "-s", "ours", "-m", "foxtrot", "main")
    return wanted


def with_clocks_that_lie(repo: Repo) -> str:
    """A child dated before its parent is the newer one all the same."""
    env = {"GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z"}
    repo.write(PATH, "newer\n")
    repo.run("commit", "-q", "-a", "-m", "older date", env=env)
    wanted = repo.head()
    repo.run("rm", "-q", PATH)
    repo.run("commit", "-q", "-m", "deletes", env=env)
    return wanted


SITUATIONS: list[Callable[[Repo], str]] = [
    deleted,
    still_there,
    emptied,
    made_a_link,
    made_a_folder,
    folder_made_a_file,
    deleted_twice,
    dropped_by_an_ours_merge,
    dropped_by_a_foxtrot_merge,
    with_clocks_that_lie,
]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
def test_the_newest_commit_that_had_it(
    repo: Repo, situation: Callable[[Repo], str]
) -> None:
    wanted = situation(repo)
    assert lost_commit(opened(repo), PATH) == wanted
    assert lost_commit(Git(str(repo.path / ".git/.."), repo.env), PATH) == wanted


def test_an_evil_merge_drops_what_both_parents_had(repo: Repo) -> None:
    dropped_by_an_evil_merge(repo)
    parents = repo.out("rev-parse", "HEAD^1", "HEAD^2").split()
    assert lost_commit(opened(repo), PATH) in parents


@pytest.mark.parametrize("path", ["never", "reports", "reports/a/b", ":(glob)**", "*"])
def test_a_path_that_no_commit_had_as_a_file(repo: Repo, path: str) -> None:
    deleted(repo)
    assert lost_commit(opened(repo), path) is None


@pytest.mark.parametrize(
    "name", [b"reports/\xff", b"two\nlines", b"*", b":(top)x", b"-a"]
)
def test_odd_names(repo: Repo, name: bytes) -> None:
    repo.write(name, "odd")
    repo.stage()
    wanted = repo.commit("odd")
    repo.run("--literal-pathspecs", "rm", "-q", "--", name)
    repo.commit("deletes")
    repo.write("below/x", "x")
    for cwd in (repo.path, repo.path / "below"):
        assert lost_commit(Git(str(cwd), repo.env), os.fsdecode(name)) == wanted


def test_the_caller_says_what_counts_as_kept(repo: Repo) -> None:
    wanted = repo.head()
    repo.write(PATH, "version https://git-lfs.github.com/spec/v1\n")
    repo.commit("pointer", "-a")

    def no_pointer(entry: Entry, data: bytes) -> bool:
        return entry.is_file and not data.startswith(b"version https://git-lfs")

    assert lost_commit(opened(repo), PATH) == repo.head()
    assert lost_commit(opened(repo), PATH, keeps=no_pointer) == wanted


def test_another_ref_than_head(repo: Repo) -> None:
    wanted = deleted(repo)
    repo.run("tag", "-m", "x", "tagged")
    repo.run("switch", "-q", "--orphan", "fresh")
    repo.commit("fresh")
    git = opened(repo)
    assert lost_commit(git, PATH) is None
    assert lost_commit(git, PATH, "main") == lost_commit(git, PATH, "tagged") == wanted


def test_a_shallow_clone_does_not_guess(repo: Repo, tmp_path: Path) -> None:
    deleted(repo)
    repo.commit("more")
    clone = clone_repository(repo, tmp_path / "clone", "--depth=2")
    with pytest.raises(GitError, match="shallow clone has no commit") as caught:
        lost_commit(opened(clone), PATH)
    assert "git fetch --unshallow" in caught.value.hint
    clone.run("fetch", "-q", "--unshallow")
    assert lost_commit(opened(clone), PATH) is not None


def test_commits_by_name(repo: Repo) -> None:
    repo.run("tag", "-m", "x", "tagged")
    commit = find_commit(opened(repo), "tagged")
    tree = repo.out("rev-parse", "HEAD:")
    assert commit == (repo.head(), tree, (), "A Tester", "first", "2026-01-02")


@pytest.mark.parametrize(
    "name", ["nothing", "HEAD:", "HEAD:other", "HEAD^{tree}", "-x"]
)
def test_a_name_of_no_commit(repo: Repo, name: str) -> None:
    with pytest.raises(UsageError, match="is not a commit"):
        find_commit(opened(repo), name)


def test_a_tag_of_a_blob_is_no_commit(repo: Repo) -> None:
    repo.run("tag", "-m", "x", "blob", "HEAD:other")
    with pytest.raises(UsageError, match="is not a commit"):
        find_commit(opened(repo), "blob")


def test_how_commits_relate(repo: Repo) -> None:
    base = repo.head()
    main = repo.commit("main")
    repo.run("switch", "-q", "-c", "side", base)
    side = repo.commit("side")
    git = opened(repo)
    assert merge_bases(git, main, side) == (base,)
    assert is_ancestor(git, base, side)
    assert not is_ancestor(git, main, side)


def test_no_common_ancestor_is_an_error(repo: Repo, tmp_path: Path) -> None:
    main = repo.head()
    repo.run("switch", "-q", "--orphan", "fresh")
    fresh = repo.commit("fresh")
    with pytest.raises(GitError, match="no common ancestor"):
        merge_bases(opened(repo), main, fresh)
