"""Edit a list of dotted names as a whole, not in half.

`["lamp", "lamp.bulb"]`: the second is a module for sure, and a bare word alone may be
anything. In one list they are of one kind, so the word follows the names beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.plans import Edit
from treeguard.plans import Undecided

_WORD = re.compile(r"[^\W\d]\w*")
# The rest of a list of plain strings, in TOML, JSON and Python alike.
_STRING = rb"\"[^\"\n\\]*\"|'[^'\n\\]*'"
_REST = re.compile(rb"(?:[\s,]|#[^\n]*|" + _STRING + rb")*[])}]")
_ITEM = re.compile(_STRING)
_NAME = re.compile(rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\.\*)?")
_REST_OF_NAME = re.compile(rb"[\w.]*")
_IS_VALUE = re.compile(rb"[^=!<>]=[ \t]*\(\Z")
# Lists are longer than this only in data.
_FARTHEST = 20_000


def whole_lists(
    path: str, data: bytes, made: list[Edit | Undecided], context: MoveContext
) -> list[Edit | Undecided]:
    """Return `made` with the bare words of a list edited like the names in it."""
    words = {
        one.text
        for one in made
        if isinstance(one, Undecided) and _WORD.fullmatch(one.text)
    }
    edits = [one for one in made if isinstance(one, Edit)]
    if not words or not edits:
        return made
    names = Names(path, context)
    added: dict[tuple[int, int], Edit] = {}
    for edit in edits:
        for word, new in _renamed(edit, data, words, names):
            for start, end in _beside(edit, data, word.encode()):
                line = data.count(b"\n", 0, start) + 1
                added[start, end] = Edit(start, end, new.encode(), line, edit.kind)
    done = {(one.line, data[one.start : one.end].decode()) for one in added.values()}
    kept = (
        one for one in made if isinstance(one, Edit) or (one.line, one.text) not in done
    )
    return [*kept, *added.values()]


def _renamed(
    edit: Edit, data: bytes, words: set[str], names: Names
) -> Iterator[tuple[str, str]]:
    """Yield a word that an edited dotted name begins with, and its new name."""
    # An edit may be of the first part alone.
    rest = _REST_OF_NAME.match(data, edit.end)
    tail = rest[0] if rest is not None else b""
    old = (data[edit.start : edit.end] + tail).decode("utf-8", "replace")
    word = old.partition(".")[0]
    if word == old or word not in words:
        return
    try:
        new = names.new_name(Name(word)).module
    except UndecidedError:
        return
    if new != word and (edit.text + tail).startswith(new.encode() + b"."):
        yield word, new


def _beside(edit: Edit, data: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    """Yield the places of a word in the list of strings around an edit."""
    first = max(0, edit.start - _FARTHEST)
    start = max(data.rfind(mark, first, edit.start) for mark in (b"[", b"(", b"{")) + 1
    rest = _REST.match(data, start) if start else None
    if rest is None or rest.end() <= edit.end:
        return
    # The parts of a tuple are of several kinds, unless it is a value of its own.
    if data[start - 1 : start] == b"(" and not _IS_VALUE.search(data[:start][-80:]):
        return
    items = list(_ITEM.finditer(data, start, rest.end()))
    if all(_NAME.fullmatch(item[0][1:-1]) for item in items):
        for item in items:
            if item[0][1:-1] == word:
                yield item.start() + 1, item.end() - 1
