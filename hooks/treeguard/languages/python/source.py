"""Read a Python source to rewrite it: text, tree and tokens, placed in its bytes.

`ast` says where nodes are, and a small scanner cuts the text. LibCST would keep the
bytes too, but it loses the byte order mark's place and other encodings than UTF-8, is
slower by far, and knows no scopes. It reads only what the running Python cannot.
"""

from __future__ import annotations

import ast
import codecs
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from treeguard.languages.python.decode import UndecodableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.parse import Positions
from treeguard.languages.python.parse import UnreadableError
from treeguard.languages.python.parse import parse_newer
from treeguard.languages.python.parse import parse_to_change
from treeguard.languages.python.parse import tokens
from treeguard.plans import Edit

_NEWLINE = re.compile(r"\r\n|\r|\n")
# One piece without escapes, so that its characters are those of the value.
_PLAIN_STRING = re.compile(r"[uUrR]?(\"\"\"|'''|\"|')((?:(?!\1)[^\\])*)\1", re.DOTALL)
_PROSE = {tokenize.COMMENT, tokenize.STRING} | {
    number for number, name in tokenize.tok_name.items() if name.endswith("_MIDDLE")
}

Span = tuple[int, int]


class Source:
    """The text of `data` as it is written, newlines included, and its syntax tree.

    Offsets are places in `text`. Raises `UnreadableError` and `UndecodableError`.
    """

    def __init__(self, data: bytes) -> None:
        self._bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
        self._codec, self.text = _decoded(data[self._bom :], cookie(data))
        self._errors = "surrogateescape" if self._codec == "utf-8" else "strict"
        self.starts = [0, *(found.end() for found in _NEWLINE.finditer(self.text))]
        self._bytes = self._line_bytes(data)
        text = _NEWLINE.sub("\n", self.text)
        try:
            self.tree = parse_to_change(data)
        except UnreadableError as refusal:
            self.tree = parse_newer(text, refusal)
        self._positions = Positions(text)
        newline = _NEWLINE.search(self.text)
        self.newline = newline[0] if newline else "\n"

    def _line_bytes(self, data: bytes) -> list[int]:
        """Return where each line begins in the bytes."""
        if self.text.isascii() and self._codec == "utf-8":
            return [start + self._bom for start in self.starts]
        found, at = [], self._bom
        for start, end in zip(
            self.starts, [*self.starts[1:], len(self.text)], strict=True
        ):
            found.append(at)
            at += len(self._encode(self.text[start:end]))
        if at != len(data):
            raise UndecodableError("is in an encoding that keeps a state", 1)
        return found

    @cached_property
    def prose(self) -> list[Span]:
        """Comments and strings, in order; those before what no tokenizer takes."""
        return [span for _type, span in self._tokens]

    def comments(self) -> Iterator[Span]:
        """Yield where comments are."""
        yield from (span for type_, span in self._tokens if type_ == tokenize.COMMENT)

    @cached_property
    def _tokens(self) -> list[tuple[int, Span]]:
        found = []
        try:
            for token in tokens(self.text):
                if token.type in _PROSE:
                    start = self.offset(token.start[0], token.start[1] + 1)
                    end = self.offset(token.end[0], token.end[1] + 1)
                    found.append((token.type, (start, end)))
        except UnreadableError:
            pass
        return found

    def offset(self, line: int, column: int) -> int:
        """Return the place of a 1-based line and column in code points."""
        return self.starts[line - 1] + column - 1

    def line(self, offset: int) -> int:
        """Return the 1-based line of a place."""
        return bisect_right(self.starts, offset)

    def span(self, node: ast.AST) -> Span:
        """Return the place of a node; it may be wrong inside f-strings before 3.12."""
        line, column, end_line, end_column = self._positions.of(node)
        return self.offset(line, column), self.offset(end_line, end_column)

    def plain_string(self, span: Span) -> Span | None:
        """Return the place between the quotes; None if it is not written as it is."""
        found = _PLAIN_STRING.fullmatch(self.text, *span)
        return None if found is None else found.span(2)

    def edit(self, span: Span, text: str, kind: str) -> Edit:
        """Replace what is at `span` by `text`, as an edit of the bytes."""
        line = self.line(span[0])
        return Edit(
            self._byte(span[0]), self._byte(span[1]), self._encode(text), line, kind
        )

    def _byte(self, offset: int) -> int:
        line = self.line(offset) - 1
        begun = self.text[self.starts[line] : offset]
        return self._bytes[line] + len(self._encode(begun))

    def _encode(self, text: str) -> bytes:
        return text.encode(self._codec, self._errors)


def _decoded(body: bytes, encoding: str | None) -> tuple[str, str]:
    """Return the codec and the text. CPython reads stray bytes in comments of UTF-8."""
    if is_utf8(encoding):
        return "utf-8", body.decode("utf-8", "surrogateescape")
    name = str(encoding)
    try:
        text = body.decode(name)
        if text.encode(name) != body:
            raise UndecodableError(f"is not written back the same by {name!r}", 1)
    except (UnicodeError, LookupError, ValueError) as error:
        raise UndecodableError(f"cannot be decoded as {name!r}", 1) from error
    return name, text
