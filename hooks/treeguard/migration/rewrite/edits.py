"""Puts edits into bytes, from the end to the beginning."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

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


def changed_place(data: bytes, edit: Edit) -> tuple[int, int, bytes]:
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


_BOM = b"\xef\xbb\xbf"


class EncodedSource:
    """The characters of a UTF-8 file, a byte order mark left out.

    `chars` keeps every line ending. Raises `UnicodeDecodeError` for other bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._skipped = len(_BOM) if data.startswith(_BOM) else 0
        self.chars = data[self._skipped :].decode("utf-8")
        self._is_ascii = len(self.chars) + self._skipped == len(data)

    def edit(self, start: int, end: int, text: str, kind: str) -> Edit:
        """The characters from `start` to `end` become `text`."""
        new = text.encode("utf-8", "surrogateescape")
        return Edit(self.byte(start), self.byte(end), new, self.line(start), kind)

    def byte(self, at: int) -> int:
        """The offset in the file of the character at `at`."""
        if self._is_ascii:
            return self._skipped + at
        return self._skipped + len(self.chars[:at].encode())

    def line(self, at: int) -> int:
        """The 1-based line in which the character at `at` stands."""
        return bisect_right(self._starts, at)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.chars.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.chars.find("\n", at + 1)
        return starts


class Change(NamedTuple):
    """The characters `start` to `end` become `text`."""

    start: int
    end: int
    text: str

    def was(self, text: str) -> str:
        """What stands there in `text`."""
        return text[self.start : self.end]


def with_changes(text: str, start: int, end: int, changes: Iterable[Change]) -> str:
    """The part `start` to `end` of `text`, with the changes inside of it made."""
    inside = (one for one in changes if start <= one.start and one.end <= end)
    pieces, place = [], start
    for one in sorted(inside):
        pieces += [text[place : one.start], one.text]
        place = one.end
    return "".join([*pieces, text[place:end]])


def edits_of(
    text: str, changes: Iterable[Change], line: Callable[[int], int], kind: str
) -> Iterator[Edit]:
    """Edits of the bytes of `text` in UTF-8, in order."""
    place = offset = 0
    for one in sorted(set(changes)):
        offset += len(text[place : one.start].encode())
        place = one.start
        end = offset + len(one.was(text).encode())
        yield Edit(offset, end, one.text.encode(), line(one.start), kind)
