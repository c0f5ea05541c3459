"""Find imports that calls make: `import_module`, `__import__`, `runpy` and the like."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import alternatives
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.parse import parse
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import split_chain


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


def may_use(text: str) -> bool:
    """Return True if a source can hold any such call at all.

    Names outside ASCII may be normalised to any of ours.
    """
    return not text.isascii() or any(word in text for word in _WORDS)


def uses(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Yield what one call imports or runs; nothing for a call of anything else."""
    for name in sorted(called(node.func, scope)):
        reader = _reader(name, node.func, scope)
        if reader is not None:
            yield from reader(node, scope)
            return


def hands_over(node: ast.Call, scope: Scope) -> bool:
    """Return True if a call gets a function that imports: `map(__import__, names)`."""
    given = (*node.args, *(keyword.value for keyword in node.keywords))
    return any(
        isinstance(value, (ast.Name, ast.Attribute))
        and not _IMPORTERS.isdisjoint(called(value, scope))
        for value in given
    )


def _reader(name: str, func: ast.expr, scope: Scope) -> Reader | None:
    """Find what a callable does.

    A function that other libraries re-export, or that comes from `import *`, is known
    by its last name alone.
    """
    if name in _READERS:
        return _READERS[name]
    last = name.rpartition(".")[2]
    is_bare = isinstance(func, ast.Name) and scope.lookup(func.id)[0] is None
    if is_bare or last in _EVERYWHERE:
        return _BY_LAST.get(last) if _starts_with_import(func, scope) else None
    return None


def _starts_with_import(func: ast.expr, scope: Scope) -> bool:
    """Methods of unknown objects are no imports, whatever they are called."""
    first, _names = split_chain(func)
    if not isinstance(first, ast.Name):
        return True
    owner, bindings = scope.lookup(first.id)
    return owner is None or any(b.dotted or b.value is not None for b in bindings)


def _argument(node: ast.Call, index: int, *names: str) -> ast.expr | None:
    for keyword in node.keywords:
        if keyword.arg in names:
            return keyword.value
    plain = node.args[: index + 1]
    if len(plain) <= index or any(isinstance(arg, ast.Starred) for arg in plain):
        return None
    return plain[index]


def _module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a module name: `run_module("a.b")`, `importorskip("a")`."""
    argument = _argument(node, 0, "name", "mod_name", "modname", "dotted_path")
    yield from _named(node, argument, scope)


def _object(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a module with an object after it: `resolve_name("a.b:C")`."""
    for use in _module(node, scope):
        module = use.module.partition(":")[0] if use.module else use.module
        complete = bool(use.module) and ":" in (use.module or "")
        yield use._replace(module=module, prefix=use.prefix and not complete)


def _maybe_module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read a package name, where a module object may be passed too."""
    argument = _argument(node, 0, "package", "anchor")
    for use in _named(node, argument, scope):
        if use.module is not None:
            yield use


def _named(
    node: ast.Call,
    argument: ast.expr | None,
    scope: Scope,
    package: ast.expr | None = None,
) -> Iterator[Use]:
    if argument is None:
        yield Use(node, DYNAMIC, None)
        return
    for choice in alternatives(argument):
        text = fold(choice, scope)
        if text is None:
            yield Use(choice, DYNAMIC, None)
        elif text.text.startswith("."):
            yield _relative(choice, text, package, scope)
        else:
            yield Use(choice, DYNAMIC, text.text, not text.complete)


def _import_module(node: ast.Call, scope: Scope) -> Iterator[Use]:
    package = _argument(node, 1, "package")
    yield from _named(node, _argument(node, 0, "name"), scope, package)


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


def _dunder_import(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read `__import__(name, globals, locals, fromlist, level)`."""
    argument = _argument(node, 0, "name")
    level = _level(_argument(node, 4, "level"))
    if argument is None or level is None:
        yield Use(argument or node, DYNAMIC, None)
        return
    names = _fromlist(_argument(node, 3, "fromlist"), scope)
    for choice in alternatives(argument):
        text = fold(choice, scope)
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


def _file(index: int, *names: str) -> Reader:
    """Make a reader of an argument that is the path of Python code to run."""

    def read(node: ast.Call, scope: Scope) -> Iterator[Use]:
        argument = _argument(node, index, *names)
        if argument is None:
            return
        for choice in alternatives(argument):
            text = fold_path(choice, scope)
            if text is None:
                yield Use(choice, DYNAMIC, None)
            elif not text.text.startswith("/"):
                # An absolute path is not one of the repository.
                yield Use(choice, PATH, text.text, not text.complete)

    return read


def _code(node: ast.Call, scope: Scope) -> Iterator[Use]:
    """Read the code of `exec` and `eval`, or the path of a file that they open."""
    argument = _argument(node, 0, "source")
    if argument is None:
        return
    text = fold(argument, scope)
    if text is not None:
        yield from _statements(argument, text.text)
        yield from _calls(argument, text.text, scope)
        return
    opened = _opened(argument, scope)
    path = fold_path(opened, scope) if opened is not None else None
    if opened is not None and path is not None and path.text[0] != "/":
        yield Use(opened, PATH, path.text, not path.complete)


def _statements(node: ast.expr, code: str) -> Iterator[Use]:
    """Yield the import statements of code in a string."""
    # Imported here: rarely needed, and slow to load.
    from treeguard.languages.python.import_scan import candidates

    for item in candidates(code.encode("utf-8", "replace")):
        if item.kind in ("import", "from"):
            name = None if item.name == "*" else item.name
            yield Use(node, DYNAMIC, item.module, False, item.level, name)


def _calls(node: ast.expr, code: str, scope: Scope) -> Iterator[Use]:
    """Yield what calls in such code import: `eval("__import__('a.b')")`."""
    try:
        tree = parse(code)
    except UnreadableError:  # its statements count nevertheless, see above
        return
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Call):
            for use in uses(inner, scope):
                yield use._replace(node=node)


def _opened(node: ast.expr, scope: Scope) -> ast.expr | None:
    """Return the path in `compile(open(path).read(), ...)`, `Path(p).read_text()`."""
    for _step in range(4):
        if not isinstance(node, ast.Call):
            return None
        names = called(node.func, scope)
        if names & {"open", "io.open", "io.open_code", "codecs.open", "tokenize.open"}:
            return node.args[0] if node.args else None
        if names & {"compile"} and node.args:
            node = node.args[0]
        elif isinstance(node.func, ast.Attribute):
            if node.func.attr in ("read_text", "read_bytes"):
                return node.func.value
            if node.func.attr != "read":
                return None
            node = node.func.value
        else:
            return None
    return None


_READERS: dict[str, Reader] = {
    "importlib.import_module": _import_module,
    "importlib.__import__": _dunder_import,
    "builtins.__import__": _dunder_import,
    "__import__": _dunder_import,
    "runpy.run_module": _module,
    "runpy._run_module_as_main": _module,
    "runpy.run_path": _file(0, "path_name"),
    "pkgutil.resolve_name": _object,
    "pkgutil.get_data": _maybe_module,
    "importlib.resources.files": _maybe_module,
    "importlib.resources.path": _maybe_module,
    "importlib.resources.open_text": _maybe_module,
    "importlib.resources.open_binary": _maybe_module,
    "importlib.resources.read_text": _maybe_module,
    "importlib.resources.read_binary": _maybe_module,
    "importlib.util.spec_from_file_location": _file(1, "location"),
    "importlib.machinery.SourceFileLoader": _file(1, "path"),
    "importlib.machinery.SourcelessFileLoader": _file(1, "path"),
    "imp.load_source": _file(1, "pathname"),
    "pytest.importorskip": _module,
    "django.utils.module_loading.import_string": _module,
    "werkzeug.utils.import_string": _module,
    "exec": _code,
    "eval": _code,
    "builtins.exec": _code,
    "builtins.eval": _code,
}
_IMPORTERS = frozenset(
    name
    for name, reader in _READERS.items()
    if reader in (_import_module, _dunder_import)
) | {"runpy.run_module", "runpy.run_path"}
_BY_LAST = {name.rpartition(".")[2]: reader for name, reader in _READERS.items()}
for _vague in ("files", "path", "get_data", "exec", "eval"):
    del _BY_LAST[_vague]
# Names that mean the same wherever they are imported from.
_EVERYWHERE = {
    "import_module",
    "spec_from_file_location",
    "SourceFileLoader",
    "importorskip",
    "import_string",
}
_WORDS = {*_BY_LAST, "exec", "eval", "resources", "get_data"}
