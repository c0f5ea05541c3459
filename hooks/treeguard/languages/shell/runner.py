"""What readers of programs know of the shell that runs them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Protocol

from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span

Words = Sequence[SourceText]


class Runner(Protocol):
    """A shell at one point of a script: it knows the folder that it is in."""

    folder: str
    container: Container | None
    variables: dict[str, tuple[SourceText, ...]]

    def path(self, text: SourceText) -> Iterator[Span]:
        """Yield a path that is relative to the shell's folder."""

    def word(self, text: SourceText) -> Iterator[Span]:
        """Yield a word that may be a path from the shell's folder."""

    def script(self, text: SourceText) -> Iterator[Span]:
        """Yield the spans of shell text that the shell runs in its folder."""

    def command(self, words: Words) -> Iterator[Span]:
        """Yield the spans of one command, given as words."""

    def environment(self, name: str, value: SourceText) -> Iterator[Span]:
        """Yield the spans of an environment variable's value."""

    def assign(self, name: str, value: SourceText) -> None:
        """Remember the value of a variable."""

    def within(self, container: Container) -> Runner:
        """Return a shell that this one starts in a container."""


Program = Callable[[Words, Runner], Iterator[Span]]
