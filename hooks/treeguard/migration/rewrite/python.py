"""Rewrite one Python source or notebook: its imports, their uses, names in strings.

The result is read again before it counts: every import of the new bytes has to lead to
where the old one led. In a notebook the text of code cells alone is edited, as one
module, for that is how they run; what a magic runs (`%run`, `!python -m`) is listed.
"""

from __future__ import annotations

import ast
import codecs
import re
from collections import Counter
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.file_names import COMPILED
from treeguard.languages.python.file_names import NOTEBOOK
from treeguard.languages.python.file_names import PYTHON
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.notebooks import NotebookText
from treeguard.languages.python.source import Source
from treeguard.languages.python.source_facts import source_facts
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite import search_folders
from treeguard.migration.rewrite.companions import list_companions
from treeguard.migration.rewrite.companions import looks_beside
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.edits import blob_id
from treeguard.migration.rewrite.file_relative_paths import rewrite_file_relative_paths
from treeguard.migration.rewrite.framework_words import rewrite_framework_words
from treeguard.migration.rewrite.notebook_paths import entered_folders
from treeguard.migration.rewrite.notebook_paths import enters_folder
from treeguard.migration.rewrite.notebook_paths import rewrite_notebook_paths
from treeguard.migration.rewrite.notebook_paths import rewrite_text_cells
from treeguard.migration.rewrite.notebook_paths import search_path_now
from treeguard.migration.rewrite.package_exports import lost_exports
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_imports import rewrite_from_import
from treeguard.migration.rewrite.python_imports import rewrite_plain_import
from treeguard.migration.rewrite.python_imports import rewrite_uses
from treeguard.migration.rewrite.python_imports import unreachable_attributes
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_strings import mentions_moved
from treeguard.migration.rewrite.python_strings import names_moved_file
from treeguard.migration.rewrite.python_strings import rewrite_data_paths
from treeguard.migration.rewrite.python_strings import rewrite_mentions
from treeguard.migration.rewrite.python_strings import rewrite_strings
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.trees import EXECUTABLE

_NAMED = (IMPORT, FROM)
_RUN_TIME = "cannot resolve it statically"
# The begin or end of a string, or of a part of it that is filled in.
_PART = re.compile(
    rb"""(?:['"}]|%(?:\(\w+\))?[a-z])\.?([A-Za-z_][\w.]*)|(?<![\w.])([\w.]*\w)\.?(?=['"{%])"""
)
_BESIDE = re.compile(
    rb"__path__|__package__|__spec__|__file__|__module__|\{\s*__name__|[+%=,]\s*__name__"
    rb"|__name__\s*[+%.,](?!\s*[\"']__main__)"
)


def may_hold(path: str) -> bool:
    """Return True if a path can be Python, by its name or by its first line."""
    return maybe_python(path, EXECUTABLE)


def rewrites(
    path: str, data: bytes, context: MoveContext
) -> Iterator[Edit | Undecided]:
    """Yield the edits of the source at `path`, its place before the moves.

    Requires `context.after`. A source that no parser takes is never edited: what it may
    import is listed.
    """
    spoken = language(path, EXECUTABLE, data[:256])
    facts = context.before.source(path) if spoken is not None else None
    if facts is None or spoken in (None, COMPILED):
        return
    names = Names(path, context, facts.search_path)
    if facts.error:
        # A broken notebook is searched line by line inside of its strings, too.
        last = max(1, len(data.splitlines()))
        for one in _unedited(_in_utf_16(data, facts), names, facts.error):
            yield one._replace(line=min(one.line, last))
    elif spoken == NOTEBOOK:
        yield from _notebook(data, facts, names)
    else:
        try:
            yield from _edit_source(data, facts, names, spoken)
        except UnreadableError as error:
            yield from _unedited(facts, names, f"the source {error.reason}")


def _in_utf_16(data: bytes, facts: SourceFacts) -> SourceFacts:
    """Search UTF-16 too: CPython does not read it, but people write it."""
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return facts
    text = data.decode("utf-16", "replace").replace("\r\n", "\n")
    return facts._replace(imports=candidates(text.encode("utf-8", "replace")))


def _notebook(
    data: bytes, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield the edits of the cells, and what is left. `facts` are the notebook's."""
    source = EncodedSource(data)
    code = NotebookText(source.chars)
    cells = code.notebook
    whole = cells.text.encode()
    inner = source_facts(whole, PYTHON)
    yield from rewrite_text_cells(data, names)
    yield from entered_folders(data, names)
    by_magics = facts._replace(imports=tuple(cells.runs))
    yield from _unedited(by_magics, names, "a magic of the notebook runs it")
    if inner.error:
        yield from _unedited(
            facts, names, "the cells of the notebook are not one module"
        )
        return
    names.search_path_now = search_path_now(facts.search_path, names)
    made = _edit_source(whole, inner, names, PYTHON, entered=enters_folder(data))
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
        yield from _unedited(facts, names, "its JSON cannot be edited as it is written")


def _is_right(data: bytes, edits: list[Edit], wanted: bytes) -> bool:
    """Return True if the notebook, read again, holds the very code that was meant."""
    try:
        text = apply_edits(data, sorted(edits)).decode("utf-8-sig")
        return NotebookText(text).notebook.text.encode() == wanted
    except ValueError:
        return False


def _may_change(data: bytes, facts: SourceFacts, names: Names) -> bool:
    """Return True if something may change: else the source need not be parsed."""
    return (
        b"__file__" in data
        or looks_beside(data)
        or any(_changes(item, names) for item in facts.imports)
        or search_folders.may_rewrite(facts, names)
        or names_moved_file(data, names.context)
        or mentions_moved(data, names)
    )


def _edit_source(
    data: bytes,
    facts: SourceFacts,
    names: Names,
    spoken: str,
    *,
    entered: bool | None = None,
) -> list[Edit | Undecided]:
    """Return the edits of a source, and what cannot be decided in it.

    The edited source is read again: if something leads nowhere in it, that alone is
    listed. `entered` is for notebooks: whether it enters a folder. Raises
    `UnreadableError`.
    """
    at_run_time: list[Edit | Undecided] = [
        *_run_time_imports(names.path, data, facts, names.context),
        *lost_exports(data, names),
    ]
    if entered is None and not _may_change(data, facts, names):
        return at_run_time
    source = Source(data)
    made = _one_per_literal(_rewrite_all(source, facts, names, entered))
    made += at_run_time
    made += list(rewrite_mentions(source, made, names))
    edits = [one for one in made if isinstance(one, Edit)]
    now, fault = _reread(data, edits, facts, spoken, names)
    if fault and not any(isinstance(one, Undecided) for one in made):
        return [Undecided(names.path, 1, names.path, fault)]
    lines = {one.line for one in made if isinstance(one, Undecided)}
    gone = unreachable_attributes(facts, now, names)
    return [*made, *(one for one in gone if one.line not in lines)]


def _rewrite_all(
    source: Source, facts: SourceFacts, names: Names, entered: bool | None
) -> Iterator[Edit | Undecided]:
    found = walk(source.tree, names=True)
    renamed: list[tuple[Renamed, Place]] = []
    for node, place in found.imports:
        if isinstance(node, ast.ImportFrom):
            yield from rewrite_from_import(source, node, names)
            continue
        for made in rewrite_plain_import(source, node, names):
            if isinstance(made, Renamed):
                renamed.append((made, place))
            else:
                yield made
    yield from rewrite_uses(source, found, renamed, names)
    yield from rewrite_strings(source, facts.imports, found, names)
    yield from rewrite_framework_words(source, found, names)
    yield from rewrite_data_paths(source, found, facts.imports, names)
    yield from list_companions(source, found, names)
    if entered is not None:
        yield from rewrite_notebook_paths(source, found, names, entered=entered)
    folders = list(search_folders.rewrite_search_folders(source, found, facts, names))
    yield from folders
    done = {one.line for one in folders}
    for made in rewrite_file_relative_paths(source, found, names):
        if isinstance(made, Edit) or made.line not in done:
            yield made


def _one_per_literal(made: Iterator[Edit | Undecided]) -> list[Edit | Undecided]:
    """Keep one edit for each literal: the last, which knows best where it leads."""
    literals: dict[tuple[int, int], Edit] = {}
    others: list[Edit | Undecided] = []
    for one in made:
        if isinstance(one, Edit) and one.kind != KIND:
            literals[one.start, one.end] = one
        else:
            others.append(one)
    return [*others, *literals.values()]


def _changes(item: Import, names: Names) -> bool:
    """Return True if an import leads elsewhere now, or may when the code runs."""
    targets = names.old_targets(item)
    if not targets:
        return False
    stays = names.new_targets(item) == names.new_places(targets)
    return item.prefix or not stays or names.is_private(item)


def _unedited(facts: SourceFacts, names: Names, why: str) -> Iterator[Undecided]:
    """Yield whatever leads elsewhere now, in a source that is not edited."""
    for item in facts.imports:
        if item.kind == ATTRIBUTE:
            continue
        if _changes(item, names):
            cell = f" (cell {item.cell})" if item.cell else ""
            name = f" import {item.name}" if item.name else ""
            text = f"{'.' * item.level}{item.module}{name}{cell}"
            yield Undecided(names.path, item.line, text, why)


def _reread(
    data: bytes, edits: list[Edit], was: SourceFacts, spoken: str, names: Names
) -> tuple[SourceFacts, str]:
    """Return the facts of the edited source, and what is wrong with it.

    If something is wrong, the facts are those before the edits.
    """
    if not edits:
        return was, ""
    try:
        result = apply_edits(data, edits)
    except ValueError as error:
        return was, str(error)
    entry = names.context.before.entry(names.path)
    assert entry is not None
    now = names.after.facts_of_bytes(result, blob_id(result, entry.oid), spoken)
    fault = _error_after(now, was, names)
    return (was if fault else now), fault


def _error_after(now: SourceFacts, was: SourceFacts, names: Names) -> str:
    if now.error:
        return f"after the edits, {now.error}"
    named = (item for item in was.imports if item.kind in _NAMED)
    found = (names.old_targets(item) for item in named if not names.is_attribute(item))
    homes = (names.new_places(targets) for targets in found if targets)
    wanted = Counter(home for home in homes if home is not None)
    reached = Counter(
        names.new_targets(item, search_path=now.search_path)
        for item in now.imports
        if item.kind in _NAMED
    )
    lost = [targets[0] for targets in wanted - reached]
    return f"after the edits, no import leads to {lost[0]}" if lost else ""


def _run_time_imports(
    path: str, data: bytes, facts: SourceFacts, context: MoveContext
) -> Iterator[Undecided]:
    """Yield imports whose module is only known at run time and may be one that moves.

    Such a call concerns the moves where a string of its file holds a part of a moved
    module's name, or where it looks beside the file (`__package__`, `__path__`, ...)
    while something there moves away. A name that comes from elsewhere as a whole is
    listed there.
    """
    if facts.undecidable and (
        _holds_moved_name(data, context) or _looks_beside(path, data, context)
    ):
        for item in facts.undecidable:
            yield Undecided(path, item.line, item.text, _RUN_TIME)


def _holds_moved_name(data: bytes, context: MoveContext) -> bool:
    parts = (found[1] or found[2] for found in _PART.finditer(data))
    words = {word for part in parts for word in part.split(b".")}
    return any(word.decode("utf-8", "replace") in context.names for word in words)


def _looks_beside(path: str, data: bytes, context: MoveContext) -> bool:
    """Return True if a file looks for files beside itself, and some of them move."""
    folder = parent_folder(path)
    if folder in context.folders or not _BESIDE.search(data):
        return False
    inner = f"{folder}/" if folder else ""
    return path in context.moves or context.moves_at(inner)
