"""The files on disk: as they lie there, no link followed, nothing ignored taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import treeguard
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.trees import files_of
from tests.support.trees import git_files
from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.repository.plumbing import Git
from treeguard.repository.worktree import WorktreeSnapshot
from treeguard.repository.worktree import object_id
from treeguard.repository.worktree import worktree_snapshot
from treeguard.trees import Snapshot


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo", f"--object-format={request.param}")
    for name in ("reports/a", "reports/b", "src/one.py"):
        repo.write(name, f"content of {name}\n")
    repo.write("src/run", "#!/bin/sh\n")
    os.chmod(repo.path / "src/run", 0o755)
    repo.write(b"reports/\xff\n", "odd")
    repo.write(".gitignore", "*.log\nbuild/\n")
    repo.link("link", "reports/a")
    repo.link("folder-link", "reports")
    repo.link("dangling", "nowhere")
    repo.stage()
    repo.commit("base")
    return repo


def worktree(repo: Repo, cwd: str = ".") -> Snapshot:
    return worktree_snapshot(Git(str(repo.path / cwd), repo.env))


def added_all(repo: Repo, folder: Path) -> dict[str, tuple[int, str]]:
    """What `git add -A` makes of the work tree, in a copy."""
    shutil.copytree(repo.path, folder / "copy", symlinks=True)
    copy = Repo(folder / "copy", repo.env)
    copy.run("add", "-A")
    return git_files(copy, copy.out("write-tree"))


def test_it_is_what_git_add_would_take(repo: Repo, tmp_path: Path) -> None:
    repo.remove("reports/a")
    repo.write("reports/b", "edited")
    repo.write("new/untracked", "x")
    repo.write(".hidden/file", "x")
    repo.write("noise.log", "x")
    repo.write("build/out", "x")
    repo.write("src/more.py", "x")
    repo.remove("link")
    repo.write("link/below", "a folder now")
    found = files_of(worktree(repo))
    assert found == added_all(repo, tmp_path)
    assert found == files_of(worktree(repo, "src"))
    assert "noise.log" not in found


def test_a_tracked_file_that_is_ignored_counts(repo: Repo) -> None:
    repo.write("kept.log", "x")
    repo.run("add", "-f", "kept.log")
    assert "kept.log" in files_of(worktree(repo))


def test_a_folder_that_became_a_link_is_not_entered(repo: Repo, tmp_path: Path) -> None:
    shutil.rmtree(repo.path / "reports")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("secret")
    repo.link("reports", str(outside))
    found = files_of(worktree(repo))
    assert [path for path in found if path.startswith("reports")] == ["reports"]
    assert found == added_all(repo, tmp_path)


def test_bytes_come_from_disk_through_no_filter(repo: Repo) -> None:
    repo.write(".gitattributes", "* text eol=crlf filter=evil\n")
    repo.run("config", "filter.evil.clean", "touch ran; cat")
    repo.write("src/one.py", b"a\r\nb\r\n")
    snapshot = worktree(repo)
    entry = snapshot.entry("src/one.py")
    assert entry is not None
    assert snapshot.read(entry.oid) == b"a\r\nb\r\n"
    assert dict(snapshot.read_many([entry.oid])) == {entry.oid: b"a\r\nb\r\n"}
    assert not (repo.path / "ran").exists()


def test_links_are_read_as_their_targets(repo: Repo) -> None:
    snapshot = worktree(repo)
    for name, target in (("link", b"reports/a"), ("dangling", b"nowhere")):
        entry = snapshot.entry(name)
        assert entry is not None
        assert snapshot.read(entry.oid) == target
    assert snapshot.entry("folder-link/a") is None
    assert snapshot.children("folder-link") == {}


def test_special_files_are_named_and_never_opened(repo: Repo) -> None:
    repo.remove("reports/a")
    os.mkfifo(repo.path / "reports/a")
    os.mkfifo(repo.path / "untracked")
    snapshot = worktree(repo)
    assert isinstance(snapshot, WorktreeSnapshot)
    assert snapshot.skipped == ("reports/a",)
    assert "reports/a" not in files_of(snapshot)


def test_a_sparse_checkout_deletes_nothing(repo: Repo) -> None:
    repo.run("sparse-checkout", "set", "--cone", "--sparse-index", "src")
    assert not (repo.path / "reports").exists()
    snapshot = worktree(repo)
    assert files_of(snapshot) == git_files(repo, "HEAD")
    entry = snapshot.entry("reports/a")
    assert entry is not None
    assert snapshot.read(entry.oid) == b"content of reports/a\n"


def test_a_submodule_stays_and_other_repositories_are_left_out(
    repo: Repo, tmp_path: Path
) -> None:
    kind = Git(str(repo.path), repo.env).where.object_format
    inner = make_repository(repo.path / "sub", f"--object-format={kind}")
    inner.write("file", "x")
    inner.stage()
    inner.commit()
    repo.run("-c", "advice.addEmbeddedRepo=false", "add", "sub")
    make_repository(repo.path / "other").write("file", "x")
    found = files_of(worktree(repo))
    assert found["sub"] == (0o160000, inner.head())
    assert not [path for path in found if path.startswith(("sub/", "other"))]


def test_conflicts_are_read_as_they_lie_there(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "side")
    repo.write("src/one.py", "side\n")
    repo.commit("side", "-a")
    repo.run("switch", "-q", "main")
    repo.write("src/one.py", "main\n")
    repo.commit("main", "-a")
    repo.run("merge", "-q", "side", check=False)
    snapshot = worktree(repo)
    entry = snapshot.entry("src/one.py")
    assert entry is not None
    assert b"<<<<<<<" in snapshot.read(entry.oid)
    assert files_of(snapshot).keys() == git_files(repo, "HEAD").keys()


def test_without_executable_bits_the_index_knows_better(repo: Repo) -> None:
    repo.run("config", "core.fileMode", "off")
    os.chmod(repo.path / "src/run", 0o644)
    os.chmod(repo.path / "src/one.py", 0o755)
    repo.write("new", "x")
    os.chmod(repo.path / "new", 0o755)
    found = files_of(worktree(repo))
    modes = [found[name][0] for name in ("src/run", "src/one.py", "new")]
    assert modes == [0o100755, 0o100644, 0o100644]


def test_without_links_the_index_knows_better(repo: Repo) -> None:
    repo.run("config", "core.symlinks", "false")
    repo.remove("link")
    repo.write("link", "reports/a")
    assert files_of(worktree(repo))["link"] == git_files(repo, "HEAD")["link"]


def test_changes_from_a_commit(repo: Repo) -> None:
    old = repo.out("rev-parse", "HEAD:")
    assert worktree(repo).changes_since(old) == []
    repo.remove("reports/a")
    repo.write("new", "x")
    changes = worktree(repo).changes_since(old)
    assert changes is not None
    kinds = [
        (change.path, change.old is None, change.new is None) for change in changes
    ]
    assert kinds == [("new", True, False), ("reports/a", False, True)]
    assert worktree(repo).changes_since("1" * 40) is None


def test_a_file_that_changes_meanwhile_is_refused(repo: Repo) -> None:
    snapshot = worktree(repo)
    entry = snapshot.entry("src/one.py")
    assert entry is not None
    repo.write("src/one.py", "changed")
    with pytest.raises(GitError, match=r"src/one\.py changed while"):
        snapshot.read(entry.oid)
    repo.remove("src/one.py")
    with pytest.raises(GitError, match=r"src/one\.py cannot be read: no such file"):
        snapshot.read(entry.oid)


def test_a_file_replaced_by_a_link_meanwhile_is_not_followed(repo: Repo) -> None:
    snapshot = worktree(repo)
    assert snapshot.entry("src/one.py") is not None
    entry = snapshot.entry("src/one.py")
    assert entry is not None
    repo.link("src/one.py", "../reports/a")
    with pytest.raises(GitError, match="changed while"):
        snapshot.read(entry.oid)


def test_a_listed_file_that_vanishes_is_an_error(repo: Repo) -> None:
    snapshot = worktree(repo)
    repo.remove("src/one.py")
    with pytest.raises(GitError, match=r"src/one\.py cannot be read"):
        list(snapshot.files())


def test_a_huge_file_is_refused(repo: Repo) -> None:
    with open(repo.path / "huge", "wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(TooLargeError, match="huge is too large"):
        worktree(repo).entry("huge")


# Everything is imported before the rights are given up: another user may not be able
# to read the interpreter's own folder.
AS_NOBODY = """\
import hashlib, os, sys
from treeguard.repository import worktree
from treeguard.repository.plumbing import Git
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    print("read:", list(worktree.worktree_snapshot(Git(sys.argv[1])).files()))
except Exception as error:
    print(f"{type(error).__name__}: {error}")
"""


def message_as_nobody(repo: Repo) -> str:
    """What reading the whole work tree says to a user who is not root."""
    if os.geteuid() == 0:
        for folder, _, names in os.walk(repo.path):
            for name in (".", *names):
                os.lchown(os.path.join(folder, name), 65534, 65534)
    source = str(Path(treeguard.__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(repo.path)],
        env={**repo.env, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("readable", "read: "),
        (
            "closed",
            "GitError: the work tree cannot be listed: could not open directory",
        ),
        ("src/one.py", "GitError: src/one.py cannot be read: permission denied"),
        ("src", "GitError: "),
    ],
)
def test_what_may_not_be_read_is_an_error(name: str, expected: str) -> None:
    # Not below the folder of pytest: that one is closed to everybody else.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        repo = make_repository(Path(folder) / "repo")
        repo.write("src/one.py", "x")
        repo.stage()
        repo.write("closed/file", "x")
        if name != "readable":
            os.chmod(repo.path / name, 0)
        try:
            assert message_as_nobody(repo).startswith(expected)
        finally:
            os.chmod(repo.path / "closed", 0o755)


def test_a_bare_repository_has_no_work_tree(repo: Repo) -> None:
    repo.run("config", "core.bare", "true")
    with pytest.raises(GitError, match="no work tree"):
        worktree(repo)


@given(st.binary(max_size=99))
def test_ids_of_the_empty_and_of_any_bytes_differ_by_content(data: bytes) -> None:
    empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert (object_id("sha1", data) == empty) == (data == b"")
    assert len(object_id("sha256", data)) == 64
