"""Files that are too large to be read, where it is enough that they hold something."""

from __future__ import annotations

from treeguard.errors import TooLargeError
from treeguard.trees import Snapshot

# Stands for the bytes of such a file: neither empty nor blank, and no LFS pointer.
LARGE = b"\0too large to be read"


def content(snapshot: Snapshot, oid: str) -> bytes:
    """The bytes of a blob, or `LARGE`. Raises `GitError` as `Snapshot.read` does."""
    try:
        return snapshot.read(oid)
    except TooLargeError:
        return LARGE
