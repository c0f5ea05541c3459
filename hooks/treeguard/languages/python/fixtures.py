"""Find the fixtures of pytest that one source defines, and those that it asks for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.scopes import last_name

_FIXTURES = {"fixture", "yield_fixture"}
_CALLS = {"usefixtures", "getfixturevalue"}
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


class Fixtures(NamedTuple):
    """What a source has to do with fixtures.

    `defined` are its own and those that it imports by name, `autouse` those of its own
    that every test below gets, and `asked` maps a name to the first line that asks for
    it. `plugins` are the modules of `pytest_plugins` and of `import *`, each with the
    number of its leading dots.
    """

    defined: frozenset[str]
    autouse: frozenset[str]
    asked: dict[str, int]
    plugins: tuple[tuple[str, int], ...]


def fixtures(tree: ast.Module) -> Fixtures:
    """Return the fixtures that a module defines and asks for."""
    defined: set[str] = set()
    autouse: set[str] = set()
    asked: dict[str, int] = {}
    plugins: list[tuple[str, int]] = []
    for node in _members(tree.body):
        if isinstance(node, _Function):
            made = _made(node)
            if made is not None:
                defined.add(made[0])
                autouse.update(made[:1] if made[1] else ())
            if made is not None or node.name.startswith("test"):
                _ask(asked, _arguments(node))
        elif isinstance(node, ast.ImportFrom):
            names = [name.asname or name.name for name in node.names]
            plugins += [(node.module or "", node.level)] if "*" in names else []
            defined.update(names)
        elif isinstance(node, ast.Assign):
            named = {last_name(target) for target in node.targets}
            modules = _texts(node.value) if "pytest_plugins" in named else []
            plugins += [(module, 0) for module in modules]
    _ask(asked, _by_call(tree))
    return Fixtures(
        frozenset(defined), frozenset(autouse), asked, tuple(dict.fromkeys(plugins))
    )


def _members(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module and of the classes in it."""
    ahead = list(reversed(body))
    while ahead:
        node = ahead.pop()
        yield node
        if isinstance(node, ast.ClassDef):
            ahead += reversed(node.body)
        elif isinstance(node, (ast.If, ast.Try)):
            ahead += reversed(node.body + node.orelse)


def _ask(asked: dict[str, int], names: Iterator[tuple[str, int]]) -> None:
    for name, line in names:
        asked[name] = min(line, asked.get(name, line))


def _made(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, bool] | None:
    """Return the name of the fixture that a function is, and whether all get it."""
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        if last_name(call.func if call else decorator) not in _FIXTURES:
            continue
        words = {word.arg: word.value for word in call.keywords} if call else {}
        names = _texts(words["name"]) if "name" in words else [node.name]
        auto = words.get("autouse")
        is_auto = isinstance(auto, ast.Constant) and auto.value is True
        return names[0] if names else node.name, is_auto
    return None


def _arguments(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterator[tuple[str, int]]:
    """Yield the arguments that pytest fills: those without a default that no direct
    parametrization gives."""
    given = {name for one in node.decorator_list for name in _parametrized(one)}
    plain = [*node.args.posonlyargs, *node.args.args]
    plain = plain[: len(plain) - len(node.args.defaults)]
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    plain += [argument for argument, default in pairs if default is None]
    for argument in plain:
        if argument.arg not in given:
            yield argument.arg, argument.lineno


def _parametrized(decorator: ast.expr) -> Iterator[str]:
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return
    if last_name(decorator.func) != "parametrize":
        return
    if not any(word.arg == "indirect" for word in decorator.keywords):
        for text in _texts(decorator.args[0]):
            yield from (name.strip() for name in text.split(","))


def _by_call(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the fixtures of `usefixtures("a")` and `request.getfixturevalue("a")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last_name(node.func) in _CALLS:
            for argument in node.args:
                yield from ((text, node.lineno) for text in _texts(argument))


def _texts(node: ast.expr) -> list[str]:
    """Return the strings of a literal, or of a list or tuple of literals."""
    held = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    return [
        one.value
        for one in held
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
