"""Rewrite paths built from a file's own place: `Path(__file__).parents[1] / "x"`.

`parents[n]` with a plain number follows the file's new depth if no other change is
needed, and so does the one literal whose change makes the path right. Every other such
path that would lead elsewhere is listed with its line, in files that stay as well: what
it leads to may move.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.name_uses import own_paths
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.source import Source
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.python_names import Names
from treeguard.plans import Edit
from treeguard.plans import Undecided

KIND = "place"
_WHY = "it is relative to this file, which moves"
_LEADS = "it is relative to this file, and leads to what moves"


def rewrite_file_relative_paths(
    source: Source, found: Walk, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of every path that begins with `__file__`.

    The file moves, or what the path leads to does. A literal that is edited is changed
    in the tree too, so that a path built upon it is seen as it will be.
    """
    stays = names.path == names.new_path
    for chain, scope in own_paths(source, found, through_names=stays):
        yield from _place(source, chain, scope, names)


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
    if path is not None and _is_as_it_was(path, names):
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
    """Return True if what a path of a file that stays leads to moves, or may."""
    if path is None:
        return False
    if path.complete:
        target = _seen(names.path, path.text)
        return home is not None and (home != target or _is_torn(path.text, names))
    return bool(_leaving(path.text.rpartition("/")[0], names))


def _is_as_it_was(path: Text, names: Names) -> bool:
    """Return True if the folder that a path leads into moves along with its file, and
    as a whole: what is built from there on is found as before."""
    if names.path == names.new_path:
        return False
    text = path.text if path.complete else f"{path.text.rpartition('/')[0]}/."
    folder = _seen(names.path, text)
    there = moved_with_folder(folder, names.context) if folder else None
    return there is not None and there == _seen(names.new_path, text)


def _is_torn(text: str, names: Names) -> bool:
    """Return True if some files leave the folder that is named, and others do not.

    One directly in it also leaves it for a folder below: `glob("*.py")` misses it. What
    moves further below stays in the folder.
    """
    if names.path != names.new_path:
        return False
    folder = _leaving(text, names)
    return (
        bool(folder)
        and folder not in names.context.folders
        and any(
            parent_folder(old) == folder != parent_folder(new)
            or not new.startswith(f"{folder}/")
            for old, new in names.context.moves.items()
            if old.startswith(f"{folder}/")
        )
    )


def _leaving(text: str, names: Names) -> str:
    """Return the folder that a path names, if files of it move; empty if none do."""
    folder = (_seen(names.path, text) or "") if text.strip("./") else ""
    return folder if folder and names.context.moves_at(f"{folder}/") else ""


def _seen(path: str, text: str) -> str | None:
    return normal(joined(parent_folder(path), text))


def _home(text: str, names: Names) -> str | None:
    """Return the new place of what the path led to; None if it is unknown."""
    target = _seen(names.path, text)
    if target is None or names.context.before.entry(target) is None:
        return None
    return moved_with_folder(target, names.context) or target


def _fitted(
    source: Source,
    chain: list[ast.expr],
    scope: Scope,
    text: str,
    home: str,
    names: Names,
) -> Edit | None:
    """Edit the one number in `parents[n]`, or the one literal, that makes it right."""
    numbered = _numbered(chain, text, home, names)
    if numbered is not None:
        node, number = numbered
        return source.edit(source.span(node), str(number), KIND)
    for literal in _literals(chain):
        new = _spelled(str(literal.value), text, home, names)
        if new is None:
            continue
        old, literal.value = literal.value, new
        scope.forget()
        path = fold_path(chain[-1], scope)
        new_targets = path is not None and _seen(names.new_path, path.text) == home
        inner = source.plain_string(source.span(literal))
        if new_targets and inner is not None and source.text[slice(*inner)] == old:
            return source.edit(inner, new, KIND)
        literal.value = old
        scope.forget()
    return None


def _literals(chain: list[ast.expr]) -> Iterator[ast.Constant]:
    """Yield literals that name something: `..` alone does not."""
    for node in ast.walk(chain[-1]):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and value.strip("./"):
            assert isinstance(node, ast.Constant)
            yield node


def _spelled(value: str, text: str, home: str, names: Names) -> str | None:
    """Return `value`, a part of the path `text`, as it has to be if the rest stays."""
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


def _numbered(
    chain: list[ast.expr], text: str, home: str, names: Names
) -> tuple[ast.Constant, int] | None:
    """Return the number in `parents[n]`, and the one that makes the path right."""
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
