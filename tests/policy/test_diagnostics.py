"""The line of every key, held against texts that were written line by line."""

from __future__ import annotations

from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.policy.diagnostics import Place
from treeguard.policy.diagnostics import positions

TABLE: dict[str, tuple[str, dict[Place, int]]] = {
    "nothing": ("", {}),
    "comments": ("# a\n\n  # b = 1\n", {}),
    "a key": ("\n\na = 1", {("a",): 3}),
    "keys of many spellings": (
        'a-b_1 = 1\n"c d" = 2\n\'e"f\' = 3\n"g\\"\\u0068" = 4\n1 = 5\n',
        {("a-b_1",): 1, ("c d",): 2, ('e"f',): 3, ('g"h',): 4, ("1",): 5},
    ),
    "dotted keys": ("a . 'b'.c = 1\n", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1}),
    "tables": (
        "[a]\nx = 1\n[ b . c ] # [d]\ny = 2\n",
        {("a",): 1, ("a", "x"): 2, ("b",): 3, ("b", "c"): 3, ("b", "c", "y"): 4},
    ),
    "a header after its subtable": (
        "[a.b]\n[a]\nx = 1\n",
        {("a",): 2, ("a", "b"): 1, ("a", "x"): 3},
    ),
    "arrays of tables": (
        "[[a]]\nx = 1\n[a.b]\n[[a]]\n[[a.c]]\ny = 2\n",
        {
            ("a",): 1,
            ("a", 0): 1,
            ("a", 0, "x"): 2,
            ("a", 0, "b"): 3,
            ("a", 1): 4,
            ("a", 1, "c"): 5,
            ("a", 1, "c", 0): 5,
            ("a", 1, "c", 0, "y"): 6,
        },
    ),
    "arrays over lines": (
        'a = [ # ]\n  "x]", # "\n\n  [1,\n2,], \'"\',\n]\nb = 1\n',
        {
            ("a",): 1,
            ("a", 0): 2,
            ("a", 1): 4,
            ("a", 1, 0): 4,
            ("a", 1, 1): 5,
            ("a", 2): 5,
            ("b",): 7,
        },
    ),
    "inline tables": (
        "a = { b = 1, c.d = [ 2,\n3 ], e = {} }\nf = 1\n",
        {
            ("a",): 1,
            ("a", "b"): 1,
            ("a", "c"): 1,
            ("a", "c", "d"): 1,
            ("a", "c", "d", 0): 1,
            ("a", "c", "d", 1): 2,
            ("a", "e"): 2,
            ("f",): 3,
        },
    ),
    "strings over lines": (
        'a = """\n[x]\ny = 1\\"""\n"""""\nb = \'\'\'\n"""\n[z]\n\'\'\'\'\nc = 1\n',
        {("a",): 1, ("b",): 5, ("c",): 9},
    ),
    "values of every type": (
        "a = 1979-05-27 07:32:00Z # x\nb = 0x1F\nc = 1e5\nd = true\ne = 1\n",
        {("a",): 1, ("b",): 2, ("c",): 3, ("d",): 4, ("e",): 5},
    ),
    "windows": ('a = [\r\n"x",\r\n]\r\nb = 1\r\n', {("a",): 1, ("a", 0): 2, ("b",): 4}),
    "brackets in names": (
        '["a]b"]\nc = "]"\nd = 1\n',
        {("a]b",): 1, ("a]b", "c"): 2, ("a]b", "d"): 3},
    ),
}


@pytest.mark.parametrize(("text", "lines"), TABLE.values(), ids=TABLE)
def test_lines(text: str, lines: dict[Place, int]) -> None:
    tomli.loads(text)
    assert positions(text) == lines


NAMES = st.text("ab-_1", min_size=1, max_size=3) | st.text("\"#]=. \\'é", max_size=3)
STRINGS = st.text("a\"'\\#[]{}=,\n ", max_size=8)
VALUES = st.recursive(
    STRINGS | st.integers(-9, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=2)
    ),
    max_leaves=6,
)


class Writer:
    """Writes TOML and notes on which line each thing came to stand."""

    def __init__(self, choose: Any) -> None:
        self.text = ""
        self.lines: dict[Place, int] = {}
        self.choose = choose

    def note(self, place: Place) -> None:
        self.lines[place] = self.text.count("\n") + 1

    def gap(self) -> None:
        self.text += self.choose(["", " ", "\n", " # ] } = \" '\n", "\n\n  "])

    def table(self, place: Place, table: dict[str, Any]) -> None:
        for name, value in table.items():
            self.text += self.choose(["", "# [x]\n", "\n", "  "])
            self.pair((*place, name), value)
            self.text += self.choose(["\n", "  # y = 1\n", "\n\n"])

    def pair(self, place: Place, value: Any) -> None:
        self.note(place)
        self.text += key(str(place[-1])) + self.choose(["=", " = "])
        self.value(place, value)

    def value(self, place: Place, value: Any) -> None:
        if isinstance(value, list):
            self.array(place, value)
        elif isinstance(value, dict):
            self.text += "{"
            for number, (name, one) in enumerate(value.items()):
                self.text += ", " if number else " "
                self.pair((*place, name), one)
            self.text += " }"
        elif isinstance(value, str):
            self.text += self.choose([basic(value), long(value)])
        else:
            self.text += str(value).lower()

    def array(self, place: Place, items: list[Any]) -> None:
        self.text += "["
        for number, item in enumerate(items):
            self.gap()
            self.note((*place, number))
            self.value((*place, number), item)
            self.gap()
            last = number == len(items) - 1
            self.text += self.choose(["", ","]) if last else ","
        self.gap()
        self.text += "]"


def key(name: str) -> str:
    bare = name and all(char in "ab-_1" for char in name)
    return name if bare else basic(name)


def basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def long(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""\n{escaped}"""'


TABLES = st.dictionaries(NAMES, VALUES, max_size=4)


@settings(max_examples=200)
@given(TABLES, st.lists(st.tuples(NAMES, st.booleans(), TABLES), max_size=4), st.data())
def test_lines_of_generated_texts(
    top: dict[str, Any], tables: list[tuple[str, bool, dict[str, Any]]], data: Any
) -> None:
    writer = Writer(lambda choices: data.draw(st.sampled_from(choices)))
    writer.table((), top)
    counts: dict[str, int] = {}
    plain = {name for name, several, _ in tables if not several}
    for name, several, table in tables:
        if name in top or (name in counts and (name in plain or not several)):
            continue
        if several:
            writer.lines.setdefault((name,), writer.text.count("\n") + 1)
        place: Place = (name, counts.get(name, 0)) if several else (name,)
        counts[name] = counts.get(name, 0) + 1
        writer.note(place)
        writer.text += f"[[{key(name)}]]\n" if several else f"[{key(name)}]\n"
        writer.table(place, table)
    tomli.loads(writer.text)
    assert positions(writer.text) == writer.lines
