"""SIGKILL at every step of apply and of undo: the old state, the new, or one command.

Hidden behind each case: committed, untracked, ignored and edited files of the owner are
there afterwards with every byte.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from collections.abc import Iterator
from functools import partial

import pytest

from tests.migration.acting import ID
from tests.migration.acting import run_undo
from tests.migration.kill_cases import Case
from tests.migration.kill_cases import is_visible
from tests.migration.killing import killed_after
from tests.migration.killing import killed_at
from tests.support.git import Repo
from treeguard.errors import GitError


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(tmp_path_factory.mktemp("kills"))


def steps_until_done(
    case: Case, work: Callable[[Repo], object], applied: bool
) -> Iterator[Repo]:
    """The repository after a kill at one step after another, to the last.

    Where nothing is visible yet every fifth is enough: all of them leave the same.
    """
    step = killed = 0
    while True:
        repo = case.fresh(applied)
        if not killed_at(step, partial(work, repo)):
            break
        killed += 1
        visible = is_visible(repo)
        yield repo
        shutil.rmtree(repo.path)
        step += 1 if visible else 5
    assert killed > 80, "so few steps cannot be all"


def test_apply_killed_at_each_step_goes_on_or_is_taken_back(case: Case) -> None:
    for number, repo in enumerate(steps_until_done(case, case.apply, False)):
        forward = number % 2 == 0
        assert case.settle(repo, forward=forward) == (
            case.new if forward else case.old
        ), number
        assert repo.out("fsck", "--no-dangling") == ""


def test_undo_killed_at_each_step_is_finished_by_undo(case: Case) -> None:
    for number, repo in enumerate(steps_until_done(case, run_undo, True)):
        assert case.settle(repo, forward=False) == case.old, number


def test_kills_from_outside_at_random_moments(case: Case) -> None:
    moments = random.Random(13)
    for number in range(25):
        repo = case.fresh()
        killed_after(moments.uniform(0.0, 0.4), partial(case.apply, repo))
        forward = number % 2 == 0
        wanted = case.new if forward else case.old
        assert case.settle(repo, forward=forward) == wanted, number


def test_a_branch_that_a_killed_git_has_locked_is_named(case: Case) -> None:
    repo = case.fresh()
    repo.write(".git/refs/heads/main.lock")
    with pytest.raises(GitError, match=r"refs/heads/main\.lock exists"):
        case.apply(repo)
    assert case.settle(repo, forward=True) == case.new
    assert case.locked


@pytest.mark.parametrize("applied", [False, True], ids=["apply", "undo"])
def test_locks_that_a_killed_git_has_left_on_our_refs_go(
    case: Case, applied: bool
) -> None:
    repo = case.fresh(applied)
    for key in ("old", "record"):
        repo.write(f".git/refs/treeguard/{ID}/{key}.lock")
    wanted = case.old if applied else case.new
    assert case.settle(repo, forward=not applied) == wanted
    assert not list((repo.path / ".git/refs/treeguard").rglob("*.lock"))
