"""The keys of well-known files that hold paths: the rows of known_keys.toml, applied.

Supporting one more tool is one more row, and one more row in its test.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping as Table
from functools import lru_cache
from typing import Any
from typing import NamedTuple

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import lines
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import FOLDERS
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import Span
from treeguard.languages.spans import local_span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span
from treeguard.languages.spans import text_span
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import Scalar
from treeguard.languages.yaml_tree import scalars
from treeguard.languages.yaml_tree import yaml_documents

_Files = tuple[re.Pattern[str], ...]
_BASES = {"any": ANYWHERE, "root": ROOT, "file": OWN}
_WILDCARD = re.compile(r"(\*\*/|\*\*|\*|\{[^{}]*\}|\[\])")


class Key(NamedTuple):
    """One row: where in which files a text is, and what it is."""

    files: _Files
    at: re.Pattern[str]
    kind: str
    base: str
    value: re.Pattern[str] | None
    beside: Table[str, str]
    by_line: bool


def spans(path: str, documents: list[Node]) -> Iterator[Span]:
    """Yield what the known keys of the file at `path` hold."""
    rows = rows_of(path)
    for document in documents if rows else ():
        for scalar in scalars(document, each_path=True):
            row = row_of(scalar, rows)
            for text in _values(scalar.text, row) if row else ():
                yield from _READERS[row.kind](text, row.base) if row else ()


def rows_of(path: str) -> list[Key]:
    """Return the rows for a file, by its path."""
    rows = _table()[0]
    return [row for row in rows if any(file.fullmatch(path) for file in row.files)]


def row_of(scalar: Scalar, rows: list[Key]) -> Key | None:
    """Return the first row that fits a text, None where none does."""
    for row in () if scalar.is_key else rows:
        if row.at.fullmatch(scalar.path) and _is_beside(scalar, row.beside):
            return row
    return None


def is_in(group: str, path: str) -> bool:
    """Return whether a file belongs to a group of the table."""
    return any(pattern.fullmatch(path) for pattern in _table()[1][group])


def _is_beside(scalar: Scalar, beside: Table[str, str]) -> bool:
    for key, start in beside.items():
        value = scalar.outer.get(key) if scalar.outer else None
        if not isinstance(value, SourceText) or not value.chars.startswith(start):
            return False
    return True


def _values(text: SourceText, row: Key) -> Iterator[SourceText]:
    for value in lines(text) if row.by_line else (text,):
        value = value.strip()
        if row.value is None:
            yield value
        elif match := row.value.fullmatch(value.chars):
            yield value.group(match, 1)


def _path(text: SourceText, base: str) -> Iterator[Span]:
    for span in path_span(expand_defaults(text)):
        yield span._replace(base=base)


def _place(text: SourceText, base: str) -> Iterator[Span]:
    for span in local_span(expand_defaults(text), base):
        yield span._replace(kind=PLACE)


def _globs(text: SourceText, base: str) -> Iterator[Span]:
    for document in yaml_documents(text) or ():
        for scalar in scalars(document):
            if not scalar.is_key:
                yield from text_span(GLOB, scalar.text, base)


_READERS: dict[str, Callable[[SourceText, str], Iterator[Span]]] = {
    "path": _path,
    "place": _place,
    "glob": lambda text, base: text_span(GLOB, text, base),
    "folders": lambda text, base: text_span(FOLDERS, text, base),
    "globs": _globs,
    "module": lambda text, _base: name_span(text),
    "unsure": lambda text, base: text_span(UNSURE, text, base),
    "command": lambda _text, _base: iter(()),
}


@lru_cache(maxsize=1)
def _table() -> tuple[list[Key], dict[str, _Files]]:
    """Return the rows of the table, and the patterns of its groups of files."""
    from treeguard.policy.loading import toml_document

    place = os.path.join(os.path.dirname(__file__), "known_keys.toml")
    with open(place, "rb") as file:
        document = toml_document(file.read())
    groups = {name: _files(files) for name, files in document["files"].items()}
    return [_row(row, groups) for row in document["key"]], groups


def _row(row: Table[str, Any], groups: Table[str, _Files]) -> Key:
    files = row["file"]
    return Key(
        groups[files] if files in groups else _files([files]),
        _expression(row["at"].replace(".", "/")),
        row["is"],
        _BASES[row["relative"]],
        re.compile(row["value"]) if "value" in row else None,
        row.get("beside", {}),
        row.get("lines", False),
    )


def _files(patterns: list[str]) -> _Files:
    return tuple(_expression(_anchored(pattern)) for pattern in patterns)


def _anchored(pattern: str) -> str:
    return pattern[1:] if pattern.startswith("/") else f"**/{pattern}"


def _expression(pattern: str) -> re.Pattern[str]:
    """Return a pattern of the table as a regular expression."""
    parts = (
        _meaning(part) if at % 2 else re.escape(part)
        for at, part in enumerate(_WILDCARD.split(pattern))
    )
    return re.compile("".join(parts))


def _meaning(wildcard: str) -> str:
    if wildcard.startswith("{"):
        return f"(?:{'|'.join(map(re.escape, wildcard[1:-1].split(',')))})"
    known = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "[]": r"(?:\[\])?"}
    return known[wildcard]
