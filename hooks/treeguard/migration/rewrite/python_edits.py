"""Edit the text of one Python source, and list what is left unedited."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.source import Source
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.edits import blob_id
from treeguard.migration.rewrite.file_relative_paths import file_relative_paths
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_imports import from_import
from treeguard.migration.rewrite.python_imports import plain_import
from treeguard.migration.rewrite.python_mentions import moved_mentions
from treeguard.migration.rewrite.python_mentions import speaks_of_moved
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_strings import data_paths
from treeguard.migration.rewrite.python_strings import names_moved_file
from treeguard.migration.rewrite.python_strings import strings
from treeguard.migration.rewrite.python_uses import unreachable_attributes
from treeguard.migration.rewrite.python_uses import uses

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


def concerns(data: bytes, facts: SourceFacts, names: Names) -> bool:
    """Say whether something may have to change: else the source need not be parsed."""
    return (
        b"__file__" in data
        or any(_changes(item, names) for item in facts.imports)
        or names_moved_file(data, names.world)
        or speaks_of_moved(data, names)
    )


def edited(
    data: bytes, facts: SourceFacts, names: Names, spoken: str
) -> list[Edit | Undecided]:
    """Return the edits of a source, and what cannot be decided in it.

    The edited source is read again: if something leads nowhere in it, that alone is
    listed. Raises `UnreadableError` and `UndecodableError`.
    """
    source = Source(data)
    made = _single(_all(source, facts, names))
    made += run_time_imports(names.path, data, facts, names.world)
    made += list(moved_mentions(source, made, names))
    edits = [one for one in made if isinstance(one, Edit)]
    now, fault = _again(data, edits, facts, spoken, names)
    if fault and not any(isinstance(one, Undecided) for one in made):
        return [Undecided(names.path, 1, names.path, fault)]
    lines = {one.line for one in made if isinstance(one, Undecided)}
    gone = unreachable_attributes(facts, now, names)
    return [*made, *(one for one in gone if one.line not in lines)]


def _all(
    source: Source, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    found = walk(source.tree, names=True)
    renamed: list[tuple[Renamed, Place]] = []
    for node, place in found.imports:
        if isinstance(node, ast.ImportFrom):
            yield from from_import(source, node, names)
            continue
        for made in plain_import(source, node, names):
            if isinstance(made, Renamed):
                renamed.append((made, place))
            else:
                yield made
    yield from uses(source, found, renamed, names)
    yield from strings(source, facts.imports, names)
    yield from data_paths(source, found, facts.imports, names)
    yield from file_relative_paths(source, found, names)


def _single(made: Iterator[Edit | Undecided]) -> list[Edit | Undecided]:
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
    """Say whether an import leads elsewhere now, or may when the code runs."""
    targets = names.old_targets(item)
    if not targets:
        return False
    return item.prefix or names.new_targets(item) != names.expected(targets)


def left(facts: SourceFacts, names: Names, why: str) -> Iterator[Undecided]:
    """Yield whatever leads elsewhere now, in a source that is not edited."""
    for item in facts.imports:
        if item.kind == ATTRIBUTE:
            continue
        if _changes(item, names):
            cell = f" (cell {item.cell})" if item.cell else ""
            name = f" import {item.name}" if item.name else ""
            text = f"{'.' * item.level}{item.module}{name}{cell}"
            yield Undecided(names.path, item.line, text, why)


def _again(
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
    entry = names.world.before.entry(names.path)
    assert entry is not None
    now = names.after.facts_of_bytes(result, blob_id(result, entry.oid), spoken)
    fault = _fault(now, was, names)
    return (was if fault else now), fault


def _fault(now: SourceFacts, was: SourceFacts, names: Names) -> str:
    if now.error:
        return f"after the edits {now.error}"
    found = (names.old_targets(item) for item in was.imports if item.kind in _NAMED)
    homes = (names.expected(targets) for targets in found if targets)
    wanted = Counter(home for home in homes if home is not None)
    led = Counter(
        names.new_targets(item, now.search_path)
        for item in now.imports
        if item.kind in _NAMED
    )
    lost = [targets[0] for targets in wanted - led]
    return f"after the edits nothing leads to {lost[0]}" if lost else ""


def run_time_imports(
    path: str, data: bytes, facts: SourceFacts, world: MoveContext
) -> Iterator[Undecided]:
    """Yield imports whose module is only known at run time and may be one that moves.

    Such a call concerns the moves where a string of its file holds a part of a moved
    module's name, or where it looks beside the file (`__package__`, `__path__`, ...)
    while something there moves away. A name that comes from elsewhere as a whole is
    listed there.
    """
    if facts.undecidable and (_says(data, world) or _looks_beside(path, data, world)):
        for item in facts.undecidable:
            yield Undecided(path, item.line, item.text, _RUN_TIME)


def _says(data: bytes, world: MoveContext) -> bool:
    parts = (found[1] or found[2] for found in _PART.finditer(data))
    words = {word for part in parts for word in part.split(b".")}
    return any(word.decode("utf-8", "replace") in world.names for word in words)


def _looks_beside(path: str, data: bytes, world: MoveContext) -> bool:
    """Say whether a file looks for something beside itself, and some of that moves."""
    folder = parent_folder(path)
    if folder in world.folders or not _BESIDE.search(data):
        return False
    inner = f"{folder}/" if folder else ""
    return path in world.moves or any(old.startswith(inner) for old in world.moves)
