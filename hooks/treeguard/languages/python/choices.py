"""Evaluate expressions that take several values which the source lists.

`for name in ("a", "b")`, a comprehension, and `TABLE[key]` of a literal table say all
that a name or an item can be. An expression is evaluated once for each of them, so that
`f"{package}.{name}"` in a loop over pairs has the values that it has when it runs.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import alternatives
from treeguard.languages.python.constant_eval import element
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.scopes import Picked
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import loop_around

# More values of one expression than people list, more loops in one another, and more
# parts of an expression: what is beyond is not known.
_MOST_VALUES = 200
_MOST_CHOICES = 3
_MOST_PARTS = 100
_STEPS = 8
# They return the elements of their first argument, in some order.
_SAME_ELEMENTS = {"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"}
_SAME_ELEMENTS |= {"fromkeys", "tqdm", "filter"}

_Evaluator = Callable[[ast.expr, Scope], "Text | None"]


class Value(NamedTuple):
    """One value of an expression; `node` is the expression that spells it."""

    node: ast.expr
    text: Text | None


class _Choice(NamedTuple):
    """A node that has one of several values."""

    node: ast.expr
    values: list[Picked]


def values(
    node: ast.expr, scope: Scope, evaluate: _Evaluator = fold
) -> Iterator[Value]:
    """Yield every value that the source lists for an expression, in order.

    A value that is not known has no text.
    """
    for one in alternatives(node):
        choices = () if isinstance(one, ast.Constant) else _choices(one, scope)
        if not choices:
            yield Value(one, evaluate(one, scope))
            continue
        combined = itertools.product(*(choice.values for choice in choices))
        keys = [id(choice.node) for choice in choices]
        for number, picked in enumerate(combined):
            is_few = scope.pick(dict(zip(keys, picked, strict=True)))
            value = Value(_spelled(one, scope), evaluate(one, scope))
            scope.pick({})
            if number >= _MOST_VALUES or not is_few:
                yield Value(one, None)
                break
            yield value


def _choices(node: ast.expr, scope: Scope) -> list[_Choice]:
    """Return every part of an expression that has one of several listed values."""
    found: dict[int, _Choice] = {}
    ahead: list[tuple[ast.AST, Scope]] = [(node, scope)]
    seen: set[int] = set()
    while ahead and len(seen) < _MOST_PARTS:
        part, inner = ahead.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, ast.Name):
            owner, bindings = inner.lookup(part.id)
            loop = loop_around(part, bindings)
            if loop is not None and owner is not None:
                _add(found, loop.iterable, elements(loop.iterable, owner))
            elif owner is not None and len(bindings) == 1 and bindings[0].value:
                ahead.append((bindings[0].value, owner))
            continue
        items = _items(part, inner)
        if isinstance(part, ast.expr) and items is not None:
            _add(found, part, items)
        else:
            ahead += ((child, inner) for child in ast.iter_child_nodes(part))
    return list(found.values())[:_MOST_CHOICES]


def _add(
    found: dict[int, _Choice], node: ast.expr, listed: list[Picked] | None
) -> None:
    if listed is not None:
        found[id(node)] = _Choice(node, listed)


def elements(node: ast.expr, scope: Scope) -> list[Picked] | None:
    """Return what a loop over an expression meets; None where that is not listed."""
    container, scope = bound_to(node, scope)
    if isinstance(container, (ast.List, ast.Tuple, ast.Set)):
        return _listed(container.elts, scope)
    if isinstance(container, ast.Dict):
        return [Picked(key, scope) for key in container.keys]
    if isinstance(container, ast.BinOp) and isinstance(container.op, ast.Add):
        return _sum(container, scope)
    if isinstance(container, ast.Call):
        return _returned(container, scope)
    return None


def _listed(nodes: list[ast.expr], scope: Scope) -> list[Picked]:
    found: list[Picked] = []
    for node in nodes:
        if isinstance(node, ast.Starred):
            inner = elements(node.value, scope)
            found += [Picked(None, scope)] if inner is None else inner
        else:
            found.append(Picked(node, scope))
    return found


def _sum(node: ast.expr, scope: Scope) -> list[Picked]:
    parts: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    found: list[Picked] = []
    for part in (node, *reversed(parts)):
        inner = None if isinstance(part, ast.BinOp) else elements(part, scope)
        found += [Picked(None, scope)] if inner is None else inner
    return found


def _returned(call: ast.Call, scope: Scope) -> list[Picked] | None:
    name = last_name(call.func)
    if isinstance(call.func, ast.Attribute) and not call.args:
        if name in ("keys", "values", "items"):
            return _of_dict(call.func.value, name, scope)
        if name == "split":
            text = fold(call.func.value, scope)
            words = text.text.split() if text and text.complete else []
            return [Picked(_at(call, word), scope) for word in words] or None
    if name in _SAME_ELEMENTS and call.args:
        return elements(call.args[-1 if name == "filter" else 0], scope)
    if name == "enumerate" and call.args:
        every = elements(call.args[0], scope)
        return every and [_tuple(call, [Picked(None, scope), one]) for one in every]
    if name == "zip" and call.args:
        columns = [elements(argument, scope) for argument in call.args]
        known = [column for column in columns if column is not None]
        if len(known) == len(columns):
            return [_tuple(call, list(row)) for row in zip(*known, strict=False)]
    return None


def _of_dict(node: ast.expr, method: str, scope: Scope) -> list[Picked] | None:
    table, scope = bound_to(node, scope)
    if not isinstance(table, ast.Dict):
        return None
    if method == "values":
        return [Picked(value, scope) for value in table.values]
    if method == "keys":
        return [Picked(key, scope) for key in table.keys]
    pairs = zip(table.keys, table.values, strict=True)
    return [
        _tuple(node, [Picked(key, scope), Picked(value, scope)]) for key, value in pairs
    ]


def _items(node: ast.AST, scope: Scope) -> list[Picked] | None:
    """Return what `TABLE[key]`, `TABLE.get(key)`, `LIST[0]` or `a if x else b` can
    be."""
    default: list[ast.expr] = []
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        return [Picked(value, scope) for value in alternatives(node)]
    if isinstance(node, ast.Subscript):
        holder, key = node.value, node.slice
    elif isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
        assert isinstance(node.func, (ast.Attribute, ast.Name))
        if isinstance(node.func, ast.Name):
            return None
        holder, key, default = node.func.value, node.args[0], node.args[1:2]
    else:
        return None
    container, inner = bound_to(holder, scope)
    if isinstance(container, ast.Dict):
        exact = _of_key(container, key)
        chosen = container.values if exact is None else [*exact, *default]
        listed = chosen if exact else [*container.values, *default]
        return [Picked(value, inner) for value in listed] or None
    if isinstance(container, (ast.List, ast.Tuple)) and isinstance(node, ast.Subscript):
        if isinstance(key, ast.Constant) and isinstance(key.value, int):
            chosen = container.elts[key.value :][:1]
            return [Picked(value, inner) for value in chosen] or None
        return None if isinstance(key, ast.Slice) else _listed(container.elts, inner)
    return None


def _of_key(table: ast.Dict, key: ast.expr) -> list[ast.expr] | None:
    """Return the item of a key that is a literal; None for any other key."""
    if not isinstance(key, ast.Constant):
        return None
    pairs = zip(table.keys, table.values, strict=True)
    return [
        value
        for known, value in pairs
        if isinstance(known, ast.Constant) and known.value == key.value
    ]


def bound_to(node: ast.expr, scope: Scope) -> tuple[ast.expr, Scope]:
    """Follow names that are bound once to the expression that they stand for."""
    for _step in range(_STEPS):
        if not isinstance(node, ast.Name):
            break
        owner, bindings = scope.lookup(node.id)
        if owner is None or len(bindings) != 1 or bindings[0].value is None:
            break
        node, scope = bindings[0].value, owner
    return node, scope


def _spelled(node: ast.expr, scope: Scope) -> ast.expr:
    """Return the literal that an expression has been picked to be, or itself."""
    value: ast.expr = node
    for _step in range(_STEPS):
        picked = scope.picked(value)
        if picked is None and isinstance(value, ast.Name):
            owner, bindings = scope.lookup(value.id)
            loop = loop_around(value, bindings)
            if loop is not None:
                picked = element(scope.picked(loop.iterable), loop)
            elif owner is not None and len(bindings) == 1 and bindings[0].value:
                picked = Picked(bindings[0].value, owner)
        if picked is None or picked.node is None:
            break
        value, scope = picked.node, picked.scope
    return value if isinstance(value, ast.Constant) else node


def _at(place: ast.expr, text: str) -> ast.expr:
    return ast.copy_location(ast.Constant(text), place)


def _tuple(place: ast.expr, items: list[Picked]) -> Picked:
    unknown = ast.Constant(None)
    nodes = [unknown if item.node is None else item.node for item in items]
    made = ast.Tuple(nodes, ast.Load())
    return Picked(ast.copy_location(made, place), items[-1].scope)
