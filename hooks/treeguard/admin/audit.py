"""Find every loss of a preserved file in a history, and whether it was restored.

A step is a commit and one of its parents. What another parent had removed before
belongs to that parent's history, and is reported there; a merge counts for what it
drops itself. The rule decides whether a loss was restored: it compares the tree that
still had the file with a later one, because an emptied file exists, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

from treeguard.analysis.query import SearchRoots
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import HIDE
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.findings import Finding
from treeguard.formats.audit_report import CommitReport
from treeguard.formats.audit_report import Loss
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history import Step
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.history import steps
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.rules.fixes import overwrite
from treeguard.rules.fixes import quote
from treeguard.rules.preserved import Preserved
from treeguard.rules.registry import KINDS
from treeguard.stages.merges import concerns
from treeguard.stages.merges import merge_of
from treeguard.stages.session import Session
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Snapshot

# The number of commits whose facts are held in memory before they are stored.
_BEFORE_WRITING = 500
# Preserved files have nothing to do with imports.
_NO_SEARCH_ROOTS = SearchRoots((), ())

Lost = set[tuple[str, str]]  # the rule's id and the path


def losses(
    git: Git,
    policy: Policy,
    commits: Sequence[tuple[str, ...]],
    tick: Callable[[int], None] = lambda _number: None,
) -> Iterator[Loss]:
    """Yield every loss in `commits` (as `commits_of` gives them), newest first."""
    rules = tuple(rule for rule in policy.rules if rule.kind == "preserved")
    if not rules or not commits:
        return
    policy = policy._replace(rules=rules, exceptions=())
    history = _LaterHistory(git, policy, find_commit(git, commits[0][0]))
    seen: set[tuple[str, str]] = set()  # from several parents, or by several rules
    for step in steps(git, commits, tick):
        history.add(step)
        if step.parent is None or not concerns(step, rules):
            continue
        commit, old, found = _compare_step(git, policy, step, step.parent)
        lost = []
        for finding in _made_by(git, step, found):
            key = step.commit, finding.path
            if key not in seen:
                seen.add(key)
                lost.append(finding)
        missing = history.missing(step.commit, old, lost) if lost else set()
        for finding in lost:
            yield Loss(
                commit.oid,
                step.parent,
                commit.date,
                commit.author,
                commit.subject,
                finding,
                back=(finding.rule, finding.path) not in missing,
                command=history.restoring(step.parent[:12], finding.path),
            )


def _compare_step(
    git: Git, policy: Policy, step: Step, parent: str
) -> tuple[Commit, TreeSnapshot, list[Finding]]:
    """Return the commit, the parent's tree, and what the step loses of it."""
    commit, before = find_commit(git, step.commit), find_commit(git, parent)
    old = TreeSnapshot(git, before.tree, parent[:12])
    changes = {before.tree: step.changes()}
    new = TreeSnapshot(git, commit.tree, step.commit[:12], changes)
    return commit, old, list(_lost_between(policy, old, new))


def _made_by(git: Git, step: Step, found: list[Finding]) -> list[Finding]:
    """Return the losses that another parent's history has not made before."""
    if step.parent is None or len(step.parents) < 2 or not found:
        return found
    merge = merge_of(git, step.commit, [step])
    place = step.parents.index(step.parent)
    return [one for one in found if not merge.inherits(one.path, place)]


def _lost_between(
    policy: Policy, old: TreeSnapshot, new: TreeSnapshot
) -> Iterator[Finding]:
    """Yield what the rules of `policy` find; unlike `check`, read only the changes."""
    store = Store(None)
    analysis = (
        TreeAnalysis(old, _NO_SEARCH_ROOTS, store),
        TreeAnalysis(new, _NO_SEARCH_ROOTS, store),
    )
    for rule in policy.rules:
        yield from KINDS[rule.kind].findings(rule, policy, *analysis)


class _LaterHistory:
    """The history after a step, read from its end `tip`: does it restore a loss?"""

    def __init__(self, git: Git, policy: Policy, tip: Commit) -> None:
        self._git = git
        self._policy = policy
        self._tip = TreeSnapshot(git, tip.tree, "the end")
        self._protected = [
            rule.options.paths
            for rule in policy.rules
            if isinstance(rule.options, Preserved)
        ]
        self._returns: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, step: Step) -> None:
        """Remember which paths a step adds, for the losses before it."""
        if step.parent is None:
            return
        for path in step.added():
            if any(paths.match(path) for paths in self._protected):
                self._returns[path].append(step.commit)

    def missing(self, commit: str, old: TreeSnapshot, lost: Sequence[Finding]) -> Lost:
        """Return which of `lost`, which `commit` lost of the tree `old`, stay lost."""
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

    def restoring(self, parent: str, path: str) -> str:
        """Return the command that restores `path` from `parent`."""
        if self._is_taken(path):  # `treeguard restore` overwrites nothing
            return overwrite(parent, [path])
        return f"treeguard restore --from {parent} -- {quote(path)}"

    def _is_taken(self, path: str) -> bool:
        """Return whether the end has something else at `path` or above it."""
        parts = path.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        entries = map(self._tip.entry, above)
        blocked = any(entry is not None and entry.mode != TREE for entry in entries)
        return blocked or self._tip.entry(path) is not None

    def _differ(
        self, old: TreeSnapshot, new: TreeSnapshot, lost: Iterable[Finding]
    ) -> Lost:
        """Return which of `lost` the tree `new` does not have at their path either."""
        paths = {finding.path for finding in lost}
        pairs = [Change(path, old.entry(path), new.entry(path)) for path in paths]
        changes = {old.tree: [one for one in pairs if one.old != one.new]}
        then = TreeSnapshot(self._git, new.tree, new.name, changes)
        wanted = {(finding.rule, finding.path) for finding in lost}
        return wanted & _named(_lost_between(self._policy, old, then))

    def _moved(self, old: TreeSnapshot, missing: Lost) -> Lost:
        """Return those that the end has at another path that the rule allows: no file
        with the same content may be missing, as copies look alike."""
        named = _named(_lost_between(self._policy, old, self._tip))
        gone = {old.entry(path) for _, path in named}
        return {one for one in missing if old.entry(one[1]) not in gone}

    def _may_have_moved(self, old: TreeSnapshot, missing: Lost) -> bool:
        entries = (old.entry(path) for _, path in missing)
        return any(entry and entry.oid in self._kept for entry in entries)

    @cached_property
    def _kept(self) -> frozenset[str]:
        """The ids of all preserved files at the end."""
        return frozenset(
            entry.oid
            for path, entry in self._tip.files()
            if any(paths.match(path) for paths in self._protected)
        )

    def _tree(self, commit: str) -> TreeSnapshot:
        return TreeSnapshot(self._git, find_commit(self._git, commit).tree, commit)


def _named(findings: Iterable[Finding]) -> Lost:
    return {(finding.rule, finding.path) for finding in findings}


def each_commit(
    session: Session, policy: Policy, commits: Sequence[tuple[str, ...]]
) -> Iterator[CommitReport]:
    """Yield the report on each commit, oldest first, by all kinds but `preserved`.

    It holds only the findings that are new in that commit.
    """
    git, store = session
    only = frozenset(rule.id for rule in policy.rules if rule.kind != "preserved")
    order = list(reversed(commits))
    groups = groupby(steps(git, order), key=lambda step: step.commit)
    for number, (_oid, group) in enumerate(groups, 1):
        if number % _BEFORE_WRITING == 0:
            store.flush()
        commit, olds, new = _compared(git, list(group))
        request = CheckRequest.of(policy, olds, new, store)
        report = check(request._replace(rules=only, existing=HIDE))
        yield CommitReport(commit.oid, commit.subject, report)


def _compared(
    git: Git, group: Sequence[Step]
) -> tuple[Commit, list[Snapshot], TreeSnapshot]:
    """Return a commit, its parents' trees and its own, from one step per parent."""
    commit = find_commit(git, group[0].commit)
    parents = [find_commit(git, step.parent) for step in group if step.parent]
    olds: list[Snapshot] = [
        TreeSnapshot(git, parent.tree, parent.oid[:12]) for parent in parents
    ]
    changes = {
        parent.tree: step.changes()
        for parent, step in zip(parents, group, strict=False)
    }
    new = TreeSnapshot(git, commit.tree, commit.oid[:12], changes)
    return commit, olds or [empty_snapshot(git)], new
