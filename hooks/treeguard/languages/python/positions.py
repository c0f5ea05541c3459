"""Where a node stands, in 1-based lines and columns of code points."""

from __future__ import annotations

import ast
from collections.abc import Sequence


class Positions:
    """A text, and `ast`'s columns in it, which count UTF-8 bytes, as code points.

    With `in_bytes` false the tree's columns count code points already.
    """

    def __init__(self, text: str, in_bytes: bool = True) -> None:
        self.text = text
        self.lines: Sequence[str] = text.split("\n")
        self._direct = not in_bytes or text.isascii()

    def of(self, node: ast.AST) -> tuple[int, int, int, int]:
        """Return line, column, end line and end column; the end is exclusive."""
        line = getattr(node, "lineno", 1)
        column = getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end_column = getattr(node, "end_col_offset", None) or column
        return (
            line,
            self._column(line, column),
            end_line,
            self._column(end_line, end_column),
        )

    def excerpt(self, node: ast.AST, size: int = 80) -> str:
        """Return a node's source on its first line, cut to `size` characters."""
        line, column, end_line, end_column = self.of(node)
        if line > len(self.lines):
            return ""
        stop = end_column - 1 if end_line == line else None
        return self.lines[line - 1][column - 1 : stop][:size]

    def _column(self, line: int, offset: int) -> int:
        if self._direct or line > len(self.lines):
            return offset + 1
        text = self.lines[line - 1]
        if text.isascii():
            return offset + 1
        # Before 3.12 the inside of an f-string may have an offset that is not its own.
        return (
            len(text.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1
        )
