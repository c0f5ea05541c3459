"""Inline exceptions: `# treeguard: allow[rule-id] why` on a statement's lines."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.facts import Allow

_DIRECTIVE = re.compile(r"#\s*treeguard:\s*allow\[([^\]\n]*)\]([^\n]*)")
_NEXT = re.compile(r"#\s*treeguard:")
_BETWEEN = {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}


class _Comment(NamedTuple):
    line: int
    first_line: int
    last_line: int
    text: str


def allows(text: str, readable: bool = True) -> tuple[Allow, ...]:
    r"""Return the exceptions in a source's text (its lines ended by `\n`).

    Each covers the logical line that its comment stands on: a whole multi-line
    import, a decorator, the head of an `if`; a comment on a line of its own covers
    only that. In source that is not `readable`, by line.
    """
    if "treeguard:" not in text:
        return ()
    comments = _by_token(text) if readable else _by_line(text)
    return tuple(allow for comment in comments for allow in _parsed(comment))


def _by_token(text: str) -> list[_Comment]:
    try:
        return list(_comments(text))
    except (tokenize.TokenError, SyntaxError):
        # Grammar newer than the running Python's tokenizer.
        return _by_line(text)


def _comments(text: str) -> Iterator[_Comment]:
    first, waiting = 0, []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            waiting.append((token.start[0], token.string))
        if token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            last = token.start[0]
            for line, comment in waiting:
                yield _Comment(line, first or line, last if first else line, comment)
            first, waiting = 0, []
        elif token.type not in _BETWEEN:
            first = first or token.start[0]
        elif not first:
            for line, comment in waiting:
                yield _Comment(line, line, line, comment)
            waiting = []


def _by_line(text: str) -> list[_Comment]:
    lines = enumerate(text.split("\n"), 1)
    return [
        _Comment(number, number, number, line[line.index("#") :])
        for number, line in lines
        if "treeguard:" in line and "#" in line
    ]


def _parsed(comment: _Comment) -> Iterator[Allow]:
    for found in _DIRECTIVE.finditer(_split(comment.text)):
        for rule in found[1].split(","):
            yield Allow(
                comment.line,
                comment.first_line,
                comment.last_line,
                rule.strip(),
                found[2].strip(),
            )


def _split(text: str) -> str:
    """Put each directive of one comment on a line of its own."""
    return _NEXT.sub(lambda mark: "\n" + mark[0], text)
