"""Read an import statement as it is written, and edit single names in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span

_TOKEN = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|\s+|[^\W\d]\w*|.", re.DOTALL)
_BLANK = " \t\f"

Patch = tuple[Span, str]


class Item(NamedTuple):
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
    items: tuple[Item, ...]
    parenthesised: bool


def read(source: Source, span: Span) -> Statement:
    """Return the statement at `span`."""
    tokens = list(_tokens(source.text, span))
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


def _tokens(text: str, span: Span) -> Iterator[Span]:
    for found in _TOKEN.finditer(text, *span):
        if not found[0][0].isspace() and found[0][0] not in "#\\":
            yield found.span()


def _items(words: list[str], tokens: list[Span], begin: int) -> Iterator[Item]:
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
        yield Item((name[0], end), name, asname, tokens[at][1] if has_comma else None)
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
