"""Parse Python source into a syntax tree or tokens: nothing runs, nothing is printed.

CPython decides. Where it refuses, a parser of newer grammars does (`newer_grammar`);
only what both refuse is unreadable.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from collections.abc import Sequence

from treeguard.languages.python.decode import UnreadableError

# The last source with its tree, until somebody takes it: a source that is analyzed and
# then rewritten is parsed once.
_last: list[tuple[str | bytes, ast.Module]] = []
_DEEP = "is nested too deeply to be parsed"
# CPython joins `a.b.c` of an import anew for each part. No path of a file has so many.
_MOST_PARTS = 4096
_DOTTED = rb"[\w\x80-\xff]+(?:[ \t\\\r\n]*\.[ \t\\\r\n]*[\w\x80-\xff]+)*"


def parse(source: str | bytes) -> ast.Module:
    """Parse with the running Python's grammar; nothing is printed or warned about.

    Raises `UnreadableError`.
    """
    if _has_endless_name(source):
        raise UnreadableError(_DEEP, None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = compile(
                source, "<source>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True
            )
    except SyntaxError as error:
        raise UnreadableError(f"cannot be parsed: {error.msg}", error.lineno) from None
    except (RecursionError, MemoryError, SystemError):
        raise UnreadableError(_DEEP, None) from None
    except (ValueError, OverflowError) as error:
        # Null bytes, before Python 3.12 made a SyntaxError of them.
        raise UnreadableError(f"cannot be parsed: {error}", None) from None
    assert isinstance(tree, ast.Module)
    _last[:] = [(source, tree)]
    return tree


def _has_endless_name(source: str | bytes) -> bool:
    """Return True if a dotted name has more parts than any module can have."""
    if isinstance(source, str):
        source = source.encode("utf-8", "surrogatepass")
    if source.count(b".") < _MOST_PARTS:
        return False
    import re

    names = re.finditer(_DOTTED, source)
    return any(name[0].count(b".") >= _MOST_PARTS for name in names)


def parse_to_change(source: str | bytes) -> ast.Module:
    """Parse for a caller that changes the tree: nobody else gets the same one.

    The last tree that was parsed is handed over where it is that of `source`; its first
    user must be done with it, as the reader of facts is.
    """
    if _last and _last[0][0] == source:
        return _last.pop()[1]
    tree = parse(source)
    _last.clear()
    return tree


def parse_newer(text: str, refusal: UnreadableError) -> ast.Module:
    r"""Parse what CPython refused, if a parser of newer grammars takes it.

    `text` has no byte order mark, and its lines end in `\n`. Raises `refusal`.
    """
    from treeguard.languages.python.newer_grammar import parse_as_older

    tree = parse_as_older(text)
    if tree is None:
        raise refusal
    return tree


def tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of a source. Raises `UnreadableError` where it has no more."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    except (tokenize.TokenError, SyntaxError, IndexError) as error:
        raise UnreadableError(f"cannot be split into tokens: {error}", None) from None


class Positions:
    """A text, and `ast`'s columns in it, which count UTF-8 bytes, as code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: Sequence[str] = text.split("\n")
        self._direct = text.isascii()

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
