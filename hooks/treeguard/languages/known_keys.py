"""Apply the rows of known_keys.toml: the keys of well-known files that hold paths.

Supporting one more tool is one more row, and one more row in its test.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping as Table
from functools import lru_cache
from typing import Any
from typing import NamedTuple

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.programs import PYTEST_FILES
from treeguard.languages.shell.programs import module_or_path
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import FILE
from treeguard.languages.spans import FOLDERS
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import MODULES
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PAGE
from treeguard.languages.spans import PATTERN
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import REF
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import SEARCHED
from treeguard.languages.spans import SOURCE
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import Span
from treeguard.languages.spans import local_span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span
from treeguard.languages.spans import tests_in
from treeguard.languages.spans import text_span
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import Scalar
from treeguard.languages.yaml_tree import scalars
from treeguard.languages.yaml_tree import values_by_path
from treeguard.languages.yaml_tree import yaml_documents

_Files = tuple[str, ...]
_BASES = {"any": ANYWHERE, "root": ROOT, "file": OWN}
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\{[^{}]*\}|\[\])")


class Row(NamedTuple):
    """One row of the table: where in which files a text is, and what it is."""

    files: _Files
    at: str
    names: tuple[str, ...]  # of the key itself; `*` any
    kind: str
    base: str
    value: str | None
    beside: Table[str, str]
    by_line: bool
    by_word: bool
    within: str


class Keys:
    """The known keys of one file: rows by the name of their key."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self._any = [row for row in rows if "*" in row.names]
        self._rows: dict[str, list[Row]] = {}
        self._kinds: dict[str, str] = {}
        for name in {name for row in rows for name in row.names}:
            found = [row for row in rows if not {name, "*"}.isdisjoint(row.names)]
            self._rows[name] = found

    def row_of(self, scalar: Scalar) -> Row | None:
        """Return the first row that fits a text, None where none does."""
        name = scalar.path.rpartition("/")[2].removesuffix("[]")
        text = scalar.text.chars.strip()
        for row in self._rows.get(name, self._any):
            if not _fits(row.at, scalar.path) or not _is_beside(scalar, row.beside):
                continue
            # A value of another form may be what a later row says.
            if row.value is None or row.by_line or _fits(row.value, text):
                return row
        return None

    def kind_of(self, name: str) -> str:
        """Return the kind of a key, wherever it is; empty if it has none."""
        if name not in self._kinds:
            rows = self._rows.get(name, self._any)
            kinds = (row.kind for row in rows if _fits(row.at, name))
            self._kinds[name] = next(kinds, "")
        return self._kinds[name]


def keys_of(path: str) -> Keys:
    """Return the known keys of a file, by its path."""
    rows = enumerate(_table()[0])
    return _keys(tuple(n for n, row in rows if any(_fits(f, path) for f in row.files)))


@lru_cache(maxsize=16)
def _keys(numbers: tuple[int, ...]) -> Keys:
    return Keys(tuple(_table()[0][number] for number in numbers))


def spans(path: str, documents: list[Node]) -> Iterator[Span]:
    """Yield what the known keys of the file at `path` hold."""
    keys = keys_of(path)
    for document in documents:
        for scalar in values_by_path(document):
            row = keys.row_of(scalar)
            if row is not None:
                near = (scalar.holder, scalar.outer, document)
                folder = row.within and _folder(row.within, near)
                yield from held(scalar.text, row, folder)


def held(text: SourceText, row: Row, folder: str = "") -> Iterator[Span]:
    """Yield what a text holds that a row fits; nothing if its format reads it.

    Paths start in a `folder`, if it is given, that starts where the row says.
    """
    read, base = _READERS.get(row.kind), _joined(row.base, folder)
    for value in _values(text, row) if read else ():
        for one in pieces(value, r"\s,") if row.by_word else (value,):
            yield from read(one, base) if read else ()


def _folder(within: str, near: Iterable[Node | None]) -> str:
    """Return what the key `within` holds, next to a text or above it."""
    key, _, default = within.partition("=")
    for mapping in near:
        value = mapping.get(key) if isinstance(mapping, Mapping) else None
        if isinstance(value, SourceText):
            return expand_defaults(value).chars.removeprefix(UNKNOWN + "/")
    return default


def _joined(base: str, folder: str) -> str:
    """Return the base of what is relative to a folder that is relative to `base`."""
    inner = posixpath.normpath(folder.lstrip("/")) if folder else "."
    if inner == ".":
        return base
    return inner if base == ANYWHERE else f"{base.rstrip('/')}/{inner}"


def is_in(group: str, path: str) -> bool:
    """Return whether a file belongs to a group of the table."""
    return any(_fits(pattern, path) for pattern in _table()[1][group])


def _is_beside(scalar: Scalar, beside: Table[str, str]) -> bool:
    for key, start in beside.items():
        value = scalar.outer.get(key) if scalar.outer else None
        if not isinstance(value, SourceText) or not value.chars.startswith(start):
            return False
    return True


def _values(text: SourceText, row: Row) -> Iterator[SourceText]:
    for value in lines(text) if row.by_line else (text,):
        value = value.strip()
        if row.value is None:
            yield value
        elif match := _fits(row.value, value.chars):
            yield value.group(match, 1)


def _path(text: SourceText, base: str) -> Iterator[Span]:
    for span in path_span(expand_defaults(text)):
        yield span._replace(base=base)


def _written(text: SourceText, base: str) -> Iterator[Span]:
    for span in path_span(text):
        yield span._replace(kind=FILE, base=base)


def _searched(text: SourceText, base: str) -> Iterator[Span]:
    yield from _path(text, base)
    yield from text_span(SEARCHED, text, base)


def _place(text: SourceText, base: str) -> Iterator[Span]:
    for span in local_span(expand_defaults(text), base):
        yield span._replace(kind=PLACE)


def _page(text: SourceText, base: str) -> Iterator[Span]:
    for span in _place(text, base):
        yield span._replace(kind=PAGE)


def _globs(text: SourceText, base: str) -> Iterator[Span]:
    for document in yaml_documents(text) or ():
        for scalar in scalars(document):
            if not scalar.is_key:
                yield from text_span(GLOB, scalar.text, base)


_READERS: dict[str, Callable[[SourceText, str], Iterator[Span]]] = {
    "path": _path,
    "place": _place,
    "written": _written,
    "searched": _searched,
    "tests": lambda text, base: tests_in(_path(text, base), PYTEST_FILES),
    "glob": lambda text, base: text_span(GLOB, text, base),
    "folders": lambda text, base: text_span(FOLDERS, text, base),
    "globs": _globs,
    "page": _page,
    "pattern": lambda text, base: text_span(PATTERN, text, base),
    "source": lambda text, base: text_span(SOURCE, text, base),
    "modules": lambda text, _base: text_span(MODULES, text, ANYWHERE),
    "name": lambda text, _base: text_span(REF, text, ANYWHERE),
    "module": lambda text, _base: name_span(text),
    "unsure": lambda text, base: text_span(UNSURE, text, base),
    "object": lambda text, _base: module_or_path(text, Shell()),
    "folder": _path,
}


def _fits(expression: str, text: str) -> re.Match[str] | None:
    """Match the whole of a text. A file needs few of the rows, so few are compiled."""
    return _compiled(expression).fullmatch(text)


_compiled = lru_cache(maxsize=None)(re.compile)


@lru_cache(maxsize=1)
def _table() -> tuple[list[Row], dict[str, _Files]]:
    """Return the rows of the table, and the patterns of its groups of files."""
    from treeguard.policy.loading import toml_document

    place = os.path.join(os.path.dirname(__file__), "known_keys.toml")
    with open(place, "rb") as file:
        document = toml_document(file.read())
    groups = {name: _files(files) for name, files in document["files"].items()}
    return [_row(row, groups) for row in document["key"]], groups


def _row(row: Table[str, Any], groups: Table[str, _Files]) -> Row:
    files = row["file"]
    return Row(
        groups[files] if files in groups else _files([files]),
        _expression(row["at"].replace(".", "/")),
        _last_keys(row["at"]),
        row["is"],
        _BASES[row.get("relative", "any")],
        row.get("value"),
        row.get("beside", {}),
        row.get("lines", False),
        row.get("words", False),
        row.get("within", ""),
    )


def _last_keys(at: str) -> tuple[str, ...]:
    """Return the keys that a pattern can end with; `*` if that can be any."""
    last = re.search(r"(?:^|\.)(\{[^{}]*\}|[^.{}\[]*)(?:\[\])?$", at)
    keys = last[1].strip("{}").split(",") if last else ["*"]
    ends = [key.split(".")[-1].removesuffix("[]") for key in keys]
    return ("*",) if "*" in "".join(ends) else tuple(ends)


def _files(patterns: list[str]) -> _Files:
    return tuple(_expression(_anchored(pattern)) for pattern in patterns)


def _anchored(pattern: str) -> str:
    return pattern[1:] if pattern.startswith("/") else f"**/{pattern}"


def _expression(pattern: str) -> str:
    """Return a pattern of the table as a regular expression."""
    parts = (
        _meaning(part) if at % 2 else re.escape(part)
        for at, part in enumerate(_WILDCARD.split(pattern))
    )
    return "".join(parts)


def _meaning(wildcard: str) -> str:
    if wildcard.startswith("{"):
        return f"(?:{'|'.join(map(_expression, wildcard[1:-1].split(',')))})"
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "[]": r"(?:\[\])?"}
    return known[wildcard]
