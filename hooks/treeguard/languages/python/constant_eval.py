"""Evaluate what the source alone decides: names of callables, strings and paths."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import split_chain

# How many names may lead from one to the next; also what stops `a = b; b = a`.
_DEPTH = 8
# A name that may stand for more callables than people write, and a longer text, are not
# followed any further: both could grow with a power of the source's size.
_MOST_NAMES = 2000
_LONGEST = 4096
# Placeholder for the file's own name in a path, until something takes its folder.
_SELF = "\0"
_SAME = {"abspath", "realpath", "normpath", "fspath", "expanduser", "str"}
_PATHS = {"Path", "PurePath", "PosixPath", "PurePosixPath", "WindowsPath"}
_METHODS = {"resolve", "absolute", "as_posix", "expanduser", "__str__"}


class Text(NamedTuple):
    """A string, or only its beginning where `complete` is false."""

    text: str
    complete: bool = True


# `fold` or `_path`, of an expression, its scope, and how deep it may look.
_Evaluator = Callable[[ast.expr, Scope, int], "Text | None"]


def called(node: ast.expr, scope: Scope, depth: int = _DEPTH) -> set[str]:
    """Return every dotted name that an expression may stand for.

    Imports, `as` names, single assignments and `getattr(x, "name")` are followed; a
    name that nothing binds stands for itself.
    """
    first, names = split_chain(node)
    return {".".join([head, *names]) for head in _heads(first, scope, depth)}


def _heads(node: ast.expr, scope: Scope, depth: int) -> set[str]:
    if depth == 0:
        return set()
    if isinstance(node, ast.Name):
        owner, bindings = scope.lookup(node.id)
        if owner is None:
            # CPython's name for the module, or, in an imported file, for its dict.
            return {"builtins" if node.id == "__builtins__" else node.id}
        key = ("called", id(owner), node.id, depth)
        return owner.remember(key, lambda: _bound(bindings, owner, depth - 1))
    if isinstance(node, ast.Subscript):
        return _key_of_builtins(node, scope)
    return _call_heads(node, scope, depth) if isinstance(node, ast.Call) else set()


def _key_of_builtins(node: ast.Subscript, scope: Scope) -> set[str]:
    holder, key = node.value, node.slice
    if not isinstance(holder, ast.Name) or holder.id != "__builtins__":
        return set()
    text = fold(key, scope)
    return {f"builtins.{text.text}"} if text and text.complete else set()


def _call_heads(node: ast.Call, scope: Scope, depth: int) -> set[str]:
    """Evaluate `getattr(x, "name")` and `__import__("x")`, which hold a name."""
    if not isinstance(node.func, ast.Name) or not node.args:
        return set()
    text = fold(node.args[-1 if len(node.args) == 2 else 0], scope, depth - 1)
    if text is None or not text.complete:
        return set()
    if node.func.id == "getattr" and len(node.args) == 2:
        return {
            f"{head}.{text.text}" for head in called(node.args[0], scope, depth - 1)
        }
    return {text.text} if node.func.id == "__import__" else set()


def _bound(bindings: list[Binding], owner: Scope, depth: int) -> set[str]:
    names: set[str] = set()
    for binding in bindings:
        if binding.dotted:
            names.add(binding.dotted)
        elif binding.value is not None:
            # Past the limit only what is imported by that very name is followed.
            reach = depth if len(names) < _MOST_NAMES else min(depth, 1)
            names |= called(binding.value, owner, reach)
    return names


def alternatives(node: ast.expr) -> list[ast.expr]:
    """Split `a if x else b` and `a or b`, however nested, into their values."""
    stack, found = [node], []
    while stack:
        item = stack.pop()
        if isinstance(item, ast.IfExp):
            stack += [item.orelse, item.body]
        elif isinstance(item, ast.BoolOp):
            stack += reversed(item.values)
        elif isinstance(item, ast.NamedExpr):
            stack.append(item.value)
        else:
            found.append(item)
    return found


def fold(node: ast.expr, scope: Scope, depth: int = 2 * _DEPTH) -> Text | None:
    """Return a string's value or beginning; None when not even that is known."""
    if isinstance(node, ast.Constant):
        return Text(node.value) if isinstance(node.value, str) else None
    if depth == 0:
        return None
    pieces = _pieces(node)
    if pieces is not None:
        return _concatenated(pieces, scope, depth - 1, fold)
    if isinstance(node, ast.Name):
        return _of_name(node, scope, depth - 1, fold)
    return _template(node, scope, depth - 1)


def _pieces(node: ast.expr) -> list[ast.expr | None] | None:
    """Split `a + b` and f-strings into their parts; None for one that is unknown."""
    if isinstance(node, ast.JoinedStr):
        return [_f_piece(part) for part in node.values]
    parts: list[ast.expr | None] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)] if parts else None


def _f_piece(part: ast.expr) -> ast.expr | None:
    if not isinstance(part, ast.FormattedValue):
        return part
    plain = part.conversion in (-1, ord("s")) and part.format_spec is None
    return part.value if plain else None


def _concatenated(
    pieces: list[ast.expr | None], scope: Scope, depth: int, evaluate: _Evaluator
) -> Text | None:
    whole = ""
    for piece in pieces:
        value = None if piece is None else evaluate(piece, scope, depth)
        if value is None:
            return Text(whole, False) if whole else None
        whole += value.text
        if not value.complete or len(whole) > _LONGEST:
            return Text(whole[:_LONGEST], False)
    return Text(whole)


def _of_name(
    node: ast.Name, scope: Scope, depth: int, evaluate: _Evaluator
) -> Text | None:
    """Evaluate the one expression that a name is ever bound to."""
    owner, bindings = scope.lookup(node.id)
    value = bindings[0].value if len(bindings) == 1 else None
    if owner is None or value is None:
        return None
    key = (evaluate, id(owner), node.id, depth)
    return owner.remember(key, lambda: evaluate(value, owner, depth))


def _template(node: ast.expr, scope: Scope, depth: int) -> Text | None:
    """Evaluate `"garbage.%s" % x` and `.format(x)` up to the first mark."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        template, mark = node.left, "%"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr != "format":
            return None
        template, mark = node.func.value, "{"
    else:
        return None
    known = fold(template, scope, depth)
    begin = known.text.partition(mark)[0] if known else ""
    return Text(begin, False) if begin else None


def fold_path(node: ast.expr, scope: Scope, depth: int = 3 * _DEPTH) -> Text | None:
    """Return a path: as written, or from `./` on when it is built from `__file__`.

    `os.path.join`, `dirname`, `abspath` and their like, and `pathlib`'s `/`,
    `parent`, `parents[n]`, `joinpath` and `resolve` are followed, and so are `+` and
    f-strings. The folder that a program is started in is taken to be the repository's
    root or the file's own, as any relative path is.
    """
    path = _path(node, scope, depth)
    if path is None or not path.text:
        return None
    tidy = _tidy(path.text)
    return None if tidy is None else path._replace(text=tidy)


def _path(node: ast.expr, scope: Scope, depth: int) -> Text | None:
    if depth == 0:
        return None
    if isinstance(node, ast.Name):
        if node.id == "__file__" and scope.lookup("__file__")[0] is None:
            return Text(_SELF)
        return _of_name(node, scope, depth - 1, _path)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _join([node.left, node.right], scope, depth - 1)
    pieces = _pieces(node)
    if pieces is not None:
        return _concatenated(pieces, scope, depth - 1, _path)
    if isinstance(node, ast.Attribute):
        if node.attr == "parent":
            return _up(_path(node.value, scope, depth - 1), 1)
        return _named_part(called(node, scope))
    if isinstance(node, ast.Subscript):
        return _parents(node, scope, depth - 1)
    if isinstance(node, ast.Call):
        return _path_call(node, scope, depth - 1)
    return fold(node, scope)


def _named_part(names: set[str]) -> Text | None:
    if names & {"os.pardir", "os.path.pardir"}:
        return Text("..")
    if names & {"os.curdir", "os.path.curdir"}:
        return Text(".")
    return Text("/") if names & {"os.sep", "os.path.sep"} else None


def _parents(node: ast.Subscript, scope: Scope, depth: int) -> Text | None:
    holder, index = node.value, node.slice
    if not (isinstance(holder, ast.Attribute) and holder.attr == "parents"):
        return None
    if not isinstance(index, ast.Constant) or not isinstance(index.value, int):
        return None
    known = 0 <= index.value < 64
    return _up(_path(holder.value, scope, depth), index.value + 1) if known else None


def _path_call(node: ast.Call, scope: Scope, depth: int) -> Text | None:
    func, args = node.func, node.args
    if called(func, scope) & {"os.getcwd", "pathlib.Path.cwd"}:
        return Text(".")
    names = {name.rpartition(".")[2] for name in called(func, scope)}
    if names & _PATHS or "os.path.join" in called(func, scope):
        return _join(args, scope, depth)
    if names & _SAME and args:
        return _path(args[0], scope, depth)
    if "dirname" in names and args:
        return _up(_path(args[0], scope, depth), 1)
    if isinstance(func, ast.Attribute) and func.attr in _METHODS:
        return _path(func.value, scope, depth)
    if isinstance(func, ast.Attribute) and func.attr == "joinpath":
        return _join([func.value, *args], scope, depth)
    return fold(node, scope)


def _join(parts: list[ast.expr], scope: Scope, depth: int) -> Text | None:
    whole = ""
    for part in parts:
        value = _path(part, scope, depth)
        if value is None:
            return Text(whole + "/", False) if whole else None
        absolute = value.text.startswith("/")
        whole = value.text if absolute or not whole else f"{whole}/{value.text}"
        if not value.complete or len(whole) > _LONGEST:
            return Text(whole[:_LONGEST], False)
    return Text(whole)


def _up(path: Text | None, levels: int) -> Text | None:
    """Return the folder that holds a path, `levels` times over."""
    if path is None or not path.complete:
        return None
    return Text(path.text + "/.." * levels)


def _tidy(path: str) -> str | None:
    """Resolve `a/..` and `./`; None where the path is the file itself.

    What begins at the file's own folder keeps a `./` that nothing else has.
    """
    kept: list[str] = []
    for part in path.split("/"):
        if part == ".." and kept and kept[-1] not in ("..", ""):
            kept.pop()
        elif part not in ("", ".") or (part == "" and not kept):
            kept.append(part)
    if any(_SELF in part for part in kept):
        return None
    whole = "/".join(kept) + ("/" if path.endswith("/") and kept else "")
    return f"./{whole}" if path.startswith(_SELF) else whole or "."
