"""Source that is newer than the running Python, as older source of equal length.

libcst's parser does not depend on the Python that runs it: it knows type parameters
(PEP 695), `except` without parentheses (PEP 758), t-strings (PEP 750), quotes reused in
f-strings (PEP 701) and `lazy import` (PEP 810). Where it reads a source that CPython
refuses, each newer construct is overwritten in place by an older one that imports the
same, so that CPython's own tree has the positions of the source as written.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    import libcst as cst

# libcst's parser is recursive and written in Rust: where its stack ends, so does the
# process (at some 1,600 brackets). What nests deeper than people write is not given
# to it. `elif`s nest too, one in the other.
_MOST_NESTED = 60
_MOST_CHAINED = 300
# It takes time with the square of what is chained, `a[0][0]` or `a + b + c`. So a few
# long chains are read, and many only in a source that is long for other reasons.
_FREE = _MOST_CHAINED**2 // 2
_FREE_PER_TOKEN = 8
_MOST_ELIFS = 200
_TOKEN = re.compile(
    r"(?s:'''.*?'''|\"\"\".*?\"\"\")|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\""
    r"|#[^\n]*|[\[({]|[\])}]|\n[ \t]*|[^\s\w\[\](){}'\"#]|\w+"
)
_JOINTS = {"not", "lambda", "if", "else", "and", "or", "await", "in", "is", "for"}
# `lazy` and `type` begin a statement; so does this, and another may follow it.
_STATEMENT = b"0;  "


def parse_as_older(text: str) -> ast.Module | None:
    r"""Return CPython's tree of an older spelling; None where libcst refuses too.

    `text` has no byte order mark, and its lines end in `\n`. Positions are those of
    `text`, as `ast` counts them. Bounds and defaults of type parameters follow the
    last statement.
    """
    if "\0" in text or is_too_deep(text):
        return None
    # Imported here: it takes 120 ms, and hardly any repository needs it.
    import libcst
    from libcst.metadata import ByteSpanPositionProvider
    from libcst.metadata import MetadataWrapper

    try:
        wrapper = MetadataWrapper(libcst.parse_module(text), unsafe_skip_copy=True)
        spans = wrapper.resolve(ByteSpanPositionProvider)
        older = _Older(wrapper.module, text.encode("utf-8"), spans)
        return older.tree()
    except (libcst.ParserSyntaxError, libcst.CSTLogicError, SyntaxError):
        return None
    except (RecursionError, MemoryError, ValueError):
        return None


class _Older:
    """The bytes of one source, in which newer constructs are overwritten."""

    def __init__(self, module: cst.Module, data: bytes, spans: Any) -> None:
        self._module = module
        self._source = data
        self._data = bytearray(data)
        self._spans = spans

    def tree(self) -> ast.Module:
        """Overwrite what is newer and parse. Raises what `ast.parse` raises."""
        bounds: list[tuple[int, int]] = []
        for node in list(self._spans):
            start, end = self._span(node)
            name = type(node).__name__
            if name in ("LazyImport", "LazyImportFrom", "TypeAlias"):
                self._data[start : start + 4] = _STATEMENT
            elif name == "TypeParameters":
                bounds += self._bounds(node)
                self._blank(start, end)
            elif name in ("ExceptHandler", "ExceptStarHandler"):
                self._handler(node, start)
            elif name in ("FormattedString", "TemplatedString"):
                self._formatted(node, start, end)
            elif name in ("Annotation", "Index") and sys.version_info < (3, 11):
                self._unstar(getattr(node, "annotation", node))
        # As text: a cookie of the source says nothing about these bytes.
        tree = ast.parse(self._data.decode())
        tree.body += [self._bound(start, end) for start, end in bounds]
        return tree

    def _span(self, node: Any) -> tuple[int, int]:
        span = self._spans[node]
        return span.start, span.start + span.length

    def _blank(self, start: int, end: int) -> None:
        r"""Overwrite with spaces; a line that ends in between goes on (`\`)."""
        for at in range(start, end):
            if self._data[at : at + 1] == b"\n":
                self._data[at - 1 : at] = b"\\"
            else:
                self._data[at : at + 1] = b" "

    def _bounds(self, parameters: Any) -> Iterator[tuple[int, int]]:
        """Yield where the bounds and defaults of type parameters are."""
        for one in parameters.params:
            for value in (getattr(one.param, "bound", None), one.default):
                if value is not None:
                    yield self._span(value)

    def _bound(self, start: int, end: int) -> ast.Expr:
        """Parse one expression at its own line and column."""
        line = self._source.rfind(b"\n", 0, start) + 1
        lines = b"\n" * self._source.count(b"\n", 0, line)
        blank = b" " * (start - line - 1)
        text = lines + b"(" + blank + self._source[start:end] + b")"
        return ast.Expr(ast.parse(text, mode="eval").body)

    def _handler(self, handler: Any, start: int) -> None:
        """Spell `except A, B:` as `except A| B:`, and `except*` without its star."""
        kinds = handler.type
        if type(kinds).__name__ == "Tuple" and not kinds.lpar:
            for element in kinds.elements[:-1]:
                self._data[self._span(element.comma)[0]] = ord("|")
        if type(handler).__name__ == "ExceptStarHandler" and sys.version_info < (3, 11):
            self._data[self._data.index(b"*", start)] = ord(" ")

    def _unstar(self, node: Any) -> None:
        """Take the star of `*args: *Ts` and `x[*a]` away (PEP 646)."""
        if type(node).__name__ == "StarredElement" or getattr(node, "star", None):
            self._data[self._span(node)[0]] = ord(" ")

    def _formatted(self, node: Any, start: int, end: int) -> None:
        """Spell a t-string as an f-string, and one that uses its own quotes without.

        The quotes inside become the other ones; where that does not help, only the
        expressions are left, as a tuple.
        """
        prefix = self._data[start : start + len(node.start) - 1]
        self._data[start : start + len(prefix)] = re.sub(rb"[tT]", b"f", prefix)
        if self._parses(start, end):
            return
        parts = list(self._expressions(node.parts))
        quote = node.start[-1].encode()
        for first, last in parts:
            inner = self._data[first:last]
            other = b'"' if quote == b"'" else b"'"
            if other not in inner:
                self._data[first:last] = inner.replace(quote, other)
        if not self._parses(start, end):
            self._keep_expressions(parts, start, end)

    def _parses(self, start: int, end: int) -> bool:
        try:
            ast.parse(b"(" + self._data[start:end] + b")", mode="eval")
        except SyntaxError:
            return False
        return True

    def _expressions(self, parts: Any) -> Iterator[tuple[int, int]]:
        """Yield where the expressions of a formatted string are, in order."""
        for part in parts:
            if not hasattr(part, "expression"):
                continue
            start, end = self._span(part)
            specs = part.format_spec or ()
            size = sum(len(self._code(one)) for one in specs)
            size += 1 if part.format_spec is not None else 0
            size += len(part.conversion) + 1 if part.conversion else 0
            size += len(self._code(part.equal)) if part.equal is not None else 0
            yield start + 1, end - 1 - size
            yield from self._expressions(specs)

    def _code(self, node: Any) -> bytes:
        return self._module.code_for_node(node).encode()

    def _keep_expressions(
        self, parts: list[tuple[int, int]], start: int, end: int
    ) -> None:
        kept = b"("
        for first, last in parts:
            kept += self._spaces(start + len(kept), first)
            kept += self._data[first:last] + b","
        kept += self._spaces(start + len(kept), end - 1) + b")"
        self._data[start:end] = kept

    def _spaces(self, start: int, end: int) -> bytes:
        return re.sub(rb"[^\n]", b" ", self._source[start:end])


def is_too_deep(text: str) -> bool:
    """Return True if brackets, blocks or operators nest deeper than is safe to parse.

    Rather yes than no: it is asked only of source that Python itself refused.
    """
    if len(re.findall(r"^[ \t]*elif\b", text, re.MULTILINE)) > _MOST_ELIFS:
        return True
    chains, total, credit, follows = [0], 0, _FREE, False
    for found in _TOKEN.finditer(text):
        token = found[0]
        first = token[0]
        is_name = first.isalnum() or first == "_"
        if token in ")]}":
            total -= chains.pop() if len(chains) > 1 else 0
        elif token == "," or (first == "\n" and len(chains) == 1):
            total -= chains[-1]
            chains[-1] = 0
        elif _joins(token, follows, is_name):
            chains[-1] += 1
            total += 1
            credit -= total
        if token in "([{":
            chains.append(0)
        # What a bracket or a string after it continues: `a[0]`, `a(1)`, `"a" "b"`.
        follows = first in ")]}'\"" or (is_name and token not in _JOINTS)
        credit += _FREE_PER_TOKEN
        if len(chains) > _MOST_NESTED or total > _MOST_CHAINED or credit < 0:
            return True
        if first == "\n" and len(token.expandtabs(8)) > 8 * _MOST_NESTED:
            return True
    return False


def _joins(token: str, follows: bool, is_name: bool) -> bool:
    """Return True for a token that makes an expression one step deeper."""
    if token[0] in "([{'\"":
        return follows
    return token in _JOINTS or not (is_name or token[0] in "#\n")
