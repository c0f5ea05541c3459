"""Paths that a moved file builds from its own place: `Path(__file__).parents[1] / "x"`.

`parents[n]` with a plain number follows the file's new depth where that is all it
needs; every other such path that would lead elsewhere is told with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from treeguard.facts.source.folding import fold_path
from treeguard.facts.source.scopes import Scope
from treeguard.facts.source.walk import Walk
from treeguard.facts.spelled import joined
from treeguard.facts.spelled import normal
from treeguard.facts.spelled import parent_folder
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_source import Source

KIND = "place"
_WHY = "it is built from the file's own place, which changes"


def places(source: Source, found: Walk, names: Names) -> Iterator[Edit | Undecided]:
    """What becomes of every path that begins with `__file__`; the file moves."""
    if names.path == names.new_path or "__file__" not in source.text:
        return
    above = {
        id(child): node
        for node in ast.walk(source.tree)
        for child in ast.iter_child_nodes(node)
    }
    for name, place in found.names or ():
        if name.id == "__file__":
            yield from _place(
                source, _climb(name, above, place.scope), place.scope, names
            )


def _climb(name: ast.Name, above: dict[int, ast.AST], scope: Scope) -> list[ast.expr]:
    """The expressions around `__file__` that are still known as a path."""
    chain: list[ast.expr] = [name]
    known = 1
    while isinstance(outer := above.get(id(chain[-1])), ast.expr):
        chain.append(outer)
        if fold_path(outer, scope) is not None:
            known = len(chain)
    return chain[:known]


def _place(
    source: Source, chain: list[ast.expr], scope: Scope, names: Names
) -> Iterator[Edit | Undecided]:
    path = fold_path(chain[-1], scope)
    text = path.text if path is not None and path.complete else None
    if text is None and len(chain) == 1:
        return
    home = _home(text, names) if text is not None else None
    if text is not None and home is not None:
        if _seen(names.new_path, text) == home:
            return
        fitted = _fitted(chain, text, home, names)
        if fitted is not None:
            node, number = fitted
            yield source.edit(source.span(node), str(number), KIND)
            return
    span = source.span(chain[-1])
    line = source.line(span[0])
    shown = " ".join(source.text[slice(*span)].split())
    yield Undecided(names.path, line, shown[:80], _WHY)


def _seen(path: str, text: str) -> str | None:
    return normal(joined(parent_folder(path), text))


def _home(text: str, names: Names) -> str | None:
    """Where the thing that the path led to stands now; None if nobody can tell."""
    target = _seen(names.path, text)
    if target is None or names.world.before.entry(target) is None:
        return None
    folder, world = target, names.world
    if target in world.moves:
        return world.moves[target]
    while folder:
        if folder in world.folders:
            return world.folders[folder] + target[len(folder) :]
        folder = parent_folder(folder)
    return target


def _fitted(
    chain: list[ast.expr], text: str, home: str, names: Names
) -> tuple[ast.Constant, int] | None:
    """The number in `parents[n]`, and the one with which the path leads home."""
    deeper = names.new_path.count("/") - names.path.count("/")
    ups = text.count("../")
    ups += text.endswith("..")
    rest = text.removeprefix("./").replace("../", "").removesuffix("..")
    fitted = "./" + "../" * (ups + deeper) + rest
    if ups + deeper < 0 or _seen(names.new_path, fitted) != home:
        return None
    for node in chain:
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            number = node.slice.value
            if isinstance(number, int) and number + deeper >= 0:
                return node.slice, number + deeper
    return None
