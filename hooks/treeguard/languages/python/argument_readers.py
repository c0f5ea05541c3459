"""Read what the arguments of a call name that imports: modules, objects, files."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.python.choices import values
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.constant_eval import literal
from treeguard.languages.python.scopes import Scope

# What the argument is called that names a module, an object or a package.
_NAMES = ("name", "mod_name", "modname", "dotted_path", "path", "thing", "import_str")
_PACKAGES = ("package", "anchor", "package_or_requirement")


class Use(NamedTuple):
    """One module or path that a call names; `module` is None where it is unknown.

    `node` is the argument that names it, `name` and `level` are as in `Import`.
    """

    node: ast.expr
    kind: str
    module: str | None
    prefix: bool = False
    level: int = 0
    name: str | None = None


Reader = Callable[[ast.Call, Scope], Iterator[Use]]


def argument_of(node: ast.Call, index: int, *names: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg in names:
            return keyword.value
    plain = node.args[: index + 1]
    if len(plain) <= index or any(isinstance(arg, ast.Starred) for arg in plain):
        return None
    return plain[index]


def read_module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a module name: `run_module("a.b")`, `importorskip("a")`."""
    argument = argument_of(node, 0, *_NAMES)
    yield from named(node, argument, scope)


def read_object(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a module with an object after it: `resolve_name("a.b:C")`."""
    for use in read_module(node, scope):
        module = use.module.partition(":")[0] if use.module else use.module
        complete = bool(use.module) and ":" in (use.module or "")
        yield use._replace(module=module, prefix=use.prefix and not complete)


def read_maybe_object(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read the same, where the object itself may be passed too."""
    for use in read_object(node, scope):
        if use.module is not None:
            yield use


def read_maybe_module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a package name, where a module object may be passed too."""
    argument = argument_of(node, 0, *_PACKAGES)
    for use in named(node, argument, scope):
        if use.module is not None:
            yield use


def named(
    node: ast.Call,
    argument: ast.expr | None,
    scope: Scope,
    package: ast.expr | None = None,
) -> Iterator[Use]:
    if argument is None:
        yield Use(node, DYNAMIC, None)
        return
    for choice, text in values(argument, scope):
        if text is None:
            yield Use(choice, DYNAMIC, None)
        elif text.text.startswith("."):
            yield _relative(choice, text, package, scope)
        else:
            yield Use(choice, DYNAMIC, text.text, not text.complete)


def read_import_module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    package = argument_of(node, 1, "package")
    yield from named(node, argument_of(node, 0, "name"), scope, package)


def _relative(
    node: ast.expr, text: Text, package: ast.expr | None, scope: Scope
) -> Use:
    """Resolve `.x` from `package`: one dot is the package, each more its parent.

    For `__package__` and `__name__` the level is kept: the caller knows the path.
    """
    tail = text.text.lstrip(".")
    level = len(text.text) - len(tail)
    if package is None:
        return Use(node, DYNAMIC, None)
    if _is_own_package(package, scope):
        return Use(node, DYNAMIC, tail, not text.complete, level)
    base = fold(package, scope)
    parts = base.text.split(".") if base and base.complete else []
    if len(parts) < level:
        return Use(node, DYNAMIC, None)
    parts = parts[: len(parts) - level + 1]
    return Use(node, DYNAMIC, ".".join([*parts, tail]).rstrip("."), not text.complete)


def _is_own_package(node: ast.expr, scope: Scope) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in ("__package__", "parent") and any(
            name in ("__spec__.parent",) for name in called(node, scope)
        )
    return bool(called(node, scope) & {"__package__", "__name__"})


def read_dunder_import(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read `__import__(name, globals, locals, fromlist, level)`."""
    argument = argument_of(node, 0, "name")
    level = _level(argument_of(node, 4, "level"))
    if argument is None or level is None:
        yield Use(argument or node, DYNAMIC, None)
        return
    names = _fromlist(argument_of(node, 3, "fromlist"), scope)
    for choice, text in values(argument, scope):
        # `__import__("", globals(), locals(), ["x"], 1)` is `from . import x`.
        if text is None or not (text.text or level):
            yield Use(choice, DYNAMIC, None)
            continue
        for name in names if text.complete else [None]:
            yield Use(choice, DYNAMIC, text.text, not text.complete, level, name)


def _level(node: ast.expr | None) -> int | None:
    """Return the level; None where it is only known at run time."""
    if node is None:
        return 0
    if isinstance(node, ast.UnaryOp):
        # -1, as Python 2 had it, looks beside the file first and then at the top.
        return 0
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return max(0, node.value)
    return None


def _fromlist(node: ast.expr | None, scope: Scope) -> list[str | None]:
    if not isinstance(node, (ast.List, ast.Tuple)):
        return [None]
    known = [fold(item, scope) for item in node.elts]
    names: list[str | None] = [
        text.text for text in known if text and text.complete and text.text
    ]
    return names or [None]


def file_reader(index: int, *names: str) -> Reader:
    """Make a reader of an argument that is the path of Python code to run."""

    def read(node: ast.Call, scope: Scope) -> Iterator[Use]:
        argument = argument_of(node, index, *names)
        if argument is None:
            return
        for choice, text in values(argument, scope, fold_path):
            if text is None:
                yield Use(choice, DYNAMIC, None)
            elif not text.text.startswith("/"):
                # An absolute path is not one of the repository.
                yield Use(choice, PATH, text.text, not text.complete)

    return read


def read_find_spec(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read `find_spec("a.b")`: it imports the parent `a`."""
    argument, package = argument_of(node, 0, "name"), argument_of(node, 1, "package")
    for use in named(node, argument, scope, package):
        parent = (use.module or "").rpartition(".")[0]
        if parent and not use.prefix:
            yield use._replace(module=parent)


def read_module_from_spec(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read `module_from_spec(find_spec("a.b"))`, the spec in a name too."""
    argument = argument_of(node, 0, "spec")
    made = literal(argument, scope) if argument is not None else None
    if isinstance(made, ast.Call) and "find_spec" in {
        name.rpartition(".")[2] for name in called(made.func, scope)
    }:
        package = argument_of(made, 1, "package")
        yield from named(made, argument_of(made, 0, "name"), scope, package)


def read_modules(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a list of modules: `set_forkserver_preload(["a.b"])`."""
    given = literal(node.args[0], scope) if node.args else None
    if isinstance(given, (ast.List, ast.Tuple)):
        for item in given.elts:
            yield from named(node, item, scope)
