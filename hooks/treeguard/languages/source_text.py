"""Text that knows, for every character, its offset in the file it came from.

A command may be a YAML scalar, a Makefile's recipe or a JSON string, with quotes
removed and lines joined; what is found in it has to be shown, and rewritten, where it
was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

UNKNOWN = "\0"  # replaces what is only known at run time: `$NAME`, `$(...)`

DOTTED = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_VARIABLE = re.compile(
    r"\$?\{\{.{0,300}?\}\}|\$\{\w+:?-(?P<default>[^{}$]*)\}|\$\{[^{}$]*\}|\$\w+"
    r"|\$\([\w.]+\)"
)


class SourceText(NamedTuple):
    """Characters, and for each of them its offset in the file."""

    chars: str
    offsets: Sequence[int]

    def part(self, start: int, end: int | None = None) -> SourceText:
        """Return the characters from `start` to `end`, with their offsets."""
        return SourceText(self.chars[start:end], self.offsets[start:end])

    def strip(self) -> SourceText:
        """Return the text without white space at its ends."""
        start = len(self.chars) - len(self.chars.lstrip())
        return self.part(start, max(start, len(self.chars.rstrip())))

    def with_chars(self, chars: str) -> SourceText:
        """Return other characters, as many, at the same offsets."""
        return SourceText(chars, self.offsets)

    def group(self, match: re.Match[str], group: int | str = 0) -> SourceText:
        """Return what a group of a match in this text's characters covers."""
        return self.part(*match.span(group))


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, for tables that read better as prose."""
    return frozenset(words.split())


def from_file(chars: str) -> SourceText:
    """Return the characters of a whole file as text."""
    return SourceText(chars, range(len(chars)))


def join(parts: Iterable[SourceText]) -> SourceText:
    """Return several texts as one."""
    texts = list(parts)
    offsets: list[int] = []
    for text in texts:
        offsets.extend(text.offsets)
    return SourceText("".join(text.chars for text in texts), offsets)


def lines(text: SourceText) -> Iterator[SourceText]:
    r"""Yield the lines of a text, without what ends them (`\n` or `\r\n`)."""
    for match in re.finditer(r"[^\n]*(?:\n|$)", text.chars):
        if match[0]:
            end = match.start() + len(match[0].rstrip("\r\n"))
            yield text.part(match.start(), end)


def expand_defaults(text: SourceText) -> SourceText:
    """Replace each variable by its default, or by `UNKNOWN`.

    `$NAME`, `${NAME:-default}`, `$(NAME)` of Azure, `${{ ... }}` of GitHub.
    """
    parts, at = [], 0
    for match in _VARIABLE.finditer(text.chars):
        parts.append(text.part(at, match.start()))
        if match["default"]:
            parts.append(text.group(match, "default"))
        else:
            parts.append(text.part(match.end() - 1, match.end()).with_chars(UNKNOWN))
        at = match.end()
    return join((*parts, text.part(at))) if parts else text
