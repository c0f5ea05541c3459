"""IPython's own syntax in a notebook's cell, made into plain Python of equal length.

Lines stay where they are, and so do the columns of every statement that is Python.
Source: https://ipython.readthedocs.io/en/stable/interactive/magics.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.python.string_literals import commands

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
