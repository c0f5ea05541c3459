"""Git as one object: run a command, know where the repository is, read its objects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.repository import process
from treeguard.repository.objects import Objects

Arg = str | bytes


class Where(NamedTuple):
    """Where a repository is, and of what make. All paths are absolute.

    `top` is the work tree's folder; None in a bare repository, or where Git was called
    inside its own folder. `common_dir` is what all linked worktrees share.
    """

    top: str | None
    git_dir: str
    common_dir: str
    object_format: str
    bare: bool
    shallow: bool


class Git:
    """One repository, as seen from the folder `cwd`. Starts nothing until asked.

    `environ` is what we were started with (`os.environ` if not given). Where the
    repository is another than the one that a hook runs in, give
    `process.elsewhere(os.environ)`. Every fault is a `GitError`.
    """

    def __init__(
        self, cwd: str = ".", environ: Mapping[str, str] | None = None
    ) -> None:
        self.cwd = cwd
        self.environ = os.environ if environ is None else environ
        self.env = process.environment(self.environ)

    def start(
        self, args: Sequence[Arg], env: Mapping[str, str] | None = None
    ) -> process.Process:
        """Start `git ARGS` without waiting; `env` adds to its environment."""
        argv = [self._program, *process.OPTIONS, *args]
        return process.start(argv, self.cwd, {**self.env, **(env or {})})

    def finish(
        self, running: process.Process, args: Sequence[Arg], codes: Sequence[int] = (0,)
    ) -> bytes:
        """Return all that a started command prints; `GitError` on a code not in
        `codes`."""
        out, err = running.communicate()
        if running.returncode not in codes:
            raise self.failure(args, running.returncode, err)
        return out

    def run(
        self,
        *args: Arg,
        codes: Sequence[int] = (0,),
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> bytes:
        """Return what `git ARGS` prints; `GitError` when its exit code is not in
        `codes`."""
        return self.answer(*args, codes=codes, stdin=stdin, env=env)[1]

    def answer(
        self,
        *args: Arg,
        codes: Sequence[int] = (0,),
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, bytes]:
        """Return the exit code (one of `codes`), the output and the messages of `git
        ARGS`."""
        running = self.start(args, env)
        out, err = running.communicate(stdin)
        if running.returncode not in codes:
            raise self.failure(args, running.returncode, err)
        return running.returncode, out, err

    def failure(self, args: Sequence[Arg], code: int, stderr: bytes) -> GitError:
        """Return the error for an unforeseen end of `git ARGS`, or for a Git too
        old."""
        return self._too_old() or process.failure(tuple(args), code, stderr)

    @cached_property
    def where(self) -> Where:
        """Where the repository is: one process, asked once."""
        return locate(self)

    @cached_property
    def objects(self) -> Objects:
        """The reader of this repository's objects, one process that stays."""
        args = ("cat-file", "--batch")
        return Objects(lambda: self.start(args), lambda *end: self.failure(args, *end))

    def merging(self) -> tuple[str, ...]:
        """Return the ids of the commits that are being merged into HEAD, if any.

        `git merge` writes MERGE_HEAD only after its pre-merge-commit hook has run; in
        that hook the heads are in the variables `GITHEAD_<id>`.
        """
        try:
            with open(os.path.join(self.where.git_dir, "MERGE_HEAD"), "rb") as file:
                return tuple(file.read().decode("ascii").split())
        except FileNotFoundError:
            prefix = "GITHEAD_"
            return tuple(
                key[len(prefix) :] for key in self.environ if key.startswith(prefix)
            )
        except (OSError, ValueError) as error:
            message = f"MERGE_HEAD cannot be read: {error}"
            raise GitError(
                message, "run `git merge --abort`, then merge again"
            ) from error

    def close(self) -> None:
        """End the process that reads objects, if it runs."""
        objects = self.__dict__.pop("objects", None)
        if objects is not None:
            objects.close()

    @cached_property
    def _program(self) -> str:
        return process.program(self.environ)

    @cached_property
    def version(self) -> tuple[int, ...]:
        """The two first numbers of Git's version; empty if it does not say."""
        numbers = self._version_word.split(b".")[:2]
        return tuple(int(part) for part in numbers if part.isdigit())

    @cached_property
    def _version_word(self) -> bytes:
        words = self.start(["version"]).communicate()[0].split()
        return words[2] if len(words) > 2 else b""

    def _too_old(self) -> GitError | None:
        if self.version >= process.MINIMUM:
            return None
        least = ".".join(map(str, process.MINIMUM))
        version = process.printable(self._version_word)
        found = version or "one that does not say its version"
        return GitError(
            f"Git {least} or newer is required, found {found}", "update Git"
        )


_WHERE = (
    "--path-format=absolute",
    "--show-object-format",
    "--is-bare-repository",
    "--is-shallow-repository",
    "--git-dir",
    "--git-common-dir",
    "--show-toplevel",  # last: it fails where there is no work tree
)


def locate(git: Git) -> Where:
    """Ask where the repository is; raises `GitError` where there is none to work on."""
    args = ("rev-parse", *_WHERE)
    code, out, err = git.answer(*args, codes=(0, 128))
    lines = out.removesuffix(b"\n").split(b"\n")
    if code and b"must be run in a work tree" in err:
        lines.append(b"")
    elif code:
        raise git.failure(args, code, err)
    if len(lines) != 6:  # a folder's name with a line break, or a Git that is too old
        lines = _one_by_one(git, has_top=not code)
    kind, bare, shallow, *paths = (os.fsdecode(line) for line in lines)
    git_dir, common_dir, top = paths
    return Where(
        top or None, git_dir, common_dir, kind, bare == "true", shallow == "true"
    )


def _one_by_one(git: Git, *, has_top: bool) -> list[bytes]:
    old = git._too_old()
    if old:
        raise old
    form, *queries = _WHERE
    asked = queries if has_top else queries[:-1]
    lines = [git.run("rev-parse", form, one).removesuffix(b"\n") for one in asked]
    return lines if has_top else [*lines, b""]


_DRIVERS = r"^filter\..*\.(clean|smudge|process|required)$"


def filters_off(git: Git) -> dict[str, str]:
    """Return variables for one call of `git.run` in which no filter of this repository
    runs.

    Content then goes between index and disk as it is: of Git LFS, the pointer.
    """
    args = ("config", "-z", "--name-only", "--get-regexp", _DRIVERS)
    found = git.run(*args, codes=(0, 1)).split(b"\0")[:-1]
    names = [os.fsdecode(name) for name in dict.fromkeys(found)]
    start = int(git.env.get("GIT_CONFIG_COUNT") or 0)
    env = {"GIT_CONFIG_COUNT": str(start + len(names))}
    for number, name in enumerate(names, start):
        env[f"GIT_CONFIG_KEY_{number}"] = name
        env[f"GIT_CONFIG_VALUE_{number}"] = (
            "false" if name.endswith(".required") else ""
        )
    return env
