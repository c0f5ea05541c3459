"""The id that Git will give to bytes, before anything is written."""

from __future__ import annotations

import hashlib


def blob_id(data: bytes, like: str) -> str:
    """The id of a file that holds `data`, by the hash that made the id `like`."""
    name = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(data) + data).hexdigest()
