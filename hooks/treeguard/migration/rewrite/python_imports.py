"""Rewrite import statements: each name leads after the moves where it led before.

If only some names of `from a import b, c` moved, the statement keeps the others and a
second one, right after it in the same block, takes what moved.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python import import_statements
from treeguard.languages.python.import_statements import Patch
from treeguard.languages.python.import_statements import Statement
from treeguard.languages.python.source import Source
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError

KIND = "import"


class Renamed(NamedTuple):
    """One `import a.b` without `as`: its place in the statement and its new module."""

    statement: Statement
    at: int
    old: str
    new: str


def from_import(
    source: Source, node: ast.ImportFrom, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield the edits of one `from ... import ...`."""
    old = [Name(node.module or "", node.level or 0, alias.name) for alias in node.names]
    new: list[Name] = []
    for alias, name in zip(node.names, old, strict=True):
        try:
            new.append(names.renamed(name))
        except UndecidedError as error:
            line = source.line(source.span(alias)[0])
            text = f"from {name.written} import {name.name}"
            yield Undecided(names.path, line, text, str(error))
            new.append(name)
    if new != old:
        statement = import_statements.read(source, source.span(node))
        for span, text in _patches(source, statement, old, new):
            yield source.edit(span, text, KIND)


def _patches(
    source: Source, statement: Statement, old: list[Name], new: list[Name]
) -> Iterator[Patch]:
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(new):
        groups.setdefault(name.written, []).append(at)
    stays = old[0].written
    first = stays if stays in groups else next((key for key in groups if key), "")
    if not first:
        yield _plain_imports(source, statement, new)
        return
    if first != stays:
        yield import_statements.module_patch(source, statement, first)
    for at in groups.pop(first):
        if new[at].name != old[at].name:
            yield _renamed_item(source, statement, at, new[at])
    gone = sorted(at for group in groups.values() for at in group)
    if gone:
        patches, comments = import_statements.removal(source, statement, gone)
        yield from patches
        lines = [
            line
            for group in groups.values()
            for line in _statements(source, statement, [(at, new[at]) for at in group])
        ]
        yield import_statements.insertion(source, statement, lines, comments)


def _renamed_item(source: Source, statement: Statement, at: int, new: Name) -> Patch:
    item = statement.items[at]
    was = source.text[slice(*item.name)]
    keeps = "" if item.asname else f" as {was}"
    return item.name, f"{new.name}{keeps}"


def _statements(
    source: Source, statement: Statement, moved: list[tuple[int, Name]]
) -> Iterator[str]:
    """Yield the statement for names of one new module; without it, for modules."""
    said = []
    for at, new in moved:
        item = statement.items[at]
        was = source.text[slice(*item.name)]
        bound = item.asname or (was if was != new.name and was != "*" else None)
        said.append(f"{new.name} as {bound}" if bound else str(new.name))
    module = moved[0][1].written
    yield (
        f"from {module} import {', '.join(said)}"
        if module
        else (f"import {', '.join(said)}")
    )


def _plain_imports(source: Source, statement: Statement, new: list[Name]) -> Patch:
    """Replace `from a import b` by `import b`, where `b` is now at the top."""
    [line] = _statements(source, statement, list(enumerate(new)))
    return statement.span, line


def plain_import(
    source: Source, node: ast.Import, names: Names
) -> Iterator[Edit | Undecided | Renamed]:
    """Yield what becomes of one `import ...`: each of its names by itself."""
    statement = import_statements.read(source, source.span(node))
    for at, alias in enumerate(node.names):
        item = statement.items[at]
        try:
            new = names.renamed(Name(alias.name)).module
        except UndecidedError as error:
            line = source.line(item.span[0])
            yield Undecided(names.path, line, f"import {alias.name}", str(error))
            new = alias.name
        if alias.asname is None:
            yield Renamed(statement, at, alias.name, new)
        elif new != alias.name:
            yield source.edit(item.name, new, KIND)
