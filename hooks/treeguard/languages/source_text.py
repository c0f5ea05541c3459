"""Text that knows, for every character, its offset in the file it came from.

A command may be a YAML scalar, a Makefile's recipe or a JSON string, with quotes
removed and lines joined; what is found in it has to be shown, and rewritten, where it
was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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

    def with_text(self, chars: str) -> SourceText:
        """Return other characters, however many, at the place of these."""
        first, last = self.offsets[0], self.offsets[-1]
        return SourceText(chars, [*[first] * (len(chars) - 1), last] if chars else ())

    def group(self, match: re.Match[str], group: int | str = 0) -> SourceText:
        """Return what a group of a match in this text's characters covers."""
        return self.part(*match.span(group))

    def rows(self) -> list[SourceText]:
        """Return the lines of the text, each with what ends it."""
        rows = re.finditer(r"[^\n]*(?:\n|$)", self.chars)
        return [self.group(match) for match in rows if match[0]]

    def sub(
        self,
        pattern: re.Pattern[str],
        meaning: Callable[[re.Match[str]], str | SourceText],
    ) -> SourceText:
        """Put what matches of a pattern mean in their places.

        A meaning that is a string is one character, or none, and is at the offset of
        the last character of its match.
        """
        parts, at = [], 0
        for match in pattern.finditer(self.chars):
            means = meaning(match)
            if isinstance(means, str):
                last = self.part(match.end() - 1, match.end())
                means = last.with_chars(means) if means else self.part(0, 0)
            parts += [self.part(at, match.start()), means]
            at = match.end()
        return join((*parts, self.part(at))) if parts else self


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, for tables that read better as prose."""
    return frozenset(words.split())


def pieces(text: SourceText, separators: str) -> Iterator[SourceText]:
    """Yield the parts of a list such as `a:b` or `a,b`."""
    for match in re.finditer(f"[^{separators}]+", text.chars):
        yield text.group(match)


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
    for row in text.rows():
        yield row.part(0, len(row.chars.rstrip("\r\n")))


def expand_defaults(text: SourceText) -> SourceText:
    """Replace each variable by its default, or by `UNKNOWN`.

    `$NAME`, `${NAME:-default}`, `$(NAME)` of Azure, `${{ ... }}` of GitHub.
    """
    return text.sub(
        _VARIABLE, lambda m: text.group(m, "default") if m["default"] else UNKNOWN
    )
