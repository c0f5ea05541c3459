"""What was ever lost, and by which commit: the preserved rules at every step.

A step is a commit and one of its parents. What another parent had removed before is
that parent's history, and is told there; a merge answers for what it drops itself.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import groupby

from treeguard.admin.restored_losses import Mended
from treeguard.admin.restored_losses import lost_between
from treeguard.check import HIDE
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.findings import Finding
from treeguard.formats.audit import CommitReport
from treeguard.formats.audit import Loss
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.repository.history import Commit
from treeguard.repository.history import Step
from treeguard.repository.history import common_ancestors
from treeguard.repository.history import find_commit
from treeguard.repository.history import steps
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.rules.fixes import overwrite
from treeguard.rules.fixes import quote
from treeguard.rules.preserved import Preserved
from treeguard.stages.session import Session
from treeguard.trees import Entry
from treeguard.trees import Snapshot

# Commits of which what was found out is held in memory.
_BEFORE_WRITING = 500


def losses(
    git: Git,
    policy: Policy,
    commits: Sequence[tuple[str, ...]],
    tick: Callable[[int], None] = lambda _number: None,
) -> Iterator[Loss]:
    """Every loss in `commits` (as `steps.commits_of` gives them), newest first."""
    rules = tuple(rule for rule in policy.rules if rule.kind == "preserved")
    if not rules or not commits:
        return
    law = policy._replace(rules=rules, exceptions=())
    mended = Mended(git, law, find_commit(git, commits[0][0]))
    carried = _Carried(git)
    told: set[tuple[str, str]] = set()  # of several parents, or by several rules
    for step in steps(git, commits, tick):
        mended.see(step)
        if step.parent is None or not _concerns(step, rules):
            continue
        commit, old, found = _of_step(git, law, step, step.parent)
        lost = []
        for finding in found:
            key = step.commit, finding.path
            if key not in told and not carried.on(step, finding.path, step.parent):
                told.add(key)
                lost.append(finding)
        missing = mended.missing(step.commit, old, lost) if lost else set()
        for finding in lost:
            back = (finding.rule, finding.path) not in missing
            command = _restoring(mended, step.parent[:12], finding.path)
            yield Loss(
                commit.oid,
                step.parent,
                commit.date,
                commit.author,
                commit.subject,
                finding,
                back,
                command,
            )


def _restoring(mended: Mended, parent: str, path: str) -> str:
    """Return the command that brings `path` back from `parent`."""
    if mended.is_taken(path):  # `treeguard restore` overwrites nothing
        return overwrite(parent, [path])
    return f"treeguard restore --from {parent} -- {quote(path)}"


def _concerns(step: Step, rules: Iterable[Rule]) -> bool:
    paths = list(step.removed_or_changed())
    return any(
        options.paths.match(path) or options.paths.folder(path) is True
        for rule in rules
        for options in [rule.options]
        if isinstance(options, Preserved)
        for path in paths
    )


def _of_step(
    git: Git, law: Policy, step: Step, parent: str
) -> tuple[Commit, TreeSnapshot, list[Finding]]:
    """The commit, the tree that it comes from, and what the step loses of that."""
    commit, before = find_commit(git, step.commit), find_commit(git, parent)
    old = TreeSnapshot(git, before.tree, parent[:12])
    changes = {before.tree: step.changes()}
    new = TreeSnapshot(git, commit.tree, step.commit[:12], changes)
    return commit, old, list(lost_between(law, old, new))


class _Carried:
    """Which losses a merge only carries on, from what another parent's history did."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._bases: dict[tuple[str, str], tuple[str, ...]] = {}

    def on(self, step: Step, path: str, parent: str) -> bool:
        """True when another parent has `path` as the merge has it, and had it as
        something else where it and `parent` parted."""
        others = [other for other in step.parents if other != parent]
        now = self._entry(step.commit, path) if others else None
        return any(
            self._entry(other, path) == now
            and any(self._entry(base, path) for base in self._between(parent, other))
            for other in others
        )

    def _between(self, one: str, other: str) -> tuple[str, ...]:
        """The best common ancestors; none of two histories without one."""
        if (one, other) not in self._bases:
            self._bases[one, other] = common_ancestors(self._git, one, other)
        return self._bases[one, other]

    def _entry(self, commit: str, path: str) -> Entry | None:
        tree = find_commit(self._git, commit).tree
        return TreeSnapshot(self._git, tree, commit).entry(path)


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
    """A commit, its parents' trees, and its own; of one step for each parent."""
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
