"""Merges that a check looks at: the one that a commit makes, and those that were made.

A tree alone does not show what a merge drops: the side that it was made on never had
it. So each parent of a merge is compared with its result, wherever the merge lands.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from itertools import groupby

from treeguard.analysis.merged_trees import Merge
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.errors import GitError
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.repository.history import Step
from treeguard.repository.history import common_ancestors
from treeguard.repository.history import find_commit
from treeguard.repository.history import steps
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import UNSHALLOW
from treeguard.repository.refs import commit_at
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.rules.preserved import Preserved

# Preserved files have nothing to do with imports.
_NO_SEARCH_ROOTS = SearchRoots((), ())


def with_merge_being_made(request: CheckRequest, git: Git) -> CheckRequest:
    """Return the request of a commit, with the merge that it makes of `git.merging`."""
    heads = git.merging()
    if not heads or len(request.olds) != len(heads) + 1:
        return request
    ids = (find_commit(git, "HEAD").oid, *heads)
    merge = Merge(request.olds, request.new, _Ancestors(git, ids))
    return request._replace(merges=(merge,))


def merges_since(
    git: Git, policy: Policy, new: str, known: Iterable[str]
) -> tuple[Merge, ...]:
    """Return the merges in the history of `new`, and of no commit in `known`, that may
    drop what `policy` preserves."""
    rules = [rule for rule in policy.rules if rule.kind == "preserved"]
    if not rules:
        return ()
    asked = "".join(f"{one}\n" for one in (new, *(f"^{one}" for one in known)))
    args = ("rev-list", "--merges", "--parents", "--ignore-missing", "--stdin")
    lines = git.run(*args, stdin=asked.encode("ascii")).decode("ascii").splitlines()
    commits = [tuple(line.split(" ")) for line in lines]
    return tuple(_concerning(git, commits, rules)) if commits else ()


def merges_between(git: Git, policy: Policy, start: str, end: str) -> tuple[Merge, ...]:
    """Return the merges of the range `start..end`; none of a range of mere trees."""
    old, new = commit_at(git, start), commit_at(git, end)
    return () if old is None or new is None else merges_since(git, policy, new, [old])


def _concerning(
    git: Git, commits: Sequence[tuple[str, ...]], rules: Sequence[Rule]
) -> Iterator[Merge]:
    for _commit, group in groupby(steps(git, commits), key=lambda step: step.commit):
        found = [step for step in group if concerns(step, rules)]
        if found:
            yield merge_of(git, found[0].commit, found)


def concerns(step: Step, rules: Iterable[Rule]) -> bool:
    """Return True if a step removes or changes what one of `rules` preserves."""
    paths = list(step.removed_or_changed())
    return any(
        options.paths.match(path) or options.paths.folder(path) is True
        for rule in rules
        for options in [rule.options]
        if isinstance(options, Preserved)
        for path in paths
    )


def merge_of(git: Git, commit: str, known: Iterable[Step]) -> Merge:
    """Return the merge `commit`, whose parents are compared as the `known` steps say.

    A parent without such a step is compared when that is asked for.
    """
    made = find_commit(git, commit)
    parents = [find_commit(git, parent) for parent in made.parents]
    trees = {parent.oid: parent.tree for parent in parents}
    changes = {trees[step.parent]: step.changes() for step in known if step.parent}
    return Merge(
        [_analysis(TreeSnapshot(git, one.tree, one.oid[:12])) for one in parents],
        _analysis(TreeSnapshot(git, made.tree, commit[:12], changes)),
        _Ancestors(git, made.parents),
    )


def _analysis(tree: TreeSnapshot) -> TreeAnalysis:
    return TreeAnalysis(tree, _NO_SEARCH_ROOTS, Store(None))


class _Ancestors:
    """Finds the trees that two parents of a merge last had in common."""

    def __init__(self, git: Git, parents: Sequence[str]) -> None:
        self._git = git
        self._parents = parents
        self._known: dict[tuple[int, int], list[TreeSnapshot]] = {}

    def __call__(self, one: int, other: int) -> list[TreeSnapshot]:
        """Return the trees, none for unrelated parents.

        Raises `GitError` in a shallow clone, where they may only be missing.
        """
        pair = (min(one, other), max(one, other))
        if pair not in self._known:
            git, ends = self._git, [self._parents[place] for place in pair]
            found = common_ancestors(git, *ends)
            if not found and git.where.shallow:
                shown = " and ".join(end[:12] for end in ends)
                raise GitError(f"{shown} have no common ancestor here", UNSHALLOW)
            commits = [find_commit(git, oid) for oid in found]
            self._known[pair] = [
                TreeSnapshot(git, commit.tree, commit.oid[:12]) for commit in commits
            ]
        return self._known[pair]
