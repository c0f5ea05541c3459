"""Split templates of texts into their parts: `"%s" % a`, `"{}".format(a)`, f-strings.

Parts are expressions, and None for each that is not filled in as it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

# The marks of templates; only those that fill in a text as it is are followed.
_PERCENT = re.compile(
    r"%%|%(?:\((?P<name>[^()]*)\))?(?:(?P<plain>s)|[^a-zA-Z]*[a-zA-Z])"
)
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>\w*)(?:!s)?\}|\{[^{}]*\}")


def percent_pieces(template: str, node: ast.BinOp) -> Iterator[ast.expr | None]:
    """Yield the parts of `"%s" % a`, `"%s.%s" % (a, b)` and `"%(a)s" % {"a": b}`."""
    given = node.right
    values = list(given.elts) if isinstance(given, ast.Tuple) else [given]
    named = _items_of(given) if isinstance(given, ast.Dict) else None
    for text, mark in _split_template(_PERCENT, template):
        yield _text_node(text, node)
        if mark is None or mark[0] == "%%":
            yield _text_node("%" if mark else "", node)
        elif mark["plain"] is None:
            yield None
        elif named is not None:
            yield named.get(mark["name"] or "")
        else:
            yield values.pop(0) if values else None


def join_pieces(separator: ast.expr, given: ast.expr) -> list[ast.expr | None] | None:
    """Return the parts of `".".join([a, b])`; None for what is no list."""
    if not isinstance(given, (ast.List, ast.Tuple)):
        return None
    parts = [
        part
        for one in given.elts
        for part in (separator, None if isinstance(one, ast.Starred) else one)
    ]
    return parts[1:]


def format_pieces(template: str, node: ast.Call) -> Iterator[ast.expr | None]:
    """Yield the parts of `"{}.{a}".format(b, a=c)`."""
    given: dict[str, ast.expr] = {w.arg: w.value for w in node.keywords if w.arg}
    count = 0
    for number, value in enumerate(node.args):
        if isinstance(value, ast.Starred):
            break
        given[str(number)] = value
    for text, mark in _split_template(_FIELD, template):
        yield _text_node(text, node)
        if mark is None or mark[0] in ("{{", "}}"):
            yield _text_node(mark[0][0] if mark else "", node)
            continue
        name = mark["name"]
        if name == "":
            name, count = str(count), count + 1
        yield given.get(name) if name else None


def f_piece(part: ast.expr) -> ast.expr | None:
    """Return what one part of an f-string fills in."""
    if not isinstance(part, ast.FormattedValue):
        return part
    plain = part.conversion in (-1, ord("s")) and part.format_spec is None
    return part.value if plain else None


def _split_template(
    mark: re.Pattern[str], template: str
) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Yield the texts of a template, each with the mark after it."""
    at = 0
    for found in mark.finditer(template):
        yield template[at : found.start()], found
        at = found.end()
    yield template[at:], None


def _text_node(text: str, node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(text), node)


def _items_of(node: ast.Dict) -> dict[str, ast.expr]:
    return {
        key.value: value
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
