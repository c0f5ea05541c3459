"""Who reaches a zone through other files: the shortest chains of imports.

The graph is made of candidates, a superset that needs no parsing. A chain goes
backwards from the files that import the zone, one import at a time, and only what the
exact facts confirm is kept; so each chain is a shortest one, and every step of it is
real. The `__init__` files that an import runs on its way are steps too, except those of
the importer's own packages: they have run before it does.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.facts.knowledge import Knowledge
from treeguard.facts.model import PATH
from treeguard.facts.model import STRING
from treeguard.facts.model import Import
from treeguard.facts.resolve import Resolution
from treeguard.findings import Step
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.suspects import PUT_TOGETHER
from treeguard.rules.importing.uses import Use
from treeguard.rules.importing.uses import uses
from treeguard.rules.importing.zones import Zone


class Chain(NamedTuple):
    """How one file reaches a zone: by its own import `use`, and then step by step.

    The first of `steps` is the file itself; the last one imports `target`.
    """

    use: Use
    steps: tuple[Step, ...]
    target: str


def chains(
    known: Knowledge,
    zone: Zone,
    exclude: Patterns,
    doors: Mapping[str, tuple[Use, str]],
    type_checking: bool,
) -> Iterator[Chain]:
    """A shortest chain for each file that reaches `zone` through others only.

    `doors` are the files that import the zone, each with its first such import and the
    file in the zone that it leads to. Neither the zone's own files nor those in
    `exclude` are steps.
    """
    importers = _importers(known, zone, exclude)
    found = {
        path: Chain(use, (Step(path, use.item.line),), target)
        for path, (use, target) in doors.items()
    }
    level = sorted(doors)
    while level:
        reached: dict[str, Chain] = {}
        for path in sorted({p for at in level for p in importers.get(at, ())}):
            if path not in found:
                step = _step(known, path, set(level), type_checking)
                if step is not None:
                    reached[path] = _longer(step[0], found[step[1]])
        yield from reached.values()
        found.update(reached)
        level = list(reached)


def runs(path: str, found: Resolution) -> list[str]:
    """The files that an import in the file at `path` makes run, its own set aside."""
    own = {f"{folder}__init__.py" for folder in _folders_above(path)}
    return [*found.targets, *(parent for parent in found.parents if parent not in own)]


def _importers(known: Knowledge, zone: Zone, exclude: Patterns) -> dict[str, list[str]]:
    """Who imports each file, by candidates."""
    put_together = set(known.ask(PUT_TOGETHER))
    importers: dict[str, list[str]] = {}
    for path in known.python_files():
        if zone.has(path) or exclude.match(path):
            continue
        for item, search_path in _superset(known, path, path in put_together):
            for target in runs(path, known.resolve(path, item, search_path)):
                importers.setdefault(target, []).append(path)
    return importers


def _superset(
    known: Knowledge, path: str, exact: bool
) -> Iterator[tuple[Import, tuple[str, ...]]]:
    facts = known.source(path) if exact else None
    items = known.imports_of(path) if facts is None else facts.imports
    search_path = () if facts is None else facts.search_path
    for item in items:
        if item.kind not in (STRING, PATH):
            yield item, search_path


def _step(
    known: Knowledge, path: str, level: Collection[str], type_checking: bool
) -> tuple[Use, str] | None:
    """The first import in the file at `path` that runs one of `level`, and which."""
    for use in uses(known, path, references=False, type_checking=type_checking):
        for target in runs(path, use.found):
            if target in level:
                return use, target
    return None


def _longer(use: Use, chain: Chain) -> Chain:
    steps = (Step(use.path, use.item.line), *chain.steps)
    return Chain(use, steps, chain.target)


def _folders_above(path: str) -> Iterator[str]:
    end = path.rfind("/")
    while end != -1:
        yield path[: end + 1]
        end = path.rfind("/", 0, end)
    yield ""
