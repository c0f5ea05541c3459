"""Types that stand in strings and in comments: `x: "a.b.C"`, `# type: a.b.C`.

Type checkers, and `typing.get_type_hints`, read them as expressions of the module. They
are followed as other uses are, where they are written in one plain piece of ASCII.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.import_visitor import Walk
from treeguard.migration.rewrite.python_source import Source

_LITERAL = re.compile(r"[uUrR]?(\"\"\"|'''|\"|')((?:(?!\1)[^\\\n\r])*)\1")
_COMMENT = re.compile(r"#[ \t]*type:[ \t]*(?!ignore\b)([^#]*[^#\s])")
_TYPED = {"cast", "ForwardRef", "NewType", "TypeVar"}


class Written(NamedTuple):
    """A type, and the place in the source's text from which its columns count."""

    tree: ast.AST
    base: int


def written_types(source: Source, found: Walk) -> Iterator[Written]:
    """Every type in a string or in a comment that can be read."""
    for node in ast.walk(source.tree):
        for annotation in _annotations(node):
            yield from _strings(source, annotation)
    for call, _place in found.calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func
        if getattr(name, "id", name) in _TYPED:
            bounds = [word.value for word in call.keywords if word.arg == "bound"]
            for argument in (*call.args[:2], *bounds):
                yield from _strings(source, argument)
    if "type:" in source.text:
        yield from _comments(source)


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
        yield node.returns


def _strings(source: Source, annotation: ast.expr) -> Iterator[Written]:
    """The strings of an annotation; what `Literal["a"]` holds are no types."""
    ahead: list[ast.AST] = [annotation]
    while ahead:
        node = ahead.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            literal = _LITERAL.fullmatch(source.text, *source.span(node))
            if literal is not None and literal[2] == node.value:
                yield from _read(literal[2], literal.start(2), "eval")
        elif isinstance(node, ast.Subscript) and _last(node.value) == "Literal":
            continue
        elif isinstance(node, ast.Subscript) and _last(node.value) == "Annotated":
            inner = node.slice
            ahead += inner.elts[:1] if isinstance(inner, ast.Tuple) else [inner]
        elif not isinstance(node, ast.Call) or node is annotation:
            ahead += ast.iter_child_nodes(node)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _comments(source: Source) -> Iterator[Written]:
    reader = io.StringIO(source.text, newline="").readline
    try:
        for token in tokenize.generate_tokens(reader):
            found = _COMMENT.match(token.string)
            if token.type == tokenize.COMMENT and found is not None:
                start = source.offset(token.start[0], token.start[1] + 1)
                mode = "func_type" if found[1].startswith("(") else "eval"
                yield from _read(found[1], start + found.start(1), mode)
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def _read(text: str, base: int, mode: str) -> Iterator[Written]:
    if text.isascii() and "." in text and not text[0].isspace():
        try:
            yield Written(ast.parse(text, mode=mode), base)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
