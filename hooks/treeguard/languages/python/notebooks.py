"""Read Jupyter notebooks: the Python of their code cells, its facts and its places.

Formats: https://nbformat.readthedocs.io/en/latest/format_description.html (3 and 4),
and https://ipython.readthedocs.io/en/stable/interactive/magics.html.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FIRST
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import WORKING
from treeguard.languages.facts import Import
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.command_calls import line_spans
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.extract import text_facts
from treeguard.languages.python.extract import unreadable

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
# Also without its mark, as IPython takes it (`%automagic`).
_CHANGE = re.compile(
    r"[ \t]*(?:%(?:cd|pushd)(?:[ \t]+-[qb])*[ \t]+(\S.*)"
    r"|cd[ \t]+((?![=.,])[\w./~-]+|\.[\w./-]*))[ \t]*"
)
_LOAD = re.compile(r"[ \t]*%(?:load_ext|reload_ext)[ \t]+([\w.]+)")
_OTHER_KERNELS = re.compile(
    r"(?:ir|julia|bash|java|kotlin|scala|rust|javascript|deno|octave|\.net|xcpp|go)\b"
)
_TOKEN = re.compile(
    r"(?s:'''.*?(?:'''|\Z)|\"\"\".*?(?:\"\"\"|\Z))|'(?:\\.|[^'\\\n])*'"
    r"|\"(?:\\.|[^\"\\\n])*\"|#[^\n]*|[\[({]|[\])}]|\\\n|\n"
)
_JSON_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_JSON_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\.|.",
    re.DOTALL,
)

# The kinds of cells.
CODE, TEXT = "code", "markdown"
Key = tuple[str | int, ...]


class JsonString(NamedTuple):
    """A string of a JSON text: the keys that lead to it, and where its quotes are."""

    key: Key
    start: int
    end: int


class Part(NamedTuple):
    """A code cell as plain Python: its number among all cells, from 1, and its text.

    `keys` lead to the strings of its source in the JSON.
    """

    number: int
    python: str
    keys: tuple[Key, ...]


class Notebook:
    """The Python cells of a notebook, which are one module together: `text`.

    With another `kind` the cells of text, each by itself in `parts`.
    `runs` is what their magics run, `moves` the folders that these change into.
    Raises `UnreadableError` for any other JSON.
    """

    def __init__(self, book: object, kind: str = CODE) -> None:
        cells = list(_cells(book, kind))
        self.parts: list[Part] = []
        self.runs: list[Import] = []
        self.moves: list[PathEdit] = []
        self._starts: list[int] = []
        line = 1
        for number, keys, source in cells if kind == TEXT or _is_python(book) else ():
            python, runs = read_cell(source) if kind == CODE else (source, [])
            self.runs += (run._replace(cell=number) for run in runs)
            if python is not None:
                self.moves += _changed_into(source, number)
                self.parts.append(Part(number, python, keys))
                self._starts.append(line)
                line += python.count("\n") + 1
        self.text = "\n".join(part.python for part in self.parts)

    def locate(self, line: int) -> tuple[int, int]:
        """Return the number of the cell, and the line in it, for a line of `text`."""
        at = bisect_right(self._starts, line) - 1
        return self.parts[at].number, line - self._starts[at] + 1


def notebook_facts(data: bytes) -> SourceFacts:
    """Return the facts of every Python cell; lines count within the cell.

    `cell` counts all cells, also those of text, from 1. Names that one cell binds
    are known in the others. What is no notebook is unreadable.
    """
    try:
        notebook = Notebook(json.loads(data.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return unreadable(data, "cannot be decoded as utf-8", line)
    except json.JSONDecodeError as error:
        return unreadable(data, f"is not JSON: {error.msg}", error.lineno)
    except (RecursionError, ValueError):
        return unreadable(data, "is not JSON that can be read", None)
    except UnreadableError as error:
        return unreadable(data, error.reason, error.line)
    try:
        text = notebook.text
        facts = _located(text_facts(text, is_notebook=True), notebook.locate)
    except UnreadableError:
        facts = _each_alone(notebook.parts)
    return facts._replace(
        imports=(*facts.imports, *notebook.runs),
        search_path=_search_path(notebook, facts.search_path),
    )


def _search_path(notebook: Notebook, found: SearchPath) -> SearchPath:
    """Return what a notebook has on `sys.path`: first the folder that it works in.

    That is its own, until it changes into another.
    """
    if not notebook.parts:
        return ()
    every = [*(edit for edit in found if edit.line), *notebook.moves]
    edits = list(OF_SCRIPT)
    working: str | None = ""
    for edit in sorted(every, key=lambda edit: (edit.cell or 0, edit.line)):
        if edit.where == WORKING:
            working = _within(working, edit.folder)
            if working is None:
                continue
            edit = edit._replace(where=FIRST, folder=working or ".")
        edits.append(edit)
    return tuple(edits)


def _within(working: str | None, folder: str) -> str | None:
    """Return a folder seen from another one; None where that is not known."""
    if folder.startswith(("/", "~", "-", "$", "{")):
        return None
    if working is None:
        return None
    parts = [part for part in working.split("/") if part]
    for part in folder.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _changed_into(source: str, number: int) -> Iterator[PathEdit]:
    """Yield the folders that `%cd` and `%pushd` of a cell change into."""
    if "cd" not in source and "pushd" not in source:
        return
    lines = source.split("\n")
    for at in sorted(_statement_lines(source)):
        found = _CHANGE.fullmatch(lines[at])
        if found:
            folder = (found[1] or found[2]).strip().strip("\"'")
            yield PathEdit(at + 1, WORKING, folder, number)


def _located(
    facts: SourceFacts, locate: Callable[[int], tuple[int, int]]
) -> SourceFacts:
    """Give each fact the cell and the lines that `locate` returns for its lines."""

    def moved(item: Any) -> Any:
        names = [name for name in item._fields if name.endswith("line")]
        lines = {name: locate(getattr(item, name))[1] for name in names}
        return item._replace(cell=locate(item.line)[0], **lines)

    return facts._replace(
        search_path=tuple(moved(one) if one.line else one for one in facts.search_path),
        imports=tuple(map(moved, facts.imports)),
        allows=tuple(map(moved, facts.allows)),
        undecidable=tuple(map(moved, facts.undecidable)),
    )


def _each_alone(parts: list[Part]) -> SourceFacts:
    """Read each cell alone, to name the one that no parser takes."""
    every = [_alone(part) for part in parts]
    broken = next((one for one in every if one.error), SourceFacts())
    return SourceFacts(
        tuple(item for one in every for item in one.imports),
        tuple(item for one in every for item in one.allows),
        tuple(item for one in every for item in one.undecidable),
        tuple(dict.fromkeys(folder for one in every for folder in one.search_path)),
        broken.error,
        broken.error_line,
    )


def _alone(part: Part) -> SourceFacts:
    try:
        facts = text_facts(part.python, is_notebook=True)
    except UnreadableError as error:
        # JSON can say half of a surrogate pair, which no encoding has.
        data = part.python.encode("utf-8", "replace")
        facts = unreadable(data, error.reason, error.line)
        text = facts.error.replace("the source", f"cell {part.number}", 1)
        facts = facts._replace(error=text)
    return _located(facts, lambda line: (part.number, line))


def _cells(book: object, kind: str) -> Iterator[tuple[int, tuple[Key, ...], str]]:
    """Yield the cells of a kind: number, the keys of the source, and the source.

    Raises `UnreadableError` for JSON that is no notebook.
    """
    if not isinstance(book, dict):
        raise UnreadableError("is JSON, but no notebook", 1)
    holders = book.get("worksheets", [book])
    if not isinstance(holders, list) or not any(
        isinstance(holder, dict) and "cells" in holder for holder in holders
    ):
        raise UnreadableError("is JSON, but no notebook: it has no cells", 1)
    number = 0
    for sheet, holder in enumerate(holders):
        above: Key = ("worksheets", sheet) if "worksheets" in book else ()
        cells = holder.get("cells", []) if isinstance(holder, dict) else []
        for at, cell in enumerate(cells if isinstance(cells, list) else []):
            number += 1
            if isinstance(cell, dict) and cell.get("cell_type") == kind:
                yield (number, *_source(cell, (*above, "cells", at)))


def _source(cell: dict[str, object], above: Key) -> tuple[tuple[Key, ...], str]:
    name = "source" if "source" in cell else "input"
    source = cell.get(name, "")
    keys: tuple[Key, ...] = ((*above, name),)
    if isinstance(source, list):
        texts = [(n, text) for n, text in enumerate(source) if isinstance(text, str)]
        keys = tuple((*above, name, n) for n, _text in texts)
        source = "".join(text for _n, text in texts)
    if not isinstance(source, str):
        raise UnreadableError("is a notebook with a code cell that holds no text", 1)
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    return keys if name in cell else (), source


def _is_python(book: object) -> bool:
    """Return True if a notebook is Python's, as Jupyter treats one with no language.

    The kernel runs the cells; `language_info` is what an earlier kernel left.
    """
    assert isinstance(book, dict)
    known = _table(book, "metadata")
    kernel = _table(known, "kernelspec")
    for name in (kernel.get("language"), _table(known, "language_info").get("name")):
        if isinstance(name, str) and name:
            return name.lower() in ("python", "python2", "python3", "ipython")
    # Before version 4.0 a kernel had a name alone: `python3`, `ir`, `julia-1.9`.
    name = kernel.get("name")
    others = _OTHER_KERNELS.match(name) if isinstance(name, str) else None
    return others is None


def _table(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}


class NotebookText:
    """A notebook with the place of each character of its code in the JSON `text`."""

    def __init__(self, text: str, kind: str = CODE) -> None:
        self.notebook = Notebook(json.loads(text), kind)
        self._text = text
        self._strings = {one.key: one for one in strings(text)}

    def replacement(self, start: int, end: int, new: str) -> tuple[int, int, str]:
        """Return the place in the JSON of a part of the code, and `new` as JSON."""
        for part in self.notebook.parts:
            if start <= len(part.python):
                break
            start, end = start - len(part.python) - 1, end - len(part.python) - 1
        written = [self._strings[key] for key in part.keys]
        spans, starts = self._characters(written)
        first = _character(part, starts, start)
        past = _character(part, starts, end)
        begin = spans[first][0]
        stop = spans[past - 1][1] if past > first else begin
        shown = json.dumps(new, ensure_ascii=self._text.isascii())[1:-1]
        between = self._between(written)
        if between:
            shown = shown.replace("\\n", f"\\n{between}")
        return begin, stop, shown

    def _characters(
        self, written: list[JsonString]
    ) -> tuple[list[tuple[int, int]], list[int]]:
        """Return the place of each character, and which of them begin a line."""
        spans: list[tuple[int, int]] = []
        starts, before = [0], ""
        for one in written:
            for character, start, end in characters(self._text, one):
                if before == "\r" and character == "\n":
                    spans[-1] = spans[-1][0], end
                else:
                    spans.append((start, end))
                    starts += [len(spans)] if character in "\r\n" else []
                before = character
        last = written[-1].end - 1 if written else 0
        return [*spans, (last, last)], starts

    def _between(self, written: list[JsonString]) -> str:
        """Return what is between two lines of a cell; empty where it is one string."""
        if len(written) > 1:
            return self._text[written[0].end - 1 : written[1].start + 1]
        if written and isinstance(written[0].key[-1], int):
            begun = self._text.rfind("\n", 0, written[0].start) + 1
            indent = self._text[begun : written[0].start]
            return f'",\n{indent}"' if not indent.strip() else '", "'
        return ""


def _character(part: Part, starts: list[int], at: int) -> int:
    """Return the character of a cell for one of its Python: the lines are the same."""
    line = part.python.count("\n", 0, at)
    return starts[line] + at - (part.python.rfind("\n", 0, at) + 1)


def strings(text: str) -> Iterator[JsonString]:
    """Yield every string value, in order. The text must be JSON that can be read."""
    key: list[str | int] = []
    name = ""
    is_value = True
    for found in _JSON_TOKEN.finditer(text):
        token = found[0]
        if token in "{[":
            key.append("" if token == "{" else 0)
            is_value = token == "["
        elif token in "}]":
            key.pop()
        elif token == ":":
            key[-1], is_value = name, True
        elif token == ",":
            last = key[-1]
            key[-1] = last + 1 if isinstance(last, int) else ""
            is_value = isinstance(last, int)
        elif is_value:
            yield JsonString(tuple(key), *found.span())
        else:
            name = json.loads(token)


def characters(text: str, string: JsonString) -> Iterator[tuple[str, int, int]]:
    """Yield each character of a string with its place; a pair of surrogates is one."""
    for found in _JSON_CHARACTER.finditer(text, string.start + 1, string.end - 1):
        written = found[0]
        is_escape = written[0] == "\\"
        yield (
            json.loads(f'"{written}"', strict=False) if is_escape else written,
            *found.span(),
        )


def read_cell(source: str) -> tuple[str | None, list[Import]]:
    r"""Return a code cell as plain Python, and what its magics run.

    The source ends its lines with `\n`. The Python has the same lines, and columns of
    statements; it is None where a cell magic says that the cell is not Python.
    """
    kind = _CELL.match(source)
    if kind is None:
        starts = _statement_lines(source)
        lines = source.split("\n")
        runs = [run for at in sorted(starts) for run in _runs(lines[at], at + 1)]
        made = [_python(line) if n in starts else line for n, line in enumerate(lines)]
        return "\n".join(made), runs
    head, _newline, body = source.partition("\n")
    if kind[1] in _PYTHON_CELLS or f"{kind[1]} {kind[2]}" in _PYTHON_CELLS:
        python, runs = read_cell(body)
        moved = [run._replace(line=run.line + 1, end_line=run.line + 1) for run in runs]
        return f"\n{python or ''}", moved
    lines = (source if kind[1] in _SHELL_CELLS else head).split("\n")
    return None, [run for n, line in enumerate(lines, 1) for run in _commands(line, n)]


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
    """Return one line without magics; `pass` keeps the block that it may be in."""
    timed = _STATEMENT.match(line)
    if timed:
        return timed[1] + "if 1:".ljust(len(timed[2])) + line[timed.end() :]
    is_help = _HELP.fullmatch(line) and line.rstrip().endswith("?")
    if is_help or _LINE.match(line) or _CHANGE.fullmatch(line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    assigned = _ASSIGNED.fullmatch(line)
    return assigned[1] + "None" if assigned else line


def _runs(line: str, number: int) -> Iterator[Import]:
    run = _RUN.match(line)
    if run and not run[3].startswith("/"):
        kind = STRING if "-m" in run[1].split() else PATH
        yield _run(number, kind, run[3], run.start(3))
    load = _LOAD.match(line)
    if load:
        yield _run(number, DYNAMIC, load[1], load.start(1))
    if line.lstrip()[:1] in ("!", "%") or re.search(r"=\s*!", line):
        yield from _commands(line, number)


def _commands(line: str, number: int) -> Iterator[Import]:
    for span in dict.fromkeys(line_spans(line)):
        kind = STRING if span.kind == STRING else PATH
        run = _run(number, kind, span.text, span.start)
        yield run._replace(end_column=span.end + 1, prefix=span.open_end)


def _run(number: int, kind: str, module: str, at: int) -> Import:
    return Import(number, at + 1, number, at + len(module) + 1, kind, module)
