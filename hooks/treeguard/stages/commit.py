"""The stages pre-commit and pre-merge-commit: each parent against the index.

In `pre-merge-commit` MERGE_HEAD is not written yet and pre-commit names no stage to
its hooks, so both stages do the same, and `Git.merging` knows the parents.
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
from treeguard.stages.policy_source import read_if_valid
from treeguard.stages.session import POLICY
from treeguard.stages.session import read_policy
from treeguard.trees import Snapshot


def commit_trees(git: Git) -> tuple[tuple[Snapshot, ...], Snapshot]:
    """Return the trees of the commit's parents, and the tree that it would have.

    The first one is HEAD, empty before the first commit; the others are merged into it.
    """
    head = TreeSnapshot(git, head_tree(git), "HEAD")
    others = [tree_snapshot(git, oid) for oid in git.merging()]
    return (head, *others), index_snapshot(git)


def staged_policy(old: Snapshot, new: Snapshot) -> Policy:
    """Return the policy that the commit would hold, which applies to the commit itself.

    Raises `PolicyError` for an invalid one, and `UsageError` when there is none: a
    commit that removes the policy never passes.
    """
    if new.entry(POLICY) is None and old.entry(POLICY) is not None:
        raise UsageError(
            f"{POLICY} was removed, so nothing can be verified",
            f"git restore --source=HEAD --staged --worktree -- {POLICY}",
        )
    return read_policy(new, "index")


def replaced_policy(olds: Sequence[Snapshot], new: Snapshot) -> Policy | None:
    """Return the policy of HEAD if the commit replaces it with another one.

    It applies to the commit too: nobody relaxes a rule in the change that breaks it.
    None where a merge takes over the policy of its other side.
    """
    now = new.entry(POLICY)
    was = olds[0].entry(POLICY)
    if was is None or any(old.entry(POLICY) == now for old in olds):
        return None
    return read_if_valid(olds[0], was, POLICY)
