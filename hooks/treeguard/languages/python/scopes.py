"""Python's scopes and guards: what a name is bound to, and what a branch depends on."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Hashable
from typing import Any
from typing import NamedTuple
from typing import TypeVar

T = TypeVar("T")
_NAMES = {"TYPE_CHECKING", "MYPY"}
# Keys of what is known, beside those of evaluated expressions.
_PICKED, _COUNT = "picked", "count"
_MOST_PICKED = 40_000


class Loop(NamedTuple):
    """A loop that binds a name to one element of `iterable` after another.

    `position` leads to the name in a target such as `a, (b, c)`. The name has these
    values from the line `start` to the line `end`.
    """

    iterable: ast.expr
    position: tuple[int, ...]
    start: int
    end: int


class Binding(NamedTuple):
    """One way in which a scope binds a name; with no field set, to anything at all.

    `dotted` is what an import binds the name to (`a.b`, `.a.b` for a relative one),
    and `imported` the module that a plain `import` names. `value` is the expression
    assigned, `loop` the loop.
    """

    dotted: str = ""
    imported: str = ""
    value: ast.expr | None = None
    loop: Loop | None = None


class Picked(NamedTuple):
    """One value of several that an expression may have; None if it is not known."""

    node: ast.expr | None
    scope: Scope


class Scope:
    """One module, class, function, lambda or comprehension, and its bindings."""

    __slots__ = ("_elsewhere", "_known", "is_class", "is_inline", "names", "parent")

    def __init__(
        self, parent: Scope | None, is_class: bool = False, is_inline: bool = False
    ) -> None:
        self.parent = parent
        self.is_class = is_class
        self.is_inline = is_inline
        self.names: dict[str, list[Binding]] = {}
        self._elsewhere: dict[str, Scope] = {}
        # What expressions of the whole module were evaluated to.
        self._known: dict[Hashable, Any] = parent._known if parent else {}

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding, in the scope that `global` or `nonlocal` names."""
        owner = self._elsewhere.get(name, self)
        owner.names.setdefault(name, []).append(binding)

    def send_global(self, names: list[str]) -> None:
        """Add later bindings of these names to the module."""
        for name in names:
            self._elsewhere[name] = self._module()

    def send_nonlocal(self, names: list[str]) -> None:
        """Add later bindings of these names to the function around."""
        for name in names:
            owner, _bindings = self.parent.lookup(name) if self.parent else (None, [])
            self._elsewhere[name] = owner or self

    def lookup(self, name: str) -> tuple[Scope | None, list[Binding]]:
        """Return the scope that a use of `name` means, and the bindings there.

        Functions do not see the bodies of the classes around them. A builtin, or a name
        of an `import *`, has no scope and no binding.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names and (scope is self or not scope.is_class):
                return scope, scope.names[name]
            if name in scope._elsewhere and scope._elsewhere[name] is not scope:
                return scope._elsewhere[name].lookup(name)
            scope = scope.parent
        return None, []

    def remember(self, key: Hashable, evaluate: Callable[[], T]) -> T:
        """Return what was evaluated for `key` before, or evaluate it now."""
        if key not in self._known:
            self._known[key] = evaluate()
        known: T = self._known[key]
        return known

    def pick(self, picked: dict[int, Picked]) -> bool:
        """Evaluate with these values of loops and containers, by the id of the node.

        Return False where a module has asked for more values than any source lists.
        """
        count: int = self._known.get(_COUNT, 0)
        self._known.clear()
        self._known[_PICKED] = picked
        self._known[_COUNT] = count + 1
        return count < _MOST_PICKED

    def picked(self, node: ast.expr) -> Picked | None:
        """Return the value that `pick` has chosen for a node."""
        picked: dict[int, Picked] = self._known.get(_PICKED, {})
        return picked.get(id(node))

    def forget(self) -> None:
        """Forget what was evaluated in the module, whose tree has changed."""
        self._known.clear()

    def for_walrus(self) -> Scope:
        """Return the scope that `:=` binds in: never a comprehension (PEP 572)."""
        scope = self
        while scope.is_inline and scope.parent is not None:
            scope = scope.parent
        return scope

    def _module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


def loop_around(name: ast.Name, bindings: list[Binding]) -> Loop | None:
    """Return the innermost loop around a name that binds it, or the only one."""
    loops = [binding.loop for binding in bindings if binding.loop is not None]
    around = [loop for loop in loops if loop.start <= name.lineno <= loop.end]
    if around:
        return max(around, key=lambda loop: loop.start)
    return loops[0] if len(bindings) == len(loops) == 1 else None


class Guard(NamedTuple):
    """One branch of an `if` around a statement, with the guards around that."""

    test: ast.expr
    scope: Scope
    branch: bool
    outer: Guard | None


def typing_only(guard: Guard | None) -> bool:
    """Return True if the running program never enters a place under these guards."""
    while guard is not None:
        if _never(guard.test, guard.branch, guard.scope):
            return True
        guard = guard.outer
    return False


def _never(test: ast.expr, branch: bool, scope: Scope) -> bool:
    """Return True if the branch taken when `test` is `branch` is for type checkers."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, branch = test.operand, not branch
    if isinstance(test, ast.BoolOp):
        # `TYPE_CHECKING and x`, or the else branch of `not TYPE_CHECKING or x`.
        joins = isinstance(test.op, ast.And) if branch else isinstance(test.op, ast.Or)
        return joins and any(_never(value, branch, scope) for value in test.values)
    if not branch:
        return False
    if isinstance(test, ast.Attribute):
        return test.attr in _NAMES
    return isinstance(test, ast.Name) and _is_flag(test.id, scope)


def _is_flag(name: str, scope: Scope) -> bool:
    """Return True if each binding of a name is a flag of type checkers, or is `False`.

    Not so for `TYPE_CHECKING = True`: its branch runs.
    """
    owner, bindings = scope.lookup(name)
    if owner is None:
        return name in _NAMES
    named = name in _NAMES or any(_is_import(binding) for binding in bindings)
    return named and all(_is_import(b) or _is_false(b) for b in bindings)


def _is_import(binding: Binding) -> bool:
    return binding.dotted.rpartition(".")[2] in _NAMES


def _is_false(binding: Binding) -> bool:
    value = binding.value
    return isinstance(value, ast.Constant) and value.value in (False, 0)


def split_chain(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """Split `a.b.c` into the expression `a` and the names after it."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return node, names[::-1]


def last_name(node: ast.expr) -> str:
    """Return `c` for `a.b.c` and for `c`; empty for any other expression."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
