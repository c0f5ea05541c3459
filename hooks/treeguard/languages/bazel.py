"""Read Bazel's files, and those of Buck: labels, and the files of a package.

They are written in Starlark, with the strings and calls of Python. A label is
`//package:target` (https://bazel.build/concepts/labels): the package is a folder below
the workspace, with a BUILD file, and a target that is a file is named from there. One
of another repository, `@name//package`, names nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import LABEL
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PAGE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import Span
from treeguard.languages.spans import text_span

BUILD_FILES = ("BUILD.bazel", "BUILD", "BUCK")

_TOKEN = re.compile(
    r"#[^\n]*|(?P<quote>\"\"\"|'''|\"|')"
    r"(?P<string>(?:\\.|(?!(?P=quote))[^\\])*)(?P=quote)"
    r"|(?P<word>[A-Za-z_]\w*)|(?P<mark>[()\[\]{},=])",
    re.DOTALL,
)
_LABEL = re.compile(r"-?(?:@|@@)?//(?P<label>[^@\s'\"]*)\Z")
_IN_WORDS = re.compile(
    r"(?<![\w@/:.])(?:@|@@)?//(?P<label>[\w.+=,@~#()!-][^\s'\",;|&]*)"
)
_FILES = word_set(
    "srcs src hdrs textual_hdrs public_hdrs data main resources template entry_point"
    " exports_files includes manifest config file files"
)
_PATTERNS = word_set("glob include exclude")
_KEPT = word_set("select")  # its values are those of the attribute around it


def spans(text: SourceText) -> Iterator[Span]:
    """Yield the labels, files and patterns of a BUILD, a .bzl or a WORKSPACE file."""
    brackets, word = _Brackets(), ""
    for match in _TOKEN.finditer(text.chars):
        if match["string"] is not None:
            yield from _string(text.group(match, "string"), brackets.names[-1])
        elif match["mark"]:
            brackets.take(match["mark"], word)
        word = match["word"] or ""


class _Brackets:
    """Knows what a string is given to: the name of an argument, or else of the call."""

    def __init__(self) -> None:
        self.names = [""]
        self._calls: list[str | None] = [None]

    def take(self, mark: str, word: str) -> None:
        """Read a mark; `word` is the one before it."""
        if mark == "=":
            self.names[-1] = word
        elif mark == ",":
            self.names[-1] = self._calls[-1] or self.names[-1]
        elif mark in "([{":
            call = word if mark == "(" and word not in _KEPT else ""
            self.names.append(call or self.names[-1])
            self._calls.append(call or None)
        elif len(self.names) > 1:
            self.names.pop()
            self._calls.pop()


def rc_spans(text: SourceText) -> Iterator[Span]:
    """Yield the labels in the options of a .bazelrc."""
    for row in text.rows():
        yield from labels_in(row)


def labels_in(text: SourceText) -> Iterator[Span]:
    """Yield the labels among the words of a command."""
    for match in _IN_WORDS.finditer(text.chars.partition(" #")[0]):
        yield from text_span(LABEL, text.group(match, "label"), ROOT)


def _string(text: SourceText, name: str) -> Iterator[Span]:
    label = _LABEL.match(text.chars)
    if label:
        yield from text_span(LABEL, text.group(label, "label"), ROOT)
    elif name in _PATTERNS:
        yield from text_span(GLOB, text, OWN)
    elif name in _FILES and not text.chars.startswith(("@", "//")):
        is_local = text.chars.startswith(":")
        yield from text_span(PAGE, text.part(1) if is_local else text, OWN)
