"""A temporary clone in which `doctor` tries real commits, with the repository's hooks.

GitPython makes the clone and reports its progress. What is tried in it, and therefore
the verdict, runs Git directly: the only place where Git may run a repository's hooks.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.repository.plumbing import Git
from treeguard.repository.process import elsewhere

if TYPE_CHECKING:
    from git import Repo

_SETTINGS = {
    "GIT_AUTHOR_NAME": "treeguard doctor",
    "GIT_AUTHOR_EMAIL": "doctor@localhost",
    "GIT_COMMITTER_NAME": "treeguard doctor",
    "GIT_COMMITTER_EMAIL": "doctor@localhost",
    "GIT_EDITOR": ":",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TEMPLATE_DIR": "",  # no hooks but those of the repository
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


# What is being done, how many are done, and of how many.
Progress = Callable[[str, int, int], None]


@contextmanager
def scratch_clone(
    git: Git,
    folders: Sequence[str] = (),
    progress: Progress = lambda _what, _done, _total: None,
) -> Iterator[Scratch]:
    """Clone the repository of `git`, borrowing its objects; remove the clone after.

    Only the files of the root and those below `folders` are on disk, the index has
    all. A repository without a commit gives an empty clone.
    """
    import tempfile

    with tempfile.TemporaryDirectory(prefix="treeguard-doctor-") as folder:
        clone = Scratch(os.path.join(folder, "clone"), _environment(git.environ))
        with _process_environment(clone.env):
            _make(clone, git, folders, progress)
        yield clone


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Drop what Git exports to a hook: it would lead back to the real repository."""
    kept = elsewhere(environ).items()
    merging = "GITHEAD_"
    own = {key: text for key, text in kept if not key.startswith(merging)}
    return {**own, **_SETTINGS}


@contextmanager
def _process_environment(env: Mapping[str, str]) -> Iterator[None]:
    """Set this process's environment: GitPython only adds to it, and reads GIT_DIR."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(env)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def _make(clone: Scratch, git: Git, folders: Sequence[str], progress: Progress) -> None:
    """Create the clone and check it out. Raises `GitError`."""
    from git import GitCommandError
    from git import Repo

    form = git.where.object_format
    try:
        with Repo.init(clone.path, expand_vars=False, object_format=form) as repo:
            repo.git.config("commit.gpgSign", "false")
            repo.git.sparse_checkout("set", "--cone", *folders)
            head = _borrow(clone, git)
            if head:
                repo.git.update_ref("HEAD", head)
                _check_out(repo, progress)
    except GitCommandError as error:
        said = str(error.stderr).partition("'")[2].strip("' \n")  # after `stderr: `
        raise GitError(f"cannot create the scratch clone: {said}") from error


def _borrow(clone: Scratch, git: Git) -> str:
    """Give `clone` the objects of the repository; return the commit of HEAD, if any."""
    code, out, _ = git.answer("rev-parse", "--verify", "-q", "HEAD", codes=(0, 1))
    if code:
        return ""
    common = git.where.common_dir
    # Written here, not by GitPython: a path need not be UTF-8.
    info = os.path.join(".git", "objects", "info", "alternates")
    clone.write(info, os.fsencode(os.path.join(common, "objects")) + b"\n")
    shallow = os.path.join(common, "shallow")
    if os.path.isfile(shallow):
        with open(shallow, "rb") as file:
            clone.write(os.path.join(".git", "shallow"), file.read())
    return os.fsdecode(out.rstrip())


def _check_out(repo: Repo, progress: Progress) -> None:
    """Fill index and work tree from HEAD without hooks. Raises `GitCommandError`."""
    from git import RemoteProgress
    from git.cmd import handle_process_output

    others = []

    def report(line: str) -> None:
        found = RemoteProgress.re_op_relative.match(line)
        if found:
            _remote, what, _percent, done, total, _rest = found.groups()
            progress(what, int(done), int(total))
        else:
            others.append(line)

    quiet_hooks = repo.git(c=f"core.hooksPath={os.devnull}")
    process = quiet_hooks.read_tree(
        "HEAD", reset=True, u=True, v=True, as_process=True, universal_newlines=True
    )
    handle_process_output(process, None, report, decode_streams=False)
    process.wait("".join(others))
