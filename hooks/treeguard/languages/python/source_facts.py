"""Read the exact facts of one Python source from its bytes."""

from __future__ import annotations

from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import with_names_only
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import decode
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.extract import text_facts
from treeguard.languages.python.extract import unreadable
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import needs_exact
from treeguard.languages.python.parse import parse


def source_facts(data: bytes, language: str) -> SourceFacts:
    """Return all facts of a source. Never raises, whatever the bytes are.

    `language` is an answer of `file_names.language`. An unreadable source has an
    `error`, and its candidates as imports.
    """
    if language == "compiled":
        return SourceFacts(error="it is compiled, and its source is not here")
    if language == "notebook":
        from treeguard.languages.python.notebooks import notebook_facts

        return with_names_only(notebook_facts(data))
    try:
        return with_names_only(text_facts(_text(data), data))
    except UnreadableError as error:
        return unreadable(data, error.reason, error.line)


def plain_level(data: bytes) -> int:
    """Return how many levels up a source's relative imports go, 0 where it has none.

    -1 where only `source_facts` knows: CPython does not parse it, or it imports by
    more than statements.
    """
    if needs_exact(data):
        return -1
    try:
        parse(data)
    except UnreadableError:
        return -1
    return max((item.level for item in candidates(data)), default=0)


def _text(data: bytes) -> str:
    """Decode; CPython imports a module with bytes that are not UTF-8 in comments."""
    try:
        return decode(data)
    except UnreadableError as error:
        try:
            if not is_utf8(cookie(data)):
                raise
            parse(data)
        except UnreadableError:
            raise error from None
        return decode(data, "replace")
