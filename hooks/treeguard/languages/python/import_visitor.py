"""Visit a syntax tree once: its imports, its scopes, and what may be a use.

The visitor keeps its own stack, so that no nesting that the parser accepts is too deep.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any
from typing import NamedTuple

from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Guard
from treeguard.languages.python.scopes import Loop
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import split_chain
from treeguard.languages.source_text import word_set

# What a string literal may mean in its place: a name, and also a path. A name that is
# only mentioned uses nothing.
NOTHING, NAME, ARGUMENT, MENTIONED = 0, 1, 3, 5

# Functions that print, log, compare or match what they are given, by their last names.
_QUIET = word_set(
    "getLogger get_logger getChild at_level set_level assertLogs assertNoLogs print"
    " debug info warn warning error exception critical fatal log echo secho write"
    " writelines writerow add_note fail skip xfail exit warn_explicit warns"
    " simplefilter filterwarnings deprecated deprecate deprecated_call startswith"
    " endswith index find rfind rindex count partition rpartition removeprefix"
    " removesuffix strip lstrip rstrip replace match search fullmatch findall"
    " finditer sub escape _ gettext ngettext pgettext get_tracer get_meter"
    " start_span start_as_current_span set_tag set_attribute incr increment gauge"
    " histogram timing has_perm has_perms"
)
_QUIET_KEYWORDS = word_set(
    "logger logger_name group match msg message reason help description title doc"
    " identifier verbose_name category"
)
_QUIET_ENDINGS = ("Error", "Exception", "Warning")


class Place(NamedTuple):
    """The place of a node: its scope, its innermost guard, what strings mean there."""

    scope: Scope
    guard: Guard | None
    strings: int = NOTHING


class Walk(NamedTuple):
    """What one pass found, each with its place, in no order.

    `names` are the names that are read, outside of attributes, and `annotations` the
    types of arguments, results and variables: both are empty unless asked for.
    `augmented` has the ids of the targets of `+=`.
    """

    module: Scope
    imports: list[tuple[ast.Import | ast.ImportFrom, Place]]
    calls: list[tuple[ast.Call, Place]]
    attributes: list[tuple[ast.Attribute, Place]]
    strings: list[tuple[ast.Constant, Place]]
    sequences: list[tuple[ast.List | ast.Tuple, Place]]
    assignments: list[tuple[ast.expr, ast.expr, Place]]
    names: list[tuple[ast.Name, Place]]
    annotations: list[ast.expr]
    augmented: set[int]


def walk(tree: ast.Module, *, names: bool = False) -> Walk:
    """Visit every node of a module; `names` keeps names and annotations too."""
    found = Walk(Scope(None), [], [], [], [], [], [], [], [], set())
    _Visitor(found, names).visit(tree, Place(found.module, None))
    return found


_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_LEAVES = {"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "type_ignores"}


def _plain(place: Place) -> Place:
    """Return the same place, where a string means nothing."""
    return Place(place.scope, place.guard) if place.strings else place


class _Visitor:
    """Visits each node by the method that `_HANDLERS` has for it.

    A method adds to `_found` and pushes the nodes to visit next.
    """

    def __init__(self, found: Walk, names: bool) -> None:
        self._found = found
        self._names = names
        self._stack: list[tuple[ast.AST, Place]] = []

    def visit(self, tree: ast.Module, place: Place) -> None:
        """Visit every node of `tree`, the first of which is at `place`."""
        stack = self._stack
        stack.append((tree, place))
        while stack:
            node, place = stack.pop()
            handler = _HANDLERS.get(type(node))
            if handler is not None:
                handler(self, node, place)
            elif isinstance(node, ast.AST):
                self._children(node, _plain(place))
            # Else the key of `**x` in a dict, or the default of a keyword without one.

    def _children(
        self, node: ast.AST, place: Place, without: tuple[str, ...] = ()
    ) -> None:
        fields = _FIELDS.get(type(node))
        if fields is None:
            fields = tuple(name for name in node._fields if name not in _LEAVES)
            _FIELDS[type(node)] = fields
        for name in fields:
            if name not in without:
                self._push(getattr(node, name, None), place)

    def _push(self, value: object, place: Place) -> None:
        if isinstance(value, list):
            self._stack += [
                (item, place)
                for item in reversed(value)
                if type(item) is not ast.Constant or place.strings
            ]
        elif isinstance(value, ast.AST) and (
            type(value) is not ast.Constant or place.strings
        ):
            self._stack.append((value, place))

    def _annotation(self, node: ast.expr | None, place: Place) -> None:
        if node is not None:
            self._push(node, place)
            if self._names:
                self._found.annotations.append(node)

    def _import(self, node: ast.Import, place: Place) -> None:
        self._found.imports.append((node, place))
        for alias in node.names:
            root = alias.name.partition(".")[0]
            target = alias.name if alias.asname else root
            place.scope.bind(alias.asname or root, Binding(target, alias.name))

    def _import_from(self, node: ast.ImportFrom, place: Place) -> None:
        self._found.imports.append((node, place))
        base = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name != "*":
                dotted = f"{base}.{alias.name}"
                place.scope.bind(alias.asname or alias.name, Binding(dotted))

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, place: Place
    ) -> None:
        place.scope.bind(node.name, Binding())
        outside = _plain(place)
        self._push(node.decorator_list, outside)
        self._annotation(node.returns, outside)
        inside = outside._replace(scope=Scope(place.scope))
        self._push(getattr(node, "type_params", None), inside)
        self._arguments(node.args, outside, inside.scope)
        self._push(node.body, inside)

    def _lambda(self, node: ast.Lambda, place: Place) -> None:
        outside = _plain(place)
        inside = outside._replace(scope=Scope(place.scope))
        self._arguments(node.args, outside, inside.scope)
        self._stack.append((node.body, inside))

    def _arguments(self, args: ast.arguments, outside: Place, inside: Scope) -> None:
        every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        every += [arg for arg in (args.vararg, args.kwarg) if arg is not None]
        for arg in every:
            inside.bind(arg.arg, Binding())
            self._annotation(arg.annotation, outside)
        named = Place(outside.scope, outside.guard, NAME)
        self._push(args.defaults, named)
        self._push(args.kw_defaults, named)

    def _class(self, node: ast.ClassDef, place: Place) -> None:
        place.scope.bind(node.name, Binding())
        outside = _plain(place)
        self._children(node, outside, without=("body", "type_params", "keywords"))
        for keyword in node.keywords:
            self._stack.append(
                (keyword.value, Place(outside.scope, outside.guard, NAME))
            )
        inside = outside._replace(scope=Scope(place.scope, is_class=True))
        self._push(getattr(node, "type_params", None), inside)
        self._push(node.body, inside)

    def _comprehension(self, node: ast.AST, place: Place) -> None:
        scope = Scope(place.scope, is_inline=True)
        self._children(node, Place(scope, place.guard))

    def _for(self, node: ast.For, place: Place) -> None:
        plain = _plain(place)
        end = node.body[-1].end_lineno or node.lineno
        self._stack.append((node.iter, plain))
        self._bind_loop(node.target, Loop(node.iter, (), node.lineno, end), plain)
        self._push(node.body, plain)
        self._push(node.orelse, plain)

    def _generator(self, node: ast.comprehension, place: Place) -> None:
        # A comprehension binds its names in a scope of its own.
        loop = Loop(node.iter, (), 0, 0)
        self._bind_loop(node.target, loop, place)
        self._stack.append((node.iter, place))
        self._push(node.ifs, place)

    def _bind_loop(self, target: ast.expr, loop: Loop, place: Place) -> None:
        targets = [(target, loop)]
        while targets:
            one, inner = targets.pop()
            if isinstance(one, ast.Name):
                place.scope.bind(one.id, Binding(loop=inner))
            elif isinstance(one, (ast.Tuple, ast.List)) and not any(
                isinstance(item, ast.Starred) for item in one.elts
            ):
                targets += [
                    (item, inner._replace(position=(*inner.position, number)))
                    for number, item in enumerate(one.elts)
                ]
            else:
                self._stack.append((one, place))

    def _if(self, node: ast.If, place: Place) -> None:
        plain = _plain(place)
        self._stack.append((node.test, plain))
        for branch, body in ((True, node.body), (False, node.orelse)):
            guard = Guard(node.test, place.scope, branch, place.guard)
            self._push(body, plain._replace(guard=guard))

    def _name(self, node: ast.Name, place: Place) -> None:
        if not isinstance(node.ctx, ast.Load):
            place.scope.bind(node.id, Binding())
        elif self._names:
            self._found.names.append((node, place))

    def _attribute(self, node: ast.Attribute, place: Place) -> None:
        inner, _names = split_chain(node)
        if isinstance(inner, ast.Name):
            self._found.attributes.append((node, place))
        else:
            self._stack.append((inner, _plain(place)))

    def _call(self, node: ast.Call, place: Place) -> None:
        self._found.calls.append((node, place))
        self._stack.append((node.func, _plain(place)))
        mention = Place(place.scope, place.guard, MENTIONED)
        argument = Place(place.scope, place.guard, ARGUMENT)
        if _is_quiet(node):
            argument = mention
        self._push(node.args, argument)
        for word in node.keywords:
            is_quiet = word.arg in _QUIET_KEYWORDS
            self._stack.append((word.value, mention if is_quiet else argument))

    def _compare(self, node: ast.Compare, place: Place) -> None:
        """Look for no name to import in `x in ("a.b", "c.d")`."""
        plain = _plain(place)
        mention = plain._replace(strings=MENTIONED)
        for one in (node.left, *node.comparators):
            is_many = isinstance(one, (ast.List, ast.Tuple, ast.Set, ast.Dict))
            self._push(one, mention if is_many else plain)

    def _constant(self, node: ast.Constant, place: Place) -> None:
        if place.strings and isinstance(node.value, str):
            self._found.strings.append((node, place))

    def _container(self, node: ast.AST, place: Place) -> None:
        """Let elements mean what they mean in a call; elsewhere they may be names."""
        if isinstance(node, (ast.List, ast.Tuple)):
            self._found.sequences.append((node, place))
        self._children(node, Place(place.scope, place.guard, place.strings | NAME))

    def _conditional(self, node: ast.IfExp, place: Place) -> None:
        self._stack.append((node.test, _plain(place)))
        self._stack += [(node.body, place), (node.orelse, place)]

    def _subscript(self, node: ast.Subscript, place: Place) -> None:
        """Look for no name inside `[...]`: it is a key or, more often, a type."""
        plain = _plain(place)
        if isinstance(node.slice, ast.Tuple):
            self._stack.append((node.value, plain))
            self._push(node.slice.elts, plain)
        else:
            self._children(node, plain)

    def _assign(self, node: ast.Assign, place: Place) -> None:
        for target in node.targets:
            self._target(target, node.value, place)
        self._stack.append((node.value, Place(place.scope, place.guard, NAME)))

    def _ann_assign(self, node: ast.AnnAssign, place: Place) -> None:
        self._annotation(node.annotation, _plain(place))
        if node.value is not None:
            self._target(node.target, node.value, place)
            self._stack.append((node.value, Place(place.scope, place.guard, NAME)))
        elif not isinstance(node.target, ast.Name):
            self._stack.append((node.target, _plain(place)))

    def _aug_assign(self, node: ast.AugAssign, place: Place) -> None:
        self._found.assignments.append((node.target, node.value, place))
        self._found.augmented.add(id(node.target))
        self._stack.append((node.target, _plain(place)))
        self._stack.append((node.value, Place(place.scope, place.guard, NAME)))

    def _walrus(self, node: ast.NamedExpr, place: Place) -> None:
        inner = place._replace(scope=place.scope.for_walrus())
        self._target(node.target, node.value, inner)
        self._stack.append((node.value, place))

    def _target(self, target: ast.expr, value: ast.expr, place: Place) -> None:
        self._found.assignments.append((target, value, place))
        if isinstance(target, ast.Name):
            place.scope.bind(target.id, Binding(value=value))
        else:
            self._stack.append((target, _plain(place)))

    def _with_item(self, node: ast.withitem, place: Place) -> None:
        """Bind `f` of `with open(x) as f` to the call: what it reads is known by it."""
        plain = _plain(place)
        target = node.optional_vars
        if isinstance(target, ast.Name) and isinstance(node.context_expr, ast.Call):
            place.scope.bind(target.id, Binding(value=node.context_expr))
        elif target is not None:
            self._stack.append((target, plain))
        self._stack.append((node.context_expr, plain))

    def _global(self, node: ast.Global, place: Place) -> None:
        place.scope.send_global(node.names)

    def _nonlocal(self, node: ast.Nonlocal, place: Place) -> None:
        place.scope.send_nonlocal(node.names)

    def _named(self, node: ast.AST, place: Place) -> None:
        """Bind the name of `except ... as x`, of a pattern or of a type parameter."""
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            place.scope.bind(name, Binding())
        self._children(node, _plain(place))


def _is_quiet(node: ast.Call) -> bool:
    """Return True for a call that uses no module by a name that it gets.

    What looks a name up in `sys.modules`, or sets it there, imports nothing.
    """
    last = last_name(node.func)
    if last in _QUIET or last.startswith("assert") or last.endswith(_QUIET_ENDINGS):
        return True
    holder = node.func.value if isinstance(node.func, ast.Attribute) else None
    return any(_is_loaded_modules(one) for one in (holder, *node.args[:1]))


def _is_loaded_modules(node: ast.expr | None) -> bool:
    if isinstance(node, ast.Constant):
        return node.value == "sys.modules"
    return isinstance(node, ast.Attribute) and node.attr == "modules"


_METHODS: tuple[tuple[Callable[[_Visitor, Any, Place], None], str], ...] = (
    (_Visitor._import, "Import"),
    (_Visitor._import_from, "ImportFrom"),
    (_Visitor._function, "FunctionDef AsyncFunctionDef"),
    (_Visitor._lambda, "Lambda"),
    (_Visitor._class, "ClassDef"),
    (_Visitor._comprehension, "ListComp SetComp DictComp GeneratorExp"),
    (_Visitor._for, "For"),
    (_Visitor._generator, "comprehension"),
    (_Visitor._if, "If"),
    (_Visitor._name, "Name"),
    (_Visitor._attribute, "Attribute"),
    (_Visitor._call, "Call"),
    (_Visitor._compare, "Compare"),
    (_Visitor._constant, "Constant"),
    (_Visitor._container, "List Tuple Set Dict"),
    # Conditional expressions and the like pass the meaning of strings on.
    (_Visitor._children, "BoolOp Starred Await"),
    (_Visitor._conditional, "IfExp"),
    (_Visitor._subscript, "Subscript"),
    (_Visitor._assign, "Assign"),
    (_Visitor._ann_assign, "AnnAssign"),
    (_Visitor._aug_assign, "AugAssign"),
    (_Visitor._walrus, "NamedExpr"),
    (_Visitor._with_item, "withitem"),
    (_Visitor._global, "Global"),
    (_Visitor._nonlocal, "Nonlocal"),
    (_Visitor._named, "ExceptHandler MatchAs MatchStar MatchMapping"),
    (_Visitor._named, "TypeVar ParamSpec TypeVarTuple"),
)
# Only the classes that the running Python has.
_HANDLERS: dict[type, Callable[[_Visitor, Any, Place], None]] = {
    getattr(ast, name): method
    for method, names in _METHODS
    for name in names.split()
    if hasattr(ast, name)
}
