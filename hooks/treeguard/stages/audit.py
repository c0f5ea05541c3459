"""What was ever lost, and by which commit: the preserved rules at every step.

A step is a commit and one of its parents. What another parent had removed before is
that parent's history, and is told there; a merge answers for what it drops itself.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.facts.knowledge import Knowledge
from treeguard.facts.questions import Context
from treeguard.facts.store import Store
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.policy.model import Policy
from treeguard.policy.model import Preserved
from treeguard.policy.model import Rule
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.repository.steps import Step
from treeguard.repository.steps import steps
from treeguard.rules.registry import KINDS
from treeguard.stages import opening
from treeguard.trees import Change
from treeguard.trees import Snapshot

# What is preserved has nothing to do with imports.
_NO_CONTEXT = Context((), ())
# Commits of which what was found out is held in memory.
_BEFORE_WRITING = 500


class Loss(NamedTuple):
    """A file that `commit` lost, which its parent `parent` had. `back`: the end of the
    history that was looked at has it again, as a file."""

    commit: Commit
    parent: str
    finding: Finding
    back: bool


class _Told(TreeSnapshot):
    """A tree that knows what differs from those before it: `changes`, by tree."""

    def __init__(
        self, git: Git, tree: str, name: str, changes: Mapping[str, list[Change]]
    ) -> None:
        super().__init__(git, tree, name)
        self._changes = changes

    def changes_since(self, tree: str) -> list[Change] | None:
        told = self._changes.get(tree)
        return super().changes_since(tree) if told is None else told


def losses(
    git: Git,
    policy: Policy,
    commits: Sequence[tuple[str, ...]],
    tick: Callable[[int], None] = lambda _number: None,
) -> Iterator[Loss]:
    """Every loss in `commits` (as `steps.commits_of` gives them), newest first."""
    rules = [rule for rule in policy.rules if rule.kind == "preserved"]
    if not rules or not commits:
        return
    tip = TreeSnapshot(git, find_commit(git, commits[0][0]).tree, "the end")
    law = policy._replace(rules=tuple(rules), exceptions=())
    told: set[tuple[str, str]] = set()  # a merge may drop what several parents had
    for step in steps(git, commits, tick):
        if step.parent is not None and _concerns(step, rules):
            for loss in _of_step(git, law, step, step.parent, tip):
                if (step.commit, loss.finding.path) not in told:
                    told.add((step.commit, loss.finding.path))
                    yield loss


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
    git: Git, policy: Policy, step: Step, parent: str, tip: Snapshot
) -> Iterator[Loss]:
    commit, before = find_commit(git, step.commit), find_commit(git, parent)
    old = TreeSnapshot(git, before.tree, parent[:12])
    changes = {before.tree: step.changes()}
    new = _Told(git, commit.tree, step.commit[:12], changes)
    store = Store(None)
    known = Knowledge(old, _NO_CONTEXT, store), Knowledge(new, _NO_CONTEXT, store)
    # Not `check`, which asks every file of both trees: here the changes are enough.
    for finding in _lost(policy, *known):
        if not _removed_by_another(git, step, finding.path, parent):
            now = tip.entry(finding.path)
            yield Loss(commit, parent, finding, now is not None and now.is_file)


def _lost(policy: Policy, old: Knowledge, new: Knowledge) -> Iterator[Finding]:
    for rule in policy.rules:
        yield from KINDS[rule.kind].findings(rule, policy, old, new)


def _removed_by_another(git: Git, step: Step, path: str, parent: str) -> bool:
    """True when a merge only carries on what another parent's history has done."""
    for other in step.parents:
        if other != parent and _entry(git, other, path) == _entry(
            git, step.commit, path
        ):
            try:
                bases = merge_bases(git, parent, other)
            except GitError as error:
                if "no common ancestor" not in error.message:
                    raise
                continue
            if any(_entry(git, base, path) is not None for base in bases):
                return True
    return False


def _entry(git: Git, commit: str, path: str) -> object:
    return TreeSnapshot(git, find_commit(git, commit).tree, commit).entry(path)


def each_commit(
    opened: opening.Opened, policy: Policy, commits: Sequence[tuple[str, ...]]
) -> Iterator[tuple[Commit, Report]]:
    """The report on each commit, oldest first, by all kinds but `preserved`.

    Only what is new in a commit is in its report.
    """
    git, store = opened
    only = frozenset(rule.id for rule in policy.rules if rule.kind != "preserved")
    order = list(reversed(commits))
    groups = groupby(steps(git, order), key=lambda step: step.commit)
    for number, (_oid, group) in enumerate(groups, 1):
        if number % _BEFORE_WRITING == 0:
            store.flush()
        commit, olds, new = _compared(git, list(group))
        report = opening.judge(policy, olds, new, store, only=only, existing="hide")
        yield commit, report


def _compared(git: Git, group: Sequence[Step]) -> tuple[Commit, list[Snapshot], _Told]:
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
    new = _Told(git, commit.tree, commit.oid[:12], changes)
    return commit, olds or [empty_snapshot(git)], new
