"""The words of configuration files, each with its place and the key it stands under.

TOML, INI, MANIFEST.in, YAML and JSON; what is written with escapes, over several lines
or as a block is marked, and is never edited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.source_text import from_file
from treeguard.languages.toml_ini import ini_values
from treeguard.languages.toml_ini import toml_strings
from treeguard.languages.yaml_tree import scalars
from treeguard.languages.yaml_tree import yaml_documents

_TOML_KEY = re.compile(
    r"""(?:^|[\[.{,])[ \t]*(["'])([^"'\\\n]+)\1[ \t]*(?=[=.\]])""", re.M
)
_INI_WORD = re.compile(r"[^\s,;=:\"']+")
_INI_SECTION = re.compile(r"^\[(?:mypy-)?([^\]\n]+)\]", re.MULTILINE)
_INI_KEY = re.compile(r"^[ \t]*([\w.*/-]+)[ \t]*[=:]", re.MULTILINE)
_COMMENT = re.compile(r"(?m)^[ \t]*[#;].*$|[ \t]#.*$")
_JSON = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


class Word(NamedTuple):
    """`value` stands from `start` to `end` as it is if `is_plain`. `place`: the keys
    that lead to it, with dots."""

    value: str
    start: int
    end: int
    place: str
    is_plain: bool


def toml_words(chars: str) -> Iterator[Word]:
    """Strings of a TOML file, and keys in quotes."""
    for found in toml_strings(from_file(chars)):
        if found.text.chars:
            start, end = found.text.offsets[0], found.text.offsets[-1] + 1
            is_plain = chars[start:end] == found.text.chars
            yield Word(found.text.chars, start, end, found.place, is_plain)
    for match in _TOML_KEY.finditer(chars):
        yield Word(match[2], *match.span(2), "", True)


def ini_words(chars: str) -> Iterator[Word]:
    """Words of the values of an INI file, its keys and its sections' names."""
    rest = _COMMENT.sub(lambda match: " " * len(match[0]), chars)
    seen: set[tuple[int, int]] = set()
    for section, key, value in ini_values(from_file(rest)):
        place = f"{section}.{key}"
        if key in ("exclude", "files") and section.startswith("mypy") and value.chars:
            start, end = value.offsets[0], value.offsets[-1] + 1
            seen.add((start, end))
            yield Word(value.chars, start, end, place, chars[start:end] == value.chars)
            continue
        for match in _INI_WORD.finditer(value.chars):
            start = value.offsets[match.start()]
            end = value.offsets[match.end() - 1] + 1
            if (start, end) not in seen:
                seen.add((start, end))
                yield Word(match[0], start, end, place, chars[start:end] == match[0])
    for pattern in (_INI_SECTION, _INI_KEY):
        for match in pattern.finditer(rest):
            yield Word(match[1], *match.span(1), "", True)


def manifest_words(chars: str) -> Iterator[Word]:
    """Words of a MANIFEST.in, its commands left out."""
    rest = _COMMENT.sub(lambda match: " " * len(match[0]), chars)
    for line in re.finditer(r"[^\n]+", rest):
        for match in list(re.finditer(r"\S+", line[0]))[1:]:
            start = line.start() + match.start()
            yield Word(match[0], start, start + len(match[0]), "", True)


def yaml_words(chars: str) -> Iterator[Word]:
    """Scalars of a YAML file, keys included."""
    for document in yaml_documents(from_file(chars)) or ():
        for scalar in scalars(document):
            place = scalar.path.replace("[]", "").replace("/", ".")
            if scalar.text.chars:
                text, offsets = scalar.text
                start, end = offsets[0], offsets[-1] + 1
                yield Word(text, start, end, place, chars[start:end] == text)


def json_words(chars: str) -> Iterator[Word]:
    """Strings of a JSON file, with or without comments."""
    for match in _JSON.finditer(chars):
        if match[1]:
            yield Word(match[1], *match.span(1), "", "\\" not in match[1])
