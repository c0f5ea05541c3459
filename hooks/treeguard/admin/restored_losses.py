"""Which losses were mended: put back by a later commit, or kept at the end.

The rule itself decides: it compares the tree that still had the files with the tree of
the end. That a path is there again is not enough, an emptied file is there too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property

from treeguard.analysis.query import SearchRoots
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history import Step
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.rules.preserved import Preserved
from treeguard.rules.registry import KINDS
from treeguard.trees import TREE
from treeguard.trees import Change

# What is preserved has nothing to do with imports.
_NO_SEARCH_ROOTS = SearchRoots((), ())

Lost = set[tuple[str, str]]  # the rule's id and the path


def lost_between(
    law: Policy, old: TreeSnapshot, new: TreeSnapshot
) -> Iterator[Finding]:
    """What the preserved rules of `law` find; not `check`, which asks every file of
    both trees: here the changes are enough."""
    store = Store(None)
    analysis = (
        TreeAnalysis(old, _NO_SEARCH_ROOTS, store),
        TreeAnalysis(new, _NO_SEARCH_ROOTS, store),
    )
    for rule in law.rules:
        yield from KINDS[rule.kind].findings(rule, law, *analysis)


class Mended:
    """Asked of a history that is gone through from its end, `tip`."""

    def __init__(self, git: Git, law: Policy, tip: Commit) -> None:
        self._git = git
        self._law = law
        self._tip = TreeSnapshot(git, tip.tree, "the end")
        self._places = [
            rule.options.paths
            for rule in law.rules
            if isinstance(rule.options, Preserved)
        ]
        self._returns: defaultdict[str, list[str]] = defaultdict(list)

    def see(self, step: Step) -> None:
        """Remember which paths a step brings, for the losses before it."""
        if step.parent is None:
            return
        for path in step.added():
            if any(places.match(path) for places in self._places):
                self._returns[path].append(step.commit)

    def missing(self, commit: str, old: TreeSnapshot, lost: Sequence[Finding]) -> Lost:
        """Those of `lost`, which `commit` lost of the tree `old`, that stay lost."""
        missing = self._differ(old, self._tip, lost)
        if missing and self._may_have_moved(old, missing):
            missing -= self._moved(old, missing)
        for rule, path in list(missing):
            finding = [one for one in lost if (one.rule, one.path) == (rule, path)]
            if any(
                is_ancestor(self._git, commit, back)
                and not self._differ(old, self._tree(back), finding)
                for back in self._returns.get(path, ())
            ):
                missing.discard((rule, path))
        return missing

    def is_taken(self, path: str) -> bool:
        """True when the end has something at `path`, or no folder above it."""
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        entries = map(self._tip.entry, above)
        blocked = any(entry is not None and entry.mode != TREE for entry in entries)
        return blocked or self._tip.entry(path) is not None

    def _differ(
        self, old: TreeSnapshot, new: TreeSnapshot, lost: Iterable[Finding]
    ) -> Lost:
        """Those that `new`, too, does not have at their own place."""
        paths = {finding.path for finding in lost}
        pairs = [Change(path, old.entry(path), new.entry(path)) for path in paths]
        changes = {old.tree: [one for one in pairs if one.old != one.new]}
        then = TreeSnapshot(self._git, new.tree, new.name, changes)
        wanted = {(finding.rule, finding.path) for finding in lost}
        return wanted & _named(lost_between(self._law, old, then))

    def _moved(self, old: TreeSnapshot, missing: Lost) -> Lost:
        """Those that the end has elsewhere, where the rule lets them be: no file with
        their content may be missing, as copies cannot be told apart."""
        named = _named(lost_between(self._law, old, self._tip))
        gone = {old.entry(path) for _, path in named}
        return {one for one in missing if old.entry(one[1]) not in gone}

    def _may_have_moved(self, old: TreeSnapshot, missing: Lost) -> bool:
        entries = (old.entry(path) for _, path in missing)
        return any(entry and entry.oid in self._kept for entry in entries)

    @cached_property
    def _kept(self) -> frozenset[str]:
        """The ids of all that is preserved at the end."""
        return frozenset(
            entry.oid
            for path, entry in self._tip.files()
            if any(places.match(path) for places in self._places)
        )

    def _tree(self, commit: str) -> TreeSnapshot:
        return TreeSnapshot(self._git, find_commit(self._git, commit).tree, commit)


def _named(findings: Iterable[Finding]) -> Lost:
    return {(finding.rule, finding.path) for finding in findings}
