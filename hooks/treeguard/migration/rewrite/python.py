"""Rewrites one Python source: its imports, what uses them, and names in its strings.

The result is read again before it counts: every import of the new bytes has to lead to
where the old one led. `python_source` says which parser is used and why.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from treeguard.facts.imports import source_facts
from treeguard.facts.model import ATTRIBUTE
from treeguard.facts.model import FROM
from treeguard.facts.model import IMPORT
from treeguard.facts.model import Import
from treeguard.facts.model import SourceFacts
from treeguard.facts.python_files import NOTEBOOK
from treeguard.facts.python_files import language
from treeguard.facts.python_files import maybe_python
from treeguard.facts.source.decode import UndecodableError
from treeguard.facts.source.reading import UnreadableError
from treeguard.facts.source.walk import Place
from treeguard.facts.source.walk import walk
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_at_run_time import at_run_time
from treeguard.migration.rewrite.python_data import data_paths
from treeguard.migration.rewrite.python_data import names_moved_file
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_imports import from_import
from treeguard.migration.rewrite.python_imports import plain_import
from treeguard.migration.rewrite.python_mentions import mentions
from treeguard.migration.rewrite.python_mentions import speaks_of_moved
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_places import places
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_strings import strings
from treeguard.migration.rewrite.python_uses import uses
from treeguard.migration.rewrite.splice import apply_edits
from treeguard.migration.world import World
from treeguard.trees import REGULAR


def may_hold(path: str) -> bool:
    """True for what can be Python, by its name or by its first line."""
    return maybe_python(path, REGULAR)


def rewrites(path: str, data: bytes, world: World) -> Iterator[Edit | Undecided]:
    """Edits of the source at `path`, its place before the moves; nothing if no Python.

    Needs `world.after`. A source that no parser takes is never edited: what it may
    import is told.
    """
    spoken = language(path, REGULAR, data[:256])
    facts = world.before.source(path) if spoken is not None else None
    if facts is None or spoken is None:
        return
    names = Names(path, world, facts.search_path)
    if spoken == NOTEBOOK or facts.error:
        why = facts.error or "the cells of a notebook are not edited"
        yield from _left(facts, names, why)
        return
    is_placed = b"__file__" in data
    changes = any(_changes(item, facts, names) for item in facts.imports)
    is_named = names_moved_file(data, world) or speaks_of_moved(data, names)
    if not (changes or is_placed or is_named):
        yield from at_run_time(path, data, facts, world)
        return
    try:
        source = Source(data)
    except (UnreadableError, UndecodableError) as error:
        yield from _left(facts, names, f"the source {error.reason}")
        return
    made = _single(_all(source, facts, names))
    made += at_run_time(path, data, facts, world)
    made += list(mentions(source, made, names))
    fault = _fault(data, [one for one in made if isinstance(one, Edit)], spoken, names)
    if fault and not any(isinstance(one, Undecided) for one in made):
        yield Undecided(path, 1, path, fault)
    else:
        yield from made


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
    yield from strings(source, facts.imports, names, facts.search_path)
    yield from data_paths(source, found, facts.imports, names)
    yield from places(source, found, names)


def _single(made: Iterator[Edit | Undecided]) -> list[Edit | Undecided]:
    """One edit for each literal: the last, which knows best where it leads."""
    literals: dict[tuple[int, int], Edit] = {}
    others: list[Edit | Undecided] = []
    for one in made:
        if isinstance(one, Edit) and one.kind != KIND:
            literals[one.start, one.end] = one
        else:
            others.append(one)
    return [*others, *literals.values()]


def _changes(item: Import, facts: SourceFacts, names: Names) -> bool:
    """True for what leads elsewhere now, or may when the code runs."""
    targets = names.world.before.resolve(names.path, item, facts.search_path).targets
    if not targets:
        return False
    now = names.after.resolve(names.new_path, item, facts.search_path).targets
    return item.prefix or now != names.expected(targets)


def _left(facts: SourceFacts, names: Names, why: str) -> Iterator[Undecided]:
    """Whatever leads elsewhere now, in a source that is not edited."""
    for item in facts.imports:
        if item.kind == ATTRIBUTE:
            continue
        if _changes(item, facts, names):
            cell = f" (cell {item.cell})" if item.cell else ""
            name = f" import {item.name}" if item.name else ""
            text = f"{'.' * item.level}{item.module}{name}{cell}"
            yield Undecided(names.path, item.line, text, why)


def _fault(data: bytes, edits: list[Edit], spoken: str, names: Names) -> str:
    """What is wrong with the edited source, read again; empty if nothing is."""
    if not edits:
        return ""
    try:
        edited = source_facts(apply_edits(data, edits), spoken)
    except ValueError as error:
        return str(error)
    if edited.error:
        return f"after the edits {edited.error}"
    was = names.world.before.source(names.path)
    assert was is not None
    homes = (names.expected(found) for found in _led(was, names))
    wanted = Counter(home for home in homes if home is not None)
    now = Counter(
        names.after.resolve(names.new_path, item, edited.search_path).targets
        for item in edited.imports
        if item.kind in (IMPORT, FROM)
    )
    lost = [targets[0] for targets in wanted - now]
    return f"after the edits nothing leads to {lost[0]}" if lost else ""


def _led(facts: SourceFacts, names: Names) -> Iterator[tuple[str, ...]]:
    for item in facts.imports:
        found = names.world.before.resolve(names.path, item, facts.search_path)
        if item.kind in (IMPORT, FROM) and found.targets:
            yield found.targets
