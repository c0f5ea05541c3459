"""A range as two trees: what a pull request would land, merged without a work tree."""

from __future__ import annotations

from treeguard.repository.merge_tree import merge
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.trees import Snapshot

OLD_GIT = (
    "treeguard: this Git cannot merge in memory (2.38 or newer can): what {new} changed"
    " since the merge base is judged, not the merge with {old}"
)


def merged_pair(
    git: Git, old: str, new: str
) -> tuple[tuple[Snapshot, ...], Snapshot, str]:
    """The tip of `old`, the merge of `new` into it, and what is not exact about them.

    `git` is one of `merging.borrowed`, and both trees are gone with it. Raises
    `GitError` as `merging.merge`.
    """
    made = merge(git, old, new)
    if made.exact:
        name = f"the merge of {new} into {old}"
        return (
            (TreeSnapshot(git, made.old, old),),
            TreeSnapshot(git, made.new, name),
            "",
        )
    base = TreeSnapshot(git, made.old, f"the merge base of {old} and {new}")
    caveat = OLD_GIT.format(old=old, new=new)
    return (base,), TreeSnapshot(git, made.new, new), caveat
