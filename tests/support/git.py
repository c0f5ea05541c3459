"""Real Git repositories for tests, with a fixed identity and none of a user's settings.

Tests that run inside a hook inherit `GIT_DIR` and `GIT_INDEX_FILE`, and would write to
the repository that is being committed, so every variable of Git is dropped. Commits of
a history are made with GitPython; where Git itself is what a test is about, Git is run.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from collections.abc import Mapping
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import NamedTuple

import git

Name = str | bytes

TESTER = git.Actor("A Tester", "tester@example.org")


class Repo(NamedTuple):
    """A repository at `path`; `env` is the whole environment that its Git runs in."""

    path: Path
    env: dict[str, str]

    def run(
        self,
        *args: Name,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        input: bytes | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `git ARGS` here; `env` adds to the environment of this one call."""
        result = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**self.env, **(env or {})},
            input=b"" if input is None else input,
            capture_output=True,
            check=False,
        )
        if check and result.returncode:
            raise AssertionError(
                f"git {args} -> {result.returncode}: {result.stderr!r}"
            )
        return result

    def out(self, *args: Name, env: Mapping[str, str] | None = None) -> str:
        """Return what `git ARGS` prints, as text without the last newline."""
        return os.fsdecode(self.run(*args, env=env).stdout).rstrip("\n")

    def full(self, path: Name) -> bytes:
        """Return the absolute path of a file of this work tree, as bytes."""
        return os.path.join(os.fsencode(self.path), os.fsencode(path))

    def write(self, path: Name, content: str | bytes = b"") -> None:
        """Write a file into the work tree, with the folders that it needs."""
        full = self.full(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def link(self, path: Name, target: Name) -> None:
        """Make a symbolic link, replacing what exists."""
        full = self.full(path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.lexists(full):
            os.unlink(full)
        os.symlink(os.fsencode(target), full)

    def remove(self, path: Name) -> None:
        """Delete one file from the work tree only."""
        os.unlink(self.full(path))

    def stage(self, *paths: Name) -> None:
        """Run `git add -A` on these paths, or on everything."""
        self.run("add", "-A", "-f", "--", *(paths or (".",)))

    def commit(self, message: str = "change", *args: Name) -> str:
        """Commit what is staged, with these arguments; return the commit's id."""
        self.run("commit", "-q", "--allow-empty", "-m", message, *args)
        return self.head()

    def head(self) -> str:
        """Return the id of the commit that HEAD names."""
        return self.out("rev-parse", "--verify", "HEAD")


def commit_files(
    repo: Repo,
    files: Mapping[str, str | bytes],
    message: str,
    author: git.Actor = TESTER,
    date: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc),
    executable: Collection[str] = (),
) -> str:
    """Write files, stage them, and commit without hooks; return the commit's id."""
    for path, content in files.items():
        repo.write(path, content)
        if path in executable:
            os.chmod(repo.full(path), 0o755)
    repo.stage(*files)
    with git.Repo(repo.path) as opened:
        commit = opened.index.commit(
            f"{message}\n",
            author=author,
            committer=TESTER,
            author_date=date,
            commit_date=date,
            skip_hooks=True,
        )
    return commit.hexsha


def clean_environment(home: Path) -> dict[str, str]:
    """Return this process's environment without Git's variables, with this home."""
    env = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
    return {
        **env,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": "A Tester",
        "GIT_AUTHOR_EMAIL": "tester@example.org",
        "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+0000",
        "GIT_COMMITTER_NAME": "A Tester",
        "GIT_COMMITTER_EMAIL": "tester@example.org",
        "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+0000",
        "LC_ALL": "C.UTF-8",
    }


def make_repository(path: Path, *options: str) -> Repo:
    """Run `git init OPTIONS` at `path`, on branch `main`, without templates."""
    path.mkdir(parents=True, exist_ok=True)
    repo = Repo(path, clean_environment(path.parent))
    repo.run("init", "-q", "-b", "main", "--template=", *options, ".")
    return repo


def clone_repository(repo: Repo, path: Path, *options: str) -> Repo:
    """Clone `repo` to `path` through the real transport, so that `--depth` works."""
    repo.run("clone", "-q", "--template=", *options, repo.path.as_uri(), str(path))
    return Repo(path, repo.env)
