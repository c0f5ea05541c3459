"""Find the files that a source looks for beside itself, or in a package, by name.

Flask looks for `templates` beside the module that is named to it, `pkgutil.get_data`
and `importlib.resources` in a package, Jinja's `PackageLoader` in one too; and some
calls take the name of a folder that is relative to where the program is started.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import split_chain

# The package of the source itself, the top-level one around it, and no package: the
# folder that the program is started in.
OWN, TOP, STARTED = "", ".", "/"
_DEPTH = 8


class PackageFile(NamedTuple):
    """A file or folder at `path` in `package`, which `caller` looks for.

    `package` is a dotted name, `OWN`, `TOP` or `STARTED`.
    """

    line: int
    package: str
    path: str
    caller: str


class _Call(NamedTuple):
    """Which argument of a call names the package, by place and by keyword, and which
    name a path in it: keyword, place (None: by keyword only) and default."""

    package: tuple[int, str] | None
    paths: tuple[tuple[str, int | None, str], ...]


_FLASK = _Call(
    (0, "import_name"),
    (("template_folder", None, "templates"), ("static_folder", 2, "static")),
)
_BLUEPRINT = _Call(
    (1, "import_name"), (("static_folder", 2, ""), ("template_folder", None, ""))
)
_IN_PACKAGE = _Call((0, "package"), (("resource", 1, ""),))
_IN_OWN = _Call(None, (("resource", 0, ""),))
_LOCALE = _Call(None, (("localedir", 1, ""),))
_FOLDER = _Call(None, (("directory", None, ""),))

_CALLS: Mapping[str, _Call] = {
    **dict.fromkeys(("flask.Flask", "quart.Quart", "apiflask.APIFlask"), _FLASK),
    **dict.fromkeys(
        ("flask.Blueprint", "quart.Blueprint", "apiflask.APIBlueprint"), _BLUEPRINT
    ),
    "dash.Dash": _Call((0, "name"), (("assets_folder", None, "assets"),)),
    "pkgutil.get_data": _IN_PACKAGE,
    "jinja2.PackageLoader": _Call(
        (0, "package_name"), (("package_path", 1, "templates"),)
    ),
    **{
        f"{module}.{name}": _IN_PACKAGE
        for module in ("importlib.resources", "importlib_resources")
        for name in (
            *("read_text", "read_binary", "open_text", "open_binary"),
            *("path", "is_resource"),
        )
    },
    **{
        f"pkg_resources.resource_{name}": _Call(
            (0, "package_or_requirement"), (("resource_name", 1, ""),)
        )
        for name in ("filename", "string", "stream", "exists", "listdir", "isdir")
    },
    "gettext.translation": _LOCALE,
    "gettext.install": _LOCALE,
    "gettext.find": _LOCALE,
    "gettext.bindtextdomain": _LOCALE,
    "jinja2.FileSystemLoader": _Call(None, (("searchpath", 0, ""),)),
    **dict.fromkeys(
        (
            "fastapi.templating.Jinja2Templates",
            "starlette.templating.Jinja2Templates",
            "fastapi.staticfiles.StaticFiles",
            "starlette.staticfiles.StaticFiles",
        ),
        _Call(None, (("directory", 0, ""),)),
    ),
}
# Methods of an application that look in its own folder.
_METHODS = {"open_resource": _IN_OWN}
_FILES = {"importlib.resources.files", "importlib_resources.files"}
# A source without one of these in it needs no parser.
_NAMED = {name.rpartition(".")[2].encode() for name in (*_CALLS, *_METHODS)}
MARKS = (*sorted(_NAMED - {b"path", b"find", b"install"}), b"files(", b"resources")


def package_files(tree: ast.Module, found: Walk) -> Iterator[PackageFile]:
    """Yield what a source looks for, in no order. `found` has the names of `tree`."""
    resources: list[tuple[ast.expr, Scope]] = []
    for call, place in found.calls:
        names = called(call.func, place.scope)
        known = next((name for name in names if name in _CALLS), "")
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if known:
            yield from _of_call(call, place.scope, _CALLS[known], known)
        elif names & _FILES:
            resources.append((call, place.scope))
        elif method in _METHODS:
            yield from _of_call(call, place.scope, _METHODS[method], method)
    if resources:
        resources += [(name, place.scope) for name, place in found.names]
        yield from _resources(tree, resources)


def _resources(
    tree: ast.Module, begins: list[tuple[ast.expr, Scope]]
) -> Iterator[PackageFile]:
    """Yield `files(package) / "a" / "b"`, as far as it is known, for each that begins
    so, or with a name that holds it."""
    above = {
        id(child): node
        for node in ast.walk(tree)
        for child in ast.iter_child_nodes(node)
    }
    for begin, scope in begins:
        if _traversed(begin, scope, _DEPTH) is None:
            continue
        node = begin
        while (outer := _joined(node, above)) is not None:
            node = outer
        package, path = _traversed(node, scope, _DEPTH) or ("", "")
        if path and node is not begin:
            yield PackageFile(node.lineno, package, path.strip("/"), "files")


def _joined(node: ast.expr, above: Mapping[int, ast.AST]) -> ast.expr | None:
    """Return the expression around one that joins a path to it."""
    outer = above.get(id(node))
    if isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Div):
        return outer if outer.left is node else None
    if isinstance(outer, ast.Attribute) and outer.attr == "joinpath":
        call = above.get(id(outer))
        return call if isinstance(call, ast.Call) and call.func is outer else None
    return None


def _of_call(
    call: ast.Call, scope: Scope, known: _Call, name: str
) -> Iterator[PackageFile]:
    given = {word.arg: word.value for word in call.keywords if word.arg}
    if "root_path" in given or any(isinstance(one, ast.Starred) for one in call.args):
        return
    package: str | None = OWN if known is _IN_OWN else STARTED
    if known.package is not None:
        at, keyword = known.package
        package = _package(_argument(call, given, at, keyword), scope)
    for keyword, place, default in known.paths:
        node = _argument(call, given, place, keyword)
        path = default if node is None else _text(node, scope)
        is_bare = package != STARTED or "/" not in (path or "")
        if package is not None and path and is_bare:
            yield PackageFile(call.lineno, package, path, name.rpartition(".")[2])


def _text(node: ast.expr, scope: Scope) -> str | None:
    """Return a path that the source alone decides."""
    text = fold(node, scope)
    return text.text if text is not None and text.complete else None


def _argument(
    call: ast.Call, given: Mapping[str, ast.expr], at: int | None, keyword: str
) -> ast.expr | None:
    if at is not None and at < len(call.args):
        return call.args[at]
    return given.get(keyword)


def _package(node: ast.expr | None, scope: Scope) -> str | None:
    """Return the package that an argument names; None if it is unknown."""
    if node is None:
        return OWN
    if isinstance(node, ast.Name) and node.id in ("__name__", "__package__"):
        return OWN
    first, names = split_chain(node)
    if isinstance(first, ast.Name) and [first.id, *names][0] == "__spec__":
        return OWN
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call):
        inner, methods = split_chain(node.value.func)
        is_own = isinstance(inner, ast.Name) and inner.id in ("__name__", "__package__")
        is_first = isinstance(node.slice, ast.Constant) and node.slice.value == 0
        return TOP if is_own and is_first and methods[:1] in _SPLITS else None
    text = fold(node, scope)
    if text is not None and text.complete:
        return text.text or None
    return _imported(node, scope)


_SPLITS = (["split"], ["partition"])


def _imported(node: ast.expr, scope: Scope) -> str | None:
    """Return the module that an expression is: `files(app.data)` takes one too."""
    first, _names = split_chain(node)
    if not isinstance(first, ast.Name) or scope.lookup(first.id)[0] is None:
        return None
    found = {one for one in called(node, scope) if not one.startswith(".")}
    return found.pop() if len(found) == 1 else None


def _traversed(node: ast.expr, scope: Scope, depth: int) -> tuple[str, str] | None:
    """Return the package and the path of `files(package) / "a" / "b"`, as far as both
    are known."""
    if depth == 0:
        return None
    if isinstance(node, ast.Name):
        owner, bindings = scope.lookup(node.id)
        value = bindings[0].value if owner is not None and len(bindings) == 1 else None
        return _traversed(value, scope, depth - 1) if value is not None else None
    if isinstance(node, ast.BinOp):
        parts: list[ast.expr] = [node.right]
        inner = node.left
    elif isinstance(node, ast.Call) and called(node.func, scope) & _FILES:
        package = _package(node.args[0] if node.args else None, scope)
        return None if package is None else (package, "")
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        parts, inner = node.args, node.func.value
    else:
        return None
    found = _traversed(inner, scope, depth - 1)
    for part in parts if found is not None else ():
        text = _text(part, scope)
        if found is None or text is None:
            break
        found = found[0], f"{found[1]}/{text}"
    return found
