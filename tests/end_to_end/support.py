"""Repositories with real hooks in place, and what a commit in them says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tests.support.git import Repo
from tests.support.patch13 import Edit
from tests.support.patch13 import apply

NATIVE = "native"
RUNNERS = {"pre-commit": "pre_commit", "prek": "prek"}
WAYS = (NATIVE, *RUNNERS)
CONFIG = ".pre-commit-config.yaml"


class Outcome(NamedTuple):
    """How a Git command ended, and everything that was shown."""

    code: int
    output: str

    @property
    def accepted(self) -> bool:
        return self.code == 0


class Guarded(NamedTuple):
    """A repository whose commits are guarded."""

    repo: Repo

    def git(self, *args: str, **env: str) -> Outcome:
        """Run `git ARGS` as a person would, hooks and all."""
        done = self.repo.run(*args, env=env, check=False)
        text = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
        return Outcome(done.returncode, text)

    def commit(self, edit: Edit | None = None, *args: str, **env: str) -> Outcome:
        """Make and stage `edit`, then try to commit."""
        if edit is not None:
            apply(self.repo, edit)
        return self.git("commit", "-m", "change", *args, **env)


class Workshop(NamedTuple):
    """Makes guarded repositories: copies of `template`, in the environment `env`."""

    python: str
    hooks: Path
    template: Path
    env: dict[str, str]

    def guarded(self, place: Path, way: str, ids: Iterable[str]) -> Guarded:
        """A copy of the template at `place`, guarded in one of the three ways."""
        shutil.copytree(self.template, place, symlinks=True)
        repo = Repo(place, self.env)
        if way == NATIVE:
            self.treeguard(repo, "install")
        else:
            self.configure(repo, ids)
            repo.commit("Hooks", "--no-verify")
            self.call(repo, sys.executable, "-m", RUNNERS[way], "install")
        return Guarded(repo)

    def configure(self, repo: Repo, ids: Iterable[str]) -> None:
        """Write and stage a configuration of the runners that names `ids`."""
        hooks = "".join(f"  - id: {name}\n" for name in ids)
        text = (
            "default_install_hook_types: [pre-commit, pre-merge-commit]\n"
            f"repos:\n- repo: {self.hooks}\n  rev: v1.0.0\n  hooks:\n{hooks}"
        )
        apply(repo, Edit({CONFIG: text}))

    def treeguard(self, repo: Repo, *args: str) -> str:
        """What `treeguard ARGS` prints in `repo`; it must succeed."""
        return self.call(repo, self.python, "-I", "-m", "treeguard", *args)

    def call(self, repo: Repo, *command: str) -> str:
        """The output of a command that must succeed."""
        done = subprocess.run(
            command,
            cwd=repo.path,
            env=repo.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout
