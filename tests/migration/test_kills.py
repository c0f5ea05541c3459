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
from itertools import count
from pathlib import Path

import pytest

from tests.migration.acting import ID
from tests.migration.acting import git_of
from tests.migration.acting import plan_of
from tests.migration.acting import resume_apply
from tests.migration.acting import run_apply
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.migration.killing import killed_after
from tests.migration.killing import killed_at
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.migration.model import Plan
from treeguard.migration.preflight import Options

State = tuple[object, ...]
CARRY = Options(carry=True)


class Case:
    """A repository with its states before and after, copied afresh for each kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = _build(path / "origin")
        self.plan = _plan(self.origin)
        self.old = state(self.origin)
        self.numbers = count()
        after = self.fresh()
        run_apply(after, self.plan, CARRY)
        self.new = state(after)
        self.applied = after

    def fresh(self, applied: bool = False) -> Repo:
        """A copy, with the times of its files, so that Git's index stays true."""
        source = self.applied if applied else self.origin
        target = self.path / f"copy-{next(self.numbers)}"
        shutil.copytree(source.path, target, symlinks=True)
        return Repo(target, source.env)


def _build(path: Path) -> Repo:
    repo = make_repository(path)
    for name, text in {
        ".gitignore": "*.log\n",
        "a/__init__.py": "",
        "a/one.py": "import b.two\n",
        "b/two.py": "TWO = 2\n",
        "swap/left.py": "LEFT = 1\n",
        "swap/right.py": "RIGHT = 1\n",
        "use.py": "import a.one\n",
    }.items():
        repo.write(name, text)
    repo.link("link", "a/one.py")
    repo.stage()
    repo.commit("before")
    repo.write("a/trace.log", "ignored\n")
    repo.write("notes.txt", "untracked\n")
    repo.write("empty/keep.log", "ignored too\n")
    return repo


def _plan(repo: Repo) -> Plan:
    return plan_of(
        repo,
        {
            "a/__init__.py": "z/a/__init__.py",
            "a/one.py": "z/a/one.py",
            "b/two.py": "b/deep/two.py",
            "swap/left.py": "swap/right.py",
            "swap/right.py": "swap/left.py",
        },
        {"a/one.py": ("b.two", "b.deep.two"), "use.py": ("a.one", "z.a.one")},
        {"z/README.md": "# Z\n"},
    )


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


def is_visible(repo: Repo) -> bool:
    """True when the journal says that files outside of our folder may be touched."""
    git = git_of(repo)
    journal = load(folder_of(git, ID))
    return journal is not None and journal.state != STAGING


def settle(repo: Repo, case: Case, forward: bool) -> State:
    """One command, whatever was left behind."""
    if forward:
        resume_apply(repo, case.plan, CARRY)
    else:
        run_undo(repo)
    return state(repo)


def test_apply_killed_at_each_step_goes_on_or_is_taken_back(case: Case) -> None:
    for number, repo in enumerate(
        steps_until_done(case, lambda repo: run_apply(repo, case.plan, CARRY), False)
    ):
        forward = number % 2 == 0
        assert settle(repo, case, forward) == (case.new if forward else case.old), (
            number
        )
        assert repo.out("fsck", "--no-dangling") == ""


def test_undo_killed_at_each_step_is_finished_by_undo(case: Case) -> None:
    for number, repo in enumerate(steps_until_done(case, run_undo, True)):
        assert settle(repo, case, forward=False) == case.old, number


def test_kills_from_outside_at_random_moments(case: Case) -> None:
    moments = random.Random(13)
    for number in range(25):
        repo = case.fresh()
        killed_after(moments.uniform(0.0, 0.4), partial(_apply, repo, case))
        forward = number % 2 == 0
        wanted = case.new if forward else case.old
        assert settle(repo, case, forward) == wanted, number


def _apply(repo: Repo, case: Case) -> None:
    run_apply(repo, case.plan, CARRY)
