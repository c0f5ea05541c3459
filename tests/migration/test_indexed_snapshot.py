"""What is searched on disk is what Git finds in the tree, whatever lies on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.analysis.progress import silent
from treeguard.migration.plan import indexed_snapshot
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.repository.grep import search_words
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot

TEXTS = ("legacy", "legacy2", "x_legacy", "\\nlegacy", "attic", "nothing", "é", "")
NAMES = ("a.py", "b.txt", "c/d.py", "c/e.md", "link")
CHANGES = ("as it is", "edited", "gone", "a folder", "crlf")
FILES = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(TEXTS), max_size=3), min_size=1
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("reading") / "repo")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(files=FILES, change=st.data())
def test_the_same_files_are_found(
    repo: Repo, files: dict[str, list[str]], change: st.DataObject
) -> None:
    repo.run("read-tree", "--empty")
    repo.run("clean", "-ffdqx")
    for name, lines in files.items():
        text = "".join(f"{line}\n" for line in lines)
        if name == "link":
            repo.link(name, text or "nowhere")
        else:
            repo.write(name, text)
    repo.stage()
    repo.commit()
    for name in files.keys() - {"link"}:
        _change(repo, name, change.draw(st.sampled_from(CHANGES)))
    git = Git(str(repo.path), repo.env)
    tree = tree_snapshot(git, "HEAD")
    listed = IndexedSnapshot(tree, git)
    words = {b"legacy", b"attic"}
    found = listed.reading.search(words, files, silent)
    assert tree.tree is not None
    assert found == search_words(git, tree.tree, words)
    read = dict(listed.reading.of_paths(files))
    entries = dict(tree.files())
    assert read == {path: tree.read(entries[path].oid) for path in files}
    for needle in (b"legacy", b"x_"):
        mute = listed.reading.silent(files, [needle])
        assert all(needle not in read[path] for path in mute)
    git.close()


def _change(repo: Repo, name: str, change: str) -> None:
    full = Path(os.fsdecode(repo.full(name)))
    if change == "edited":
        full.write_text("legacy attic\n")
    elif change == "crlf":
        full.write_bytes(full.read_bytes().replace(b"\n", b"\r\n"))
    elif change != "as it is":
        full.unlink()
        if change == "a folder":
            full.mkdir()


def test_much_that_is_not_on_disk_is_left_to_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repository(tmp_path / "repo")
    for number in range(4):
        repo.write(f"{number}.txt", f"legacy {number}\n")
    repo.stage()
    repo.commit()
    for number in range(4):
        repo.remove(f"{number}.txt")
    monkeypatch.setattr(indexed_snapshot, "_MISSING", 3)
    git = Git(str(repo.path), repo.env)
    listed = IndexedSnapshot(tree_snapshot(git, "HEAD"), git)
    assert listed.reading.search({b"legacy"}, (), silent) is None
    every = frozenset(f"{number}.txt" for number in range(4))
    assert listed.search_words({b"legacy"}) == every
    git.close()
