"""A throw-away clone in which real commits are tried, hooks and all.

The one place where Git runs the repository's own hooks: that they fire is the point.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.repository.plumbing import Git
from treeguard.repository.process import elsewhere

_SETTINGS = {
    "GIT_AUTHOR_NAME": "treeguard doctor",
    "GIT_AUTHOR_EMAIL": "doctor@localhost",
    "GIT_COMMITTER_NAME": "treeguard doctor",
    "GIT_COMMITTER_EMAIL": "doctor@localhost",
    "GIT_EDITOR": ":",
    "GIT_TERMINAL_PROMPT": "0",
    # Content is not needed, so none is fetched.
    "GIT_LFS_SKIP_SMUDGE": "1",
}


class Attempt(NamedTuple):
    """How one Git command ended, and everything that it and its hooks printed."""

    code: int
    output: str


class Scratch(NamedTuple):
    """A clone at `path`; its commands run in `env`, with nobody at the keyboard."""

    path: str
    env: Mapping[str, str]

    def attempt(self, *args: str) -> Attempt:
        """Run `git ARGS`, whatever comes of it."""
        try:
            done = subprocess.run(
                ["git", *args],
                cwd=self.path,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise GitError(f"git cannot be run: {error}", "install Git") from error
        return Attempt(done.returncode, done.stdout.decode("utf-8", "replace"))

    def run(self, *args: str) -> str:
        """Run `git ARGS` and return its output. Raises `GitError` if it fails."""
        attempt = self.attempt(*args)
        if attempt.code:
            said = attempt.output.strip()
            raise GitError(f"`git {args[0]}` failed in the scratch clone: {said}")
        return attempt.output.rstrip("\n")

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Write a file of the clone, replacing what is there."""
        full = os.path.join(self.path, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if os.path.lexists(full):
            os.unlink(full)
        with open(full, "wb") as file:
            file.write(data)
        os.chmod(full, mode)

    def exclude(self, pattern: str) -> None:
        """Let the clone ignore what matches `pattern`."""
        self.write(os.path.join(".git", "info", "exclude"), f"{pattern}\n".encode())


@contextmanager
def scratch_clone(git: Git, folders: Sequence[str] = ()) -> Iterator[Scratch]:
    """Clone the repository of `git`, borrowing its objects; the clone is removed after.

    Only the files of the root and those below `folders` are on disk, the index holds
    all. A repository without a commit gives an empty clone.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="treeguard-doctor-") as folder:
        clone = Scratch(os.path.join(folder, "clone"), _environment(git.environ))
        os.mkdir(clone.path)
        form = f"--object-format={git.where.object_format}"
        clone.run("init", "--quiet", "--template=", form, ".")
        clone.run("config", "commit.gpgSign", "false")
        clone.run("sparse-checkout", "set", "--cone", *folders)
        _borrow(clone, git)
        yield clone


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What Git exports to a hook would lead each command to the real repository."""
    kept = elsewhere(environ).items()
    merging = "GITHEAD_"
    own = {key: text for key, text in kept if not key.startswith(merging)}
    return {**own, **_SETTINGS}


def _borrow(clone: Scratch, git: Git) -> None:
    """Give `clone` the commit that HEAD names, if there is one."""
    code, out, _ = git.answer("rev-parse", "--verify", "-q", "HEAD", codes=(0, 1))
    if code:
        return
    common = git.where.common_dir
    info = os.path.join(".git", "objects", "info", "alternates")
    clone.write(info, os.fsencode(os.path.join(common, "objects")) + b"\n")
    shallow = os.path.join(common, "shallow")
    if os.path.isfile(shallow):
        with open(shallow, "rb") as file:
            clone.write(os.path.join(".git", "shallow"), file.read())
    head = os.fsdecode(out.rstrip())
    clone.run("-c", f"core.hooksPath={os.devnull}", "reset", "--quiet", "--hard", head)
