"""A range as two trees: what a pull request would land, merged without a work tree."""

from __future__ import annotations

from treeguard.repository.merge_tree import merge
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.trees import Snapshot

OLD_GIT = (
    "treeguard: this Git cannot merge in memory (2.38 or newer can): checks what {new}"
    " changed since the merge base, not its merge with {old}"
)


def merged_pair(
    git: Git, old: str, new: str
) -> tuple[tuple[Snapshot, ...], Snapshot, str]:
    """Return the tip of `old`, the merge of `new` into it, and how it is inexact.

    `git` is one of `merge_tree.borrowed`, and both trees exist as long as it does.
    Raises `GitError` as `merge_tree.merge`.
    """
    made = merge(git, old, new)
    if made.exact:
        old_name, new_name, caveat = old, f"the merge of {new} into {old}", ""
    else:
        old_name, new_name = f"the merge base of {old} and {new}", new
        caveat = OLD_GIT.format(old=old, new=new)
    olds = (TreeSnapshot(git, made.old, old_name),)
    return olds, TreeSnapshot(git, made.new, new_name), caveat
