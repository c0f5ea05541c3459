"""Changes of a text told in characters, made into edits of its bytes."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.model import Edit


class Change(NamedTuple):
    """The characters `start` to `end` become `text`."""

    start: int
    end: int
    text: str

    def was(self, text: str) -> str:
        """What stands there in `text`."""
        return text[self.start : self.end]


def changed(text: str, start: int, end: int, changes: Iterable[Change]) -> str:
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
