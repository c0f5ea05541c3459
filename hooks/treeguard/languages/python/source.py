"""Read a Python source to rewrite it: text, tree and tokens, placed in its bytes.

`ast` says where nodes are, and a small scanner cuts the text. LibCST would keep the
bytes too, but it loses the byte order mark's place and other encodings than UTF-8, is
slower by far, and knows no scopes. It reads only what the running Python cannot.

An import statement is read as it is written, so that single names in it can be edited.
"""

from __future__ import annotations

import ast
import codecs
import re
import tokenize
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.parse import Positions
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
_STATEMENT_TOKEN = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|\s+|[^\W\d]\w*|.", re.DOTALL)
_BLANK = " \t\f"
Patch = tuple[Span, str]


class Source:
    """The text of `data` as it is written, newlines included, and its syntax tree.

    Offsets are places in `text`. Raises `UnreadableError`.
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
            raise UnreadableError("is in an encoding that keeps a state", 1)
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
        start, end = self.byte_span(span)
        return Edit(start, end, self._encode(text), self.line(span[0]), kind)

    def byte_span(self, span: Span) -> Span:
        """Return a place in the text as one in the bytes."""
        return self._byte(span[0]), self._byte(span[1])

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
            raise UnreadableError(f"is not written back the same by {name!r}", 1)
    except (UnicodeError, LookupError, ValueError) as error:
        raise UnreadableError(f"cannot be decoded as {name!r}", 1) from error
    return name, text


class StatementItem(NamedTuple):
    """One name of a statement: its place, that of its (dotted) name, and its comma.

    `comma` is the end of the comma after it, or None; `asname` what follows `as`.
    """

    span: Span
    name: Span
    asname: str | None
    comma: int | None


class Statement(NamedTuple):
    """`module` is the part between `from` and `import`; None in `import a, b`."""

    span: Span
    module: Span | None
    items: tuple[StatementItem, ...]
    parenthesised: bool


def read_statement(source: Source, span: Span) -> Statement:
    """Return the statement at `span`."""
    tokens = list(_statement_tokens(source.text, span))
    words = [source.text[start:end] for start, end in tokens]
    if words[0] == "lazy":
        tokens, words = tokens[1:], words[1:]
    module, begin = None, 1
    if words[0] == "from":
        begin = words.index("import") + 1
        module = (tokens[1][0], tokens[begin - 2][1])
    parenthesised = words[begin] == "("
    items = _items(words, tokens, begin + parenthesised)
    return Statement(span, module, tuple(items), parenthesised)


def _statement_tokens(text: str, span: Span) -> Iterator[Span]:
    for found in _STATEMENT_TOKEN.finditer(text, *span):
        if not found[0][0].isspace() and found[0][0] not in "#\\":
            yield found.span()


def _items(words: list[str], tokens: list[Span], begin: int) -> Iterator[StatementItem]:
    at = begin
    while at < len(words) and words[at] != ")":
        start = at
        while at < len(words) and words[at] not in (",", ")", "as"):
            at += 1
        name = (tokens[start][0], tokens[at - 1][1])
        asname, end = None, name[1]
        if at < len(words) and words[at] == "as":
            asname, end = words[at + 1], tokens[at + 1][1]
            at += 2
        has_comma = at < len(words) and words[at] == ","
        yield StatementItem(
            (name[0], end), name, asname, tokens[at][1] if has_comma else None
        )
        at += has_comma


def module_patch(source: Source, statement: Statement, module: str) -> Patch:
    """Give the statement another module, with blanks where words would meet."""
    assert statement.module is not None
    start, end = statement.module
    before, after = source.text[start - 1], source.text[end]
    left = " " if before.isalpha() and not module.startswith(".") else ""
    right = " " if after.isalpha() and not module.endswith(".") else ""
    return statement.module, f"{left}{module}{right}"


def removal(
    source: Source, statement: Statement, gone: Sequence[int]
) -> tuple[list[Patch], list[str]]:
    """Remove some names, never all, from a statement, and return their comments."""
    spans = _removed(source.text, statement, gone)
    patches: list[Patch] = []
    comments: list[str] = []
    for span in _joined(spans):
        whole = _whole_lines(source, span) if statement.parenthesised else None
        if whole is None:
            patches.append((_without_blanks(source.text, span), ""))
        else:
            comments.append(source.text[span[1] : whole[1]].strip())
            patches.append((whole, ""))
    return patches, [comment for comment in comments if comment]


def _removed(text: str, statement: Statement, gone: Sequence[int]) -> Iterator[Span]:
    items = statement.items
    kept = [at for at in range(len(items)) if at not in gone]
    for at in gone:
        start, end = items[at].span
        comma = items[at].comma
        if comma is not None and (statement.parenthesised or at < kept[-1]):
            follows = not statement.parenthesised
            yield start, items[at + 1].span[0] if follows else _past(text, comma)
            continue
        before = items[at - 1] if at else None
        glue = text[before.span[1] : start] if before else "\n"
        is_plain = not statement.parenthesised or not set("\r\n#") & set(glue)
        yield (before.span[1] if before and is_plain else start), end


def _past(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _joined(spans: Iterable[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _whole_lines(source: Source, span: Span) -> Span | None:
    """Return the lines of `span`, newlines too, if they hold only a comment besides."""
    text, start = source.text, source.starts[source.line(span[0]) - 1]
    line = source.line(span[1])
    if text[start : span[0]].strip() or line >= len(source.starts):
        return None
    end = source.starts[line]
    rest = text[span[1] : end].strip()
    return None if rest and not rest.startswith("#") else (start, end)


def _without_blanks(text: str, span: Span) -> Span:
    """Extend a span so that no line is left to end in blanks."""
    start, end = span
    if text[end : end + 1] in ("\r", "\n", ""):
        while start and text[start - 1] in _BLANK:
            start -= 1
    return start, end


def insertion(
    source: Source, statement: Statement, lines: Sequence[str], comments: Sequence[str]
) -> Patch:
    """Add statements after one, on lines of their own if it has a line of its own."""
    text, end = source.text, statement.span[1]
    start = source.starts[source.line(statement.span[0]) - 1]
    indent = text[start : statement.span[0]]
    last = source.line(end)
    stop = source.starts[last] if last < len(source.starts) else len(text)
    rest = text[end:stop].strip()
    tails = [*(f"  {comment}" for comment in comments), *[""] * len(lines)]
    if indent.strip() or (rest and not rest.startswith("#")):
        return (end, end), "".join(f"; {line}" for line in lines)
    new = [f"{indent}{line}{tail}" for line, tail in zip(lines, tails, strict=False)]
    ended = text[:stop].endswith(("\n", "\r"))
    if ended:
        return (stop, stop), "".join(f"{line}{source.newline}" for line in new)
    return (stop, stop), "".join(f"{source.newline}{line}" for line in new)
