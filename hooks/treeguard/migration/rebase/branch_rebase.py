"""Carries a branch that forked before a migration over to the layout after it.

The new commits stand upon the migration's last one. Whatever came after that on the
target meets them in an ordinary merge or rebase, in which no file moves any more.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.errors import UsageError
from treeguard.migration.apply.commits import wants_signature
from treeguard.migration.rebase.branch import branch_tip
from treeguard.migration.rebase.branch import refuse_in_use
from treeguard.migration.rebase.branch import swing
from treeguard.migration.rebase.copied_commits import copy_commit
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.merge import Conflict
from treeguard.migration.rebase.rebased_tree import RewriteWorkspace
from treeguard.migration.rebase.rebased_tree import carried
from treeguard.plans import Undecided
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable

CURRENT = "current"
CONFLICTS = "conflicts"
CARRIED = "carried"


class Copy(NamedTuple):
    """One commit of the branch, by its old id and its new one."""

    old: str
    new: str
    subject: str


class Rebased(NamedTuple):
    """What became of a branch: CURRENT (it has the migration), CONFLICTS, or CARRIED.

    `old` and `new` are its tips, the same unless it was carried; `absorbed` are merges
    of the other side that have nothing of their own any more. With `by_content` every
    conflict is one of content, which can be solved before the migration.
    """

    state: str
    old: str
    new: str
    copies: tuple[Copy, ...] = ()
    absorbed: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    undecided: tuple[Undecided, ...] = ()

    @property
    def by_content(self) -> bool:
        return all(conflict.content for conflict in self.conflicts)


def rebase(
    git: Git, folder: str, store: Store, done: Performed, branch: str, *, dry: bool
) -> Rebased:
    """Carry the local branch `branch` over; with `dry`, make its commits and no more.

    `folder` is one of ours. Raises `UsageError` for a branch that may not be moved.
    """
    tip, record = branch_tip(git, branch), done.trail.record
    if is_ancestor(git, record, tip):
        return Rebased(CURRENT, tip, tip)
    if not dry:
        refuse_in_use(git, branch)
    forks = merge_bases(git, tip, record)
    if not all(is_ancestor(git, fork, done.trail.base) for fork in forks):
        shown = printable(os.fsencode(branch))
        message = f"{shown} has a part of the migration, and not all of it"
        raise UsageError(message, f"`git rebase {record[:12]}` on it brings the rest")
    made = _copies(RewriteWorkspace(git, folder, store, done, {}, {}), tip)
    if made.conflicts:
        return made
    if not dry:
        swing(git, done.migration.id, branch, made.new, tip)
    return made


def _copies(bench: RewriteWorkspace, tip: str) -> Rebased:
    """Every commit since the fork, carried over, in order."""
    git, record = bench.git, bench.done.trail.record
    args = ("rev-list", "--topo-order", "--reverse", tip, f"^{record}")
    signed = wants_signature(git)
    new: dict[str, str] = {}
    result = Rebased(CARRIED, tip, record)
    for oid in git.run(*args).decode("ascii").split():
        commit = find_commit(git, oid)
        made = carried(bench, oid, _fork(bench, commit))
        if made.conflicts or result.conflicts:
            conflicts = (*result.conflicts, *made.conflicts)
            result = result._replace(
                state=CONFLICTS, new=tip, conflicts=conflicts, copies=(), undecided=()
            )
            continue
        parents = _parents(record, commit, new)
        if _is_absorbed(git, commit, parents, made.tree):
            new[oid] = parents[0]
            result = result._replace(absorbed=(*result.absorbed, oid))
        else:
            new[oid] = copy_commit(git, oid, made.tree, parents, record, signed=signed)
            copy = Copy(oid, new[oid], commit.subject)
            result = result._replace(copies=(*result.copies, copy))
        result = result._replace(new=new[oid], undecided=made.undecided)
    return result


def _fork(bench: RewriteWorkspace, commit: Commit) -> str:
    base = bench.done.trail.base
    forks = merge_bases(bench.git, commit.oid, base)
    if len(forks) > 1:
        message = f"commit {commit.oid[:12]} and the migration have several forks"
        hint = f"`git rebase {base[:12]}` on the branch, then run it again"
        raise UsageError(message, hint)
    return forks[0]


def _parents(record: str, commit: Commit, new: dict[str, str]) -> list[str]:
    """The new parents, in order; what the record has in its history is the record."""
    parents = list(dict.fromkeys(new.get(parent, record) for parent in commit.parents))
    others = [parent for parent in parents if parent != record]
    return others or [record]


def _is_absorbed(git: Git, commit: Commit, parents: list[str], tree: str) -> bool:
    """True for a merge of the other side that changes nothing upon the record."""
    merge = len(commit.parents) > 1 and len(parents) == 1
    return merge and find_commit(git, parents[0]).tree == tree
