"""Read TOML and INI text as values, each with its place, without what is broken.

The readers that Python has (`tomli`, `configparser`) keep no positions, and refuse a
whole file for one error in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from treeguard.languages import known_keys
from treeguard.languages import requirement_files
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.programs import pytest
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import join
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import MODULES
from treeguard.languages.spans import Span
from treeguard.languages.spans import text_span
from treeguard.languages.yaml_tree import Scalar

_TOKEN = re.compile(
    r'"""(?P<basics>(?:[^\\]|\\.)*?)"""|\'\'\'(?P<literals>.*?)\'\'\''
    r'|"(?P<basic>(?:[^"\\\n]|\\.)*)"|\'(?P<literal>[^\'\n]*)\''
    r"|#[^\n]*|(?P<word>[\w.+:-]+)|(?P<mark>[\[\]{}=,\n])|(?P<other>[^\s])",
    re.DOTALL,
)
_MOST_KEYS = 64
_DEEPEST = 500  # brackets in one another: Python's own reader takes hardly more
_HEADER = re.compile(r"(?m)^\[{1,2}[ \t]*[A-Za-z_]")
_ESCAPE = re.compile(r"\\(?:(?P<char>[btnfr\"\\ ])|\s*\n\s*)")
_SECTION = re.compile(r"\[(?P<name>[^\]]*)\]")
_PAIR = re.compile(r"(?P<key>[^\s=:#;\[][^=:]*?)\s*[=:][ \t]*")


# https://tox.wiki/en/latest/config.html#substitutions
_SUBSTITUTION = re.compile(
    r"\{(?:posargs|env:\w+|\[[\w:.-]+\]\w+):(?P<default>[^{}]*)\}"
    r"|(?P<here>\{(?:toxinidir|tox_root)\}/)|\{(?:posargs|[\w/:.\[\]-]+)\}"
)


class Found(NamedTuple):
    """One string: its dotted place (tables, then keys) and the array that it is in.

    `array` numbers the innermost array, 0 for none; a `nested` one is itself an item of
    an array. The string may be a key in quotes.
    """

    place: str
    text: SourceText
    array: int = 0
    nested: bool = False
    is_key: bool = False

    @property
    def at(self) -> Scalar:
        """Return the string as the table of known keys compares it."""
        return Scalar(self.text, self.place.replace(".", "/"), self.is_key)


def toml_spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield what the strings of a pyproject.toml, or another TOML file, use."""
    keys = known_keys.keys_of(path)
    values = [found for found in toml_strings(text) if not found.is_key]
    texts = {found.place: found.text.chars for found in values}
    for _place, group in groupby(values, lambda found: (found.place, found.array)):
        found = list(group)
        row = keys.row_of(found[0].at)
        folder = ""
        if row and row.within:
            table = found[0].place.rpartition(".")[0]
            folder = texts.get(f"{table}.{row.within}" if table else row.within, "")
        words = [one.text for one in found]
        if row and row.kind == "arguments" and len(words) > 1:
            yield from pytest([words[0].part(0, 0), *words], Shell())
        elif row and row.kind == "command" and found[0].nested:
            yield from Shell().command(words)
        elif row:
            for word in words:
                yield from _held(word, row, folder)


def ini_spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield what the values of an INI file use: setup.cfg, tox.ini, a systemd unit."""
    keys = known_keys.keys_of(path)
    for one in ini_texts(text):
        row = None if one.is_key else keys.row_of(one)
        yield from _held(one.text, row) if row else ()
        if (
            one.is_key
            and one.text.chars.startswith("mypy-")
            and one.path == one.text.chars
        ):
            for name in pieces(one.text.part(len("mypy-")), r"\s,"):
                yield from text_span(MODULES, name, ANYWHERE)


def _held(text: SourceText, row: known_keys.Row, folder: str = "") -> Iterator[Span]:
    if row.kind == "command":
        yield from Shell().run(text.sub(_SUBSTITUTION, lambda m: _given(text, m)))
    elif row.kind == "arguments":
        yield from pytest([text.part(0, 0), *pieces(text, r"\s")], Shell())
    elif row.kind == "requirements":
        yield from requirement_files.spans(text)
    elif row.kind == "ini":
        yield from ini_spans(text, "tox.ini")
    else:
        yield from known_keys.held(text, row, folder)


def _given(text: SourceText, match: re.Match[str]) -> SourceText:
    """Return what tox puts in place of `{posargs:a b}`, if nothing else is given."""
    if match["default"] is not None:
        return text.group(match, "default")
    if match["here"]:
        return text.part(0, 0)
    return text.group(match).with_text(UNKNOWN)


def toml_strings(text: SourceText) -> Iterator[Found]:
    """Yield the strings of a TOML text in order, keys in quotes included."""
    reader = _Toml(text)
    for match in _TOKEN.finditer(text.chars):
        yield from reader.take(match)
        if len(reader.outer) > _DEEPEST:
            return


class _Toml:
    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.table: tuple[str, ...] = ()
        self.keys: tuple[str, ...] = ()  # of the value that is being read
        self.outer: list[tuple[str, tuple[str, ...]]] = []  # open brackets
        self.arrays = 0
        self.state = "start"  # then "header", "key", "value"

    def take(self, match: re.Match[str]) -> Iterator[Found]:
        mark = match["mark"]
        if mark:
            if mark == "[" and _HEADER.match(self.text.chars, match.start()):
                self.outer, self.state = [], "start"  # whatever was left open
            self.mark(mark)
            return
        word = match["word"]
        string = next((g for g in _STRINGS if match[g] is not None), None)
        if word is None and string is None:
            return
        name = word if string is None else match[string]
        value = self.text.group(match, string or "word")
        if string is not None and string.startswith("basic"):
            value = value.sub(_ESCAPE, _unescaped)
        if self.state in ("start", "key", "header"):
            # `a."b.c".d` comes as several tokens, `a.b` as one.
            parts = tuple(p for p in name.split(".") if p) if word else (name,)
            self.keys = (*self.keys, *parts)[:_MOST_KEYS]
            self.state = "key" if self.state == "start" else self.state
            if string is not None:
                yield Found(self.place(), value, is_key=True)
        elif string is not None:
            marks = "".join(mark for mark, _ in self.outer)
            array = self.arrays if marks.endswith("[") else 0
            yield Found(self.place(), value, array, marks.endswith("[["))

    def place(self) -> str:
        inner = (key for _, keys in self.outer for key in keys)
        return ".".join((*self.table, *inner, *self.keys))

    def mark(self, mark: str) -> None:
        if self.state == "start" and mark == "[":
            self.state, self.keys = "header", ()
        elif self.state == "header" and mark == "\n":
            self.table, self.keys, self.state = self.keys, (), "start"
            self.outer = []
        elif self.state in ("start", "key") and mark == "=":
            self.state = "value"
        elif self.state == "value" and mark in "[{":
            self.outer.append((mark, self.keys))
            self.arrays += mark == "["
            self.keys = ()
            self.state = "key" if mark == "{" else "value"
        elif mark in "]}" and self.outer:
            self.keys = self.outer.pop()[1]
            self.state = "value"
        elif mark == "," and self.outer:
            self.keys = ()
            self.state = "key" if self.outer[-1][0] == "{" else "value"
        elif mark == "\n" and not self.outer:
            self.state, self.keys = "start", ()


_STRINGS = ("basics", "literals", "basic", "literal")


def _unescaped(match: re.Match[str]) -> str:
    char = match["char"]
    return {"n": "\n", "t": "\t"}.get(char, char) if char else ""


def ini_texts(text: SourceText) -> Iterator[Scalar]:
    """Yield the names of sections, the keys and the values of an INI text.

    A value ends with the indented lines that continue it. In a value of entry points, a
    line that is `name = value` is a value of its own as well.
    """
    section, parts = "", list[SourceText]()
    key = text.part(0, 0)
    for line in text.rows():
        stripped = line.strip()
        if stripped.chars.startswith(("#", ";")):
            continue
        if key.chars and line.chars[:1] in (" ", "\t") and stripped.chars:
            parts.append(line)
            continue
        yield from _pair(section, key, parts)
        key, parts = text.part(0, 0), []
        header, pair = _SECTION.match(stripped.chars), _PAIR.match(line.chars)
        if header:
            name = stripped.group(header, "name").strip()
            section = name.chars
            yield Scalar(name, section, is_key=True)
        elif pair:
            key, parts = line.group(pair, "key"), [line.part(pair.end())]
    yield from _pair(section, key, parts)


def _pair(section: str, key: SourceText, parts: list[SourceText]) -> Iterator[Scalar]:
    if not key.chars:
        return
    path = f"{section}.{key.chars}".lstrip(".").replace(".", "/")
    yield Scalar(key, path, is_key=True)
    yield Scalar(join(parts).strip(), path, is_key=False)
    for line in (
        parts[1:] if section in ("options.entry_points", "entry_points") else ()
    ):
        pair = _PAIR.match(line.chars, len(line.chars) - len(line.chars.lstrip()))
        if pair:
            value, path = line.part(pair.end()), f"entry_points/{pair['key']}"
            yield Scalar(value.strip(), path, is_key=False)
