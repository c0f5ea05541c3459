"""Puts edits into bytes, from the end to the beginning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from treeguard.migration.model import Edit


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """`data` with every edit made; raises `ValueError` where two of them overlap."""
    ordered = in_order(edits)
    end = len(data)
    pieces: list[bytes] = []
    for edit in reversed(ordered):
        if not edit.start <= edit.end <= end:
            raise ValueError(f"two edits meet in line {edit.line}")
        pieces += (data[edit.end : end], edit.text)
        end = edit.start
    pieces.append(data[:end])
    return b"".join(reversed(pieces))


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Edits by place; equal ones once."""
    return sorted(set(edits), key=lambda edit: (edit.start, edit.end))


def changed(data: bytes, edit: Edit) -> tuple[int, int, bytes]:
    """What an edit really changes: its place and text without what stays at its ends.

    Of two that want the same, one may name a longer place than the other.
    """
    old, new = data[edit.start : edit.end], edit.text
    head = _alike(old, new)
    tail = _alike(old[head:][::-1], new[head:][::-1])
    return edit.start + head, edit.end - tail, new[head : len(new) - tail]


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes the two begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def blob_id(data: bytes, like: str) -> str:
    """The id of a file that holds `data`, by the hash that made the id `like`."""
    name = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(data) + data).hexdigest()
