"""Read which names a module binds at its top level, and which of them it exports."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.parse import parse

# With one of these a module may have names that no statement of it binds.
_OPEN = ("__getattr__", "globals", "vars(", "sys.modules", "exec", "eval", "attach")
# Every module has these.
_OWN = frozenset({"__name__", "__doc__", "__file__", "__path__", "__dict__"})
_OWN |= {"__package__", "__spec__", "__loader__", "__builtins__"}


class Exported(NamedTuple):
    """A name in `__all__`, and its line."""

    name: str
    line: int


class Namespace(NamedTuple):
    """What a module binds: each name to what imports bind it to, as `Binding.dotted`
    has it; empty for anything else.

    One that `is_open` may have other names besides.
    """

    bound: Mapping[str, tuple[str, ...]]
    exported: tuple[Exported, ...] = ()
    is_open: bool = False

    def may_hold(self, name: str) -> bool:
        """Return True if the module may have an attribute of that name.

        A builtin counts: `mock.patch` puts one into any module.
        """
        return self.is_open or name in self.bound or name in _OWN or _is_builtin(name)


UNKNOWN = Namespace({}, (), True)


def read_namespace(data: bytes) -> Namespace:
    """Return the names of a source; `UNKNOWN` if it cannot be parsed."""
    try:
        tree = parse(data)
    except UnreadableError:
        return UNKNOWN
    found = walk(tree)
    text = data.decode("utf-8", "replace")
    stars = any(
        alias.name == "*"
        for node, place in found.imports
        for alias in node.names
        if place.scope is found.module
    )
    bound = {
        name: tuple(binding.dotted for binding in bindings)
        for name, bindings in found.module.names.items()
    }
    exported = tuple(_exported(tree)) if "__all__" in bound else ()
    return Namespace(bound, exported, stars or any(word in text for word in _OPEN))


def _exported(tree: ast.Module) -> Iterator[Exported]:
    """Yield the literals of every `__all__ = [...]` and `__all__ += [...]`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AugAssign):
            targets, value = [node.target], node.value
        else:
            continue
        if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
            for inner in ast.walk(value):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield Exported(inner.value, inner.lineno)


def _is_builtin(name: str) -> bool:
    return hasattr(builtins, name)
