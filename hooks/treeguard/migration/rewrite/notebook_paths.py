"""Rewrite the paths in a notebook that are relative to its own folder.

A kernel starts there (https://jupyter-server.readthedocs.io: the session's path), so
that `open("../conf/a.yaml")` means one file, and so does `sys.path.append("..")`. Where
the notebook changes its folder, or a name holds a part of the path, it is listed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import SearchPath
from treeguard.languages.markdown import read
from treeguard.languages.python.constant_eval import called
from treeguard.languages.python.constant_eval import fold_path
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.notebooks import TEXT
from treeguard.languages.python.notebooks import NotebookText
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.source import Source
from treeguard.migration.rewrite.documents import KIND as LINK
from treeguard.migration.rewrite.documents import links_now
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.paths import SCATTERED
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.plans import Edit
from treeguard.plans import Undecided

KIND = "path"
_DOTS = re.compile(r"(?:\.\.?/)*\.\.?/?")
_WORDS = re.compile(r"[\w.+@ ()-]+(?:/[\w.+@ ()-]*)*")
# What takes a folder, besides what `fold_path` evaluates.
_TAKES_FOLDER = {
    *("sys.path.append", "sys.path.insert", "sys.path.extend", "site.addsitedir"),
    *("os.listdir", "os.scandir", "os.walk", "os.chdir"),
}
_ENTERS = re.compile(rb"(?m)^\s*(?:\"\s*)?%cd\b|\bchdir\(|^\s*%pushd\b")
_CD = re.compile(rb"(?m)^\s*(?:\"\s*)?%cd[ \t]+([^\s\"\\]+)")
_MAGIC = "a magic of the notebook enters it from the notebook's folder"
_NOT_PLAIN = "it is not a plain literal"
_ENTERED = "it is relative to a folder that the notebook enters"
_UNTRACKED = "it is relative to the notebook's folder, and Git has no such file"
_BUILT = "it is relative to the notebook's folder, and a name holds a part of it"
_BOTH = "it may be relative to the root or to the notebook's folder"


def enters_folder(data: bytes) -> bool:
    """Return True if a notebook changes the folder that it runs in."""
    return _ENTERS.search(data) is not None


def search_path_now(search_path: SearchPath, names: Names) -> SearchPath:
    """Return what a notebook adds to `sys.path` when its paths are rewritten."""
    own = _Own(names)
    found = []
    for edit in search_path:
        is_own = not edit.folder.startswith(("./", "/"))
        new = own.new_text(edit.folder) if is_own else None
        is_decided = new is not None and not new.why
        found.append(edit._replace(folder=new.text) if new and is_decided else edit)
    return tuple(found)


def entered_folders(data: bytes, names: Names) -> Iterator[Undecided]:
    """List each `%cd` of a notebook that leads elsewhere from its new folder."""
    own = _Own(names)
    for found in _CD.finditer(data):
        folder = found[1].decode("utf-8", "replace")
        if own.new_text(folder) is not None:
            line = data.count(b"\n", 0, found.start()) + 1
            yield Undecided(names.path, line, f"%cd {folder}", _MAGIC)


class _Own(NamedTuple):
    """Paths that are relative to a notebook's folder, before and after the moves."""

    names: Names

    def meant(self, text: str) -> str | None:
        """Return the path of the repository that a text means, existing or not."""
        return normal(joined(parent_folder(self.names.path), text))

    def is_there(self, text: str) -> bool:
        """Return True if a text names a file or folder of the old tree."""
        folder = parent_folder(self.names.path)
        return target_of(text, folder, self.names.context) is not None

    def new_text(self, text: str) -> NewText | None:
        """Return how a path is written now; None where it stays right."""
        was, now = parent_folder(self.names.path), parent_folder(self.names.new_path)
        return moved_path(text, was, now, self.names.context)

    def is_torn(self, text: str) -> bool:
        """Return True for a folder that some of its files leave."""
        folder = None if _DOTS.fullmatch(text) else self.meant(text)
        if not folder or folder in self.names.context.folders:
            return False
        return any(old.startswith(f"{folder}/") for old in self.names.context.moves)

    def is_right(self, text: str, meant: str) -> bool:
        """Return True if a text leads to where `meant` is now."""
        there = moved_with_folder(meant, self.names.context) or meant
        return normal(joined(parent_folder(self.names.new_path), text)) == there


def rewrite_notebook_paths(
    source: Source, found: Walk, names: Names, *, entered: bool
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of every path in the code of a notebook.

    With `entered` the notebook runs in another folder, and everything is listed.
    """
    own = _Own(names)
    built = list(_built(source.tree, found, own))
    edits: list[tuple[ast.Constant, str]] = []
    for node in _literals(source.tree, found):
        value = str(node.value)
        new = own.new_text(value)
        torn = new is None and own.is_torn(value)
        if new is None and not torn and not _is_untracked(value, own):
            continue
        inner = source.plain_string(source.span(node))
        is_plain = inner is not None and source.text[slice(*inner)] == value
        missing = SCATTERED if torn else _UNTRACKED
        why = missing if new is None else new.why or _doubt(value, names)
        why = _ENTERED if entered else why or ("" if is_plain else _NOT_PLAIN)
        if why or new is None or inner is None:
            yield Undecided(names.path, node.lineno, value, why)
        else:
            edits.append((node, new.text))
            yield source.edit(inner, new.text, KIND)
    # What is built upon an edited literal is seen as it will be.
    for node, text in edits:
        node.value = text
    found.module.forget()
    for outer, scope, meant in built:
        path = fold_path(outer, scope)
        if path is not None and not own.is_right(path.text, meant):
            shown = " ".join(source.text[slice(*source.span(outer))].split())
            why = _ENTERED if entered else _BUILT
            yield Undecided(names.path, outer.lineno, shown[:80], why)


def _doubt(value: str, names: Names) -> str:
    """Return why a path without dots is doubtful: it is there from the root, too."""
    in_root = not parent_folder(names.path) or value.startswith(".")
    return "" if in_root or target_of(value, "", names.context) is None else _BOTH


def _is_untracked(value: str, own: _Own) -> bool:
    """Return True if a path upwards leads to what Git does not have, and elsewhere
    afterwards."""
    meant = own.meant(value) if value.startswith("../") else None
    return (
        bool(meant) and not own.is_there(value) and not own.is_right(value, meant or "")
    )


def _literals(tree: ast.Module, found: Walk) -> Iterator[ast.Constant]:
    """Yield the literals that may be paths: with a slash, or dots where a folder is
    meant."""
    folders = {
        id(node)
        for call, place in found.calls
        if called(call.func, place.scope) & _TAKES_FOLDER
        or fold_path(call, place.scope) is not None
        for argument in call.args
        for node in ast.walk(argument)
    }
    texts = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(value, str) or id(node) in texts:
            continue
        assert isinstance(node, ast.Constant)
        if _DOTS.fullmatch(value):
            if id(node) in folders:
                yield node
        elif "/" in value and _WORDS.fullmatch(value):
            yield node


def _built(
    tree: ast.Module, found: Walk, own: _Own
) -> Iterator[tuple[ast.expr, Scope, str]]:
    """Yield the paths that several expressions make, with their scopes and what they
    mean, if that is there."""
    scopes = [(call, place.scope) for call, place in found.calls]
    joins = [one for one in ast.walk(tree) if isinstance(one, ast.BinOp)]
    scopes += [(one, found.module) for one in joins]  # type: ignore[misc]
    for node, scope in scopes:
        path = fold_path(node, scope)
        if path is None or not path.complete or path.text.startswith(("./", "/")):
            continue
        if path.text != "." and "/" in path.text + "/" and own.is_there(path.text):
            yield node, scope, own.meant(path.text) or ""


def rewrite_text_cells(data: bytes, names: Names) -> Iterator[Edit | Undecided]:
    """Yield what becomes of the links and pictures in the cells of text."""
    source = EncodedSource(data)
    cells = NotebookText(source.chars, TEXT)
    edits, wanted, offset = [], "", 0
    for part in cells.notebook.parts:
        changes = []
        for start, end, now in links_now(names.path, read(part.python), names.context):
            if now.why:
                line = part.python.count("\n", 0, start) + 1
                text = f"{now.text} (cell {part.number})"
                yield Undecided(names.path, line, text, now.why)
            else:
                changes.append((start, end, now.text))
        for start, end, text in changes:
            place = cells.replacement(offset + start, offset + end, text)
            edits.append(source.edit(*place, LINK))
        offset += len(part.python) + 1
        wanted += f"{_with(part.python, changes)}\n"
    text = apply_edits(data, sorted(edits)).decode("utf-8-sig")
    if NotebookText(text, TEXT).notebook.text == wanted[:-1]:
        yield from edits
    else:
        why = "its JSON cannot be edited as it is written"
        yield from (Undecided(names.path, one.line, names.path, why) for one in edits)


def _with(text: str, changes: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text
