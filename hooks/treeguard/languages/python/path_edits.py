"""Find what a source adds to `sys.path`, or to another such list, and where."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import FIRST
from treeguard.languages.facts import LAST
from treeguard.languages.facts import SECOND
from treeguard.languages.facts import WORKING
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.languages.python.choices import bound_to
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

_METHODS = {"append", "insert", "extend"}
_NAMED = {*_METHODS, "addsitedir"}
_COPIES = {"list", "tuple", "fromkeys", "sorted"}
# Tells whether an expression stands for the list.
IsPath = Callable[[ast.expr, Scope], bool]


def may_edit_path(text: str) -> bool:
    """Return True if a source can touch `sys.path` at all."""
    named = "addsitedir" in text or ("sys" in text and "path" in text)
    return named or not text.isascii()


def is_sys_path(node: ast.expr, scope: Scope) -> bool:
    """Return True for an expression that stands for `sys.path`."""
    return "sys.path" in called(node, scope)


def path_edits(found: Walk, is_path: IsPath = is_sys_path) -> SearchPath:
    """Return what a source adds to the list that `is_path` knows, in its own order."""
    edits = [
        PathEdit(item.call.lineno, item.where, text.text)
        for item in _added(found, is_path)
        for _node, text in values(item.node, item.scope, _folder)
        if text and text.complete
    ]
    return tuple(dict.fromkeys(edits))


class AddedFolder(NamedTuple):
    """An expression for a folder that a source adds to `sys.path`, and its value."""

    node: ast.expr
    text: str


def added_folders(found: Walk) -> Iterator[AddedFolder]:
    """Yield the expressions whose values `path_edits` returns."""
    for item in _added(found, is_sys_path):
        for node, text in values(item.node, item.scope, _folder):
            if text and text.complete:
                yield AddedFolder(node, text.text)


def working_folders(found: Walk) -> SearchPath:
    """Return the folders that a source changes into, each seen from the one before."""
    changed = [
        PathEdit(call.lineno, WORKING, text.text if text and text.complete else "/")
        for call, place in found.calls
        if call.args and "os.chdir" in called(call.func, place.scope)
        for _node, text in values(call.args[0], place.scope, fold_path)
    ]
    return tuple(sorted(changed))


class _Added(NamedTuple):
    """An expression for a folder, and where a call or an assignment adds it."""

    call: ast.expr
    where: int
    node: ast.expr
    scope: Scope


def _added(found: Walk, is_path: IsPath) -> list[_Added]:
    added = [*_from_calls(found, is_path), *_from_assignments(found, is_path)]
    return sorted(added, key=lambda item: (item.call.lineno, item.call.col_offset))


def _folder(node: ast.expr, scope: Scope) -> Text | None:
    """As `fold_path`; an empty text is the folder that the program is started in."""
    path = fold_path(node, scope)
    return Text(".") if path is None and fold(node, scope) == Text("") else path


def _from_calls(found: Walk, is_path: IsPath) -> Iterator[_Added]:
    for call, place in found.calls:
        scope = place.scope
        if isinstance(call.func, ast.Attribute) and call.func.attr not in _NAMED:
            continue
        func, inner = bound_to(call.func, scope)
        if is_path is is_sys_path and call.args and _is_site(call.func, scope):
            yield _Added(call, LAST, call.args[0], scope)
        if not (isinstance(func, ast.Attribute) and func.attr in _METHODS):
            continue
        if not (call.args and is_path(func.value, inner)):
            continue
        if func.attr == "insert" and len(call.args) > 1:
            yield _Added(call, _index(call.args[0]), call.args[1], scope)
        elif func.attr == "append":
            yield _Added(call, LAST, call.args[0], scope)
        elif func.attr == "extend":
            for where, node, at in _items(call.args[0], scope, LAST, is_path):
                yield _Added(call, where, node, at)


def _is_site(func: ast.expr, scope: Scope) -> bool:
    return last_name(func) == "addsitedir" or (
        isinstance(func, ast.Name) and "site.addsitedir" in called(func, scope)
    )


def _from_assignments(found: Walk, is_path: IsPath) -> Iterator[_Added]:
    """Yield from `sys.path += [...]`, `sys.path[:0] = [...]` and plain assignments."""
    for target, value, place in found.assignments:
        holder, where = target, FIRST
        if isinstance(target, ast.Subscript):
            holder, where = target.value, _slice_index(target.slice)
        elif is_path is is_sys_path and _is_new_list(target, found):
            continue
        if not is_path(holder, place.scope):
            continue
        if id(target) in found.augmented:
            where = LAST
        if isinstance(target, ast.Subscript) and not isinstance(
            target.slice, ast.Slice
        ):
            yield _Added(target, where, value, place.scope)
            continue
        # Of several in front, the last one that is inserted comes first.
        every = list(_items(value, place.scope, where, is_path))
        before = [item for item in every if item[0] != LAST]
        after = [item for item in every if item[0] == LAST]
        for at, node, scope in (*reversed(before), *after):
            yield _Added(target, at, node, scope)


def _is_new_list(target: ast.expr, found: Walk) -> bool:
    """Return True for a name that is bound anew; only `+=` adds to the same list."""
    return isinstance(target, ast.Name) and id(target) not in found.augmented


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
    node: ast.expr, scope: Scope, where: int, is_path: IsPath
) -> Iterator[tuple[int, ast.expr, Scope]]:
    """Yield the folders of a new list, in their order, each with its place.

    What follows the old list in a display or a sum comes last.
    """
    ahead = [node]
    while ahead:
        item = ahead.pop()
        holder = item.value if isinstance(item, ast.Subscript) else item
        if isinstance(item, (ast.List, ast.Tuple)):
            for part in reversed(item.elts):
                # In a set of its own, `a + b` is one folder and no sum of lists.
                ahead.append(
                    part.value if isinstance(part, ast.Starred) else ast.Set([part])
                )
        elif isinstance(item, ast.BinOp) and isinstance(item.op, ast.Add):
            ahead += [item.right, item.left]
        elif isinstance(item, ast.Call) and last_name(item.func) in _COPIES:
            ahead += item.args[:1]
        elif is_path(holder, scope):
            where = LAST
        else:
            listed = elements(item, scope) or [Picked(item, scope)]
            for folder, inner in listed:
                if folder is not None:
                    yield where, folder, inner
