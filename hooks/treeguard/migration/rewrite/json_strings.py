"""Strings of a JSON text with their places: what is spliced stays as it is around."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u[0-9a-fA-F]{4}|\\.|.",
    re.DOTALL,
)
Key = tuple[str | int, ...]


class Text(NamedTuple):
    """A string value: what leads to it, and from where to where its quotes are."""

    key: Key
    start: int
    end: int


def strings(text: str) -> Iterator[Text]:
    """Every string value, in order. The text must be JSON that can be read."""
    key: list[str | int] = []
    name = ""
    is_value = True
    for found in _TOKEN.finditer(text):
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
            yield Text(tuple(key), *found.span())
        else:
            name = json.loads(token)


def characters(text: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Each character of the string whose quotes are at `start` and before `end`, and
    where it is written; two characters of a pair are one."""
    for found in _CHARACTER.finditer(text, start + 1, end - 1):
        written = found[0]
        one = (
            json.loads(f'"{written}"', strict=False) if written[0] == "\\" else written
        )
        yield one, *found.span()
