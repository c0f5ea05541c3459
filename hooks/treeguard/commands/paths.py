"""Paths as a user types them, relative to where they stand, made repository paths."""

from __future__ import annotations

import os

from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git


def repository_path(git: Git, typed: str) -> str:
    """`typed` relative to the repository's root; a link at its end is not followed.

    In a bare repository there is no folder to stand in: the path counts from the root.
    Raises `UsageError` for a path outside.
    """
    top = git.where.top
    if top is None:
        return os.path.normpath(typed).strip("/")
    folder, name = os.path.split(os.path.normpath(typed))
    real = os.path.join(os.path.realpath(os.path.join(git.cwd, folder)), name)
    path = os.path.relpath(real, os.path.realpath(top))
    if path == os.pardir or path.startswith(os.pardir + os.sep):
        raise UsageError(
            f"{typed} is outside of this repository", f"the repository is {top}"
        )
    return "" if path == os.curdir else path.replace(os.sep, "/")
