"""What a module does while it is imported: its imports, and the names that it binds.

Bodies of functions do not run then, nor do branches for type checkers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.cpython_parser import UnreadableError
from treeguard.languages.python.cpython_parser import parse
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.type_checking import typing_only

# A module that says one of these may have whatever name it is asked for.
_OPEN = re.compile(
    rb"globals\(\)|^exec\(|sys\.modules\[__name__\]|^def __getattr__\(", re.MULTILINE
)


class Step(NamedTuple):
    """An import statement (`node`), or a name that is bound.

    `unsure`: it may not run, or its error may be caught; `inside`: of a class.
    """

    node: ast.Import | ast.ImportFrom | None
    name: str = ""
    unsure: bool = False
    inside: bool = False


class Read(NamedTuple):
    """What a module does in its order; `is_open` if it may bind anything besides."""

    steps: tuple[Step, ...] = ()
    is_open: bool = True


def read(data: bytes) -> Read:
    """What the source says; one that no parser takes may bind anything."""
    try:
        tree = parse(data)
    except UnreadableError:
        return Read()
    found = walk(tree).imports
    typed = {id(node) for node, place in found if typing_only(place.guard)}
    steps = tuple(one for one in _steps(tree.body) if id(one.node) not in typed)
    return Read(steps, _OPEN.search(data) is not None)


def _steps(body: list[ast.stmt], unsure: bool = False) -> Iterator[Step]:
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield Step(node, "", unsure)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield Step(None, node.name)
        elif isinstance(node, ast.ClassDef):
            inner = (one for one in _steps(node.body, unsure) if one.node is not None)
            yield from (one._replace(inside=True) for one in inner)
            yield Step(None, node.name)
        else:
            yield from (Step(None, name) for name in _bound(node))
            for block, skipped in _blocks(node):
                yield from _steps(block, unsure or skipped)


def _bound(node: ast.stmt) -> Iterator[str]:
    """Every name that a statement binds, at some time; those of its blocks too."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


def _blocks(node: ast.stmt) -> Iterator[tuple[list[ast.stmt], bool]]:
    """The blocks of a statement, and whether each may be skipped or may fail."""
    if isinstance(node, ast.If):
        if "__main__" not in ast.unparse(node.test):
            yield node.body, True
        yield node.orelse, True
    elif isinstance(node, ast.Try):
        yield node.body, bool(node.handlers)
        yield from ((handler.body, True) for handler in node.handlers)
        yield from ((block, False) for block in (node.orelse, node.finalbody))
    else:
        for name in ("body", "orelse", "finalbody"):
            yield getattr(node, name, None) or [], True
        for case in (*getattr(node, "cases", ()), *getattr(node, "handlers", ())):
            yield case.body, True
