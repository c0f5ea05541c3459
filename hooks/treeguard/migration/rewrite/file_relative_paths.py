"""Paths that a moved file builds from its own place: `Path(__file__).parents[1] / "x"`.

`parents[n]` with a plain number follows the file's new depth where that is all it
needs, and so does the one literal whose change leads home. Every other such path that
would lead elsewhere is told with its line, in files that stay as well: what it leads
to may move.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Scope
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_source import Span

KIND = "place"
_WHY = "it is built from the file's own place, which changes"
_LEADS = "it leads to what moves, by a path built from the file's own place"
_PLAIN = re.compile(r"[uUrR]?(\"\"\"|'''|\"|')([\w.+@/ -]*)\1")


def places(source: Source, found: Walk, names: Names) -> Iterator[Edit | Undecided]:
    """What becomes of every path that begins with `__file__`.

    The file moves, or what the path leads to does. A literal that is edited is changed
    in the tree too, so that a path built upon it is seen as it will be.
    """
    if "__file__" not in source.text:
        return
    above = {
        id(child): node
        for node in ast.walk(source.tree)
        for child in ast.iter_child_nodes(node)
    }
    own = [one for one in found.names or () if one[0].id == "__file__"]
    for name, place in own:
        chain = _climb(name, above, place.scope)
        yield from _place(source, chain, place.scope, names)
    if names.path != names.new_path:
        return
    for name, place in found.names or ():
        if name.id != "__file__" and isinstance(name.ctx, ast.Load):
            path = fold_path(name, place.scope)
            if path is not None and path.text.startswith("./"):
                chain = _climb(name, above, place.scope)
                if len(chain) > 1:
                    yield from _place(source, chain, place.scope, names)


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
    if names.path == names.new_path and not _concerns(path, home, names):
        return
    if text is not None and home is not None and not _is_torn(text, names):
        if _seen(names.new_path, text) == home:
            return
        edit = _fitted(source, chain, scope, text, home, names)
        if edit is not None:
            yield edit
            return
    span = source.span(chain[-1])
    line = source.line(span[0])
    shown = " ".join(source.text[slice(*span)].split())
    why = _WHY if names.path != names.new_path else _LEADS
    yield Undecided(names.path, line, shown[:80], why)


def _concerns(path: Text | None, home: str | None, names: Names) -> bool:
    """True if what a path of a file that stays leads to moves, or may."""
    if path is None:
        return False
    if path.complete:
        target = _seen(names.path, path.text)
        return home is not None and (home != target or _is_torn(path.text, names))
    return bool(_leaving(path.text.rpartition("/")[0], names))


def _is_torn(text: str, names: Names) -> bool:
    """True for a folder called by its name that some files leave, and others do not."""
    if names.path != names.new_path:
        return False
    folder = _leaving(text, names)
    return bool(folder) and folder not in names.world.folders


def _leaving(text: str, names: Names) -> str:
    """The folder that a path names, if files of it move; empty if none do."""
    folder = (_seen(names.path, text) or "") if text.strip("./") else ""
    moves = names.world.moves if folder else ()
    return folder if any(old.startswith(f"{folder}/") for old in moves) else ""


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
    source: Source,
    chain: list[ast.expr],
    scope: Scope,
    text: str,
    home: str,
    names: Names,
) -> Edit | None:
    """The one number in `parents[n]`, or else the one literal, that leads home."""
    numbered = _numbered(chain, text, home, names)
    if numbered is not None:
        node, number = numbered
        return source.edit(source.span(node), str(number), KIND)
    for literal in _literals(chain):
        new = _spelled(str(literal.value), text, home, names)
        if new is None:
            continue
        old, literal.value = literal.value, new
        path = fold_path(chain[-1], scope)
        leads = path is not None and _seen(names.new_path, path.text) == home
        inner = _inner(source, literal, str(old))
        if leads and inner is not None:
            return source.edit(inner, new, KIND)
        literal.value = old
    return None


def _literals(chain: list[ast.expr]) -> Iterator[ast.Constant]:
    """Those that name something: mere `..` says less than one would have to know."""
    for node in ast.walk(chain[-1]):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and value.strip("./"):
            assert isinstance(node, ast.Constant)
            yield node


def _spelled(value: str, text: str, home: str, names: Names) -> str | None:
    """`value`, a part of the path `text`, as it has to be if all else stays."""
    folder = parent_folder(names.new_path) or "."
    now = text.removeprefix("./").rstrip("/").split("/")
    wanted = os.path.relpath(home or ".", folder).split("/")
    part = value.strip("/").split("/")
    for at in range(len(now) - len(part) + 1):
        before, after = now[:at], now[at + len(part) :]
        if now[at : at + len(part)] != part or wanted[:at] != before:
            continue
        end = len(wanted) - len(after)
        if end > at and wanted[end:] == after:
            middle = "/".join(wanted[at:end])
            lead = "/" if value.startswith("/") else ""
            return f"{lead}{middle}{'/' if value.endswith('/') else ''}"
    return None


def _inner(source: Source, literal: ast.Constant, value: str) -> Span | None:
    """Where the value stands between its quotes, if it stands there as it is."""
    start, end = source.span(literal)
    found = _PLAIN.fullmatch(source.text, start, end)
    return found.span(2) if found is not None and found[2] == value else None


def _numbered(
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
