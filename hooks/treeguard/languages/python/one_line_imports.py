"""Imports that each stand alone in one line, as nearly all do, read by one pattern."""

from __future__ import annotations

import re

from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import

_NAME = r"[^\W\d]\w*"
_SIMPLE = re.compile(
    rf"[ \t]*(?:from (\.*)((?:{_NAME}(?:\.{_NAME})*)?) import ({_NAME}|\*)"
    rf"|import ({_NAME}(?:\.{_NAME})*))[ \t]*",
    re.ASCII,
)
_WORD = "import"


def simple_imports(text: str, bound: dict[str, set[str]]) -> list[Import] | None:
    """Every import of a text in which no other line has the word; None if one has.

    `bound` is given the names that `import` binds, each with what it stands for. Lines
    end in line feeds, and none is continued.
    """
    found: list[Import] = []
    names: list[str] = []
    line, counted, at = 1, 0, text.find(_WORD)
    while at >= 0:
        begin = text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        statement = _SIMPLE.fullmatch(text, begin, end if end >= 0 else len(text))
        if statement is None:
            return None
        line += text.count("\n", counted, begin)
        counted = begin
        dots, module, name, plain = statement.groups()
        if plain:
            found.append(Import(line, 1, line, 1, IMPORT, plain))
            names.append(plain.partition(".")[0])
        elif dots or module:
            found.append(Import(line, 1, line, 1, FROM, module, len(dots), name))
        else:
            return None
        at = text.find(_WORD, end) if end >= 0 else -1
    bound.update((name, {name}) for name in names)
    return found
