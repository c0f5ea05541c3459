"""Blobs taken from the work tree, where their bytes prove that they are what Git has.

A file on disk is read in a third of the time that its object takes. It stands for a
blob only if its bytes, through no filter, have the blob's id: then it does not matter
what the index, an attribute, a sparse checkout or an edit meanwhile says of it.
"""

from __future__ import annotations

import hashlib
import os

from treeguard.repository.plumbing import Git

# Nearly every source is read at once.
_FIRST = 1 << 14
# Larger files are left to Git.
_MOST = 16 << 20


class OnDisk:
    """The files below the folder `top`; `algorithm` is "sha1" or "sha256"."""

    def __init__(self, top: str, algorithm: str) -> None:
        self._top = os.path.join(top, "")
        self._hash = getattr(hashlib, algorithm)
        # O_NONBLOCK: a pipe must not stop us.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        self._flags = flags | getattr(os, "O_BINARY", 0)

    def read(self, path: str, oid: str) -> bytes | None:
        """The blob `oid`, if the regular file at `path` holds it and nothing else."""
        try:
            handle = os.open(self._top + path, self._flags)
        except OSError:
            return None
        try:
            data = os.read(handle, _FIRST)
            if len(data) == _FIRST:
                data = _rest(handle, data)
        except OSError:  # a folder
            return None
        finally:
            os.close(handle)
        header = b"blob %d\0" % len(data)
        same = self._hash(header + data, usedforsecurity=False).hexdigest() == oid
        return data if same else None


def _rest(handle: int, data: bytes) -> bytes:
    parts, size = [data], len(data)
    while size <= _MOST:
        part = os.read(handle, 1 << 20)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def on_disk(git: Git) -> OnDisk | None:
    """The work tree of `git`; None where there is none."""
    top = git.where.top
    return None if top is None else OnDisk(top, git.where.object_format)
