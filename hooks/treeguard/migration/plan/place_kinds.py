"""Say what sort of place something undecided is at, and so how risky it is.

What configures a build breaks it at once; code breaks when it runs; prose and comments
mislead a reader; nobody edits data.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right

from treeguard.languages import settings
from treeguard.languages.markdown import is_markdown
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.file_names import PYTHON
from treeguard.languages.python.file_names import language
from treeguard.languages.python.source import Source
from treeguard.languages.references import reader_of
from treeguard.languages.restructuredtext import is_restructuredtext
from treeguard.plans import CODE
from treeguard.plans import COMMENTS
from treeguard.plans import CONFIGURATION
from treeguard.plans import DATA
from treeguard.plans import DATA_FILES
from treeguard.plans import PROSE
from treeguard.plans import Undecided
from treeguard.trees import REGULAR

_TEXTS = re.compile(r".*\.(?:txt|adoc|asciidoc|org|html?|tex|textile)|[A-Z]+")
# Notes of releases that are kept as YAML, by reno and by antsibull-changelog.
_NOTES = re.compile(r"(?:.*/)?(?:releasenotes/notes|changelogs/fragments)/.*\.ya?ml")
_CODE = re.compile(
    r".*\.(?:pyi?w?|ipynb|[jt]sx?|[cm][jt]s|css|scss|java|go|rs|c|h|cpp|vue|svelte)"
)
# What begins a comment, after nothing or a blank.
_HASH = re.compile(r"(?:^|\s)#|^\s*;|<!--")
_SLASHES = re.compile(r"(?:^|\s)//|/\*|^\s*\*|<!--")


class Places:
    """The places of one file, the bytes of which are `data`."""

    def __init__(self, path: str, data: bytes) -> None:
        self._name = path.rpartition("/")[2]
        is_note = _NOTES.fullmatch(path) is not None
        self._is_text = is_note or is_markdown(path) or is_restructuredtext(path)
        is_read = reader_of(path, data) is not None or settings.may_hold(path)
        if _TEXTS.fullmatch(self._name) and not is_read:
            self._is_text = True
        self._lines = data.decode("utf-8", "surrogateescape").split("\n")
        is_python = language(path, REGULAR, data[:256]) == PYTHON
        self._source = _source(data) if is_python else None
        self._remarks = sorted(_remarks(self._source)) if self._source else []

    def kind(self, one: Undecided) -> str:
        """Return the kind of the place of something undecided."""
        if one.why.endswith(DATA):
            return DATA_FILES
        if self._is_text:
            return PROSE
        if self._source is not None:
            return COMMENTS if self._is_remark(self._source, one) else CODE
        is_code = _CODE.fullmatch(self._name) is not None
        mark = _SLASHES if is_code else _HASH
        if mark.search(self._before(one)):
            return COMMENTS
        return CODE if is_code else CONFIGURATION

    def _before(self, one: Undecided) -> str:
        """Return what precedes a text in its line."""
        line = self._lines[one.line - 1] if one.line <= len(self._lines) else ""
        return line[: max(line.find(one.text), 0)]

    def _is_remark(self, source: Source, one: Undecided) -> bool:
        """Return True in a comment or a docstring of Python."""
        if one.line > len(source.starts):
            return False
        start = source.starts[one.line - 1]
        place = source.text.find(one.text, start)
        at = bisect_right(self._remarks, (place, len(source.text))) - 1
        return at >= 0 and self._remarks[at][0] <= place < self._remarks[at][1]


def _source(data: bytes) -> Source | None:
    try:
        return Source(data)
    except UnreadableError:
        return None


def _remarks(source: Source) -> list[tuple[int, int]]:
    """List the comments of a source, and the strings that are statements."""
    found = list(source.comments())
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.append(source.span(node))
    return found
