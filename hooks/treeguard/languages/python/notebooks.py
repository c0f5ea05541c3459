"""Jupyter notebooks: what the code cells of their JSON import.

Format: https://nbformat.readthedocs.io/en/latest/format_description.html (3 and 4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.cpython_parser import UnreadableError
from treeguard.languages.python.ipython_magics import plain
from treeguard.languages.python.parse import text_facts
from treeguard.languages.python.parse import unreadable


class _Code(NamedTuple):
    """A code cell: its 1-based number among all cells, and its source."""

    number: int
    source: str


class _Python(NamedTuple):
    """A cell as plain Python, and the line of all cells together at which it begins."""

    number: int
    text: str
    first: int


def notebook_facts(data: bytes) -> SourceFacts:
    """Return the facts of every Python cell; lines count within the cell.

    `cell` counts all cells, also those of text, from 1. Names that one cell binds
    are known in the others. What is no notebook is unreadable.
    """
    try:
        book = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return unreadable(data, "cannot be decoded as utf-8", line)
    except json.JSONDecodeError as error:
        return unreadable(data, f"is not JSON: {error.msg}", error.lineno)
    except (RecursionError, ValueError):
        return unreadable(data, "is not JSON that can be read", None)
    try:
        cells = list(_cells(book))
    except UnreadableError as error:
        return unreadable(data, error.reason, error.line)
    return _facts(cells) if is_python(book) else SourceFacts()


def _facts(cells: list[_Code]) -> SourceFacts:
    runs: list[Import] = []
    parts: list[_Python] = []
    first = 1
    for cell in cells:
        python, found = plain(cell.source)
        for run in found:
            where = (run.line, run.column, run.line, run.end)
            runs.append(Import(*where, run.kind, run.module, cell=cell.number))
        if python is not None:
            parts.append(_Python(cell.number, python, first))
            first += python.count("\n") + 1
    facts = _together(parts)
    return facts._replace(imports=(*facts.imports, *runs))


def _together(parts: list[_Python]) -> SourceFacts:
    """Read all cells as one module; if that fails, each alone, to name the culprit."""
    try:
        whole = text_facts("\n".join(part.text for part in parts))
    except UnreadableError:
        return _each_alone(parts)
    homes = {
        part.first + offset: part
        for part in parts
        for offset in range(part.text.count("\n") + 1)
    }
    return _moved(whole, homes)


def _moved(facts: SourceFacts, homes: dict[int, _Python]) -> SourceFacts:
    def shift(line: int) -> int:
        return line - homes[line].first + 1

    return facts._replace(
        imports=tuple(
            item._replace(
                line=shift(item.line),
                end_line=shift(item.end_line),
                cell=homes[item.line].number,
            )
            for item in facts.imports
        ),
        allows=tuple(
            item._replace(
                line=shift(item.line),
                first_line=shift(item.first_line),
                last_line=shift(item.last_line),
                cell=homes[item.line].number,
            )
            for item in facts.allows
        ),
        undecidable=tuple(
            item._replace(line=shift(item.line), cell=homes[item.line].number)
            for item in facts.undecidable
        ),
    )


def _each_alone(parts: list[_Python]) -> SourceFacts:
    whole = SourceFacts()
    for part in parts:
        try:
            facts = text_facts(part.text)
        except UnreadableError as error:
            facts = unreadable(part.text.encode(), error.reason, error.line)
            text = facts.error.replace("the source", f"cell {part.number}", 1)
            facts = facts._replace(error=text)
        whole = _added(whole, facts, part.number)
    return whole


def _added(whole: SourceFacts, facts: SourceFacts, cell: int) -> SourceFacts:
    imports = tuple(item._replace(cell=cell) for item in facts.imports)
    allows = tuple(item._replace(cell=cell) for item in facts.allows)
    undecidable = tuple(item._replace(cell=cell) for item in facts.undecidable)
    return SourceFacts(
        whole.imports + imports,
        whole.allows + allows,
        whole.undecidable + undecidable,
        tuple(dict.fromkeys(whole.search_path + facts.search_path)),
        whole.error or facts.error,
        whole.error_line if whole.error else facts.error_line,
    )


def _cells(book: object) -> Iterator[_Code]:
    """Yield the code cells. Raises `UnreadableError` for JSON that is no notebook."""
    if not isinstance(book, dict):
        raise UnreadableError("is JSON, but no notebook", 1)
    holders = book.get("worksheets", [book])
    if not isinstance(holders, list) or not any(
        isinstance(holder, dict) and "cells" in holder for holder in holders
    ):
        raise UnreadableError("is JSON, but no notebook: it has no cells", 1)
    number = 0
    for holder in holders:
        cells = holder.get("cells", []) if isinstance(holder, dict) else []
        for cell in cells if isinstance(cells, list) else []:
            number += 1
            source = _source(cell)
            if source is not None:
                yield _Code(number, source)


def _source(cell: object) -> str | None:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        raise UnreadableError("is a notebook with a code cell that holds no text", 1)
    return source.replace("\r\n", "\n").replace("\r", "\n")


def is_python(book: object) -> bool:
    """A notebook that names no language is Python's, as Jupyter treats it."""
    assert isinstance(book, dict)
    metadata = book.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    for key, field in (("language_info", "name"), ("kernelspec", "language")):
        part = known.get(key)
        name = part.get(field) if isinstance(part, dict) else None
        if isinstance(name, str) and name:
            return name.lower() in ("python", "python2", "python3", "ipython")
    return True
