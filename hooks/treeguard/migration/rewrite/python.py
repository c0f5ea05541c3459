"""Rewrites one Python source: its imports, what uses them, and names in its strings.

The result is read again before it counts: every import of the new bytes has to lead to
where the old one led. `python_source` says which parser is used and why.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.decode import UndecodableError
from treeguard.languages.python.file_names import NOTEBOOK
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.parse import UnreadableError
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_edits import concerns
from treeguard.migration.rewrite.python_edits import edited
from treeguard.migration.rewrite.python_edits import left
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_notebooks import notebook
from treeguard.migration.rewrite.runtime_imports import at_run_time
from treeguard.trees import REGULAR


def may_hold(path: str) -> bool:
    """True for what can be Python, by its name or by its first line."""
    return maybe_python(path, REGULAR)


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the source at `path`, its place before the moves; nothing if no Python.

    Needs `world.after`. A source that no parser takes is never edited: what it may
    import is told.
    """
    spoken = language(path, REGULAR, data[:256])
    facts = world.before.source(path) if spoken is not None else None
    if facts is None or spoken is None:
        return
    names = Names(path, world, facts.search_path)
    if facts.error:
        # A broken notebook is searched line by line inside of its strings, too.
        last = max(1, len(data.splitlines()))
        for one in left(_in_utf_16(data, facts), names, facts.error):
            yield one._replace(line=min(one.line, last))
    elif spoken == NOTEBOOK:
        yield from notebook(data, facts, names)
    elif not concerns(data, facts, names):
        yield from at_run_time(path, data, facts, world)
    else:
        try:
            yield from edited(data, facts, names, spoken)
        except (UnreadableError, UndecodableError) as error:
            yield from left(facts, names, f"the source {error.reason}")


def _in_utf_16(data: bytes, facts: SourceFacts) -> SourceFacts:
    """CPython reads no UTF-16, but people do, and want to be told."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return facts
    text = data.decode("utf-16", "replace").replace("\r\n", "\n")
    return facts._replace(imports=candidates(text.encode("utf-8", "replace")))
