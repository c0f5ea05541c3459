"""What becomes of the text of one Python source; and of what is not edited."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import walk
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.object_ids import blob_id
from treeguard.migration.rewrite.data_paths import data_paths
from treeguard.migration.rewrite.data_paths import names_moved_file
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.file_relative_paths import places
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_imports import from_import
from treeguard.migration.rewrite.python_imports import plain_import
from treeguard.migration.rewrite.python_mentions import mentions
from treeguard.migration.rewrite.python_mentions import speaks_of_moved
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_strings import strings
from treeguard.migration.rewrite.python_uses import uses
from treeguard.migration.rewrite.runtime_imports import at_run_time
from treeguard.migration.rewrite.submodule_attributes import no_longer_reached

Made = list[Edit | Undecided]


def concerns(data: bytes, facts: SourceFacts, names: Names) -> bool:
    """True if something has to change, or may; else the source need not be parsed."""
    return (
        b"__file__" in data
        or any(changes(item, facts, names) for item in facts.imports)
        or names_moved_file(data, names.world)
        or speaks_of_moved(data, names)
    )


def edited(data: bytes, facts: SourceFacts, names: Names, spoken: str) -> Made:
    """The edits of a source, and what nobody can decide in it.

    What has been edited is read again: where something leads nowhere then, that alone
    is told. Raises `UnreadableError` and `UndecodableError`.
    """
    source = Source(data)
    made = _single(_all(source, facts, names))
    made += at_run_time(names.path, data, facts, names.world)
    made += list(mentions(source, made, names))
    edits = [one for one in made if isinstance(one, Edit)]
    now, fault = _again(data, edits, facts, spoken, names)
    if fault and not any(isinstance(one, Undecided) for one in made):
        return [Undecided(names.path, 1, names.path, fault)]
    lines = {one.line for one in made if isinstance(one, Undecided)}
    gone = no_longer_reached(facts, now, names)
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


def changes(item: Import, facts: SourceFacts, names: Names) -> bool:
    """True for what leads elsewhere now, or may when the code runs."""
    targets = names.world.before.resolve(names.path, item, facts.search_path).targets
    if not targets:
        return False
    now = names.after.resolve(names.new_path, item, facts.search_path).targets
    return item.prefix or now != names.expected(targets)


def left(facts: SourceFacts, names: Names, why: str) -> Iterator[Undecided]:
    """Whatever leads elsewhere now, in a source that is not edited."""
    for item in facts.imports:
        if item.kind == ATTRIBUTE:
            continue
        if changes(item, facts, names):
            cell = f" (cell {item.cell})" if item.cell else ""
            name = f" import {item.name}" if item.name else ""
            text = f"{'.' * item.level}{item.module}{name}{cell}"
            yield Undecided(names.path, item.line, text, why)


def _again(
    data: bytes, edits: list[Edit], was: SourceFacts, spoken: str, names: Names
) -> tuple[SourceFacts, str]:
    """What the edited source says, read once, and what is wrong with it.

    Where something is wrong it is left as it was, and the second part not empty.
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
    homes = (names.expected(found) for found in _led(was, names))
    wanted = Counter(home for home in homes if home is not None)
    led = Counter(
        names.after.resolve(names.new_path, item, now.search_path).targets
        for item in now.imports
        if item.kind in (IMPORT, FROM)
    )
    lost = [targets[0] for targets in wanted - led]
    return f"after the edits nothing leads to {lost[0]}" if lost else ""


def _led(facts: SourceFacts, names: Names) -> Iterator[tuple[str, ...]]:
    for item in facts.imports:
        found = names.world.before.resolve(names.path, item, facts.search_path)
        if item.kind in (IMPORT, FROM) and found.targets:
            yield found.targets
