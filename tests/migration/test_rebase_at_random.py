"""Whatever a branch does: each commit becomes what migrating its tree makes of it."""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.acting import execution
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.analysis.store import Store
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.history_lookup import find_trail
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import locked
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.migration.plan.planner import make_plan
from treeguard.migration.rebase.branch_rebase import CARRIED
from treeguard.migration.rebase.branch_rebase import Rebased
from treeguard.migration.rebase.branch_rebase import rebase
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import read_performed
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.policy.model import Policy
from treeguard.repository.merge_tree import WRITE_TREE
from treeguard.repository.merge_tree import merged_tree
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load
from treeguard.trees import Entry

PACKAGES = ("a", "b", "b/c", "d")
MODULES = tuple(f"{package}/{name}.py" for package in PACKAGES for name in "xyz")
HOMES = ("old/", "d/sub/", "e/f/")
LINES = 6

Tree = dict[str, str]


def module(imports: list[str], number: int = 0) -> str:
    body = "".join(f"V{line} = {number}\n\n\n" for line in range(LINES))
    return "".join(f"import {name}\n" for name in imports) + body


def dotted(path: str) -> str:
    """The name of a module, or of a package."""
    return path.removesuffix(".py").replace("/", ".")


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Packages whose modules import each other, and a program that imports them.

    By its imports they have one name at any time: without it, what a commit deletes
    could be the only file that says how the others are reached.
    """
    chosen = draw(st.sets(st.sampled_from(MODULES), min_size=3, max_size=7))
    tree = {f"{package}/__init__.py": "" for package in PACKAGES}
    tree["main.py"] = "".join(f"import {dotted(package)}\n" for package in PACKAGES)
    names = st.sampled_from([dotted(path) for path in sorted(chosen)])
    for path in sorted(chosen):
        tree[path] = module(draw(st.lists(names, max_size=2, unique=True)))
    return tree


@st.composite
def changed(
    draw: st.DrawFn, tree: Tree, who: str = "mine", what_else: tuple[str, ...] = ()
) -> Tree:
    """What a commit makes of a tree: edits, imports, new files, files that go."""
    tree = dict(tree)
    paths = sorted(path for path in tree if path in MODULES)
    for _step in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(paths))
        what = draw(st.sampled_from(what_else or ("edit", "import", "add", "delete")))
        if what == "edit" and path in tree:
            line = draw(st.integers(1, LINES - 2))
            tree[path] = tree[path].replace(f"V{line} = 0", f"V{line} = {who!r}")
        elif what == "import" and path in tree:
            target = dotted(draw(st.sampled_from(sorted(set(paths) & tree.keys()))))
            tree[path] = f"import {target} as t\n" + tree[path]
        elif what == "add":
            new = draw(st.sampled_from([*MODULES, "a/new/n.py", "g/n.py", "b/c.txt"]))
            tree.setdefault(new, f"import {dotted(path)}\n" if path in tree else "")
        elif path in tree and not _is_imported(path, tree):
            del tree[path]
    return tree


def _is_imported(path: str, tree: Tree) -> bool:
    return any(f"import {dotted(path)}" in text for text in tree.values())


class Story(NamedTuple):
    """A fork, what moves where, the commits of a branch, and what `main` did first."""

    fork: Tree
    source: str
    home: str
    commits: list[Tree]
    meanwhile: Tree

    @property
    def policy(self) -> bytes:
        return _policy(self.source, self.home)

    def whole(self, tree: Tree) -> Tree:
        return {**tree, "policy.toml": self.policy.decode()}


@st.composite
def stories(draw: st.DrawFn, *, early: bool) -> Story:
    fork = draw(trees())
    source, home = draw(st.sampled_from(PACKAGES[:3])), draw(st.sampled_from(HOMES))
    commits = [fork]
    for _number in range(draw(st.integers(1, 2))):
        commits.append(draw(changed(commits[-1])))
    other = draw(changed(fork, "theirs", ("edit", "add"))) if early else fork
    home += source.rpartition("/")[2] + "/"
    return Story(fork, f"{source}/", home, commits[1:], other)


@contextmanager
def carried(story: Story) -> Iterator[tuple[Repo, Git, Store, Performed, Rebased]]:
    """The story as a repository, and its branch carried over."""
    with tempfile.TemporaryDirectory() as folder:
        repo = make_repository(Path(folder) / "repo")
        policy = load(story.policy, "policy.toml", "test")
        _commit(repo, story.whole(story.fork))
        repo.run("branch", "feature")
        if story.meanwhile != story.fork:
            _commit(repo, story.whole(story.meanwhile))
        git, store = Git(str(repo.path), repo.env), Store(f"{folder}/facts.sqlite")
        record = _migrate(git, store, repo, policy)
        repo.run("switch", "-q", "feature")
        for tree in story.commits:
            _commit(repo, story.whole(tree), "on the branch")
        repo.run("switch", "-q", "main")
        trail = find_trail(git, "p", record)
        assert trail is not None
        assert policy.migration is not None
        done = read_performed(git, policy, policy.migration, trail)
        made = rebase(git, f"{folder}/work", store, done, "feature", dry=False)
        yield repo, git, store, done, made
        git.close()
        store.close()


@pytest.mark.skipif(Git().version < WRITE_TREE, reason="needs git merge-tree")
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(early=False))
def test_a_rebased_commit_is_its_tree_migrated(story: Story) -> None:
    with carried(story) as (repo, git, store, done, made):
        assert made.state == CARRIED, made.conflicts
        assert len(made.copies) == len(story.commits)
        for copy in made.copies:
            old = _migrated(git, store, done.policy, copy.old)
            assert _found(git, done, copy.new) == old
        _merges(repo, git)


@pytest.mark.skipif(Git().version < WRITE_TREE, reason="needs git merge-tree")
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(early=True))
def test_an_earlier_fork_is_as_if_it_had_been_merged_before(story: Story) -> None:
    """Migrating the merge of both sides is merging both sides migrated."""
    with carried(story) as (_repo, git, store, done, made):
        merges = [
            merged_tree(git, done.trail.base, commit)
            for commit in git.run("rev-list", f"{made.old}", f"^{done.trail.base}")
            .decode()
            .split()
        ]
        if made.state != CARRIED:
            assert any(conflicts for _tree, conflicts in merges)
            return
        for copy in made.copies:
            tree, conflicts = merged_tree(git, done.trail.base, copy.old)
            if not conflicts:
                wanted = _migrated(git, store, done.policy, tree)
                assert _found(git, done, copy.new) == wanted


def _found(git: Git, done: Performed, commit: str) -> dict[str, Entry]:
    """The files of a commit, without what the migration wrote."""
    found = dict(tree_snapshot(git, commit).files())
    for path in {*(file.path for file in done.created), ".git-blame-ignore-revs"}:
        found.pop(path, None)
    return found


def _policy(source: str, home: str) -> bytes:
    return f"""\
[policy]
version = 1
[migration]
id = "p"
title = "t"
record = "record.md"
[[migration.move]]
from = ["{source}"]
to = "{home}"
reason = "r"
[[migration.create]]
path = "written.txt"
text = "x"
""".encode()


def _commit(repo: Repo, tree: Tree, message: str = "change") -> None:
    """Commit exactly this tree on the current branch."""
    listing = repo.out("ls-files").split("\n")
    for path in set(listing) - tree.keys() - {""}:
        repo.remove(path)
    for path, text in tree.items():
        repo.write(path, text)
    repo.stage()
    repo.commit(message)


def _migrate(git: Git, store: Store, repo: Repo, policy: Policy) -> str:
    head = repo.head()
    today = datetime.date(2026, 1, 1)
    plan = make_plan(policy, tree_snapshot(git, head), head, store, today=today)
    folder = folder_of(git, "p")
    with locked(folder):
        execution(git, folder).apply(plan, "record.md", ApplyOptions())
    return repo.head()


def _migrated(git: Git, store: Store, policy: Policy, commit: str) -> dict[str, Entry]:
    """The tree of a commit as a migration of its own would make it."""
    tree = tree_snapshot(git, commit)
    plan = make_plan(policy, tree, commit, store, today=datetime.date(2026, 1, 1))
    edited = {}
    for path, new, edits in plan.edits:
        entry = tree.entry(path)
        assert entry is not None
        edited[new] = apply_edits(tree.read(entry.oid), edits)
    return dict(MovedSnapshot(tree, plan.moves, edited).files())


def _merges(repo: Repo, git: Git) -> None:
    """The target has gone on in lines of its own."""
    for path in repo.out("ls-files").split("\n"):
        if path.endswith(".py"):
            text = (repo.path / path).read_text()
            repo.write(path, text.replace(f"V{LINES - 1} = 0", "LAST = 'theirs'"))
    repo.run("commit", "-qam", "later", "--allow-empty")
    _tree, conflicts = merged_tree(git, repo.head(), repo.out("rev-parse", "feature"))
    gone = repo.out("diff", "--name-only", "--diff-filter=D", "main~1", "feature")
    assert {raw.decode() for raw in conflicts if raw} <= set(gone.split("\n"))
