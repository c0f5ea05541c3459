"""Find what a source adds to `sys.path`, and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import FIRST
from treeguard.languages.facts import LAST
from treeguard.languages.facts import SECOND
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.languages.python.choices import elements
from treeguard.languages.python.choices import values
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Picked
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name

_ONE = {"sys.path.append", "site.addsitedir"}
_MANY = {"sys.path.extend"}
_COPIES = {"list", "tuple", "fromkeys", "sorted"}


def may_edit_path(text: str) -> bool:
    """Return True if a source can touch `sys.path` at all."""
    named = "addsitedir" in text or ("sys" in text and "path" in text)
    return named or not text.isascii()


def path_edits(found: Walk) -> SearchPath:
    """Return what a source adds to `sys.path`, in the order of the source."""
    added = [*_from_calls(found), *_from_assignments(found)]
    added.sort(key=lambda item: (item.call.lineno, item.call.col_offset))
    edits = [
        PathEdit(item.call.lineno, item.where, text.text)
        for item in added
        for _node, text in values(item.node, item.scope, _folder)
        if text and text.complete
    ]
    return tuple(dict.fromkeys(edits))


class _Added(NamedTuple):
    """An expression for a folder, and where a call or an assignment adds it."""

    call: ast.expr
    where: int
    node: ast.expr
    scope: Scope


def _folder(node: ast.expr, scope: Scope) -> Text | None:
    """As `fold_path`; an empty text is the folder that the program is started in."""
    path = fold_path(node, scope)
    return Text(".") if path is None and fold(node, scope) == Text("") else path


def _from_calls(found: Walk) -> Iterator[_Added]:
    for call, place in found.calls:
        if not isinstance(call.func, (ast.Attribute, ast.Name)):
            continue
        scope = place.scope
        for name in called(call.func, scope):
            if name == "sys.path.insert" and len(call.args) > 1:
                yield _Added(call, _index(call.args[0]), call.args[1], scope)
            elif name in _ONE and call.args:
                yield _Added(call, LAST, call.args[0], scope)
            elif name in _MANY and call.args:
                for index, node, inner in _items(call.args[0], scope, LAST):
                    yield _Added(call, index, node, inner)


def _from_assignments(found: Walk) -> Iterator[_Added]:
    """Yield from `sys.path += [...]`, `sys.path[:0] = [...]` and plain assignments."""
    for target, value, place in found.assignments:
        holder, index = target, FIRST
        if isinstance(target, ast.Subscript):
            holder, index = target.value, _slice_index(target.slice)
        if "sys.path" not in called(holder, place.scope):
            continue
        if id(target) in found.augmented:
            index = LAST
        # Of several in front, the last one that is inserted comes first.
        every = list(_items(value, place.scope, index))
        before = [item for item in every if item[0] != LAST]
        after = [item for item in every if item[0] == LAST]
        for where, node, scope in (*reversed(before), *after):
            yield _Added(target, where, node, scope)


def _index(node: ast.expr) -> int:
    """Return where `sys.path.insert(index, ...)` puts a folder."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return SECOND if node.value > 0 else FIRST
    # A negative number or `len(sys.path)` counts from the end.
    return LAST if isinstance(node, (ast.UnaryOp, ast.Call)) else FIRST


def _slice_index(node: ast.expr) -> int:
    if not isinstance(node, ast.Slice):
        return _index(node)
    return FIRST if node.lower is None else _index(node.lower)


def _items(
    node: ast.expr, scope: Scope, index: int
) -> Iterator[tuple[int, ast.expr, Scope]]:
    """Yield the folders of a new `sys.path`, in their order, each with its place.

    What follows the old `sys.path` in a list or a sum comes last.
    """
    ahead = [node]
    while ahead:
        item = ahead.pop()
        holder = item.value if isinstance(item, ast.Subscript) else item
        if isinstance(item, (ast.List, ast.Tuple)):
            for part in reversed(item.elts):
                ahead.append(part.value if isinstance(part, ast.Starred) else part)
        elif isinstance(item, ast.BinOp) and isinstance(item.op, ast.Add):
            ahead += [item.right, item.left]
        elif isinstance(item, ast.Call) and last_name(item.func) in _COPIES:
            ahead += item.args[:1]
        elif "sys.path" in called(holder, scope):
            index = LAST
        else:
            listed = elements(item, scope) or [Picked(item, scope)]
            for folder, inner in listed:
                if folder is not None:
                    yield index, folder, inner
