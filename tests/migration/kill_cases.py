"""A repository to be killed in: its states before and after, copied for each kill."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.migration.acting import ID
from tests.migration.acting import git_of
from tests.migration.acting import on_disk
from tests.migration.acting import plan_of
from tests.migration.acting import resume_apply
from tests.migration.acting import run_apply
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.errors import GitError
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.apply.ref_swap import LOCKED
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.plans import Plan

State = tuple[object, ...]
CARRY = ApplyOptions(carry=True)
FILES = {
    ".gitignore": "*.log\n",
    "a/__init__.py": "",
    "a/one.py": "import b.two\n",
    "b/two.py": "TWO = 2\n",
    "swap/left.py": "LEFT = 1\n",
    "swap/right.py": "RIGHT = 1\n",
    "use.py": "import a.one\n",
}
NOT_GITS = {
    "a/trace.log": "ignored\n",
    "notes.txt": "untracked\n",
    "empty/keep.log": "ignored too\n",
}
MOVES = {
    "a/__init__.py": "z/a/__init__.py",
    "a/one.py": "z/a/one.py",
    "b/two.py": "b/deep/two.py",
    "swap/left.py": "swap/right.py",
    "swap/right.py": "swap/left.py",
}
EDITS = {"a/one.py": ("b.two", "b.deep.two"), "use.py": ("a.one", "z.a.one")}


class Case:
    """A repository with its states before and after, copied afresh for each kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.origin = _build(path / "origin")
        created = {"z/README.md": "# Z\n", "b/two.py": "from b.deep.two import *\n"}
        self.plan: Plan = plan_of(self.origin, MOVES, EDITS, created)
        self.old = state(self.origin)
        self.numbers = count()
        self.locked = 0
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

    def apply(self, repo: Repo) -> None:
        """Perform the plan, as `treeguard migrate apply --carry` does."""
        run_apply(repo, self.plan, CARRY)

    def settle(self, repo: Repo, *, forward: bool) -> State:
        """One command, whatever was left behind; what is there afterwards. A branch
        that a killed Git has locked is let go first, as the command says."""
        try:
            return self._settled(repo, forward)
        except GitError as error:
            lock = repo.path / ".git" / "refs" / "heads" / "main.lock"
            if error.hint != LOCKED or str(lock) not in error.message:
                raise
            lock.unlink()
            self.locked += 1
            return self._settled(repo, forward)

    def _settled(self, repo: Repo, forward: bool) -> State:
        if forward:
            resume_apply(repo, self.plan, CARRY)
        else:
            run_undo(repo)
        return state(repo)


def _build(path: Path) -> Repo:
    repo = make_repository(path)
    for name, text in FILES.items():
        repo.write(name, text)
    repo.link("link", "a/one.py")
    repo.stage()
    repo.commit("before")
    for name, text in NOT_GITS.items():
        repo.write(name, text)
    return repo


def is_visible(repo: Repo) -> bool:
    """True when the journal says that files outside of our folder may be touched."""
    git = git_of(repo)
    journal = load(folder_of(git, ID))
    return journal is not None and journal.state != STAGING


def lost(repo: Repo, wanted: dict[str, tuple[int, str]]) -> Iterator[str]:
    """The paths of `wanted`, as `on_disk` tells it, whose bytes are nowhere any more:
    neither in the work tree, nor kept by the migration, nor among Git's objects."""
    there = {digest for _mode, digest in on_disk(repo).values()}
    kept = repo.path / ".git" / "treeguard" / "migration" / ID / "kept"
    for path in kept.iterdir() if kept.is_dir() else ():
        there.add(_digest(path))
    objects = repo.out("cat-file", "--batch-all-objects", "--batch-check")
    for line in objects.split("\n"):
        oid, kind, _size = line.split()
        if kind == "blob":
            data = repo.run("cat-file", "blob", oid).stdout
            there.add(hashlib.sha256(data).hexdigest())
    yield from (path for path, (_m, digest) in wanted.items() if digest not in there)


def _digest(path: Path) -> str:
    data = os.readlink(os.fsencode(path)) if path.is_symlink() else path.read_bytes()
    return hashlib.sha256(data).hexdigest()
