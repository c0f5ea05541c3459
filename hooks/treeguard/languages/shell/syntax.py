"""The commands of a shell script as data: words of text and of variables."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join


class Variable(NamedTuple):
    """`$NAME`: its name, or empty if nothing can tell its value, and its default."""

    name: str
    default: SourceText | None
    where: SourceText


Word = tuple["SourceText | Variable", ...]


class Command(NamedTuple):
    """One simple command.

    `inputs` are the files redirected into it, `bodies` its here-documents, and `inner`
    the scripts of its command substitutions. With `loop`, the first word is the
    variable that a `for` binds to each of the others. `outputs` are the operators, and
    the files that they redirect the command into.
    """

    assignments: list[tuple[str, Word]]
    words: list[Word]
    inputs: list[Word]
    bodies: list[SourceText]
    inner: list[SourceText]
    outputs: list[tuple[str, Word]]
    loop: bool = False


class Scope(NamedTuple):
    """Where a subshell begins (`opens`) or ends: a `cd` in it ends with it."""

    opens: bool


def merged(pieces: list[SourceText | Variable]) -> Word:
    """Return a word's pieces with neighbouring texts made one."""
    word: list[SourceText | Variable] = []
    for variable, group in groupby(pieces, lambda piece: isinstance(piece, Variable)):
        if variable:
            word.extend(group)
        else:
            word.append(join(piece for piece in group if isinstance(piece, SourceText)))
    return tuple(word)
