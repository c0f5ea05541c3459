"""Runs a hook of the user's as `git commit` would (githooks(5)).

Git's own `git hook run` is no help here: our Git commands switch hooks off, and what
they set would be inherited by whatever the hook starts.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from collections.abc import Sequence

from treeguard.errors import GitError
from treeguard.repository.process import printable


def is_hook(path: str) -> bool:
    """True for a file that Git would run: one that may be executed."""
    return os.path.isfile(path) and (os.name == "nt" or os.access(path, os.X_OK))


def run_hook(
    path: str, args: Sequence[str], cwd: str, environ: Mapping[str, str]
) -> tuple[int, bytes]:
    """The exit code of a hook, and all that it prints. Raises `GitError` when it cannot
    be started."""
    argv = [path, *args]
    try:
        if os.name == "nt":
            return _answer(["sh", *argv], cwd, environ)
        return _answer(argv, cwd, environ)
    except OSError as error:
        if error.errno == errno.ENOEXEC:  # without `#!`: a shell reads it, as with Git
            return _answer(["/bin/sh", *argv], cwd, environ)
        reason = (error.strerror or "unknown reason").lower()
        shown = printable(os.fsencode(path))
        message = f"the hook {shown} cannot be run: {reason}"
        raise GitError(message, "mend it, or pass it by with --no-verify") from error


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
