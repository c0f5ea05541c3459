"""Jupyter notebooks: what the code cells of their JSON import.

Format: https://nbformat.readthedocs.io/en/latest/format_description.html (3 and 4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.extract import text_facts
from treeguard.languages.python.extract import unreadable
from treeguard.languages.python.parse import UnreadableError
from treeguard.languages.python.string_literals import commands


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


# Cell magics whose body is Python; `%%bash`, `%%html`, `%%writefile` and any other
# name hold something else.
_PYTHON_CELLS = {"python", "python3", "pypy", "pypy3", "time", "timeit", "capture"}
_PYTHON_CELLS |= {"prun", "debug", "script python", "script python3"}
_SHELL_CELLS = {"bash", "sh", "script", "!", "cmd", "powershell"}
_CELL = re.compile(r"\s*%%(!|\w+)[ \t]*(\S*)")
_LINE = re.compile(r"[ \t]*(?:%|!|\?)")
_HELP = re.compile(r"[ \t]*%{0,2}[\w.*]+\?{1,2}[ \t]*")
_ASSIGNED = re.compile(r"([ \t]*[\w\[\]'\"., ]+?=[ \t]*)([%!].*)")
_STATEMENT = re.compile(
    r"([ \t]*)(%(?:time|timeit|prun|memit)\b(?:[ \t]+-\S*\d*)*[ \t])"
)
_RUN = re.compile(r"[ \t]*%run[ \t]+((?:-\S+[ \t]+)*)(['\"]?)([^\s'\"]+)\2")
_LOAD = re.compile(r"[ \t]*%(?:load_ext|reload_ext)[ \t]+([\w.]+)")
_TOKEN = re.compile(
    r"(?s:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z))|'(?:\\.|[^'\\\n])*'"
    r"|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*|[\[({]|[\])}]|\\\n|\n"
)


class Run(NamedTuple):
    """A module or file that a magic runs. `column` and `end` are 1-based."""

    line: int
    column: int
    end: int
    kind: str
    module: str


class Cell(NamedTuple):
    """One cell as Python, or None where it is not Python, and what its magics run."""

    python: str | None
    runs: tuple[Run, ...]


def plain(source: str) -> Cell:
    r"""Read one code cell (lines ended by `\n`)."""
    kind = _CELL.match(source)
    if kind is None:
        starts = _statement_lines(source)
        lines = source.split("\n")
        runs = [run for at in sorted(starts) for run in _runs(lines[at], at + 1)]
        made = [_python(line) if n in starts else line for n, line in enumerate(lines)]
        return Cell("\n".join(made), tuple(runs))
    head, _newline, body = source.partition("\n")
    if kind[1] in _PYTHON_CELLS or f"{kind[1]} {kind[2]}" in _PYTHON_CELLS:
        inner = plain(body)
        moved = tuple(run._replace(line=run.line + 1) for run in inner.runs)
        return Cell(f"\n{inner.python or ''}", moved)
    shell = source if kind[1] in _SHELL_CELLS else head
    lines = shell.split("\n")
    found = [run for n, line in enumerate(lines, 1) for run in _commands(line, n)]
    return Cell(None, tuple(found))


def _statement_lines(source: str) -> set[int]:
    """Return the 0-based lines at which a statement may begin.

    A `%` inside brackets or after a backslash is an operator, in a string it is text.
    """
    starts, depth, line = {0}, 0, 0
    at = 0
    while at < len(source):
        # An apostrophe after `!` opens no string.
        if line in starts and not depth and _is_magic(source, at):
            stop = source.find("\n", at)
            at = len(source) if stop < 0 else stop
        found = _TOKEN.search(source, at)
        if found is None:
            break
        token, at = found[0], found.end()
        line += token.count("\n")
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(0, depth - 1)
        elif token == "\n" and not depth:
            starts.add(line)
    return starts


def _is_magic(source: str, at: int) -> bool:
    at_start = at == 0 or source[at - 1] == "\n"
    return at_start and bool(_LINE.match(source, at))


def _python(line: str) -> str:
    """Return one line without magics; `pass` keeps the block that it may stand in."""
    timed = _STATEMENT.match(line)
    if timed:
        room = len(timed[2])
        return timed[1] + "if 1:".ljust(room) + line[timed.end() :]
    if _LINE.match(line) or (_HELP.fullmatch(line) and line.rstrip().endswith("?")):
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = _ASSIGNED.fullmatch(line)
    return assigned[1] + "None" if assigned else line


def _runs(line: str, number: int) -> Iterator[Run]:
    run = _RUN.match(line)
    if run and not run[3].startswith("/"):
        is_module = "-m" in run[1].split()
        kind = STRING if is_module else PATH
        yield Run(number, run.start(3) + 1, run.end(3) + 1, kind, run[3])
    load = _LOAD.match(line)
    if load:
        yield Run(number, load.start(1) + 1, load.end(1) + 1, DYNAMIC, load[1])
    if line.lstrip()[:1] in ("!", "%") or re.search(r"=\s*!", line):
        yield from _commands(line, number)


def _commands(line: str, number: int) -> Iterator[Run]:
    for mention in commands(line):
        column = line.find(mention.module) + 1
        end = column + len(mention.module)
        yield Run(number, column, end, mention.kind, mention.module)
