"""Configuration, environment and files of a hostile repository change no answer."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from tests.support.trees import Files
from tests.support.trees import files_of
from treeguard.errors import GitError
from treeguard.repository.history import lost_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.process import elsewhere
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.repository.worktree import worktree_snapshot
from treeguard.trees import Change


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    for name in ("reports/a", "reports/b", "reports/\u00e9", "src/one.py", "*"):
        repo.write(name, f"content of {name}\n")
    repo.write(".gitattributes", "* diff=evil filter=evil text eol=crlf\n")
    repo.stage()
    repo.commit("base")
    repo.run("mv", "reports/a", "src/a")
    repo.write("reports/b", "edited")
    repo.run("rm", "-q", "--cached", "reports/b")
    return repo


Answer = tuple[Files, list[Change] | None, Files, Files, str | None]


def answer(repo: Repo, cwd: str = ".", **env: str) -> Answer:
    """Everything that is asked of a repository, in one tuple."""
    git = Git(str(repo.path / cwd), {**repo.env, **env})
    index = index_snapshot(git)
    base = tree_snapshot(git, "main").tree
    assert base is not None
    return (
        files_of(index),
        index.changes_since(base),
        files_of(tree_snapshot(git, "main")),
        files_of(worktree_snapshot(git)),
        lost_commit(git, "reports/a"),
    )


def trap(repo: Repo) -> str:
    """A program that leaves a trace when it runs."""
    path = repo.path.parent / "evil"
    path.write_text(f"#!/bin/sh\ntouch {repo.path.parent / 'ran'}\nexit 1\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


CONFIGURATION = [
    "diff.renames=copies",
    "diff.relative=true",
    "diff.external=EVIL",
    "diff.evil.command=EVIL",
    "diff.evil.textconv=EVIL",
    "diff.orderFile=missing",
    "diff.ignoreSubmodules=all",
    "diff.noprefix=true",
    "filter.evil.clean=EVIL",
    "filter.evil.smudge=EVIL",
    "filter.evil.process=EVIL",
    "core.fsmonitor=EVIL",
    "core.hooksPath=evil-hooks",
    "core.pager=EVIL",
    "core.quotePath=false",
    "core.ignoreCase=true",
    "core.precomposeUnicode=true",
    "core.autocrlf=true",
    "core.abbrev=4",
    "core.warnAmbiguousRefs=true",
    "core.splitIndex=true",
    "core.untrackedCache=true",
    "core.commitGraph=true",
    "core.attributesFile=missing",
    "color.ui=always",
    "log.showSignature=true",
    "log.follow=true",
    "gpg.program=EVIL",
    "alias.diff-index=!EVIL",
    "alias.cat-file=!EVIL",
    "pager.cat-file=EVIL",
    "pager.ls-tree=EVIL",
    "trace2.eventTarget=2",
    "status.renames=true",
    "feature.manyFiles=true",
    "index.sparse=true",
    "submodule.recurse=true",
    "i18n.logOutputEncoding=UTF-16",
    "i18n.commitEncoding=UTF-16",
]


@pytest.mark.parametrize("setting", CONFIGURATION)
def test_configuration_changes_nothing(repo: Repo, setting: str) -> None:
    expected = answer(repo)
    key, value = setting.split("=", 1)
    repo.run("config", key, value.replace("EVIL", trap(repo)))
    assert answer(repo) == expected
    assert answer(repo, "src") == expected
    assert not (repo.path.parent / "ran").exists()


def test_a_file_system_monitor_would_have_run(repo: Repo) -> None:
    """The trap itself works: plain Git does run it."""
    repo.run("config", "core.fsmonitor", trap(repo))
    repo.run("status")
    assert (repo.path.parent / "ran").exists()


@pytest.mark.parametrize(
    "setting",
    [
        "GIT_LITERAL_PATHSPECS=1",
        "GIT_GLOB_PATHSPECS=1",
        "GIT_NOGLOB_PATHSPECS=1",
        "GIT_ICASE_PATHSPECS=1",
        "GIT_EXTERNAL_DIFF=EVIL",
        "GIT_DIFF_OPTS=-u0",
        "GIT_TRACE=1",
        "GIT_TRACE=2",
        "GIT_TRACE_SETUP=1",
        "GIT_TRACE2=1",
        "GIT_TRACE2_EVENT=2",
        "GIT_PAGER=EVIL",
        "PAGER=EVIL",
        "GIT_PREFIX=src/",
        "GIT_FLUSH=1",
        "GIT_OPTIONAL_LOCKS=1",
        "GIT_PAGER_IN_USE=1",
        "GIT_REPLACE_REF_BASE=refs/heads",
        "LANGUAGE=de",
        "LC_ALL=de_DE.UTF-8",
        "GIT_CONFIG_PARAMETERS='diff.renames'='copies' 'core.fsmonitor'='EVIL'",
        "GIT_NAMESPACE=elsewhere",
    ],
)
def test_environment_changes_nothing(repo: Repo, setting: str) -> None:
    expected = answer(repo)
    key, value = setting.split("=", 1)
    assert answer(repo, **{key: value.replace("EVIL", trap(repo))}) == expected
    assert not (repo.path.parent / "ran").exists()


@pytest.mark.parametrize("how", ["replace", "graft", "environment"])
def test_rewritten_history_is_seen_through(repo: Repo, how: str) -> None:
    expected = answer(repo)
    head = repo.head()
    other = repo.out("commit-tree", "-m", "x", repo.out("write-tree"))
    env: dict[str, str] = {}
    if how == "replace":
        repo.run("replace", head, other)
    elif how == "graft":
        repo.write(".git/info/grafts", f"{head} {other}\n")
    else:
        repo.write("../grafts", f"{head} {other}\n")
        env["GIT_GRAFT_FILE"] = str(repo.path.parent / "grafts")
    assert answer(repo, **env) == expected


def test_a_graft_cannot_hide_the_commit_that_had_a_file(repo: Repo) -> None:
    first = repo.head()
    second = repo.commit("deletes reports/a")
    repo.write(".git/info/grafts", second + "\n")
    assert lost_commit(Git(str(repo.path), repo.env), "reports/a") == first


def test_nothing_is_fetched_and_no_remote_program_runs(
    repo: Repo, tmp_path: Path
) -> None:
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        repo.run("config", key, "true")
    partial = clone_repository(
        repo, tmp_path / "partial", "--filter=blob:none", "--no-checkout"
    )
    partial.run("config", "remote.origin.uploadpack", trap(repo))
    for key in ("protocol.allow", "protocol.file.allow"):
        partial.run("config", key, "always")
    git = Git(str(partial.path), partial.env)
    entry = tree_snapshot(git, "HEAD").entry("src/one.py")
    assert entry is not None
    with pytest.raises(GitError, match=entry.oid) as caught:
        git.objects.read(entry.oid)
    assert "git fetch --refetch" in caught.value.hint
    assert not (tmp_path / "ran").exists()
    partial.run("cat-file", "blob", entry.oid, check=False)
    assert (tmp_path / "ran").exists()  # the trap works: plain Git does run it


def test_another_repository_than_the_hooks_own(repo: Repo, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other")
    inside = {
        **other.env,
        "GIT_DIR": str(repo.path / ".git"),
        "GIT_INDEX_FILE": str(repo.path / ".git/index"),
    }
    assert Git(str(other.path), inside).where.git_dir == str(repo.path / ".git")
    git = Git(str(other.path), elsewhere(inside))
    assert git.where.git_dir == str(other.path / ".git")
    assert files_of(index_snapshot(git)) == {}


def test_pushed_objects_are_read_in_quarantine(repo: Repo, tmp_path: Path) -> None:
    """As in pre-receive: new objects lie apart, and the environment says where."""
    bare = clone_repository(repo, tmp_path / "bare", "--bare")
    apart = tmp_path / "apart"
    apart.mkdir()
    quarantine = {
        "GIT_DIR": str(bare.path),
        "GIT_OBJECT_DIRECTORY": str(apart),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(bare.path / "objects"),
        "GIT_QUARANTINE_PATH": str(apart),
    }
    blob = bare.run("hash-object", "-w", "--stdin", input=b"pushed", env=quarantine)
    line = b"100644 blob %s\tfile\n" % blob.stdout.strip()
    tree = bare.run("mktree", input=line, env=quarantine).stdout.decode().strip()
    git = Git(os.fspath(bare.path), {**bare.env, **quarantine})
    snapshot = tree_snapshot(git, tree)
    assert snapshot.read(blob.stdout.decode().strip()) == b"pushed"
    changes = snapshot.changes_since(tree_snapshot(git, "main").tree or "")
    assert changes is not None
    assert "reports/a" in [change.path for change in changes if change.new is None]
