"""What must not begin: each refusal changes nothing and says what to type."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.migration.acting import git_of
from tests.migration.acting import plan_of
from tests.migration.acting import run_apply
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.errors import UsageError
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.plans import Blocker
from treeguard.plans import Plan
from treeguard.trees import GITLINK

MOVES = {"config/app.yaml": "deployment/config/app.yaml", "run.py": "tools/run.py"}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two files that move, one that stays, and a second branch."""
    repo = make_repository(tmp_path / "repo")
    repo.write("config/app.yaml", "port: 1\n")
    repo.write("run.py", "print(1)\n")
    repo.write("other.py", "print(2)\n")
    repo.write(".gitignore", "deployment/\n")
    repo.stage()
    repo.commit("before")
    repo.run("branch", "side")
    return repo


def side_commit(repo: Repo) -> None:
    """Branch `side` changes what `main` changes too."""
    repo.run("switch", "-q", "side")
    repo.write("other.py", "print('side')\n")
    repo.run("commit", "-qam", "side")
    repo.run("switch", "-q", "main")
    repo.write("other.py", "print('main')\n")
    repo.run("commit", "-qam", "main")


def merging(repo: Repo) -> None:
    side_commit(repo)
    repo.run("merge", "side", check=False)


def rebasing(repo: Repo) -> None:
    side_commit(repo)
    repo.run("rebase", "side", check=False)


def picking(repo: Repo) -> None:
    side_commit(repo)
    repo.run("cherry-pick", "side", check=False)


def reverting(repo: Repo) -> None:
    side_commit(repo)
    repo.write("other.py", "print('later')\n")
    repo.run("commit", "-qam", "later")
    repo.run("revert", "--no-edit", "HEAD~1", check=False)


def bisecting(repo: Repo) -> None:
    repo.run("bisect", "start")


def locked(repo: Repo) -> None:
    repo.write(".git/index.lock")


def staged(repo: Repo) -> None:
    repo.write("other.py", "print(3)\n")
    repo.run("add", "other.py")


def edited(repo: Repo) -> None:
    repo.write("run.py", "print('mine')\n")


def deleted(repo: Repo) -> None:
    repo.remove("run.py")


def assumed_unchanged(repo: Repo) -> None:
    repo.run("update-index", "--assume-unchanged", "run.py")
    repo.write("run.py", "print('mine')\n")


def sparse(repo: Repo) -> None:
    repo.run("sparse-checkout", "set", "--cone", "nothing")


def ignored_destination(repo: Repo) -> None:
    repo.write("deployment/config/app.yaml", "secret\n")


def untracked_destination(repo: Repo) -> None:
    repo.write("tools/run.py", "mine\n")


def dangling_destination(repo: Repo) -> None:
    repo.link("tools/run.py", "nowhere")


def file_for_a_folder(repo: Repo) -> None:
    repo.write("tools", "mine\n")


def link_for_a_folder(repo: Repo) -> None:
    os.mkdir(repo.full("elsewhere"))
    repo.link("tools", "elsewhere")


def record_exists(repo: Repo) -> None:
    repo.write("patches/patch_13.md", "mine\n")


def folded(repo: Repo) -> None:
    repo.write("Tools/else.py", "")
    repo.stage("Tools")
    repo.commit("folded")


def detached(repo: Repo) -> None:
    repo.run("switch", "-q", "--detach")


def in_two_worktrees(repo: Repo) -> None:
    where = str(repo.path.parent / "second")
    repo.run("worktree", "add", "-q", "--force", where, "main")


REFUSED: list[tuple[Callable[[Repo], None], str, str]] = [
    (merging, "a merge is in progress", "git merge --abort"),
    (rebasing, "a rebase is in progress", "git rebase --abort"),
    (picking, "a cherry-pick is in progress", "git cherry-pick --abort"),
    (reverting, "a revert is in progress", "git revert --abort"),
    (bisecting, "a bisection is in progress", "git bisect reset"),
    (locked, "another Git process is running", "delete that file"),
    (staged, "there are staged changes: other.py", "git restore --staged ."),
    (edited, "files of the plan have uncommitted changes: run.py", "git stash"),
    (deleted, "files of the plan have uncommitted changes: run.py", "git stash"),
    (assumed_unchanged, "assume that run.py is unchanged", "--no-assume-unchanged"),
    (sparse, "config/app.yaml is outside of the sparse", "sparse-checkout disable"),
    (ignored_destination, "deployment/config/app.yaml already exists", "move it away"),
    (untracked_destination, "tools/run.py already exists", "move it away"),
    (dangling_destination, "tools/run.py already exists", "move it away"),
    (file_for_a_folder, "tools is a file", "move tools"),
    (link_for_a_folder, "tools is a symbolic link", "move tools"),
    (record_exists, "patches/patch_13.md already exists", "move it away"),
    (folded, "tools and Tools differ in case only", "policy.toml"),
    (detached, "HEAD is detached", "--detached"),
    (in_two_worktrees, "main is checked out in another work tree", "worktree list"),
]


@pytest.mark.parametrize(
    ("spoil", "says", "hints"), REFUSED, ids=[row[0].__name__ for row in REFUSED]
)
def test_it_is_refused_and_nothing_is_changed(
    repo: Repo, spoil: Callable[[Repo], None], says: str, hints: str
) -> None:
    spoil(repo)
    plan = plan_of(repo, MOVES)
    before = state(repo)
    with pytest.raises(UsageError) as refusal:
        run_apply(repo, plan)
    assert says in refusal.value.message
    assert hints in refusal.value.hint
    assert state(repo) == before
    assert load(folder_of(git_of(repo), plan.id)) is None


def moved_on(plan: Plan) -> Plan:
    return plan._replace(base="0" * 40)


def blocked(plan: Plan) -> Plan:
    return plan._replace(blockers=(Blocker("run.py", 3, "it imports garbage", ()),))


def a_submodule(plan: Plan) -> Plan:
    first = plan.moves[0]._replace(mode=GITLINK)
    return plan._replace(moves=(first, *plan.moves[1:]))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (moved_on, "the plan was made for 000000000000"),
        (blocked, "the plan is blocked: run.py:3: it imports garbage"),
        (a_submodule, "config/app.yaml is a submodule"),
    ],
)
def test_such_a_plan_is_refused(
    repo: Repo, spoil: Callable[[Plan], Plan], says: str
) -> None:
    before = state(repo)
    with pytest.raises(UsageError) as refusal:
        run_apply(repo, spoil(plan_of(repo, MOVES)))
    assert says in refusal.value.message
    assert state(repo) == before


def other_file_is_dirty(repo: Repo) -> None:
    repo.write("other.py", "print('mine')\n")


def a_stash(repo: Repo) -> None:
    repo.write("other.py", "print('mine')\n")
    repo.run("stash")


def intent_to_add(repo: Repo) -> None:
    repo.write("config/new.yaml", "x\n")
    repo.run("add", "--intent-to-add", "config/new.yaml")


def index_of_version_4(repo: Repo) -> None:
    repo.run("update-index", "--index-version", "4")


def split_index(repo: Repo) -> None:
    repo.run("update-index", "--split-index")


@pytest.mark.parametrize(
    "spoil",
    [other_file_is_dirty, a_stash, intent_to_add, index_of_version_4, split_index],
)
def test_this_is_no_hindrance(repo: Repo, spoil: Callable[[Repo], None]) -> None:
    spoil(repo)
    dirty = repo.out("status", "--porcelain")
    run_apply(repo, plan_of(repo, MOVES))
    assert repo.out("status", "--porcelain") == dirty
    assert (repo.path / "tools/run.py").read_text() == "print(1)\n"
    assert repo.out("fsck", "--no-dangling") == ""


def test_a_detached_head_moves_if_that_is_allowed(repo: Repo) -> None:
    detached(repo)
    main = repo.out("rev-parse", "main")
    run_apply(repo, plan_of(repo, MOVES), ApplyOptions(detached=True))
    assert repo.out("rev-parse", "main") == main != repo.head()
    assert repo.out("status", "--porcelain") == ""


def test_no_commit_yet_is_refused(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "empty")
    plan = Plan("p", "t", "0" * 40, (), (), (), (), (), (), ())
    with pytest.raises(UsageError, match="there is no commit yet"):
        run_apply(repo, plan)


def test_a_shallow_clone_is_fine(repo: Repo, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    repo.run("clone", "-q", "--depth=1", repo.path.as_uri(), str(clone))
    shallow = Repo(clone, repo.env)
    run_apply(shallow, plan_of(shallow, MOVES))
    assert shallow.out("status", "--porcelain") == ""


def test_a_linked_work_tree_has_its_own_journal(repo: Repo, tmp_path: Path) -> None:
    where = tmp_path / "linked"
    repo.run("worktree", "add", "-q", str(where), "side")
    linked = Repo(where, repo.env)
    before = state(repo)
    run_apply(linked, plan_of(linked, MOVES))
    assert linked.out("status", "--porcelain") == ""
    assert state(repo) == before
    assert load(folder_of(git_of(repo), "patch-13")) is None


def test_lfs_is_refused_where_its_pattern_would_no_longer_match(repo: Repo) -> None:
    repo.write(".gitattributes", "config/*.yaml filter=lfs\n")
    repo.stage(".gitattributes")
    repo.commit("lfs")
    before = state(repo)
    with pytest.raises(UsageError) as refusal:
        run_apply(repo, plan_of(repo, MOVES))
    assert "config/app.yaml has filter=lfs" in refusal.value.message
    assert state(repo) == before


def test_lfs_is_fine_where_the_plan_rewrites_its_pattern(repo: Repo) -> None:
    repo.write(".gitattributes", "config/*.yaml filter=lfs\n")
    repo.stage(".gitattributes")
    repo.commit("lfs")
    edits = {".gitattributes": ("config/", "deployment/config/")}
    run_apply(repo, plan_of(repo, MOVES, edits))
    assert repo.out("status", "--porcelain") == ""
