"""One Python source with the place of every node and token in its bytes.

`ast` says where nodes are and the text is cut by a small scanner; LibCST would keep the
bytes too, but it loses the byte order mark's place and other encodings than UTF-8, is
slower by far, and knows no scopes that `facts` does not know already. It reads what the
running Python cannot (`languages.python.libcst_fallback`).
"""

from __future__ import annotations

import ast
import codecs
import re
from bisect import bisect_right

from treeguard.languages.python.decode import UndecodableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.libcst_fallback import parse_newer
from treeguard.languages.python.parse import UnreadableError
from treeguard.languages.python.parse import parse_to_change
from treeguard.languages.python.positions import Positions
from treeguard.migration.model import Edit

_NEWLINE = re.compile(r"\r\n|\r|\n")

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
        normal = _NEWLINE.sub("\n", self.text)
        self.tree, in_bytes = _parsed(data, normal)
        self._positions = Positions(normal, in_bytes)
        newline = _NEWLINE.search(self.text)
        self.newline = newline[0] if newline else "\n"

    def _line_bytes(self, data: bytes) -> list[int]:
        """Where each line begins in the bytes."""
        if self.text.isascii() and self._codec == "utf-8":
            return [start + self._bom for start in self.starts]
        found, at = [], self._bom
        for start, end in zip(
            self.starts, [*self.starts[1:], len(self.text)], strict=True
        ):
            found.append(at)
            at += len(self.encode(self.text[start:end]))
        if at != len(data):
            raise UndecodableError("is in an encoding that keeps a state", 1)
        return found

    def encode(self, text: str) -> bytes:
        """Text as the bytes of this source."""
        return text.encode(self._codec, self._errors)

    def offset(self, line: int, column: int) -> int:
        """The place of a 1-based line and column in code points."""
        return self.starts[line - 1] + column - 1

    def line(self, offset: int) -> int:
        """The 1-based line of a place."""
        return bisect_right(self.starts, offset)

    def span(self, node: ast.AST) -> Span:
        """The place of a node; it may be wrong inside an f-string before 3.12."""
        line, column, end_line, end_column = self._positions.of(node)
        return self.offset(line, column), self.offset(end_line, end_column)

    def edit(self, span: Span, text: str, kind: str) -> Edit:
        """What stands at `span` becomes `text`, as an edit of the bytes."""
        line = self.line(span[0])
        return Edit(
            self._byte(span[0]), self._byte(span[1]), self.encode(text), line, kind
        )

    def _byte(self, offset: int) -> int:
        line = self.line(offset) - 1
        begun = self.text[self.starts[line] : offset]
        return self._bytes[line] + len(self.encode(begun))


def _decoded(body: bytes, encoding: str | None) -> tuple[str, str]:
    """The codec and the text. CPython reads stray bytes in comments of UTF-8."""
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


def _parsed(data: bytes, normal: str) -> tuple[ast.Module, bool]:
    """The tree, and whether its columns count bytes."""
    try:
        return parse_to_change(data), True
    except UnreadableError:
        tree = parse_newer(normal)
        if tree is None:
            raise
        return tree, False
