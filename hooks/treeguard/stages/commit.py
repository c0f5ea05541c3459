"""The stages pre-commit and pre-merge-commit: each parent against the index.

In `pre-merge-commit` MERGE_HEAD is not written yet and pre-commit names no stage to
its hooks, so both stages ask the same and `Git.merging` tells the parents.
"""

from __future__ import annotations

from collections.abc import Sequence

from treeguard.errors import UsageError
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import head_tree
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.policy_source import usable
from treeguard.stages.session import POLICY
from treeguard.stages.session import read_policy
from treeguard.trees import Snapshot


def commit_pairs(git: Git) -> tuple[tuple[Snapshot, ...], Snapshot]:
    """The trees that the commit comes from, and the one that it would make."""
    return parents(git), index_snapshot(git)


def parents(git: Git) -> tuple[Snapshot, ...]:
    """HEAD's tree, then that of each commit which is being merged into it.

    Before the first commit HEAD counts as the empty tree.
    """
    head = TreeSnapshot(git, head_tree(git), "HEAD")
    return (head, *(tree_snapshot(git, oid) for oid in git.merging()))


def staged_policy(old: Snapshot, new: Snapshot) -> Policy:
    """The policy that the commit would hold; it binds the commit itself.

    Raises `PolicyError` for one that cannot be used, and `UsageError` when there is
    none: a commit that takes the policy away is never clean.
    """
    if new.entry(POLICY) is None and old.entry(POLICY) is not None:
        raise UsageError(
            f"{POLICY} was removed, so nothing can be verified",
            f"git restore --source=HEAD --staged --worktree -- {POLICY}",
        )
    return read_policy(new, "index")


def law_before(olds: Sequence[Snapshot], new: Snapshot) -> Policy | None:
    """The policy of HEAD, where the commit puts another in its place.

    It binds the commit too: nobody loosens a rule in the change that breaks it. None
    where a merge takes over the policy of its other side.
    """
    now = new.entry(POLICY)
    was = olds[0].entry(POLICY)
    if was is None or any(old.entry(POLICY) == now for old in olds):
        return None
    return usable(olds[0], was, POLICY)
