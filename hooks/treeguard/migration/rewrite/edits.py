"""Make edits of bytes, from the end to the beginning, and from characters."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Collection
from collections.abc import Container
from collections.abc import Iterable
from functools import cached_property

from treeguard.plans import Edit


def apply_edits(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return `data` with every edit made; raise `ValueError` if two of them overlap."""
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


def first_lost(
    edits: Iterable[Edit], added: Collection[Edit], found: Container[int]
) -> Edit | None:
    """Return the first edit whose new text a reader does not find, if any.

    `found` are the bytes of the result where the reader finds something; what is
    `added`, and what is inserted or taken out, need not be found.
    """
    shift = 0
    for edit in sorted(edits):
        looked_for = edit.end > edit.start and edit not in added
        if looked_for and edit.start + shift not in found:
            return edit
        shift += len(edit.text) - (edit.end - edit.start)
    return None


def overlaps(edited: list[tuple[int, int]], span: tuple[int, int]) -> bool:
    """Return True if one of the places, which are sorted, overlaps a span."""
    at = bisect_right(edited, (span[1], 0))
    return any(start < span[1] and span[0] < end for start, end in edited[:at])


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Return edits by place, equal ones once."""
    return sorted(set(edits), key=lambda edit: (edit.start, edit.end))


def blob_id(data: bytes, like: str) -> str:
    """Return the id of a file that holds `data`, by the hash of the id `like`."""
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
        """Return the edit by which the characters `start` to `end` become `text`."""
        new = text.encode("utf-8", "surrogateescape")
        return Edit(self.byte(start), self.byte(end), new, self.line(start), kind)

    def byte(self, at: int) -> int:
        """Return the offset in the file of the character at `at`."""
        if self._is_ascii:
            return self._skipped + at
        return self._skipped + len(self.chars[:at].encode())

    def line(self, at: int) -> int:
        """Return the 1-based line of the character at `at`."""
        return bisect_right(self._starts, at)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.chars.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.chars.find("\n", at + 1)
        return starts
