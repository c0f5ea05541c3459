"""Names and paths of what moves, wherever else a source speaks of them.

Docstrings, comments, code in strings, `__module__ = "pkg"`: a Sphinx role with a whole
dotted name is edited, since Sphinx resolves it as an import would; everything else is
told with its line, because nobody can say whether it is a name at all.
"""

from __future__ import annotations

import io
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_source import Span

_NAME = r"[^\W\d]\w*"
_NAMES = rf"{_NAME}(?:\.{_NAME})*"
# A regular expression says `a\.b`, in a plain literal `a\\.b`.
_DOTTED = re.compile(rf"(?<![\w./@\\-]){_NAME}(?:\\{{0,2}}\.{_NAME})+(?![\w/@])")
_CODE = re.compile(
    rf"\bimport[ \t]+({_NAMES})|\bfrom[ \t]+({_NAMES})[ \t]+import"
    rf"|\b(?:__import__|import_module)\(\\*['\"]({_NAMES})"
)
_WHOLE = re.compile(rf"[bBuUrR]{{0,2}}(\"\"\"|'''|\"|')({_NAME})(?:\.?\*)?\1")
_PATH = re.compile(r"(?<![\w./@:-])[\w.+-]+(?:/[\w.+-]*[\w+-])+")
# What stands before a name in a role: :class:`a.B`, :py:mod:`~a.b`, :ref:`x <a.b>`.
_ROLE = re.compile(r":[a-z][\w:+-]*:`(?:[^`<]*<)?[~!]?\Z")
_ESCAPE = re.compile(r"\\[nrt]")
_SPOKEN = {tokenize.COMMENT, tokenize.STRING} | {
    number for number, name in tokenize.tok_name.items() if name.endswith("_MIDDLE")
}
MAY_BE_NAME = "it may be the name of what moves"
_WHYS = {
    _CODE: "code in a string or a comment imports it",
    _DOTTED: "a name in a comment or a string",
    _WHOLE: MAY_BE_NAME,
    _PATH: "a path in a comment or a string",
}


class Mention(NamedTuple):
    """Where it stands in the text, what it says, and by which pattern it was found."""

    start: int
    text: str
    pattern: re.Pattern[str]


def speaks_of_moved(data: bytes, names: Names) -> bool:
    """True if `data` may hold a mention; decides if it is worth to be parsed."""
    text = data.decode("utf-8", "replace")
    return any(_is_moved(one, names) for one in _mentions(text))


def mentions(
    source: Source, made: Iterable[Edit | Undecided], names: Names
) -> Iterator[Edit | Undecided]:
    """Edits of roles, and every other mention that `made` has not dealt with."""
    lines = {one.line for one in made if isinstance(one, Undecided)}
    edits = sorted((one.start, one.end) for one in made if isinstance(one, Edit))
    left = [
        one
        for one in _mentions(source.text)
        if _is_moved(one, names)
        and source.line(one.start) not in lines
        and not _is_edited(source, one, edits)
    ]
    spoken = list(_spoken(source)) if left else []
    for one in left:
        at = bisect_right(spoken, (one.start, len(source.text))) - 1
        if at < 0 or spoken[at][1] <= one.start:
            continue
        edit = _role(source, one, source.text[spoken[at][0] : one.start], names)
        line, why = source.line(one.start), _WHYS[one.pattern]
        yield edit or Undecided(names.path, line, one.text, why)


def _is_edited(source: Source, one: Mention, edits: list[Span]) -> bool:
    whole = source.edit((one.start, one.start + len(one.text)), "", "")
    at = bisect_right(edits, (whole.end, 0))
    return any(start < whole.end and whole.start < end for start, end in edits[:at])


def _spoken(source: Source) -> Iterator[Span]:
    """Where comments and strings stand; nothing if they cannot be told."""
    reader = io.StringIO(source.text, newline="").readline
    try:
        for token in tokenize.generate_tokens(reader):
            if token.type in _SPOKEN:
                start = source.offset(token.start[0], token.start[1] + 1)
                yield start, source.offset(token.end[0], token.end[1] + 1)
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def _mentions(text: str) -> Iterator[Mention]:
    """Every name and path; an escaped end of a line is no letter of a word."""
    spaced, seen = _ESCAPE.sub("  ", text), set[int]()
    for pattern in _WHYS:
        if pattern is _PATH and "/" not in spaced:
            continue
        for found in pattern.finditer(spaced):
            group = found.lastindex or 0
            if found.start(group) not in seen:
                seen.add(found.start(group))
                yield Mention(found.start(group), found[group], pattern)


def _is_moved(one: Mention, names: Names) -> bool:
    if one.pattern is _PATH:
        return one.text in names.world.moves or one.text in names.world.folders
    return moved_name(one.text, names) is not None


def moved_name(dotted: str, names: Names) -> tuple[str, str] | None:
    """The part of a dotted name that names something moved, and its new name."""
    dotted = dotted.replace("\\", "")
    first = names.led(Name(dotted.partition(".")[0])).targets
    # What stands beside a file alone is as likely a variable: `app.run`.
    if not first or not names.is_of_root(first[0]):
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
    moved = moved_name(one.text, names) if one.pattern is _DOTTED else None
    if moved is None or not moved[1] or "\\" in one.text:
        return None
    if not _ROLE.search(before):
        return None
    span = one.start, one.start + len(moved[0])
    return source.edit(span, moved[1], "string")
