"""Undo: from the end, from the middle, and where something happened since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.migration.acting import ID
from tests.migration.acting import execution
from tests.migration.acting import git_of
from tests.migration.acting import on_disk
from tests.migration.acting import plan_of
from tests.migration.acting import run_apply
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import locked
from treeguard.plans import Plan

MOVES = {
    "pkg/a.py": "new/pkg/a.py",
    "pkg/b.py": "new/pkg/b.py",
    "one.py": "two.py",
    "two.py": "one.py",
}
EDITS = {
    "pkg/b.py": ("import pkg.a", "import new.pkg.a"),
    "use.py": ("pkg.b", "new.pkg.b"),
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A folder that moves, two files that swap, one that is edited in place."""
    repo = make_repository(tmp_path / "repo")
    for path, text in {
        "pkg/a.py": "A = 1\n",
        "pkg/b.py": "import pkg.a\n",
        "one.py": "ONE = 1\n",
        "two.py": "TWO = 2\n",
        "use.py": "import pkg.b\n",
        ".gitignore": "*.log\n",
    }.items():
        repo.write(path, text)
    repo.stage()
    repo.commit("before")
    repo.write("pkg/x.log", "ignored\n")
    repo.write("pkg/notes/deep.txt", "untracked\n")
    (repo.path / "pkg/empty").mkdir()
    (repo.path / "new").mkdir()
    return repo


def the_plan(repo: Repo) -> Plan:
    return plan_of(repo, MOVES, EDITS, {"new/README.md": "# New\n"})


@pytest.mark.parametrize("carry", [False, True], ids=["left", "carried"])
def test_it_is_exactly_as_it_was(repo: Repo, carry: bool) -> None:
    before = state(repo)
    done = run_apply(repo, the_plan(repo), ApplyOptions(carry=carry))
    disk = on_disk(repo)
    assert ("new/pkg/notes/deep.txt" in disk) is carry
    assert ("pkg/notes/deep.txt" in disk) is not carry
    assert len(done.leftovers) == (0 if carry else 2)
    assert (repo.path / "one.py").read_text() == "TWO = 2\n"
    run_undo(repo)
    assert state(repo) == before


def test_a_carried_file_that_was_edited_or_deleted_since(repo: Repo) -> None:
    run_apply(repo, the_plan(repo), ApplyOptions(carry=True))
    repo.write("new/pkg/x.log", "more\n")
    repo.remove("new/pkg/notes/deep.txt")
    run_undo(repo)
    assert (repo.path / "pkg/x.log").read_text() == "more\n"
    assert "pkg/notes/deep.txt" not in on_disk(repo)


def edit_a_moved_file(repo: Repo) -> None:
    repo.write("new/pkg/a.py", "A = 2\n")


def commit_to_a_moved_file(repo: Repo) -> None:
    edit_a_moved_file(repo)
    repo.run("commit", "-qam", "later")


def delete_a_moved_file(repo: Repo) -> None:
    repo.run("rm", "-q", "new/pkg/a.py")
    repo.commit("later")


def write_at_an_old_place(repo: Repo) -> None:
    repo.write("pkg/a.py", "mine\n")


def stage_something(repo: Repo) -> None:
    repo.write("more.py", "x\n")
    repo.run("add", "more.py")


def go_elsewhere(repo: Repo) -> None:
    repo.run("switch", "-q", "-c", "other", "HEAD~3")


def reset_away(repo: Repo) -> None:
    repo.run("reset", "-q", "--hard", "HEAD~1")


SINCE: list[tuple[Callable[[Repo], None], str]] = [
    (edit_a_moved_file, "files of the plan have uncommitted changes: new/pkg/a.py"),
    (commit_to_a_moved_file, "commits since the migration changed new/pkg/a.py"),
    (delete_a_moved_file, "commits since the migration changed new/pkg/a.py"),
    (write_at_an_old_place, "pkg/a.py exists, but a file has to be restored there"),
    (stage_something, "there are staged changes: more.py"),
    (go_elsewhere, "of main, which is not HEAD"),
    (reset_away, "of main, which is not HEAD"),
]


@pytest.mark.parametrize(("since", "says"), SINCE, ids=[r[0].__name__ for r in SINCE])
def test_what_happened_since_is_never_lost(
    repo: Repo, since: Callable[[Repo], None], says: str
) -> None:
    run_apply(repo, the_plan(repo))
    since(repo)
    before = state(repo)
    with pytest.raises(UsageError) as refusal:
        run_undo(repo)
    assert says in refusal.value.message
    assert state(repo) == before


def test_later_commits_elsewhere_stay_and_a_commit_takes_back(repo: Repo) -> None:
    old = repo.out("rev-parse", "HEAD^{tree}")
    run_apply(repo, the_plan(repo))
    repo.write("new/pkg/later.py", "L = 1\n")
    repo.stage("new/pkg/later.py")
    later = repo.commit("later")
    done = run_undo(repo)
    assert done.newer == ("new/pkg/later.py",)
    assert repo.out("rev-parse", "HEAD^") == later
    changed = repo.out("diff", "--name-status", "--no-renames", old, "HEAD")
    assert changed == "A\tnew/pkg/later.py"
    assert repo.out("status", "--porcelain") == "?? pkg/notes/"
    assert "Treeguard-Migration-Undone: patch-13" in repo.out("log", "-1")


def test_what_a_remote_has_is_not_rewound(repo: Repo) -> None:
    old = repo.head()
    run_apply(repo, the_plan(repo))
    tip = repo.head()
    repo.run("update-ref", "refs/remotes/origin/main", tip)
    run_undo(repo)
    assert repo.out("rev-parse", "HEAD^") == tip
    assert repo.out("diff", "--name-only", old, "HEAD") == ""


@pytest.mark.parametrize("done", [1, 2])
def test_from_the_middle_it_goes_back_after_each_phase(repo: Repo, done: int) -> None:
    before = state(repo)
    interrupted(repo, done)
    run_undo(repo)
    assert state(repo) == before


def interrupted(repo: Repo, phases: int) -> None:
    """Apply the plan, and stop after some of its three phases."""
    git = git_of(repo)
    folder = folder_of(git, ID)
    with locked(folder):
        run = execution(git, folder)
        ready = run.prepare(the_plan(repo), "patches/patch_13.md", ApplyOptions())
        going = run.steps(ready.journal)
        for _phase in range(phases):
            next(going)
    git.close()


@pytest.mark.parametrize("path", ["use.py", "new/pkg/b.py"])
def test_an_edit_in_the_middle_is_not_overwritten(repo: Repo, path: str) -> None:
    interrupted(repo, 1)
    repo.write(path, "mine\n")
    if path == "use.py":
        with pytest.raises(GitError, match=r"use\.py was changed since"):
            run_undo(repo)
    else:
        assert run_undo(repo).left == (path,)
    assert (repo.path / path).read_text() == "mine\n"


def test_an_edit_of_a_file_that_moved_goes_along(repo: Repo) -> None:
    interrupted(repo, 1)
    with open(repo.full("pkg/a.py"), "ab") as file:
        file.write(b"MINE = 1\n")
    run_undo(repo)
    assert (repo.path / "pkg/a.py").read_text() == "A = 1\nMINE = 1\n"
    assert repo.out("status", "--porcelain", "-uno") == " M pkg/a.py"


def test_a_commit_in_the_middle_stays(repo: Repo) -> None:
    interrupted(repo, 1)
    repo.write("more.py", "x\n")
    repo.run("add", "more.py")
    tip = repo.commit("meanwhile")
    run_undo(repo)
    assert repo.head() == tip
    assert repo.out("status", "--porcelain") == "?? pkg/notes/"


def test_two_at_a_time_are_refused(repo: Repo) -> None:
    folder = folder_of(git_of(repo), ID)
    with (
        locked(folder),
        pytest.raises(UsageError, match="another treeguard process is running"),
    ):
        run_undo(repo)
