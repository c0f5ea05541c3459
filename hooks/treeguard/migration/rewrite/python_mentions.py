"""Names and paths of what moves, wherever else a source speaks of them.

Docstrings, comments, code in strings, `__module__ = "pkg"`: a Sphinx role with a whole
dotted name is edited, since Sphinx resolves it as an import would; everything else is
told with its line, because nobody can say whether it is a name at all.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_source import Source

_NAME = r"[^\W\d]\w*"
_DOTTED = re.compile(rf"(?<![\w./@\\-]){_NAME}(?:\.{_NAME})+(?![\w/@])")
_CODE = re.compile(rf"\b(?:from|import)[ \t]+({_NAME}(?:\.{_NAME})*)")
_WHOLE = re.compile(rf"[bBuUrR]{{0,2}}(\"\"\"|'''|\"|')({_NAME})\1")
_PATH = re.compile(r"(?<![\w./@:-])[\w.+-]+(?:/[\w.+-]*[\w+-])+")
# What stands before a name in a role: :class:`a.B`, :py:mod:`~a.b`, :ref:`x <a.b>`.
_ROLE = re.compile(r":[a-z][\w:+-]*:`(?:[^`<]*<)?[~!]?\Z")
_ESCAPE = re.compile(r"\\[nrt]")
_SPOKEN = {tokenize.COMMENT, tokenize.STRING} | {
    number for number, name in tokenize.tok_name.items() if name.endswith("_MIDDLE")
}
_WHYS = {
    _DOTTED: "a name in a comment or a string",
    _CODE: "code in a string or a comment imports it",
    _WHOLE: "it may be the name of what moves",
    _PATH: "a path in a comment or a string",
}


class Mention(NamedTuple):
    """Where it stands in the text, what it says, and by which pattern it was found."""

    start: int
    text: str
    pattern: re.Pattern[str]


def speaks_of_moved(data: bytes, names: Names) -> bool:
    """True if `data` may hold a mention; decides if it is worth to be parsed."""
    text = _spaced(data.decode("utf-8", "replace"))
    return any(_is_moved(one, names) for one in _mentions(text, 0, set(_WHYS)))


def mentions(
    source: Source, made: Iterable[Edit | Undecided], names: Names
) -> Iterator[Edit | Undecided]:
    """Edits of roles, and every other mention that `made` has not dealt with."""
    lines = {one.line for one in made if isinstance(one, Undecided)}
    spans = sorted((one.start, one.end) for one in made if isinstance(one, Edit))
    for start, text in _spoken(source):
        shown = _spaced(text)
        for one in _mentions(shown, start, set(_WHYS)):
            if source.line(one.start) in lines or not _is_moved(one, names):
                continue
            whole = source.edit((one.start, one.start + len(one.text)), "", "")
            if any(a < whole.end and whole.start < b for a, b in spans):
                continue
            before = shown[: one.start - start]
            edit = _role(source, one, before, names)
            if edit is not None:
                yield edit
            else:
                yield Undecided(names.path, whole.line, one.text, _WHYS[one.pattern])


def _spoken(source: Source) -> Iterator[tuple[int, str]]:
    """Comments and strings as they are written; nothing if they cannot be told."""
    reader = io.StringIO(source.text, newline="").readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type in _SPOKEN:
                start = source.offset(token.start[0], token.start[1] + 1)
                end = source.offset(token.end[0], token.end[1] + 1)
                yield start, source.text[start:end]
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def _spaced(text: str) -> str:
    """An escaped end of a line is no letter of the word after it."""
    return _ESCAPE.sub("  ", text)


def _mentions(
    text: str, start: int, patterns: set[re.Pattern[str]]
) -> Iterator[Mention]:
    seen: set[int] = set()
    for pattern in _WHYS:
        for found in pattern.finditer(text) if pattern in patterns else ():
            at = found.start(found.re.groups)
            if at not in seen:
                seen.add(at)
                yield Mention(start + at, found[found.re.groups], pattern)


def _is_moved(one: Mention, names: Names) -> bool:
    if one.pattern is _PATH:
        return one.text in names.world.moves or one.text in names.world.folders
    return _moved(one.text, names) is not None


def _moved(dotted: str, names: Names) -> tuple[str, str] | None:
    """The part of a dotted name that names something moved, and its new name."""
    if not names.led(Name(dotted.partition(".")[0])).targets:
        return None
    known = names.depth(Name(dotted))
    old = ".".join(dotted.split(".")[:known])
    if not old:
        return None
    try:
        new = names.renamed(Name(old)).module
    except UndecidedError:
        return old, ""
    return (old, new) if new != old else None


def _role(source: Source, one: Mention, before: str, names: Names) -> Edit | None:
    moved = _moved(one.text, names) if one.pattern is _DOTTED else None
    if moved is None or not moved[1] or not _ROLE.search(before):
        return None
    span = one.start, one.start + len(moved[0])
    return source.edit(span, moved[1], "string")
