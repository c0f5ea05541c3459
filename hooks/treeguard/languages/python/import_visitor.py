"""Visit a syntax tree once: its imports, its scopes, and what may be a use.

The visitor keeps its own stack, so that no nesting that the parser accepts is too deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Guard
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import split_chain

# What a string literal may mean in its place: a name, and also a path.
NOTHING, NAME, ARGUMENT = 0, 1, 3


class Place(NamedTuple):
    """The place of a node: its scope, its innermost guard, what strings mean there."""

    scope: Scope
    guard: Guard | None
    strings: int = NOTHING


class Walk(NamedTuple):
    """What one pass found, each with its place, in no order.

    `names` are the names that are read, outside of attributes; None unless asked for.
    """

    module: Scope
    imports: list[tuple[ast.Import | ast.ImportFrom, Place]]
    calls: list[tuple[ast.Call, Place]]
    attributes: list[tuple[ast.Attribute, Place]]
    strings: list[tuple[ast.Constant, Place]]
    sequences: list[tuple[ast.List | ast.Tuple, Place]]
    assignments: list[tuple[ast.expr, ast.expr, Place]]
    names: list[tuple[ast.Name, Place]] | None = None


Node = tuple[ast.AST, Place]


def walk(tree: ast.Module, *, names: bool = False) -> Walk:
    """Visit every node of a module; with `names`, keep the names that are read too."""
    read: list[tuple[ast.Name, Place]] | None = [] if names else None
    found = Walk(Scope(None), [], [], [], [], [], [], read)
    stack: list[Node] = [(tree, Place(found.module, None))]
    while stack:
        node, place = stack.pop()
        if not isinstance(node, ast.AST):
            # The key of `**x` in a dict, the default of a keyword that has none.
            continue
        handler = _HANDLERS.get(type(node))
        if handler is None:
            _children(node, _plain(place), stack)
        else:
            handler(found, node, place, stack)
    return found


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_LEAVES = {"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "type_ignores"}


def _children(
    node: ast.AST, place: Place, stack: list[Node], without: Iterable[str] = ()
) -> None:
    fields = _FIELDS.get(type(node))
    if fields is None:
        fields = tuple(name for name in node._fields if name not in _LEAVES)
        _FIELDS[type(node)] = fields
    for name in fields:
        if name not in without:
            _push(getattr(node, name, None), place, stack)


def _push(value: object, place: Place, stack: list[Node]) -> None:
    if isinstance(value, list):
        stack += [
            (item, place)
            for item in reversed(value)
            if type(item) is not ast.Constant or place.strings
        ]
    elif isinstance(value, ast.AST) and (
        type(value) is not ast.Constant or place.strings
    ):
        stack.append((value, place))


def _plain(place: Place) -> Place:
    """Return the same place, where a string means nothing."""
    return Place(place.scope, place.guard) if place.strings else place


def _import(found: Walk, node: ast.Import, place: Place, _stack: list[Node]) -> None:
    found.imports.append((node, place))
    for alias in node.names:
        root = alias.name.partition(".")[0]
        target = alias.name if alias.asname else root
        place.scope.bind(alias.asname or root, Binding(target, alias.name))


def _import_from(
    found: Walk, node: ast.ImportFrom, place: Place, _stack: list[Node]
) -> None:
    found.imports.append((node, place))
    base = "." * node.level + (node.module or "")
    for alias in node.names:
        if alias.name != "*":
            dotted = f"{base}.{alias.name}"
            place.scope.bind(alias.asname or alias.name, Binding(dotted))


def _function(
    _found: Walk,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    place: Place,
    stack: list[Node],
) -> None:
    place.scope.bind(node.name, Binding())
    outside = _plain(place)
    _push(node.decorator_list, outside, stack)
    _push(node.returns, outside, stack)
    inside = outside._replace(scope=Scope(place.scope))
    _push(getattr(node, "type_params", None), inside, stack)
    _arguments(node.args, outside, inside.scope, stack)
    _push(node.body, inside, stack)


def _lambda(_found: Walk, node: ast.Lambda, place: Place, stack: list[Node]) -> None:
    outside = _plain(place)
    inside = outside._replace(scope=Scope(place.scope))
    _arguments(node.args, outside, inside.scope, stack)
    stack.append((node.body, inside))


def _arguments(
    args: ast.arguments, outside: Place, inside: Scope, stack: list[Node]
) -> None:
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [arg for arg in (args.vararg, args.kwarg) if arg is not None]
    for arg in every:
        inside.bind(arg.arg, Binding())
        _push(arg.annotation, outside, stack)
    named = Place(outside.scope, outside.guard, NAME)
    _push(args.defaults, named, stack)
    _push(args.kw_defaults, named, stack)


def _class(_found: Walk, node: ast.ClassDef, place: Place, stack: list[Node]) -> None:
    place.scope.bind(node.name, Binding())
    outside = _plain(place)
    _children(node, outside, stack, without=("body", "type_params", "keywords"))
    for keyword in node.keywords:
        stack.append((keyword.value, Place(outside.scope, outside.guard, NAME)))
    inside = outside._replace(scope=Scope(place.scope, is_class=True))
    _push(getattr(node, "type_params", None), inside, stack)
    _push(node.body, inside, stack)


def _comprehension(
    _found: Walk, node: ast.AST, place: Place, stack: list[Node]
) -> None:
    scope = Scope(place.scope, is_inline=True)
    _children(node, Place(scope, place.guard), stack)


def _if(_found: Walk, node: ast.If, place: Place, stack: list[Node]) -> None:
    plain = _plain(place)
    stack.append((node.test, plain))
    for branch, body in ((True, node.body), (False, node.orelse)):
        guard = Guard(node.test, place.scope, branch, place.guard)
        _push(body, plain._replace(guard=guard), stack)


def _name(found: Walk, node: ast.Name, place: Place, _stack: list[Node]) -> None:
    if not isinstance(node.ctx, ast.Load):
        place.scope.bind(node.id, Binding())
    elif found.names is not None:
        found.names.append((node, place))


def _attribute(
    found: Walk, node: ast.Attribute, place: Place, stack: list[Node]
) -> None:
    inner, _names = split_chain(node)
    if isinstance(inner, ast.Name):
        found.attributes.append((node, place))
    else:
        stack.append((inner, _plain(place)))


def _call(found: Walk, node: ast.Call, place: Place, stack: list[Node]) -> None:
    found.calls.append((node, place))
    stack.append((node.func, _plain(place)))
    argument = Place(place.scope, place.guard, ARGUMENT)
    _push(node.args, argument, stack)
    for keyword in node.keywords:
        stack.append((keyword.value, argument))


def _constant(
    found: Walk, node: ast.Constant, place: Place, _stack: list[Node]
) -> None:
    if place.strings and isinstance(node.value, str):
        found.strings.append((node, place))


def _container(found: Walk, node: ast.AST, place: Place, stack: list[Node]) -> None:
    """Let elements keep what strings mean in a call; elsewhere they may be names."""
    if isinstance(node, (ast.List, ast.Tuple)):
        found.sequences.append((node, place))
    _children(node, Place(place.scope, place.guard, place.strings | NAME), stack)


def _through(_found: Walk, node: ast.AST, place: Place, stack: list[Node]) -> None:
    """Pass the meaning of strings on, in conditional expressions and the like."""
    _children(node, place, stack)


def _conditional(
    _found: Walk, node: ast.IfExp, place: Place, stack: list[Node]
) -> None:
    stack.append((node.test, _plain(place)))
    stack += [(node.body, place), (node.orelse, place)]


def _subscript(_found: Walk, node: ast.AST, place: Place, stack: list[Node]) -> None:
    """Look for no name inside `[...]`: it is a key or, more often, a type."""
    plain = _plain(place)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
        stack.append((node.value, plain))
        _push(node.slice.elts, plain, stack)
    else:
        _children(node, plain, stack)


def _assign(found: Walk, node: ast.Assign, place: Place, stack: list[Node]) -> None:
    for target in node.targets:
        _target(found, target, node.value, place, stack)
    stack.append((node.value, Place(place.scope, place.guard, NAME)))


def _ann_assign(
    found: Walk, node: ast.AnnAssign, place: Place, stack: list[Node]
) -> None:
    stack.append((node.annotation, _plain(place)))
    if node.value is None:
        if not isinstance(node.target, ast.Name):
            stack.append((node.target, _plain(place)))
        return
    _target(found, node.target, node.value, place, stack)
    stack.append((node.value, Place(place.scope, place.guard, NAME)))


def _aug_assign(
    found: Walk, node: ast.AugAssign, place: Place, stack: list[Node]
) -> None:
    found.assignments.append((node.target, node.value, place))
    stack.append((node.target, _plain(place)))
    stack.append((node.value, Place(place.scope, place.guard, NAME)))


def _walrus(found: Walk, node: ast.NamedExpr, place: Place, stack: list[Node]) -> None:
    inner = place._replace(scope=place.scope.for_walrus())
    _target(found, node.target, node.value, inner, stack)
    stack.append((node.value, place))


def _target(
    found: Walk, target: ast.expr, value: ast.expr, place: Place, stack: list[Node]
) -> None:
    found.assignments.append((target, value, place))
    if isinstance(target, ast.Name):
        place.scope.bind(target.id, Binding(value=value))
    else:
        stack.append((target, _plain(place)))


def _global(_found: Walk, node: ast.Global, place: Place, _stack: list[Node]) -> None:
    place.scope.send_global(node.names)


def _nonlocal(
    _found: Walk, node: ast.Nonlocal, place: Place, _stack: list[Node]
) -> None:
    place.scope.send_nonlocal(node.names)


def _named(_found: Walk, node: ast.AST, place: Place, stack: list[Node]) -> None:
    """Bind names of `except ... as x`, `case x`, `case {**x}` and type parameters."""
    name = getattr(node, "name", None) or getattr(node, "rest", None)
    if isinstance(name, str):
        place.scope.bind(name, Binding())
    _children(node, _plain(place), stack)


Handler = Callable[[Walk, "ast.AST", Place, "list[Node]"], None]
_HANDLERS: dict[type[ast.AST], Handler] = {}


def _on(handler: object, *names: str) -> None:
    """Register a handler for the node classes that this Python knows."""
    for name in names:
        cls = getattr(ast, name, None)
        if cls is not None:
            _HANDLERS[cls] = handler  # type: ignore[assignment]


_on(_import, "Import")
_on(_import_from, "ImportFrom")
_on(_function, "FunctionDef", "AsyncFunctionDef")
_on(_lambda, "Lambda")
_on(_class, "ClassDef")
_on(_comprehension, "ListComp", "SetComp", "DictComp", "GeneratorExp")
_on(_if, "If")
_on(_name, "Name")
_on(_attribute, "Attribute")
_on(_call, "Call")
_on(_constant, "Constant")
_on(_container, "List", "Tuple", "Set", "Dict")
_on(_through, "BoolOp", "Starred", "Await")
_on(_conditional, "IfExp")
_on(_subscript, "Subscript")
_on(_assign, "Assign")
_on(_ann_assign, "AnnAssign")
_on(_aug_assign, "AugAssign")
_on(_walrus, "NamedExpr")
_on(_global, "Global")
_on(_nonlocal, "Nonlocal")
_on(_named, "ExceptHandler", "MatchAs", "MatchStar", "MatchMapping")
_on(_named, "TypeVar", "ParamSpec", "TypeVarTuple")
