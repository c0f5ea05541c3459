"""The zones of a policy, and the imports of a tree that lead from one into another.

A file in no zone counts as its topmost folder, so that the graph of any repository
stays small enough to look at.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.formats.graph import Crossing
from treeguard.formats.graph import Graph
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.layers import Layers
from treeguard.rules.registry import KINDS

_KINDS = frozenset({IMPORT, FROM, DYNAMIC})


def build_zone_graph(policy: Policy, analysis: TreeAnalysis) -> Graph:
    """Return the graph of an analyzed tree; `policy` defines the zones."""
    zones = _Zones(policy)
    refused = _refused(policy, analysis)
    counts: Counter[tuple[str, str]] = Counter()
    rules: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    first: dict[tuple[str, str], tuple[str, int]] = {}
    unreadable = []
    for path, facts in _sources(policy, analysis):
        if facts.error:
            unreadable.append((path, facts.error))
        for source, target, line in _crossings_of(path, facts, analysis, zones):
            way = source, target
            counts[way] += 1
            rules[way].update(refused.get((path, line), ()))
            first.setdefault(way, (path, line))
    crossings = tuple(
        Crossing(*way, counts[way], *first[way], tuple(sorted(rules[way].items())))
        for way in sorted(counts)
    )
    others = {name for way in counts for name in way} - set(zones.names)
    return Graph(zones.names, tuple(sorted(others)), crossings, tuple(unreadable))


class _Zones:
    """Finds the zone that contains a path or owns a third-party module."""

    def __init__(self, policy: Policy) -> None:
        zones = {
            " ".join(patterns.lines): patterns
            for rule in policy.rules
            for patterns in _zones_of(rule)
        }
        # Of several zones with a path, the one with the longest pattern is the closest.
        self._zones = sorted(zones.items(), key=lambda zone: (-len(zone[0]), zone[0]))
        self.names = tuple(sorted(zones))
        self._owned = {
            name
            for rule in policy.rules
            if isinstance(rule.options, Isolated)
            for name in rule.options.owns
        }
        self._kept: dict[str, str] = {}

    def of(self, path: str) -> str:
        """Return the zone of a file, or of a namespace folder (`garbage/`)."""
        if path not in self._kept:
            self._kept[path] = self._find(path)
        return self._kept[path]

    def _find(self, path: str) -> str:
        file = f"{path}__init__.py" if path.endswith("/") else path
        for name, patterns in self._zones:
            if patterns.match(file):
                return name
        top, slash, _ = path.partition("/")
        return top + slash if slash else "."

    def owned(self, imported: Import) -> str:
        """Return the owned module that is imported, if any; it may be an inner one."""
        if imported.level:
            return ""
        parts = imported.module.split(".")
        names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        return next((name for name in names if name in self._owned), "")


def _zones_of(rule: Rule) -> Iterator[Patterns]:
    options = rule.options
    if isinstance(options, Forbidden | Isolated):
        yield options.zone
    if isinstance(options, Isolated):
        yield from options.independent
    if isinstance(options, Layers):
        for row in options.layers:
            yield from row


def _refused(policy: Policy, analysis: TreeAnalysis) -> dict[tuple[str, int], set[str]]:
    """Map each line to the rules that refuse its import."""
    found: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    reading = {name for name, kind in KINDS.items() if kind.reads_imports}
    for finding in check(CheckRequest(policy, (), analysis)).findings:
        if finding.kind in reading and finding.line:
            found[finding.path, finding.line].add(finding.rule)
    return found


def _sources(
    policy: Policy, analysis: TreeAnalysis
) -> Iterator[tuple[str, SourceFacts]]:
    for path in sorted(analysis.python_files()):
        facts = analysis.source(path)
        if facts is not None and not policy.exclude.match(path):
            yield path, facts


def _crossings_of(
    path: str, facts: SourceFacts, analysis: TreeAnalysis, zones: _Zones
) -> Iterator[tuple[str, str, int]]:
    """Yield source zone, target zone and line of each import that leaves its zone."""
    source = zones.of(path)
    for imported in facts.imports:
        if imported.kind not in _KINDS:
            continue
        targets = analysis.resolve(path, imported, facts.search_path).targets
        found = {zones.of(target) for target in targets}
        if not targets:
            found = {zones.owned(imported)} - {""}
        for target in sorted(found - {source}):
            yield source, target, imported.line
