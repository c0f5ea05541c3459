"""Every rule kind there is, by name. Adding one: its file, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.rules import closed
from treeguard.rules import forbidden
from treeguard.rules import isolated
from treeguard.rules import layers
from treeguard.rules import placed
from treeguard.rules import preserved
from treeguard.rules import required
from treeguard.rules import vacated
from treeguard.rules.importing import moved_into_zone


class Kind(NamedTuple):
    """How one kind of rule works.

    `queries` lists what the rule wants to know of every file of a tree. `findings`
    yields what is wrong in `new`; `old` is what it is compared with, or None. A kind
    that `compares` says nothing of a tree alone; one that `reads_imports` has the
    sources that its questions select parsed. `since` yields what is wrong only because
    of what changed since the old tree: what came into a zone, what released a rule.
    `lost` tells in a finding how to get back what the old tree had.
    """

    queries: Callable[[Rule, Policy, SearchRoots], Iterable[FileQuery]]
    findings: Callable[
        [Rule, Policy, TreeAnalysis | None, TreeAnalysis], Iterator[Finding]
    ]
    compares: bool = False
    reads_imports: bool = False
    since: (
        Callable[[Rule, Policy, TreeAnalysis, TreeAnalysis], Iterator[Finding]] | None
    ) = None
    lost: Callable[[Finding, TreeAnalysis], Finding] | None = None


KINDS: dict[str, Kind] = {
    "forbidden": Kind(
        forbidden.queries,
        forbidden.findings,
        reads_imports=True,
        since=moved_into_zone.findings,
    ),
    "isolated": Kind(
        isolated.queries,
        isolated.findings,
        reads_imports=True,
        since=moved_into_zone.findings,
    ),
    "layers": Kind(layers.queries, layers.findings, reads_imports=True),
    "placed": Kind(placed.queries, placed.findings),
    "preserved": Kind(preserved.queries, preserved.findings, compares=True),
    "required": Kind(required.queries, required.findings, lost=required.lost),
    "closed": Kind(closed.queries, closed.findings),
    "vacated": Kind(vacated.queries, vacated.findings, since=vacated.released),
}
