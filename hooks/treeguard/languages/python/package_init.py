"""Read what a package's `__init__.py` says about the modules below it.

`__path__` holds the folders in which its submodules are looked up
(https://docs.python.org/3/reference/import.html#path-attributes-on-modules), and
`__all__` the names, submodules among them, that `from package import *` imports.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import LAST
from treeguard.languages.facts import PathEdit
from treeguard.languages.python.choices import elements
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.parse import parse
from treeguard.languages.python.path_edits import path_edits
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name

# `pkgutil.extend_path` and `pkg_resources.declare_namespace`.
_EXTENDERS = {"extend_path", "declare_namespace"}
PATH_WORDS = (b"__path__", b"declare_namespace")
# In a `__path__`: every folder of the package's name on its parent's path.
EXTENDED = "*"
_OWN = "./"


class PackageInit(NamedTuple):
    """What one `__init__.py` says.

    `path` is its `__path__`, as `PathEdit` has folders, `EXTENDED` for every folder of
    the package's name on its parent's path; empty for its own folder alone.
    `exports` are the names of `__all__` that the file does not bind itself.
    """

    path: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()


def package_init(data: bytes) -> PackageInit:
    """Return what the bytes of an `__init__.py` say; nothing if it is unreadable."""
    grows = any(word in data for word in PATH_WORDS)
    if not grows and b"__all__" not in data:
        return PackageInit()
    try:
        found = walk(parse(data))
    except UnreadableError:
        return PackageInit()
    path = _path(found) if grows else ()
    return PackageInit(() if path == (_OWN,) else path, _exports(found))


def _path(found: Walk) -> tuple[str, ...]:
    folders = [] if _replaces_path(found) else [_OWN]
    edits = [
        *path_edits(found, _is_path),
        *(
            PathEdit(call.lineno, LAST, EXTENDED)
            for call, _place in found.calls
            if last_name(call.func) in _EXTENDERS
        ),
    ]
    for edit in sorted(edits, key=lambda edit: edit.line):
        at = len(folders) if edit.where == LAST else edit.where
        folders.insert(at, edit.folder)
    return tuple(dict.fromkeys(folders))


def _is_path(node: ast.expr, _scope: Scope) -> bool:
    return isinstance(node, ast.Name) and node.id == "__path__"


def _replaces_path(found: Walk) -> bool:
    """Return True if `__path__ = [...]` leaves the own folder out."""
    return any(
        isinstance(target, ast.Name)
        and target.id == "__path__"
        and id(target) not in found.augmented
        and not any(
            isinstance(inner, ast.Name) and inner.id == "__path__"
            for inner in ast.walk(value)
        )
        for target, value, _place in found.assignments
    )


def _exports(found: Walk) -> tuple[str, ...]:
    names = {
        text.text: None
        for node, scope in _listed(found)
        if (text := fold(node, scope)) is not None and text.complete
    }
    return tuple(name for name in names if name not in found.module.names)


def _listed(found: Walk) -> Iterator[tuple[ast.expr, Scope]]:
    """Yield the items of `__all__ = [...]`, `+= [...]`, `extend(...)`, `append(x)`."""
    given: list[ast.expr] = []
    for target, value, place in found.assignments:
        is_module = place.scope is found.module
        if is_module and isinstance(target, ast.Name) and target.id == "__all__":
            given.append(value)
    for call, _place in found.calls:
        func = call.func
        if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
            continue
        if func.value.id == "__all__" and func.attr in ("extend", "append"):
            is_list = func.attr == "extend"
            given += call.args if is_list else [ast.List(call.args, ast.Load())]
    for value in given:
        for picked in elements(value, found.module) or ():
            if picked.node is not None:
                yield picked.node, picked.scope
