"""Describe programs as data, and what they may ask of the shell that runs them."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple
from typing import Protocol

from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span

Words = Sequence[SourceText]


class Runner(Protocol):
    """A shell at one point of a script: it knows the folder that it is in."""

    folder: str

    def path(self, text: SourceText) -> Iterator[Span]:
        """Yield a path that is relative to the shell's folder."""

    def script(self, text: SourceText) -> Iterator[Span]:
        """Yield the spans of shell text that the shell runs in its folder."""

    def command(self, words: Words) -> Iterator[Span]:
        """Yield the spans of one command, given as words."""

    def environment(self, name: str, value: SourceText) -> Iterator[Span]:
        """Yield the spans of an environment variable's value."""


Program = Callable[[Words, Runner], Iterator[Span]]

_NO_WORDS: frozenset[str] = frozenset()
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


class Tool(NamedTuple):
    """A program, by what its options and its other words name.

    Values of the options `paths` are paths, of `names` modules, and of `objects` either
    (`a.b:c`, `a/b.py`). `take` is how many of the other words are paths, or `objects`
    with `by_name`: the `first`, `all`, the `sources` (all but the last) or none. They
    begin after one of the words `after`, if given.
    """

    paths: tuple[str, ...] = ()
    take: str = ""
    after: frozenset[str] = _NO_WORDS
    valued: frozenset[str] = _NO_WORDS
    names: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    by_name: bool = False

    def spans(self, words: Words, shell: Runner) -> Iterator[Span]:
        """Yield the spans of the program when it is run with these words."""
        for path in values(words, *self.paths):
            yield from shell.path(path)
        for names in values(words, *self.names):
            for name in pieces(names, ","):
                yield from name_span(name)
        for target in values(words, *self.objects):
            yield from module_or_path(target, shell)
        for word in self._taken(words):
            yield from module_or_path(word, shell) if self.by_name else shell.path(word)

    def _taken(self, words: Words) -> list[SourceText]:
        start = 1
        if self.after:
            found = [i for i, word in enumerate(words) if word.chars in self.after]
            start = found[0] + 1 if found else len(words)
        rest = list(positional(words[start:], self.valued.union(self.paths)))
        if self.take == "first":
            return rest[:1]
        if self.take == "sources" and not any(values(words, "-t")):
            return rest[:-1]
        return rest if self.take else []


def tools(names: str, tool: Tool | Program) -> dict[str, Program]:
    """Return the rows of a table for several programs that are alike."""
    program = tool.spans if isinstance(tool, Tool) else tool
    return dict.fromkeys(names.split(), program)


def module_or_path(text: SourceText, shell: Runner) -> Iterator[Span]:
    """Yield `a.b`, `a.b:c`, or a path if it looks like one."""
    path = text.part(0, (text.chars + ":").find(":"))
    if "/" in path.chars or path.chars.endswith(".py"):
        yield from shell.path(path)
    else:
        yield from name_span(text)
