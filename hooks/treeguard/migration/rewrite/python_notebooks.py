"""Rewrites the code cells of a notebook: their text alone, inside of its JSON.

All cells are one module to a rewriter, as they are to who runs them. What a magic runs
(`%run`, `!python -m`) is told. Outputs and cells of text are not touched.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.file_names import PYTHON
from treeguard.languages.python.notebooks import is_python
from treeguard.languages.python.notebooks import plain
from treeguard.languages.python.source_facts import source_facts
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.json_strings import Text
from treeguard.migration.rewrite.json_strings import characters
from treeguard.migration.rewrite.json_strings import strings
from treeguard.migration.rewrite.python_edits import concerns
from treeguard.migration.rewrite.python_edits import edited
from treeguard.migration.rewrite.python_edits import left
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.runtime_imports import at_run_time

_BOM = b"\xef\xbb\xbf"


class Cell(NamedTuple):
    """One code cell: its number, its text as plain Python, and its source.

    `spans` are the places of the characters of the source, `starts` the first character
    of each of its lines, which are those of `python`, and `between` is what stands
    between two strings of it in the JSON.
    """

    number: int
    python: str
    spans: list[tuple[int, int]]
    starts: list[int]
    between: str

    def character(self, at: int) -> int:
        """The character of the source for one of `python`."""
        line = self.python.count("\n", 0, at)
        return self.starts[line] + at - (self.python.rfind("\n", 0, at) + 1)


def notebook(
    data: bytes, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    """Edits of the cells, and what is left. `facts` are those of the notebook."""
    text = data.decode("utf-8-sig")
    if not is_python(json.loads(text)):
        return
    cells = list(_cells(text))
    whole = "\n".join(cell.python for cell in cells).encode()
    inner = source_facts(whole, PYTHON)
    yield from left(
        _magics(facts, inner, cells), names, "a magic of the notebook runs it"
    )
    if inner.error:
        why = "the cells of the notebook are no module together"
        yield from left(facts, names, why)
        return
    if concerns(whole, inner, names):
        made = edited(whole, inner, names, PYTHON)
    else:
        made = list(at_run_time(names.path, whole, inner, names.world))
    edits = [one for one in made if isinstance(one, Edit)]
    spliced = [_spliced(one, text, whole, cells, data) for one in edits]
    if _is_right(data, spliced, apply_edits(whole, edits)):
        yield from spliced
        yield from (_told(one, cells) for one in made if isinstance(one, Undecided))
    else:
        yield from left(facts, names, "its JSON cannot be edited as it is written")


def _is_right(data: bytes, spliced: list[Edit], wanted: bytes) -> bool:
    """True if the notebook, read again, holds the very code that was meant."""
    try:
        text = apply_edits(data, sorted(spliced)).decode("utf-8-sig")
        json.loads(text)
    except ValueError:
        return False
    return "\n".join(cell.python for cell in _cells(text)).encode() == wanted


def _cells(text: str) -> Iterator[Cell]:
    """The code cells that hold Python, in order."""
    kinds: dict[tuple[str | int, ...], str] = {}
    sources: dict[tuple[str | int, ...], list[Text]] = {}
    order: dict[tuple[str | int, ...], None] = {}
    for one in strings(text):
        if "cells" not in one.key[:3]:
            continue
        at = one.key.index("cells") + 2
        cell, rest = one.key[:at], one.key[at:]
        order[cell] = None
        if rest == ("cell_type",):
            kinds[cell] = text[one.start + 1 : one.end - 1]
        elif rest[:1] in (("source",), ("input",)) and len(rest) < 3:
            sources.setdefault(cell, []).append(one)
    for number, cell in enumerate(order, 1):
        made = _cell(text, number, sources.get(cell, []))
        if kinds.get(cell) == "code" and made is not None:
            yield made


def _cell(text: str, number: int, lines: list[Text]) -> Cell | None:
    source: list[str] = []
    spans: list[tuple[int, int]] = []
    for line in lines:
        for written, start, end in characters(text, line.start, line.end):
            source.append(written)
            spans.append((start, end))
    last = lines[-1].end - 1 if lines else 0
    python = plain("".join(source)).python
    # Every character has one place, or the places mean nothing.
    if python is None or any(len(one) > 1 or one == "\r" for one in source):
        return None
    starts = [0, *(at for at, one in enumerate(source, 1) if one == "\n")]
    return Cell(number, python, [*spans, (last, last)], starts, _between(text, lines))


def _between(text: str, lines: list[Text]) -> str:
    """From the end of one line to the next; empty where all is one string."""
    if len(lines) > 1:
        return text[lines[0].end - 1 : lines[1].start + 1]
    if lines and len(lines[0].key) and isinstance(lines[0].key[-1], int):
        begun = text.rfind("\n", 0, lines[0].start) + 1
        indent = text[begun : lines[0].start]
        return f'",\n{indent}"' if not indent.strip() else '", "'
    return ""


def _magics(facts: SourceFacts, inner: SourceFacts, cells: list[Cell]) -> SourceFacts:
    """The facts of a notebook that its Python does not tell."""
    starts = _starts(cells)
    known = {(item.line, item.column, item.module) for item in inner.imports}
    numbers = {cell.number: at for at, cell in enumerate(cells)}
    left_over = []
    for item in facts.imports:
        at = numbers.get(item.cell or 0)
        line = item.line + starts[at] - 1 if at is not None else 0
        if (line, item.column, item.module) not in known:
            left_over.append(item)
    return facts._replace(imports=tuple(left_over))


def _starts(cells: list[Cell]) -> list[int]:
    """The line of all cells together at which each of them begins."""
    starts, line = [], 1
    for cell in cells:
        starts.append(line)
        line += cell.python.count("\n") + 1
    return starts


def _told(one: Undecided, cells: list[Cell]) -> Undecided:
    starts = _starts(cells)
    at = bisect_right(starts, one.line) - 1
    text = f"{one.text} (cell {cells[at].number})"
    return one._replace(line=one.line - starts[at] + 1, text=text)


def _spliced(
    edit: Edit, text: str, whole: bytes, cells: list[Cell], data: bytes
) -> Edit:
    """The same edit in the JSON, told in its bytes."""
    start, end = (len(whole[:at].decode()) for at in (edit.start, edit.end))
    for cell in cells:
        if start <= len(cell.python):
            break
        start, end = start - len(cell.python) - 1, end - len(cell.python) - 1
    first, past = cell.character(start), cell.character(end)
    begin = cell.spans[first][0]
    stop = cell.spans[past - 1][1] if past > first else begin
    new = edit.text.decode()
    shown = json.dumps(new, ensure_ascii=data.isascii())[1:-1]
    if cell.between:
        shown = shown.replace("\\n", f"\\n{cell.between}")
    skipped = len(_BOM) if data.startswith(_BOM) else 0
    first, past = (skipped + len(text[:at].encode()) for at in (begin, stop))
    line = text.count("\n", 0, begin) + 1
    return Edit(first, past, shown.encode(), line, edit.kind)
