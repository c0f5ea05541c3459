"""An independent reading of import statements, to hold the real one against."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections import Counter

from treeguard.languages.facts import SourceFacts

# Line and column of the alias (code points, from 1), module, level, name.
Statement = tuple[int, int, str, int, "str | None"]


def statements(data: bytes) -> Counter[Statement] | None:
    """Every imported name, by `ast.walk`; None where `ast` refuses the source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    lines = _lines(data)
    found: Counter[Statement] = Counter()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                found[_statement(node, alias, lines)] += 1
    return found


def statement_facts(facts: SourceFacts) -> Counter[Statement]:
    """The same from facts: the kinds `import` and `from` alone."""
    return Counter(
        (item.line, item.column, item.module, item.level, item.name)
        for item in facts.imports
        if item.kind in ("import", "from")
    )


def _statement(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, lines: list[str]
) -> Statement:
    line = lines[alias.lineno - 1].encode("utf-8", "surrogateescape")
    before = line[: alias.col_offset].decode("utf-8", "surrogateescape")
    if isinstance(node, ast.Import):
        return (alias.lineno, len(before) + 1, alias.name, 0, None)
    module, level = node.module or "", node.level
    return (alias.lineno, len(before) + 1, module, level, alias.name)


def _lines(data: bytes) -> list[str]:
    """Lines by the standard library's own reading of the coding cookie."""
    unix = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        encoding, _read = tokenize.detect_encoding(io.BytesIO(unix).readline)
    except SyntaxError:
        # `ast` minds no byte of a comment.
        encoding = "utf-8"
    return unix.decode(encoding, "surrogateescape").split("\n")
