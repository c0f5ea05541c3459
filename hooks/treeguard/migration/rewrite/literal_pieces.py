"""Find a module's name in literals of several pieces, and before what is filled in.

`"a.b.C" "m"` is one string, and the head of `f"a.b.{name}"` is a module wherever a call
takes the name of something in it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span

_NAMES = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_QUOTE = r"(\"\"\"|'''|\"|')"
_PIECE = re.compile(rf"[uUrR]?{_QUOTE}((?:(?!\1)[^\\])*)\1", re.DOTALL)
_GLUE = re.compile(r"(?:\s|\\\r?\n|#[^\r\n]*)*")
# What is filled in begins with `{x}`, `{}` or `%s`, or the piece ends.
_HEAD = re.compile(rf"[fFuUrR]{{0,2}}{_QUOTE}({_NAMES})\.(?=\{{(?!\{{)|%\w|\1)")
# What takes the dotted name of a module's attribute, or of a module.
TAKE_NAMES = {"patch", "setattr", "delattr", "import_module", "import_string"}
TAKE_NAMES |= {"resolve_name", "__import__", "importorskip"}


def pieces_of(source: Source, span: Span) -> list[Span] | None:
    """Return the insides of the literals side by side at `span`; None if one of them is
    not written as it is."""
    found, at = [], span[0]
    while at < span[1]:
        piece = _PIECE.match(source.text, at, span[1])
        if piece is None:
            return None
        found.append(piece.span(2))
        glue = _GLUE.match(source.text, piece.end(), span[1])
        assert glue is not None
        at = glue.end()
    return found


def place_in(source: Source, pieces: list[Span], word: str) -> Span | None:
    """Return the place of a word that the joined pieces hold once, if it lies within
    one of them."""
    whole = "".join(source.text[slice(*piece)] for piece in pieces)
    found = list(re.finditer(rf"(?<![\w./-]){re.escape(word)}(?![\w/-])", whole))
    if len(found) != 1:
        return None
    start, end = found[0].span()
    for begin, stop in pieces:
        if end <= stop - begin:
            return (begin + start, begin + end) if start >= 0 else None
        start, end = start - (stop - begin), end - (stop - begin)
    return None


class Head(NamedTuple):
    """The module at the begin of a name, its place, and where the literal starts."""

    module: str
    span: Span
    literal: int


def heads(source: Source, found: Walk) -> Iterator[Head]:
    """Yield the module before what is filled in, of each name that a call takes."""
    for call, _place in found.calls:
        if not call.args or last_name(call.func) not in TAKE_NAMES:
            continue
        node = whole = call.args[0]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            node = node.func.value if node.func.attr == "format" else node
        while isinstance(node, ast.BinOp):
            node = node.left
        # A literal that is the whole name is read as one.
        is_begin = isinstance(node, ast.Constant) and node is not whole
        if is_begin or isinstance(node, ast.JoinedStr):
            start = source.span(node)[0]
            head = _HEAD.match(source.text, start)
            if head is not None:
                yield Head(head[2], head.span(2), start)
