"""Read Python code that a shell gives to `python -c`, or on its input.

Its imports count, what it imports or runs by name, the folders that it adds to
`sys.path`, and strings that may be paths. They start in the shell's folder.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from typing import NamedTuple

from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.source_text import DOTTED
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import pieces
from treeguard.languages.spans import SEARCHED
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import text_span

if TYPE_CHECKING:
    from treeguard.languages.python.import_visitor import Walk
    from treeguard.languages.python.parse import Positions
    from treeguard.languages.shell.runner import Runner

_IMPORT = re.compile(
    rf"(?:^|[;:\n])[ \t]*(?:from[ \t]+(?P<package>{DOTTED})[ \t]+import[ \t]+\(?"
    rf"(?P<members>[^;\n#()]*)|import[ \t]+(?P<modules>[^;\n#]*))"
)
_RUN_NAME = re.compile(
    rf"""\b(?:run_module|import_module|__import__)\(\s*(['"])(?P<name>{DOTTED})\1"""
)


def code(text: SourceText, shell: Runner) -> Iterator[Span]:
    """Yield what Python code given to `python -c`, or on its input, imports."""
    for match in _IMPORT.finditer(text.chars):
        if match["package"]:
            yield from name_span(text.group(match, "package"))
            yield from _members(text, match)
        else:
            for module in pieces(text.group(match, "modules"), ","):
                yield from name_span(_first_word(module))
    if "(" in text.chars or "path" in text.chars:
        yield from _calls(text, shell)


def _calls(text: SourceText, shell: Runner) -> Iterator[Span]:
    """Yield what calls in such code import, run or open, and add to `sys.path`, read as
    in any Python source."""
    # Imported here: it is rarely needed.
    from treeguard.languages.python.decode import UnreadableError
    from treeguard.languages.python.dynamic_imports import spelled_callables
    from treeguard.languages.python.dynamic_imports import uses
    from treeguard.languages.python.import_visitor import walk
    from treeguard.languages.python.parse import Positions
    from treeguard.languages.python.parse import parse

    try:
        tree = parse(text.chars)
    except (UnreadableError, UnicodeEncodeError):  # the shell would have changed it
        for match in _RUN_NAME.finditer(text.chars):
            yield from name_span(text.group(match, "name"))
        return
    found, source = walk(tree), _Code(text.rows(), Positions(text.chars))
    yield from _added(source, found, shell)
    yield from _words(source, tree, shell)
    spelled = spelled_callables(text.chars)
    for call, place in found.calls if spelled else ():
        for use in uses(call, place.scope, spelled):
            written = source.written(use.node)
            if use.module and not use.level and written is not None:
                yield from _called(use.module, written, use.prefix, use.kind, shell)


class _Code(NamedTuple):
    """The lines of such code, and where the nodes of its tree stand in them."""

    rows: list[SourceText]
    positions: Positions

    def written(self, node: ast.AST) -> SourceText | None:
        """Return what spells a node, None if it has several lines."""
        line, column, end_line, end_column = self.positions.of(node)
        if line != end_line:
            return None
        return self.rows[line - 1].part(column - 1, end_column - 1)


def _added(source: _Code, found: Walk, shell: Runner) -> Iterator[Span]:
    """Yield the folders that such code adds to `sys.path`."""
    from treeguard.languages.python.path_edits import added_folders

    for folder in added_folders(found):
        written = source.written(folder.node)
        at = -1 if written is None else written.chars.find(folder.text)
        if written is not None and at >= 0:
            part = written.part(at, at + len(folder.text))
            yield from shell.path(part)
            yield from text_span(SEARCHED, part, shell.folder)


def _words(source: _Code, tree: ast.AST, shell: Runner) -> Iterator[Span]:
    """Yield the strings of such code that may be paths."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            written = source.written(node)
            if written is not None and written.chars[1:-1] == node.value != "":
                yield from shell.word(written.part(1, len(written.chars) - 1))


def _called(
    name: str, written: SourceText, is_begun: bool, kind: str, shell: Runner
) -> Iterator[Span]:
    at = written.chars.find(name)
    where = written.part(at, at + len(name)) if at >= 0 else written
    if kind == PATH and where.offsets:
        yield from shell.path(where if at >= 0 else where.with_text(name))
    elif where.offsets:
        first, last = where.offsets[0], where.offsets[-1]
        yield Span(first, last + 1, STRING, name, open_end=is_begun)


def _members(text: SourceText, match: re.Match[str]) -> Iterator[Span]:
    """Yield the members of `from a import b`: b may be the module `a.b`."""
    for member in pieces(text.group(match, "members"), ","):
        for span in name_span(_first_word(member)):
            yield span._replace(text=f"{match['package']}.{span.text}")


def _first_word(text: SourceText) -> SourceText:
    text = text.strip()
    return text.part(0, len(text.chars.split(maxsplit=1)[0]) if text.chars else 0)
