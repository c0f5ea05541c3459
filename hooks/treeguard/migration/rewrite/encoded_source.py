"""A file as characters, with the way back to its bytes: edits are told in bytes."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from treeguard.migration.model import Edit

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
