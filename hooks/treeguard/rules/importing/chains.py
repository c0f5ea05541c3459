"""Who reaches a zone through other files: the shortest chains of imports.

The graph is made of candidates, a superset that needs no parsing, and gives the least
distance of every file from the zone. Only the files on a chain that is about to be
reported are parsed, from its start on, and many chains share their ends. An import that
the exact facts refute is removed from the graph, and the next shortest chain tried. So
each chain is a shortest one, and every step of it is real. The `__init__` files that an
import runs on its way are steps too, except those of the importer's own packages: they
have run before it does.

The chains of an earlier tree are reused where no edge on them changed.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from treeguard.analysis.graph_cache import graph_of
from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.import_graph import Distances
from treeguard.analysis.import_graph import runs
from treeguard.analysis.module_finder import SOURCES
from treeguard.analysis.module_finder import STUBS
from treeguard.analysis.store import plain
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_cache import Difference
from treeguard.analysis.tree_cache import TreeCache
from treeguard.findings import Finding
from treeguard.findings import Step
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.candidate_files import by_folder
from treeguard.rules.importing.finding_cache import cache_of
from treeguard.rules.importing.finding_cache import finding_from
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry

# So often the graph is corrected by what was refuted; then all is parsed that
# can matter, so that no repository makes the search go on forever.
ROUNDS = 16

Doors = Mapping[str, tuple[int, str]]


class Chain(NamedTuple):
    """How one file reaches a zone: by its own import `use`, and then step by step.

    The first of `steps` is the file itself; the last one imports `target`.
    """

    use: Use
    steps: tuple[Step, ...]
    target: str


def chains(
    analysis: TreeAnalysis,
    zone: Zone,
    exclude: Patterns,
    doors: Doors,
    type_checking: bool,
    wanted: Files,
) -> Iterator[Chain]:
    """Yield a shortest chain for each `wanted` file that reaches `zone` through others
    only.

    `doors` are the files that import the zone, each with the line of its first such
    import and the file in the zone that it leads to. Neither the zone's own files nor
    those in `exclude` are steps.
    """
    search = _Search(analysis, doors, type_checking)

    def here(folder: str) -> bool | None:
        sides = (zone.patterns.here(folder), exclude.here(folder))
        return False if True in sides else None if None in sides else True

    def match(path: str) -> bool:
        return not (zone.has(path) or exclude.match(path))

    may_pass = Files("steps", here, match, here)
    return search.chains(by_folder(wanted), by_folder(may_pass))


class _Next(NamedTuple):
    """The import of one file that is a step of its chain, and the file it runs."""

    use: Use
    path: str


class _Tail(NamedTuple):
    """The end of a chain: of one file, or of many that share it."""

    steps: tuple[Step, ...]
    target: str


class _Search:
    def __init__(
        self, analysis: TreeAnalysis, doors: Doors, type_checking: bool
    ) -> None:
        self._known = analysis
        self._doors = doors
        self._type_checking = type_checking
        self._sure: dict[str, _Next] = {}
        self._parsed: dict[str, frozenset[str]] = {}
        self._tails: dict[str, _Tail] = {
            path: _Tail((Step(path, line),), target)
            for path, (line, target) in doors.items()
        }

    def chains(
        self, wanted: Callable[[str], bool], may_pass: Callable[[str], bool]
    ) -> Iterator[Chain]:
        graph = graph_of(self._known)
        far = graph.distances(self._doors, may_pass, {})
        asked = [path for path, at in far.reached() if at > 1 and wanted(path)]
        for number in range(ROUNDS + 2):
            asked.sort(key=lambda path: (far.of(path), path))
            open_ones = [path for path in asked if not self._confirm(path, far)]
            if not open_ones:
                break
            if number == ROUNDS:
                self._parse(path for path, at in far.reached() if at > 1)
            far = graph.distances(self._doors, may_pass, self._parsed)
            asked = [path for path in asked if far.of(path)]
        for path in asked:
            yield self._chain(path)

    def _confirm(self, path: str, far: Distances) -> bool:
        """Find the real imports along a way of `far`; False if one is none."""
        trail: list[tuple[str, _Next]] = []
        while path not in self._doors and path not in self._sure:
            step = self._next(path, far)
            if step is None:
                return False
            trail.append((path, step))
            path = step.path
        self._sure.update(trail)
        return True

    def _next(self, path: str, far: Distances) -> _Next | None:
        """Return the first import in the file at `path` that runs one a step nearer."""
        near = far.of(path) - 1
        every = self._uses(path)
        self._parsed.setdefault(path, _targets(every))
        for use in every:
            for target in runs(path, use.found):
                if far.of(target) == near:
                    return _Next(use, target)
        return None

    def _uses(self, path: str) -> list[Use]:
        counted = Counted(type_checking=self._type_checking)
        return list(uses(self._known, path, counted))

    def _parse(self, paths: Iterable[str]) -> None:
        for path in paths:
            if path not in self._parsed:
                self._parsed[path] = _targets(self._uses(path))

    def _chain(self, path: str) -> Chain:
        trail = [path]
        while trail[-1] not in self._tails:
            trail.append(self._sure[trail[-1]].path)
        for at in reversed(trail[:-1]):
            use, nearer = self._sure[at]
            tail = self._tails[nearer]
            steps = (Step(at, use.item.line), *tail.steps)
            self._tails[at] = _Tail(steps, tail.target)
        return Chain(self._sure[path].use, *self._tails[path])


def _targets(every: Iterable[Use]) -> frozenset[str]:
    return frozenset(target for use in every for target in runs(use.path, use.found))


def kept_chains(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    doors: Doors,
    search: Callable[[], Iterable[Finding]],
) -> list[Finding]:
    """Return what `search` finds, or what it found in an earlier tree if that holds.

    Nearly every commit edits files that import what they imported. Then whoever reached
    a zone still reaches it in the same way, and no graph need be read. `basis` spells
    all that the search depends on beside `doors`.
    """
    cache = cache_of(analysis, "chains", basis)
    # Only chains show the line of a door, and then the door is a step.
    leads = {path: target for path, (_, target) in doors.items()}
    found = _earlier(analysis, cache, leads)
    if found is None:
        found = list(search())
    if cache.keeps() and not analysis.is_partial:
        cache.put((leads, [plain(finding) for finding in found]))
    return found


def _earlier(
    analysis: TreeAnalysis, cache: TreeCache, leads: dict[str, str]
) -> list[Finding] | None:
    for _tree, (then, kept), since in cache.neighbours():
        found = [finding_from(one) for one in kept]
        return found if then == leads and _hold(analysis, found, since) else None
    return None


def _hold(analysis: TreeAnalysis, found: Iterable[Finding], since: Difference) -> bool:
    """Return True if no edge on these chains changed, and none can be shorter."""
    if since.names is None:
        return False
    if not all(
        _moves_no_module(analysis, one, since) for one in since.changes.values()
    ):
        return False
    steps = {step.path for finding in found for step in finding.chain}
    return steps.isdisjoint(since.changes) and all(
        _leads(analysis, path, one.old) == _leads(analysis, path, one.new)
        for path, one in since.changes.items()
    )


def _moves_no_module(analysis: TreeAnalysis, one: Change, since: Difference) -> bool:
    """Return True for an edit, and for a file that no import leads to in a folder that
    stays."""
    zone_entries = [entry for entry in (one.old, one.new) if entry is not None]
    if not all(entry.is_file for entry in zone_entries):
        return False
    folder = parent_folder(one.path)
    return len(zone_entries) == 2 or (
        not one.path.endswith(SOURCES + STUBS)
        and any(
            entry.mode != TREE and joined(folder, name) not in since.changes
            for name, entry in analysis.children(folder).items()
        )
    )


def _leads(analysis: TreeAnalysis, path: str, entry: Entry | None) -> set[Any]:
    """Return where the imports of a file lead if it holds `entry`, and none moved."""
    facts = analysis.facts_of(path, entry)
    leads: set[Any] = set()
    for item in facts.imports if facts is not None else ():
        if facts is not None and item.kind not in (STRING, PATH, MENTION):
            found = analysis.resolve(path, item, facts.search_path)
            # An attribute counts only where no import leads (see `uses`).
            kind = (item.kind == ATTRIBUTE, item.typing_only)
            leads.add((*kind, found.targets, found.parents))
    return leads
