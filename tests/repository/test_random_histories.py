"""For any history and any state of the index, snapshots equal what Git answers."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.trees import files_of
from tests.support.trees import git_files
from treeguard.repository.changes import parse_raw
from treeguard.repository.history import has_content
from treeguard.repository.history import lost_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import Change

PATHS = [b"a", b"a/b", b"a/b/c", b"a/\xff", b"A", b"d/e", b"d/e.f", b"d/e/f", b" x\n"]
MODES = [b"100644", b"100755", b"120000", b"160000"]
CONTENTS = [b"", b"one", b"two"]

# What an index holds: a mode and a content for some of the paths.
STATE = st.dictionaries(
    st.sampled_from(PATHS),
    st.tuples(st.sampled_from(MODES), st.sampled_from(CONTENTS)),
    max_size=5,
)


def possible(state: dict[bytes, tuple[bytes, bytes]]) -> bool:
    """A path cannot be a file and a folder at once."""
    return not any(path.startswith(other + b"/") for path in state for other in state)


STATES = STATE.filter(possible)
HISTORY = st.lists(STATES, min_size=1, max_size=4)


def fill_index(repo: Repo, state: dict[bytes, tuple[bytes, bytes]]) -> None:
    lines = []
    for path, (mode, content) in state.items():
        stored = repo.run("hash-object", "-w", "--stdin", input=content).stdout.strip()
        oid = b"1" * 39 + b"%d" % len(content) if mode == b"160000" else stored
        lines.append(b"%s %s 0\t%s\0" % (mode, oid, path))
    repo.run("read-tree", "--empty")
    repo.run("update-index", "-z", "--index-info", input=b"".join(lines))


@settings(max_examples=12, deadline=None)
@given(HISTORY, STATES, st.booleans())
def test_index_and_trees_equal_git(
    history: list[dict[bytes, tuple[bytes, bytes]]],
    staged: dict[bytes, tuple[bytes, bytes]],
    split: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder) / "repo")
        commits = []
        for state in history:
            fill_index(repo, state)
            commits.append(repo.commit())
        fill_index(repo, staged)
        if split:
            repo.run("update-index", "--split-index")
        git = Git(str(repo.path), repo.env)
        index = index_snapshot(git)
        found = files_of(index)
        trees = [repo.out("rev-parse", commit + ":") for commit in commits]
        answers = [index.changes_since(tree) for tree in trees]
        new = repo.out("write-tree")
        assert found == git_files(repo, new)
        for tree, answer in zip(trees, answers, strict=True):
            assert answer == git_difference(repo, tree, new)
            snapshot = tree_snapshot(git, tree)
            assert files_of(snapshot) == git_files(repo, tree)
            difference = git_difference(repo, trees[0], tree)
            assert snapshot.changes_since(trees[0]) == difference
        git.close()


def git_difference(repo: Repo, old: str, new: str) -> list[Change]:
    args = ("--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
    found = repo.run("diff-tree", "-r", *args, old, new).stdout
    return sorted(parse_raw(found), key=lambda change: change.path)


# A commit of a random graph: which earlier commits are its parents, and its content.
NODE = st.tuples(
    st.sets(st.integers(0, 7), max_size=2), st.sampled_from(["", "one", "two", None])
)


@settings(max_examples=12, deadline=None)
@given(st.lists(NODE, min_size=2, max_size=8))
def test_the_commit_that_last_had_a_file(
    nodes: list[tuple[set[int], str | None]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder) / "repo")
        commits: list[str] = []
        for number, (parents, content) in enumerate(nodes):
            commits.append(build(repo, commits, number, parents, content))
        git = Git(str(repo.path), repo.env)
        tip = commits[-1]
        order = repo.out("rev-list", "--date-order", tip).split()
        holders = [oid for oid in order if holds(git, oid)]
        assert lost_commit(git, "r/x", tip) == (holders[0] if holders else None)
        git.close()


def build(
    repo: Repo, commits: list[str], number: int, parents: set[int], content: str | None
) -> str:
    state = {b"other": (b"100644", b"%d" % number)}
    if content is not None:
        state[b"r/x"] = (b"100644", content.encode())
    fill_index(repo, state)
    chosen = sorted({commits[parent % number] for parent in parents}) if number else []
    flags = [flag for parent in chosen for flag in ("-p", parent)]
    date = {"GIT_COMMITTER_DATE": f"{1_700_000_000 + number * 60} +0000"}
    tree = repo.out("write-tree")
    return repo.out("commit-tree", "-m", "x", *flags, tree, env=date)


def holds(git: Git, commit: str) -> bool:
    tree = tree_snapshot(git, commit).tree
    assert tree is not None
    entry = TreeSnapshot(git, tree, commit).entry("r/x")
    return entry is not None and has_content(entry, git.objects.read(entry.oid))
