"""Evaluate what the source alone decides: names of callables, strings and paths."""

from __future__ import annotations

import ast
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Loop
from treeguard.languages.python.scopes import Picked
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.scopes import loop_around
from treeguard.languages.python.scopes import split_chain
from treeguard.languages.python.text_templates import f_piece
from treeguard.languages.python.text_templates import format_pieces
from treeguard.languages.python.text_templates import join_pieces
from treeguard.languages.python.text_templates import percent_pieces

N = TypeVar("N", bound=ast.expr)

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
_TEXT_METHODS = {"lower", "strip", "lstrip", "rstrip", "replace", "removeprefix"}
_TEXT_METHODS |= {"removesuffix"}
_SPLITS = {"split", "rsplit", "partition", "rpartition"}
# Expressions that `choices` may have picked a value of.
_LISTED = (ast.Subscript, ast.Call, ast.IfExp, ast.BoolOp)


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
        return _members(node.value, node.slice, scope, depth - 1)
    return _call_heads(node, scope, depth - 1) if isinstance(node, ast.Call) else set()


def _members(holder: ast.expr, key: ast.expr, scope: Scope, depth: int) -> set[str]:
    """Evaluate `vars(builtins)["x"]`, `sys.modules["x"]`, `globals()["x"]`."""
    text = fold(key, scope, depth)
    if text is None or not text.complete:
        return set()
    if isinstance(holder, ast.Call) and _is_namespace(holder) and not holder.args:
        name = ast.copy_location(ast.Name(text.text, ast.Load()), key)
        return called(name, scope, depth)
    module = inner_module(holder)
    if module is not None:
        return {f"{owner}.{text.text}" for owner in called(module, scope, depth)}
    return {
        text.text if name == "sys.modules" else f"builtins.{text.text}"
        for name in called(holder, scope, depth) & {"sys.modules", "builtins"}
    }


def _is_namespace(node: ast.Call) -> bool:
    names = ("globals", "locals", "vars")
    return isinstance(node.func, ast.Name) and node.func.id in names


def inner_module(holder: ast.expr) -> ast.expr | None:
    """Return `m` of the mappings `vars(m)` and `m.__dict__`; None for any other."""
    if isinstance(holder, ast.Attribute) and holder.attr == "__dict__":
        return holder.value
    if isinstance(holder, ast.Call) and _is_namespace(holder) and holder.args:
        return holder.args[0]
    return None


def _call_heads(node: ast.Call, scope: Scope, depth: int) -> set[str]:
    """Evaluate `getattr(x, "name")`, `__import__("x")`, `vars(x).get("name")`."""
    func, args = node.func, node.args
    if not args:
        return set()
    if isinstance(func, ast.Attribute) and func.attr in ("get", "__getitem__"):
        return _members(func.value, args[0], scope, depth)
    names = called(func, scope, depth)
    if "getattr" in names and len(args) > 1:
        text = fold(args[1], scope, depth)
        heads = called(args[0], scope, depth) if text and text.complete else set()
        return {f"{head}.{text.text}" for head in heads if text}
    if names.isdisjoint({"__import__", "importlib.import_module"}):
        return set()
    text = fold(args[0], scope, depth)
    return {text.text} if text and text.complete else set()


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
    """Split `a if x else b`, `a or b` and `x.get(k, b)`, however nested."""
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
            found += [*_default_of(item), item]
    return found


def _default_of(node: ast.expr) -> list[ast.expr]:
    """Return the default in `os.environ.get("NAME", "a.b")`, `os.getenv(...)`."""
    if isinstance(node, ast.Call) and last_name(node.func) in ("get", "getenv"):
        return node.args[1:2]
    return []


def fold(node: ast.expr, scope: Scope, depth: int = 2 * _DEPTH) -> Text | None:
    """Return a string's value or beginning; None when not even that is known."""
    if isinstance(node, ast.Constant):
        return Text(node.value) if isinstance(node.value, str) else None
    if depth == 0:
        return None
    if isinstance(node, _LISTED) and scope.picked(node):
        return _of_picked(scope.picked(node), depth - 1, fold)
    parts = pieces(node, scope, depth - 1)
    if parts is not None:
        return _concatenated(parts, scope, depth - 1, fold)
    if isinstance(node, ast.Name):
        return _of_name(node, scope, depth - 1, fold)
    if isinstance(node, ast.Subscript):
        return _cut(node, scope, depth - 1)
    return _method(node, scope, depth - 1)


def pieces(node: ast.expr, scope: Scope, depth: int) -> list[ast.expr | None] | None:
    """Split an expression into the parts of its text; None for one that is unknown.

    Parts are those of `a + b`, f-strings, `"%s" % a`, `"{}".format(a)` and
    `"".join([a, b])`.
    """
    if isinstance(node, ast.JoinedStr):
        return [f_piece(part) for part in node.values]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        template = fold(node.left, scope, depth)
        return _split(template, percent_pieces, node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "join" and len(node.args) == 1:
            return join_pieces(node.func.value, literal(node.args[0], scope))
        if node.func.attr == "format":
            template = fold(node.func.value, scope, depth)
            return _split(template, format_pieces, node)
        return None
    parts: list[ast.expr | None] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)] if parts else None


def _split(
    template: Text | None,
    split: Callable[[str, N], Iterator[ast.expr | None]],
    node: N,
) -> list[ast.expr | None] | None:
    if template is None:
        return None
    return [*split(template.text, node), *([] if template.complete else [None])]


def literal(node: ast.expr, scope: Scope) -> ast.expr:
    """Return the one expression that a name is ever bound to, or else `node`."""
    for _step in range(_DEPTH):
        bindings = scope.lookup(node.id)[1] if isinstance(node, ast.Name) else []
        value = bindings[0].value if len(bindings) == 1 else None
        if value is None:
            break
        node = value
    return node


def _concatenated(
    parts: list[ast.expr | None], scope: Scope, depth: int, evaluate: _Evaluator
) -> Text | None:
    whole = ""
    for piece in parts:
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
    loop = loop_around(node, bindings)
    if loop is not None:
        return _of_picked(element(scope.picked(loop.iterable), loop), depth, evaluate)
    value = bindings[0].value if len(bindings) == 1 else None
    if owner is None or value is None:
        return None
    key = (evaluate, id(owner), node.id, depth)
    return owner.remember(key, lambda: evaluate(value, owner, depth))


def _of_picked(picked: Picked | None, depth: int, evaluate: _Evaluator) -> Text | None:
    if picked is None or picked.node is None:
        return None
    return evaluate(picked.node, picked.scope, depth)


def element(picked: Picked | None, loop: Loop) -> Picked | None:
    """Return what a loop binds a name to when it meets the element `picked`."""
    for index in loop.position:
        node = picked.node if picked else None
        if not isinstance(node, (ast.Tuple, ast.List)) or index >= len(node.elts):
            return None
        assert picked is not None
        picked = Picked(node.elts[index], picked.scope)
    return picked


def _method(node: ast.expr, scope: Scope, depth: int) -> Text | None:
    """Evaluate `" Garbage ".strip().lower()`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        is_str = node.func.id == "str" and scope.lookup("str")[0] is None
        return fold(node.args[0], scope, depth) if is_str else None
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    if node.func.attr not in _TEXT_METHODS or node.keywords:
        return None
    known = [fold(one, scope, depth) for one in (node.func.value, *node.args)]
    texts = [one.text for one in known if one and one.complete]
    is_known = len(texts) == len(known) and max(map(len, texts)) <= _LONGEST
    return _by_method(node.func.attr, texts) if is_known else None


def _cut(node: ast.Subscript, scope: Scope, depth: int) -> Text | None:
    """Evaluate `"a.b:c".split(":")[0]` and `"a/b.py"[:-3]`."""
    holder, key = node.value, node.slice
    if isinstance(key, ast.Slice):
        known = fold(holder, scope, depth)
        ends = [_constant(end) for end in (key.lower, key.upper) if end is not None]
        if known is None or not known.complete or key.step or None in ends:
            return None
        low = ends[0] if key.lower is not None else None
        return Text(known.text[low : ends[-1] if key.upper is not None else None])
    if not isinstance(holder, ast.Call) or last_name(holder.func) not in _SPLITS:
        return None
    assert isinstance(holder.func, (ast.Attribute, ast.Name))
    first = holder.func.value if isinstance(holder.func, ast.Attribute) else holder
    known = fold(first, scope, depth)
    given = [_constant(arg) for arg in holder.args]
    if known is None or not known.complete or None in given or holder.keywords:
        return None
    try:
        return Text(getattr(known.text, last_name(holder.func))(*given)[_constant(key)])
    except (TypeError, ValueError, IndexError):
        return None


def _constant(node: ast.expr) -> Any:
    """Return a number, a negative one too, or a text; None for any other value."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _constant(node.operand)
        return -number if isinstance(number, int) else None
    return node.value if isinstance(node, ast.Constant) else None


def _by_method(name: str, texts: list[str]) -> Text | None:
    """Apply a method of `str` that makes no text much longer."""
    if name == "replace" and len(texts[-1]) * (len(texts[0]) + 1) > _LONGEST:
        return None
    try:
        made = getattr(str, name)(*texts)
    except (TypeError, ValueError):
        return None
    return Text(made) if isinstance(made, str) else None


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
    if isinstance(node, _LISTED) and scope.picked(node):
        return _of_picked(scope.picked(node), depth - 1, _path)
    if isinstance(node, ast.Name):
        if node.id == "__file__" and scope.lookup("__file__")[0] is None:
            return Text(_SELF)
        return _of_name(node, scope, depth - 1, _path)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _join([node.left, node.right], scope, depth - 1)
    parts = pieces(node, scope, depth - 1)
    if parts is not None:
        return _concatenated(parts, scope, depth - 1, _path)
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
    if isinstance(func, ast.Attribute) and func.attr == "with_name" and args:
        return _beside(_path(func.value, scope, depth), _path(args[0], scope, depth))
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


def _beside(path: Text | None, name: Text | None) -> Text | None:
    """Return the path of what is called `name` in the folder that holds a path."""
    folder = _up(path, 1)
    if folder is None or name is None:
        return folder and Text(f"{folder.text}/", False)
    return Text(f"{folder.text}/{name.text}", name.complete)


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
