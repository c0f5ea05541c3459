"""Every implementation of `Snapshot` says what Git says of one and the same tree."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.memory import Content
from tests.support.memory import Executable
from tests.support.memory import MemorySnapshot
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from tests.support.trees import Files
from tests.support.trees import files_of
from tests.support.trees import git_files
from treeguard import trees
from treeguard.errors import GitError
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import ChangedSnapshot
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.worktree import worktree_snapshot
from treeguard.stages.agents.virtual_worktree import VirtualWorktree
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot

ODD = b'deep/\xff\n\t".py'
PLAIN: dict[str | bytes, str] = {
    "top.txt": "top\n",
    "a/one.py": "import needle\n",
    "a/two.py": "import os\n",
    "a/b/c/deep.py": "import needle\n",
    "empty.py": "",
    ODD: "odd",
    "-dash.py": "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
}
MOVES = {"a/one.py": "new/place/one.py", "link": "new/link", "run": "tools/run"}
EDITED = {"new/place/one.py": b"import other\n", "top.txt": b"bottom\n"}
CREATED = {"new/fresh.py": b"import needle\n"}


class Situation(NamedTuple):
    """A repository with two trees, `old` and `new`: the last one is in its index and on
    its disk, the first one is HEAD's."""

    repo: Repo
    old: str
    new: str
    moves: dict[str, str]
    edited: dict[str, bytes]
    created: dict[str, bytes]

    def git(self) -> Git:
        return Git(str(self.repo.path), self.repo.env)

    def old_files(self) -> Files:
        return git_files(self.repo, self.old)

    def new_files(self) -> Files:
        return git_files(self.repo, self.new)

    def changes(self) -> list[Change]:
        old, new = self.old_files(), self.new_files()
        return [
            Change(path, _entry(old.get(path)), _entry(new.get(path)))
            for path in sorted(old.keys() | new.keys())
            if old.get(path) != new.get(path)
        ]

    def data(self, oid: str) -> bytes:
        return self.repo.run("cat-file", "blob", oid).stdout


def _entry(found: tuple[int, str] | None) -> Entry | None:
    return None if found is None else Entry(*found)


def full(path: Path) -> Situation:
    """A link, an executable, a submodule, a name that is no UTF-8; some of it moves."""
    repo = make_repository(path)
    for name, text in PLAIN.items():
        repo.write(name, text)
    repo.write("run", "#!/bin/sh\n")
    (repo.path / "run").chmod(0o755)
    repo.link("link", "a/b")
    repo.stage()
    (repo.path / "sub").mkdir()
    repo.run("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    old = repo.out("write-tree")
    repo.run("update-ref", "HEAD", repo.out("commit-tree", "-m", "old", old))
    for before, after in MOVES.items():
        (repo.path / after).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / before).rename(repo.path / after)
    for name, data in {**EDITED, **CREATED}.items():
        repo.write(name, data)
    repo.run("add", "-A", "-f", "--", ".", ":!sub")
    return Situation(repo, old, repo.out("write-tree"), MOVES, EDITED, CREATED)


def empty(path: Path) -> Situation:
    """Both trees without any file."""
    repo = make_repository(path)
    tree = repo.out("write-tree")
    repo.run("update-ref", "HEAD", repo.out("commit-tree", "-m", "old", tree))
    return Situation(repo, tree, tree, {}, {}, {})


@pytest.fixture(scope="module", params=[full, empty], ids=lambda make: make.__name__)
def situation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Situation:
    make: Callable[[Path], Situation] = request.param
    return make(tmp_path_factory.mktemp("conformance") / "repo")


Made = tuple[Snapshot, Snapshot]


def a_tree(case: Situation, git: Git) -> Made:
    return TreeSnapshot(git, case.old, "old"), TreeSnapshot(git, case.new, "new")


def a_tree_with_known_changes(case: Situation, git: Git) -> Made:
    known = {case.old: case.changes()}
    old, _new = a_tree(case, git)
    return old, TreeSnapshot(git, case.new, "new", known)


def the_index(case: Situation, git: Git) -> Made:
    return TreeSnapshot(git, case.old, "HEAD"), index_snapshot(git)


def the_index_upon_nothing(case: Situation, git: Git) -> Made:
    files = case.new_files().items()
    every = [Change(path, None, Entry(*found)) for path, found in files]
    upon = ChangedSnapshot(empty_snapshot(git), every, "all of it")
    return TreeSnapshot(git, case.old, "old"), upon


def two_upon_one(case: Situation, git: Git) -> Made:
    """Both snapshots are changes upon a third, and the bytes are in neither."""
    base = empty_snapshot(git)
    made = []
    for files in (case.old_files(), case.new_files()):
        blobs = {oid: case.data(oid) for mode, oid in files.values() if mode != GITLINK}
        entries: dict[str, Entry | None]
        entries = {path: Entry(*found) for path, found in files.items()}
        made.append(ChangedSnapshot.of(base, entries, "upon", blobs))
    return made[0], made[1]


def a_tool_call(case: Situation, git: Git) -> Made:
    index = TreeSnapshot(git, case.old, "the index")
    ground = VirtualWorktree(git, index, str(case.repo.path))
    for change in case.changes():
        if change.new is None:
            ground.remove(change.path)
        elif change.path in case.created:
            ground.write(change.path, case.created[change.path])
        else:
            ground.put(change.path, change.new)
    return index, ground.trees()[1]


def the_work_tree(case: Situation, git: Git) -> Made:
    return TreeSnapshot(git, case.old, "HEAD"), worktree_snapshot(git)


def an_indexed_tree(case: Situation, git: Git) -> Made:
    old, new = a_tree(case, git)
    return old, IndexedSnapshot(new, git)


def an_indexed_tree_without_git(case: Situation, git: Git) -> Made:
    old, new = a_tree(case, git)
    return IndexedSnapshot(old), IndexedSnapshot(new)


def a_moved_tree(case: Situation, git: Git) -> Made:
    return _moved(case, TreeSnapshot(git, case.old, "old"))


def a_moved_indexed_tree(case: Situation, git: Git) -> Made:
    return _moved(case, IndexedSnapshot(TreeSnapshot(git, case.old, "old"), git))


def _moved(case: Situation, base: Snapshot) -> Made:
    files = case.old_files()
    moves = [FileMove(old, new, *files[old]) for old, new in case.moves.items()]
    created = [NewFile(path, data) for path, data in case.created.items()]
    return base, MovedSnapshot(base, moves, case.edited, created)


def in_memory(case: Situation, git: Git) -> Made:
    old = MemorySnapshot(_contents(case, case.old_files()))
    return old, MemorySnapshot(_contents(case, case.new_files()), earlier=old)


def _contents(case: Situation, files: Files) -> dict[str, Content]:
    found: dict[str, Content] = {}
    for path, (mode, oid) in files.items():
        if mode == GITLINK:
            found[path] = Submodule(oid)
        elif mode == SYMLINK:
            found[path] = Symlink(case.data(oid).decode())
        else:
            data = case.data(oid)
            found[path] = Executable(data) if mode == EXECUTABLE else data
    return found


MAKERS = (
    a_tree,
    a_tree_with_known_changes,
    the_index,
    the_index_upon_nothing,
    two_upon_one,
    a_tool_call,
    the_work_tree,
    an_indexed_tree,
    an_indexed_tree_without_git,
    a_moved_tree,
    a_moved_indexed_tree,
    in_memory,
)


class Subject(NamedTuple):
    """One implementation of the new tree, another snapshot of the old one."""

    case: Situation
    old: Snapshot
    new: Snapshot


@pytest.fixture(scope="module", params=MAKERS, ids=lambda make: make.__name__)
def subject(request: pytest.FixtureRequest, situation: Situation) -> Iterator[Subject]:
    git = situation.git()
    old, new = request.param(situation, git)
    yield Subject(situation, old, new)
    git.close()


def test_it_has_the_files_of_the_tree(subject: Subject) -> None:
    expected = subject.case.new_files()
    assert files_of(subject.new) == expected
    assert sorted(subject.new.paths()) == sorted(expected)
    # Once more: what was found out is not used up.
    assert files_of(subject.new) == expected


def test_it_is_named(subject: Subject) -> None:
    assert subject.new.name
    if subject.new.tree is not None and not isinstance(subject.new, MemorySnapshot):
        assert subject.new.tree == subject.case.new


@pytest.mark.parametrize("path", ["nowhere", "top.txt/x", "link/deep.py", "sub/x", "/"])
def test_what_is_not_there(path: str, subject: Subject) -> None:
    assert subject.new.entry(path) is None
    assert subject.new.children(path) == {}


def test_what_is_a_folder(subject: Subject) -> None:
    paths = subject.case.new_files()
    folders = {path[:end] for path in paths for end in _slashes(path)}
    for folder in {"", *folders}:
        entry = subject.new.entry(folder)
        assert entry is not None
        assert entry.mode == TREE
    for path in paths:
        assert subject.new.children(path) == {}


def _slashes(path: str) -> list[int]:
    return [number for number, letter in enumerate(path) if letter == "/"]


def test_its_blobs_can_be_read(subject: Subject) -> None:
    files = subject.case.new_files().values()
    oids = [oid for mode, oid in files if mode != GITLINK]
    expected = [(oid, subject.case.data(oid)) for oid in oids]
    assert [(oid, subject.new.read(oid)) for oid in oids] == expected
    assert list(subject.new.read_many(oids)) == expected
    twice = zip(subject.new.read_many(oids), subject.new.read_many(oids), strict=True)
    assert list(twice) == [(one, one) for one in expected]


def test_a_blob_that_is_not_there_is_an_error(subject: Subject) -> None:
    with pytest.raises(GitError):
        subject.new.read("1" * 40)
    with pytest.raises(GitError):
        list(subject.new.read_many(["1" * 40]))


def test_what_changed_since_a_tree(subject: Subject) -> None:
    assert subject.old.tree is None or _since(subject, subject.old.tree) == (
        subject.case.changes()
    )
    if subject.new.tree is not None:
        assert subject.new.changes_since(subject.new.tree) == []
    assert subject.new.changes_since("1" * 40) is None


def _since(subject: Subject, tree: str) -> list[Change]:
    changes = subject.new.changes_since(tree)
    assert changes is not None
    return sorted(changes)


def test_what_changed_from_another_snapshot(subject: Subject) -> None:
    expected = subject.case.changes()
    back = [Change(path, new, old) for path, old, new in expected]
    assert sorted(subject.new.changes_from(subject.old)) == expected
    assert sorted(subject.old.changes_from(subject.new)) == back
    assert subject.new.changes_from(subject.new) == []


def test_a_search_leaves_nothing_out(subject: Subject) -> None:
    found = subject.new.search([b"needle"], [".py"])
    for path, (mode, oid) in subject.case.new_files().items():
        is_file = path.endswith(".py") and mode not in (GITLINK, SYMLINK)
        data = subject.case.data(oid) if is_file else b""
        if found is not None and (b"needle" in data or not data.isascii()):
            assert path in found


def test_it_is_its_changes_upon_its_base(subject: Subject) -> None:
    if subject.new.base is None:
        assert subject.new.changes == {}
        return
    files = dict(subject.new.base.files())
    for path, change in subject.new.changes.items():
        assert files.pop(path, None) == change.old
        if change.new is not None:
            files[path] = change.new
    assert files == dict(subject.new.files())


def implementations(kind: type) -> set[type]:
    found: set[type] = set(kind.__subclasses__())
    return found.union(*map(implementations, found))


def test_every_implementation_is_here(tmp_path: Path) -> None:
    case = full(tmp_path / "repo")
    git = case.git()
    made = {type(one) for make in MAKERS for one in make(case, git)}
    git.close()
    ours = {one for one in implementations(Snapshot) if one.__module__[:5] != "tests"}
    assert ours <= made


def test_every_member_says_whether_it_starts_git() -> None:
    members = {
        name: member
        for name, member in vars(trees.Snapshot).items()
        if callable(member) and not name.startswith("_")
    }
    assert "search" in members
    for name, member in members.items():
        said = str(member.__doc__)
        assert "start" in said or "processes" in said, name
