"""A file on disk stands for a blob only where its bytes are that blob's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.repository.worktree import OnDisk
from treeguard.repository.worktree import on_disk

LARGE = b"0123456789abcdef" * 5000


@pytest.fixture
def nasty(tmp_path: Path) -> Repo:
    """Files that are on disk otherwise than Git has them, each in a way of its own."""
    repo = make_repository(tmp_path / "nasty")
    ran = tmp_path / "ran"
    repo.run("config", "filter.rot.clean", f"touch {ran}; tr a-z n-za-m")
    repo.run("config", "filter.rot.smudge", f"touch {ran}; tr a-z n-za-m")
    repo.write(".gitattributes", "*.rot filter=rot\n*.crlf text eol=crlf\n*.id ident\n")
    for name in ("plain.txt", "one.rot", "lines.crlf", "who.id", "edited.txt"):
        repo.write(name, f"{name}\n$Id$\nlegacy\n")
    for name in ("assumed.txt", "skipped.txt", "racy.txt", "gone.txt", "pipe.txt"):
        repo.write(name, f"{name} legacy\n")
    for name in ("folder.txt", "linked.txt", "sub/inner.txt", "empty.txt"):
        repo.write(name, "" if name == "empty.txt" else f"{name} legacy\n")
    repo.write(b"not-utf-8-\xff.txt", "legacy\n")
    repo.write("large.bin", LARGE)
    repo.link("link", "plain.txt")
    repo.stage()
    repo.commit("nasty")
    repo.run("checkout", "-q", "-f", "HEAD", "--", ".")
    for name in ("one.rot", "lines.crlf", "who.id"):
        repo.remove(name)
    repo.run("checkout", "-q", "-f", "HEAD", "--", ".")
    _disguise(repo)
    ran.unlink(missing_ok=True)
    return repo


def _disguise(repo: Repo) -> None:
    repo.run("update-index", "--assume-unchanged", "assumed.txt")
    repo.run("update-index", "--skip-worktree", "skipped.txt")
    for name in ("edited.txt", "assumed.txt", "skipped.txt"):
        repo.write(name, "another text\n")
    times = os.stat(repo.full("racy.txt"))
    repo.write("racy.txt", "racy.txt LEGACY\n")  # as long as before, and as old
    os.utime(repo.full("racy.txt"), ns=(times.st_atime_ns, times.st_mtime_ns))
    for name in ("gone.txt", "pipe.txt", "folder.txt", "linked.txt"):
        repo.remove(name)
    os.mkfifo(repo.full("pipe.txt"))
    os.mkdir(repo.full("folder.txt"))
    repo.link("linked.txt", "plain.txt")


TRUE = {
    ".gitattributes",
    "plain.txt",
    "empty.txt",
    "large.bin",
    "sub/inner.txt",
    "not-utf-8-\udcff.txt",
}


def test_only_what_is_proven_is_taken(nasty: Repo, tmp_path: Path) -> None:
    git = Git(str(nasty.path), nasty.env)
    disk = on_disk(git)
    assert disk is not None
    taken = set()
    for path, entry in tree_snapshot(git, "HEAD").files():
        if entry.is_file:
            data = disk.read(path, entry.oid)
            if data is not None:
                taken.add(path)
                assert data == git.objects.read(entry.oid)
    git.close()
    assert taken == TRUE
    assert not (tmp_path / "ran").exists(), "a filter of the repository ran"


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "bare")
    repo.run("config", "core.bare", "true")
    git = Git(str(repo.path / ".git"), repo.env)
    assert on_disk(git) is None


@pytest.mark.parametrize(
    ("algorithm", "oid"),
    [
        ("sha1", "5626abf0f72e58d7a153368ba57db4c673c0e171"),
        ("sha256", "a4ed1f355afb02d88cd291d0e4463910c5061ece48a49aa2b1539b9af973b286"),
    ],
)
def test_both_kinds_of_ids(tmp_path: Path, algorithm: str, oid: str) -> None:
    (tmp_path / "one.txt").write_bytes(b"one\n")
    disk = OnDisk(str(tmp_path), algorithm)
    assert disk.read("one.txt", oid) == b"one\n"
    assert disk.read("one.txt", oid[::-1]) is None
