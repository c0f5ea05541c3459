"""Names in one source besides its imports: attributes, `__file__` paths, and prose.

Type checkers, and `typing.get_type_hints`, read types in strings and in comments
(`x: "a.b.C"`, `# type: a.b.C`) as expressions of the module. Chains in them are uses
too, where they are written in one plain piece of ASCII.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import PATH
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import split_chain
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span

_COMMENT = re.compile(r"#[ \t]*type:[ \t]*(?!ignore\b)([^#]*[^#\s])")
_TYPED = {"cast", "ForwardRef", "NewType", "TypeVar"}
_FILLING = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|[\s()]+")


_NAME = r"[^\W\d]\w*"
_NAMES = rf"{_NAME}(?:\.{_NAME})*"
# What is found in prose, and each kind of it. A regular expression says `a\.b`, in a
# plain literal `a\\.b`.
CODE = "code"
DOTTED = "dotted"
WHOLE = "whole"
_PROSE = (
    (
        CODE,
        re.compile(
            rf"\bimport[ \t]+({_NAMES})|\bfrom[ \t]+({_NAMES})[ \t]+import"
            rf"|\b(?:__import__|import_module)\(\\*['\"]({_NAMES})"
        ),
    ),
    (
        DOTTED,
        re.compile(rf"(?<![\w./@\\-]){_NAME}(?:\\{{0,2}}\.{_NAME})+(?![\w/@])"),
    ),
    (
        WHOLE,
        re.compile(rf"[bBuUrR]{{0,2}}(\"\"\"|'''|\"|')({_NAME})(?:\.?\*)?\1"),
    ),
    (PATH, re.compile(r"(?<![\w./@:-])[\w.+-]+(?:/[\w.+-]*[\w+-])+")),
)
_ESCAPE = re.compile(r"\\(?:[nrt]|x[0-9A-Fa-f]{2})")


class Chain(NamedTuple):
    """`a.b.c` as it is written, and its names.

    `base` is the place of the text that `node` was read from, if it is not all.
    """

    node: ast.expr
    parts: list[str]
    place: Place
    base: int | None = None

    def span(self, source: Source, count: int) -> Span:
        """Return the place of the first `count` names."""
        last = self.node
        for _name in self.parts[count:]:
            assert isinstance(last, ast.Attribute)
            last = last.value
        first, _names = split_chain(last)
        if self.base is None:
            return source.span(first)[0], source.span(last)[1]
        end = last.end_col_offset
        assert end is not None
        return self.base + first.col_offset, self.base + end

    def is_written_at(self, source: Source, span: Span, count: int) -> bool:
        """Return True if `span` holds the first names: not so in some f-strings."""
        written = _FILLING.sub("", source.text[slice(*span)])
        return written == ".".join(self.parts[:count])


def chains(source: Source, found: Walk) -> Iterator[Chain]:
    """Yield every chain that begins with a name, those in types too."""
    for node, place in found.names:
        yield Chain(node, [node.id], place)
    for attribute, place in found.attributes:
        yield from _chain(attribute, place)
    # A type in a string or in a comment sees the names of the module.
    place = Place(found.module, None)
    for tree, base in _written_types(source, found):
        ahead: list[ast.AST] = [tree]
        while ahead:
            inner = ahead.pop()
            made = list(_chain(inner, place, base))
            yield from made
            ahead += () if made else ast.iter_child_nodes(inner)


def _chain(node: ast.AST, place: Place, base: int | None = None) -> Iterator[Chain]:
    """Yield the chain that ends with a node, if it begins with a name."""
    if isinstance(node, (ast.Attribute, ast.Name)):
        first, names = split_chain(node)
        if isinstance(first, ast.Name):
            yield Chain(node, [first.id, *names], place, base)


def _written_types(source: Source, found: Walk) -> Iterator[tuple[ast.AST, int]]:
    """Yield every type in a string or in a comment, and where its columns begin."""
    for annotation in found.annotations:
        yield from _types_in_strings(source, annotation)
    for call, _place in found.calls:
        if last_name(call.func) in _TYPED:
            bounds = [word.value for word in call.keywords if word.arg == "bound"]
            for argument in (*call.args[:2], *bounds):
                yield from _types_in_strings(source, argument)
    if "type:" in source.text:
        for span in source.comments():
            match = _COMMENT.match(source.text[slice(*span)])
            if match is not None:
                mode = "func_type" if match[1].startswith("(") else "eval"
                yield from _type(match[1], span[0] + match.start(1), mode)


def _types_in_strings(
    source: Source, annotation: ast.expr
) -> Iterator[tuple[ast.AST, int]]:
    """Yield the types in an annotation's strings; `Literal["a"]` holds none."""
    ahead: list[ast.AST] = [annotation]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            inner = source.plain_string(source.span(node))
            if inner is not None and source.text[slice(*inner)] == node.value:
                yield from _type(node.value, inner[0], "eval")
        elif isinstance(node, ast.Subscript) and last_name(node.value) == "Literal":
            continue
        elif isinstance(node, ast.Subscript) and last_name(node.value) == "Annotated":
            held = node.slice
            ahead += held.elts[:1] if isinstance(held, ast.Tuple) else [held]
        elif not isinstance(node, ast.Call) or node is annotation:
            ahead += ast.iter_child_nodes(node)


def _type(text: str, base: int, mode: str) -> Iterator[tuple[ast.AST, int]]:
    """Yield the tree of a type on one line, if it can be parsed."""
    in_line = "\n" not in text and "\r" not in text and not text[:1].isspace()
    if text.isascii() and "." in text and in_line:
        try:
            yield ast.parse(text, mode=mode), base
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return


class OwnPath(NamedTuple):
    """A path that begins with `__file__`: the expressions around it, innermost first.

    The outermost is the last that is still known as a path.
    """

    chain: list[ast.expr]
    scope: Scope


def own_paths(source: Source, found: Walk, through_names: bool) -> Iterator[OwnPath]:
    """Yield every path that begins with `__file__`.

    With `through_names` also those that begin with a name that holds such a path.
    """
    if "__file__" not in source.text:
        return
    above = {
        id(child): node
        for node in ast.walk(source.tree)
        for child in ast.iter_child_nodes(node)
    }
    for name, place in found.names:
        if name.id == "__file__":
            yield OwnPath(_climb(name, above, place.scope), place.scope)
    for name, place in found.names if through_names else ():
        path = None if name.id == "__file__" else fold_path(name, place.scope)
        if path is not None and path.text.startswith("./"):
            chain = _climb(name, above, place.scope)
            if len(chain) > 1:
                yield OwnPath(chain, place.scope)


def _climb(name: ast.Name, above: dict[int, ast.AST], scope: Scope) -> list[ast.expr]:
    chain: list[ast.expr] = [name]
    known = 1
    while isinstance(outer := above.get(id(chain[-1])), ast.expr):
        chain.append(outer)
        if fold_path(outer, scope) is not None:
            known = len(chain)
    return chain[:known]


class Mention(NamedTuple):
    """A name or path that a text holds, from the place `start` on."""

    start: int
    text: str
    kind: str


def mentions(text: str) -> Iterator[Mention]:
    """Yield every name and path in a text, whether code, a string or a comment.

    The letters of an escape are no part of a word: in a pickle one is before each name.
    """
    spaced = _ESCAPE.sub(lambda found: " " * len(found[0]), text)
    seen = set[int]()
    for kind, pattern in _PROSE:
        if kind == PATH and "/" not in spaced:
            continue
        for found in pattern.finditer(spaced):
            group = found.lastindex or 0
            if found.start(group) not in seen:
                seen.add(found.start(group))
                yield Mention(found.start(group), found[group], kind)
