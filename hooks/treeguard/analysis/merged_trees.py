"""A merge as the trees that it was made of, and what its sides had in common."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.trees import Snapshot
from treeguard.trees import file_at


class Merge(NamedTuple):
    """A merge of `parents` into `result`.

    `bases` returns the trees that two parents, by their place, last had in common.
    """

    parents: Sequence[TreeAnalysis]
    result: TreeAnalysis
    bases: Callable[[int, int], Iterable[Snapshot]]

    def inherits(self, path: str, parent: int) -> bool:
        """Return True if another parent has `path` as the merge has it, and changed it
        since it and `parent` diverged: that was not done by the merge."""
        now = file_at(self.result.snapshot, path)
        return any(
            place != parent
            and file_at(other.snapshot, path) == now
            and any(base.entry(path) for base in self.bases(parent, place))
            for place, other in enumerate(self.parents)
        )
