"""Rewrite one Python source or notebook: its imports, their uses, names in strings.

The result is read again before it counts: every import of the new bytes has to lead to
where the old one led. In a notebook the text of code cells alone is edited, as one
module, for that is how they run; what a magic runs (`%run`, `!python -m`) is listed.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.decode import UndecodableError
from treeguard.languages.python.file_names import NOTEBOOK
from treeguard.languages.python.file_names import PYTHON
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.notebooks import NotebookText
from treeguard.languages.python.parse import UnreadableError
from treeguard.languages.python.source_facts import source_facts
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.python_edits import concerns
from treeguard.migration.rewrite.python_edits import edited
from treeguard.migration.rewrite.python_edits import left
from treeguard.migration.rewrite.python_edits import run_time_imports
from treeguard.migration.rewrite.python_names import Names
from treeguard.trees import REGULAR


def may_hold(path: str) -> bool:
    """Say whether a path can be Python, by its name or by its first line."""
    return maybe_python(path, REGULAR)


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Yield the edits of the source at `path`, its place before the moves.

    Requires `world.after`. A source that no parser takes is never edited: what it may
    import is listed.
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
        yield from _notebook(data, facts, names)
    else:
        try:
            yield from _source(data, facts, names, spoken)
        except (UnreadableError, UndecodableError) as error:
            yield from left(facts, names, f"the source {error.reason}")


def _in_utf_16(data: bytes, facts: SourceFacts) -> SourceFacts:
    """Search UTF-16 too: CPython does not read it, but people write it."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return facts
    text = data.decode("utf-16", "replace").replace("\r\n", "\n")
    return facts._replace(imports=candidates(text.encode("utf-8", "replace")))


def _source(
    data: bytes, facts: SourceFacts, names: Names, spoken: str
) -> list[Edit | Undecided]:
    if concerns(data, facts, names):
        return edited(data, facts, names, spoken)
    return list(run_time_imports(names.path, data, facts, names.world))


def _notebook(
    data: bytes, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield the edits of the cells, and what is left. `facts` are the notebook's."""
    source = EncodedSource(data)
    code = NotebookText(source.chars)
    cells = code.notebook
    whole = cells.text.encode()
    inner = source_facts(whole, PYTHON)
    by_magics = facts._replace(imports=tuple(cells.runs))
    yield from left(by_magics, names, "a magic of the notebook runs it")
    if inner.error:
        yield from left(facts, names, "the cells of the notebook are not one module")
        return
    made = _source(whole, inner, names, PYTHON)
    edits = [one for one in made if isinstance(one, Edit)]
    spliced = []
    for one in edits:
        start, end = (len(whole[:at].decode()) for at in (one.start, one.end))
        place = code.replacement(start, end, one.text.decode())
        spliced.append(source.edit(*place, one.kind))
    if _is_right(data, spliced, apply_edits(whole, edits)):
        yield from spliced
        for rest in made:
            if isinstance(rest, Undecided):
                number, line = cells.locate(rest.line)
                yield rest._replace(line=line, text=f"{rest.text} (cell {number})")
    else:
        yield from left(facts, names, "its JSON cannot be edited as it is written")


def _is_right(data: bytes, edits: list[Edit], wanted: bytes) -> bool:
    """Say whether the notebook, read again, holds the very code that was meant."""
    try:
        text = apply_edits(data, sorted(edits)).decode("utf-8-sig")
        return NotebookText(text).notebook.text.encode() == wanted
    except ValueError:
        return False
