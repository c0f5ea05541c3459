"""Which branches only a type checker enters: `if TYPE_CHECKING:` and its spellings."""

from __future__ import annotations

import ast

from treeguard.languages.python.import_visitor import Guard
from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Scope

_NAMES = {"TYPE_CHECKING", "MYPY"}


def typing_only(guard: Guard | None) -> bool:
    """Say whether the running program never enters a place under these guards."""
    while guard is not None:
        if _never(guard.test, guard.branch, guard.scope):
            return True
        guard = guard.outer
    return False


def _never(test: ast.expr, branch: bool, scope: Scope) -> bool:
    """Say whether the branch taken when `test` is `branch` is for type checkers."""
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, branch = test.operand, not branch
    if isinstance(test, ast.BoolOp):
        # `TYPE_CHECKING and x` needs the first; `not TYPE_CHECKING or x` else.
        joins = isinstance(test.op, ast.And) if branch else isinstance(test.op, ast.Or)
        return joins and any(_never(value, branch, scope) for value in test.values)
    if not branch:
        return False
    if isinstance(test, ast.Attribute):
        return test.attr in _NAMES
    return isinstance(test, ast.Name) and _is_flag(test.id, scope)


def _is_flag(name: str, scope: Scope) -> bool:
    """A name is a flag while each of its bindings is one, or is `False`.

    `TYPE_CHECKING = True` is therefore none: its branch runs.
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
