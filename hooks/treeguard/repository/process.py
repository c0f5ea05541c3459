"""Starts Git so that none of a repository's own code runs: no prompt, no lock.

Options and environment switch off what could run code or distort an answer; each is
named in githooks(5), git(1) or git-config(1). What says *which* repository, index and
objects are meant is kept: in `git commit -a` the staged deletion is visible through
`GIT_INDEX_FILE` only, and a push in quarantine through `GIT_OBJECT_DIRECTORY` only.
"""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from typing import IO
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.errors import reason_of

Process = subprocess.Popen[bytes]

# `rev-parse --path-format=absolute` is the newest option used here.
MINIMUM = (2, 31)

OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),  # may name a program to run
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.alternateRefsCommand="),
    *("-c", "advice.graftFileDeprecated=false"),  # said even of an empty graft file
)

_ADDED = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,  # a graft can hide the parent that had the file
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",  # since 2.45; before that the next line does it:
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone's remote may name a program
    "LC_ALL": "C",  # the sentences of Git that are recognised below
}

_DROPPED = frozenset(
    (
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_DIFF_PATH_COUNTER",
        "GIT_DIFF_PATH_TOTAL",
        "GIT_REPLACE_REF_BASE",
        "GIT_ATTR_SOURCE",
        "GIT_FLUSH",
        "GIT_REDIRECT_STDIN",
        "GIT_REDIRECT_STDOUT",
        "GIT_REDIRECT_STDERR",
        "LANGUAGE",
    )
)

# `git rev-parse --local-env-vars`: what ties a process to one repository.
_LOCAL = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_COUNT",
        "GIT_OBJECT_DIRECTORY",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_COMMON_DIR",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NAMESPACE",
        "GIT_QUARANTINE_PATH",
    )
)

_CORRUPT = (
    "corrupt",
    "inflate",
    "unable to read",
    "unable to stream",
    "could not read",
    "bad object",
    "bad tree",
    "missing object",
    "missing blob",
    "missing tree",
    "object file",
    "unable to unpack",
    "failed to read object",
)
_INDEX = ("index file", "bad index", "bad signature", "unordered stage", "index uses")


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that Git runs with, from those that we were started with."""
    kept = {
        key: text
        for key, text in environ.items()
        if key not in _DROPPED and not key.startswith("GIT_TRACE")
    }
    kept.update(_ADDED)
    return kept


def elsewhere(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` for work on another repository than the one that called us.

    Inside a hook `GIT_DIR` and `GIT_INDEX_FILE` would send every command back into
    the repository that is being committed, whatever its working directory.
    """
    return {key: text for key, text in environ.items() if key not in _LOCAL}


def program(environ: Mapping[str, str]) -> str:
    """Return the absolute path of the `git` program. Raises `GitError` when there is
    none.

    Relative parts of PATH are left out: they would run a repository's own `git`.
    """
    name = "git.exe" if os.name == "nt" else "git"
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(path) and os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise GitError("Git is not on PATH", "install Git, or add its folder to PATH")


def start(argv: list[str | bytes], cwd: str, env: dict[str, str]) -> Process:
    """Start Git with three pipes. Raises `GitError` when that is not possible."""
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(
            argv, cwd=cwd, env=env, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=65536
        )
    except OSError as error:
        place = printable(os.fsencode(error.filename or cwd))
        reason = error.strerror or "unknown reason"
        hint = "change into a folder that exists and that you may enter"
        if error.errno == errno.E2BIG:
            hint = "a path or an option is too long for a command line: shorten it"
        message = f"Git cannot be started in {place}: {reason.lower()}"
        raise GitError(message, hint) from error


class Pipes(NamedTuple):
    """A process that was started with all three pipes."""

    process: Process
    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    def end(self) -> int:
        """Close the pipes, so that the process ends, and wait for its exit code."""
        for pipe in self[1:]:
            with suppress(BrokenPipeError):
                pipe.close()
        return self.process.wait()


def pipes(process: Process) -> Pipes:
    """Return the pipes of a process that `start` has made."""
    if not (process.stdin and process.stdout and process.stderr):
        raise GitError("Git was started without pipes", "report this")
    return Pipes(process, process.stdin, process.stdout, process.stderr)


def printable(text: bytes) -> str:
    """Return `text` for a terminal: what is not printable UTF-8 is shown as an
    escape."""
    decoded = text.decode("utf-8", "backslashreplace")
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in decoded
    )


def first_line(stderr: bytes) -> str:
    """Return Git's own sentence: its first `fatal` line, else its first line, made
    safe."""
    lines = [line for line in stderr.split(b"\n") if line.strip()]
    fatal = [line for line in lines if line.startswith(b"fatal: ")]
    line = (fatal or lines or [b""])[0]
    for prefix in (b"fatal: ", b"error: ", b"warning: "):
        line = line.removeprefix(prefix)
    return printable(line)[:300]


def failure(args: tuple[str | bytes, ...], code: int, stderr: bytes) -> GitError:
    """Return what to tell the user when `git ARGS` ended with `code`, which was
    unforeseen."""
    line = first_line(stderr)
    if "not a git repository" in line:
        return GitError("not a Git repository", "change into one, or run `git init`")
    if "dubious ownership" in line or "unsafe repository" in line:
        return _dubious(stderr)
    command = printable(os.fsencode(args[0]))
    message = f"`git {command}` failed: {line or f'it ended with code {code}'}"
    lowered = line.lower()
    if any(word in lowered for word in _INDEX):
        hint = "`git reset` writes a new index from HEAD, without what was staged"
        return GitError(message, hint)
    if "promisor" in lowered or "lazy fetch" in lowered:
        hint = "`git fetch --refetch --no-filter` completes this partial clone"
        return GitError(message, hint)
    if any(word in lowered for word in _CORRUPT):
        return GitError(message, "run `git fsck --full` to see what is damaged")
    shown = " ".join(printable(os.fsencode(arg)) for arg in args)
    return GitError(message, f"run `git {shown}` to see Git's full output")


def _dubious(stderr: bytes) -> GitError:
    marker = b"git config --global --add safe.directory "
    commands = [line.strip() for line in stderr.split(b"\n") if marker in line]
    hint = printable(commands[0]) if commands else printable(marker) + "DIRECTORY"
    return GitError(
        "Git does not trust this repository, because another user owns it",
        f"if you trust it: `{hint}`",
    )


def is_hook(path: str) -> bool:
    """Return True for a file that Git would run: one that may be executed."""
    return os.path.isfile(path) and (os.name == "nt" or os.access(path, os.X_OK))


def run_hook(
    path: str, args: Sequence[str], cwd: str, environ: Mapping[str, str]
) -> tuple[int, bytes]:
    """Return the exit code of a hook, and all that it prints. Raises `GitError` when it
    cannot be started."""
    argv = [path, *args]
    try:
        if os.name == "nt":
            return _answer(["sh", *argv], cwd, environ)
        return _answer(argv, cwd, environ)
    except OSError as error:
        if error.errno == errno.ENOEXEC:  # without `#!`: a shell reads it, as with Git
            return _answer(["/bin/sh", *argv], cwd, environ)
        reason = reason_of(error)
        shown = printable(os.fsencode(path))
        message = f"the hook {shown} cannot be run: {reason}"
        raise GitError(message, "fix it, or bypass it with --no-verify") from error


def _answer(
    argv: Sequence[str], cwd: str, environ: Mapping[str, str]
) -> tuple[int, bytes]:
    import subprocess

    done = subprocess.run(
        argv,
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout
