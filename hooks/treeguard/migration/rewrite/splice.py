"""Puts edits into bytes, from the end to the beginning."""

from __future__ import annotations

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
