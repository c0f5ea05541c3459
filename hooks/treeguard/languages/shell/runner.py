"""What the description of a program may ask of the shell that runs it."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Protocol

from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span

Words = Sequence[SourceText]


class Runner(Protocol):
    """A shell at one point of a script: it knows the folder that it is in."""

    folder: str

    def path(self, text: SourceText) -> Iterator[Span]:
        """Yield the use of a path that is relative to the shell's folder."""

    def script(self, text: SourceText) -> Iterator[Span]:
        """Yield the uses of shell text that the shell runs in its folder."""

    def command(self, words: Words) -> Iterator[Span]:
        """Yield the uses of one command, given as words."""

    def environment(self, name: str, value: SourceText) -> Iterator[Span]:
        """Yield the uses of an environment variable's value."""


Program = Callable[[Words, Runner], Iterator[Span]]

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")


def values(words: Words, *names: str) -> Iterator[SourceText]:
    """Yield the values of options: `-f x`, `-fx`, `--file x`, `--file=x`."""
    for index, word in enumerate(words):
        for name in names:
            if word.chars == name:
                yield from words[index + 1 : index + 2]
            elif word.chars.startswith(name + "="):
                yield word.part(len(name) + 1)
            elif len(name) == 2 and word.chars.startswith(name):
                yield word.part(2)


def positional(
    words: Words, valued: frozenset[str] = frozenset()
) -> Iterator[SourceText]:
    """Yield what is neither an option nor the value of one of the `valued` options."""
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.chars.startswith("-") and word.chars != "-":
            skip = word.chars in valued
        else:
            yield word


def pieces(text: SourceText, separators: str) -> Iterator[SourceText]:
    """Yield the parts of a list such as `a:b` or `a,b`."""
    for match in re.finditer(f"[^{separators}]+", text.chars):
        yield text.group(match)
