"""What documents have in common: links, what of a text is code, published addresses.

`markdown` and `restructuredtext` each read their language into a `Reading`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

# How Markdown writes an address; and the kinds of what reStructuredText names.
PLAIN, ANGLED, HTML = "plain", "angled", "html"
PATH, DOCUMENT, NAME = "path", "document", "name"

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\?", re.IGNORECASE)
_END_OF_LINE = re.compile(r"\r\n?|\n")
_PUBLISHED = re.compile(
    r"https?://(?:(?:www\.)?github\.com/(?P<o>[\w.-]+/[\w.-]+)/(?:blob|tree|raw|edit|blame)"
    r"|raw\.githubusercontent\.com/(?P<r>[\w.-]+/[\w.-]+))"
    r"/(?:refs/heads/)?(?P<ref>[^\s/()<>\"'`]+)/(?P<path>[^\s()<>\[\]\"'`|?#\\]+)"
)


class Link(NamedTuple):
    """One address: the characters `start` to `end` of the text are `raw`.

    `form` is how it is quoted, or what it names; `url` is `raw` without its escapes.
    """

    start: int
    end: int
    raw: str
    url: str
    form: str


class Block(NamedTuple):
    """A block of code: its lines without those around them, and its language."""

    start: int
    end: int
    language: str


class Reading(NamedTuple):
    """The links of a text and its code, in order.

    `blocks` are those of its code that may hold commands. `unsure` are addresses whose
    place is not certain, each with a place near it, and `lines` the places where lines
    begin.
    """

    links: tuple[Link, ...]
    code: tuple[tuple[int, int], ...]
    unsure: tuple[tuple[int, str], ...]
    lines: tuple[int, ...]
    blocks: tuple[Block, ...] = ()

    def line(self, place: int) -> int:
        """Return the 1-based line of a character."""
        return bisect_right(self.lines, place)

    def in_code(self, place: int) -> bool:
        """Return True if the character is part of code."""
        return any(start <= place < end for start, end in self.code)


class Published(NamedTuple):
    """The address of a file on GitHub: `start` to `end` is its path, as written.

    `name` is `owner/repository`, `ref` a branch, tag or commit, `address` all of it.
    """

    start: int
    end: int
    name: str
    ref: str
    raw: str
    address: str


def line_starts(text: str) -> tuple[int, ...]:
    """Return the place where each line begins, whatever ends the lines."""
    return (0, *(found.end() for found in _END_OF_LINE.finditer(text)))


def published(text: str) -> Iterator[Published]:
    """Yield every address of a file or folder on GitHub."""
    for found in _PUBLISHED.finditer(text) if "github" in text else ():
        raw, start = found["path"].rstrip(".,;:!*"), found.start("path")
        name = (found["o"] or found["r"]).lower()
        yield Published(start, start + len(raw), name, found["ref"], raw, found[0])


def is_path(url: str) -> bool:
    """Return True for an address that is a path: not of another site nor this page."""
    return bool(url) and not _ELSEWHERE.match(url)


def path_of(url: str) -> str:
    """Return the path of an address, decoded, without what follows `?` or `#`."""
    return unquote(re.split(r"[?#]", url, maxsplit=1)[0])
