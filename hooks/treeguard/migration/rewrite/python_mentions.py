"""Find what moves wherever else a source mentions it.

Docstrings, comments, code in strings, `__module__ = "pkg"`: a Sphinx role with a whole
dotted name is edited, since Sphinx resolves it as an import would; everything else is
listed with its line, because it may not be a name at all.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.languages.python.name_uses import CODE
from treeguard.languages.python.name_uses import DOTTED
from treeguard.languages.python.name_uses import PATH
from treeguard.languages.python.name_uses import WHOLE
from treeguard.languages.python.name_uses import Mention
from treeguard.languages.python.name_uses import mentions
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError

# What precedes a name in a role: :class:`a.B`, :py:mod:`~a.b`, :ref:`x <a.b>`.
_ROLE = re.compile(r":[a-z][\w:+-]*:`(?:[^`<]*<)?[~!]?\Z")
MAY_BE_NAME = "it may be the name of what moves"
_WHYS = {
    CODE: "code in a string or a comment imports it",
    DOTTED: "a name in a comment or a string",
    WHOLE: MAY_BE_NAME,
    PATH: "a path in a comment or a string",
}


def speaks_of_moved(data: bytes, names: Names) -> bool:
    """Say whether `data` may mention what moves; else it need not be parsed."""
    text = data.decode("utf-8", "replace")
    return any(_is_moved(one, names) for one in mentions(text))


def moved_mentions(
    source: Source, made: Iterable[Edit | Undecided], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield edits of roles, and every other mention that `made` has not dealt with."""
    lines = {one.line for one in made if isinstance(one, Undecided)}
    edits = sorted((one.start, one.end) for one in made if isinstance(one, Edit))
    left = [
        one
        for one in mentions(source.text)
        if _is_moved(one, names)
        and source.line(one.start) not in lines
        and not _is_edited(source, one, edits)
    ]
    for one in left:
        at = bisect_right(source.prose, (one.start, len(source.text))) - 1
        if at < 0 or source.prose[at][1] <= one.start:
            continue
        edit = _role(source, one, source.text[source.prose[at][0] : one.start], names)
        line, why = source.line(one.start), _WHYS[one.kind]
        yield edit or Undecided(names.path, line, one.text, why)


def _is_edited(source: Source, one: Mention, edits: list[Span]) -> bool:
    whole = source.edit((one.start, one.start + len(one.text)), "", "")
    at = bisect_right(edits, (whole.end, 0))
    return any(start < whole.end and whole.start < end for start, end in edits[:at])


def _is_moved(one: Mention, names: Names) -> bool:
    if one.kind == PATH:
        return one.text in names.world.moves or one.text in names.world.folders
    return moved_name(one.text, names) is not None


def moved_name(dotted: str, names: Names) -> tuple[str, str] | None:
    """Return the part of a dotted name that names something moved, and its new name."""
    dotted = dotted.replace("\\", "")
    first = names.led(Name(dotted.partition(".")[0]))
    # What is found beside a file alone is as likely a variable: `app.run`.
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
    moved = moved_name(one.text, names) if one.kind == DOTTED else None
    if moved is None or not moved[1] or "\\" in one.text:
        return None
    if not _ROLE.search(before):
        return None
    span = one.start, one.start + len(moved[0])
    return source.edit(span, moved[1], "string")
