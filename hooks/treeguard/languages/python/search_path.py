"""Folders that a source adds to `sys.path`, where the source alone tells them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Scope

_ONE = {"sys.path.append": 0, "sys.path.insert": 1, "site.addsitedir": 0}
_MANY = {"sys.path.extend"}


def may_add(text: str) -> bool:
    """Say whether a source can touch `sys.path` at all."""
    named = "addsitedir" in text or ("sys" in text and "path" in text)
    return named or not text.isascii()


def folders(found: Walk) -> tuple[str, ...]:
    """Return the folders, each once, in no order that `sys.path` would have.

    `./` begins one that is relative to the file's own folder; any other is as written.
    """
    nodes = [*_from_calls(found), *_from_assignments(found)]
    nodes.sort(key=lambda item: (item[0].lineno, item[0].col_offset))
    known = [fold_path(node, scope) for node, scope in nodes]
    return tuple(dict.fromkeys(text.text for text in known if text and text.complete))


def _from_calls(found: Walk) -> Iterator[tuple[ast.expr, Scope]]:
    for call, place in found.calls:
        if not isinstance(call.func, (ast.Attribute, ast.Name)):
            continue
        for name in called(call.func, place.scope):
            index = _ONE.get(name)
            if index is not None and len(call.args) > index:
                yield call.args[index], place.scope
            elif name in _MANY and call.args:
                yield from _items(call.args[0], place.scope)


def _from_assignments(found: Walk) -> Iterator[tuple[ast.expr, Scope]]:
    """`sys.path += [...]`, `sys.path[:0] = [...]`, `sys.path = [...] + sys.path`."""
    for target, value, place in found.assignments:
        holder = target.value if isinstance(target, ast.Subscript) else target
        if "sys.path" not in called(holder, place.scope):
            continue
        if not isinstance(value, (ast.List, ast.Tuple, ast.BinOp)):
            yield value, place.scope
        yield from _items(value, place.scope)


def _items(node: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, (ast.List, ast.Tuple)):
            yield from ((element, scope) for element in item.elts)
        elif isinstance(item, ast.BinOp) and isinstance(item.op, ast.Add):
            stack += [item.left, item.right]
        elif isinstance(item, ast.Call) and item.args:
            stack.append(item.args[0])
