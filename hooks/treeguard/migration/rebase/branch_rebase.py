"""Rebase a branch that forked before a migration onto the layout after it.

The new commits go on top of the migration's last one. Later commits of the target meet
them in an ordinary merge or rebase, in which no file moves any more.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.analysis.store import Store
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.migration.apply.commits import wants_signature
from treeguard.migration.apply.objects_writer import flush_options
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.rebased_tree import Conflict
from treeguard.migration.rebase.rebased_tree import RewriteWorkspace
from treeguard.plans import Undecided
from treeguard.repository.history import Commit
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import find

CURRENT = "current"
CONFLICTS = "conflicts"
CARRIED = "carried"


# A rebase that waits for its user has a detached HEAD, and names its branch here.
_WAITING = ("rebase-merge/head-name", "rebase-apply/head-name")


class Copy(NamedTuple):
    """One commit of the branch, by its old id and its new one."""

    old: str
    new: str
    subject: str


class Rebased(NamedTuple):
    """What became of a branch: CURRENT (it has the migration), CONFLICTS, or CARRIED.

    `old` and `new` are its tips, the same unless it was rebased; `absorbed` are merges
    of the other side that change nothing any more. With `by_content` every conflict is
    one of content, which can be resolved before the migration.
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
    """Rebase the local branch `branch`; with `dry`, only make its commits.

    `folder` is ours. Raises `UsageError` for a branch that may not be moved.
    """
    tip, record = branch_tip(git, branch), done.trail.record
    if is_ancestor(git, record, tip):
        return Rebased(CURRENT, tip, tip)
    if not dry:
        refuse_in_use(git, branch)
    forks = merge_bases(git, tip, record)
    if not all(is_ancestor(git, fork, done.trail.base) for fork in forks):
        message = f"{branch} has only a part of the migration"
        raise UsageError(message, f"`git rebase {record[:12]}` on it adds the rest")
    made = _copies(RewriteWorkspace(git, folder, store, done), tip)
    if made.conflicts:
        return made
    if not dry:
        move_branch(git, done.migration.id, branch, made.new, tip)
    return made


def _copies(workspace: RewriteWorkspace, tip: str) -> Rebased:
    """Copy every commit since the fork onto the record, in order."""
    git, record = workspace.git, workspace.done.trail.record
    args = ("rev-list", "--topo-order", "--reverse", tip, f"^{record}")
    signed = wants_signature(git)
    new: dict[str, str] = {}
    result = Rebased(CARRIED, tip, record)
    for oid in git.run(*args).decode("ascii").split():
        commit = find_commit(git, oid)
        made = workspace.carry(oid, _fork(workspace, commit))
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


def _fork(workspace: RewriteWorkspace, commit: Commit) -> str:
    base = workspace.done.trail.base
    forks = merge_bases(workspace.git, commit.oid, base)
    if len(forks) > 1:
        message = f"commit {commit.oid[:12]} and the migration have several merge bases"
        hint = f"`git rebase {base[:12]}` on the branch, then run it again"
        raise UsageError(message, hint)
    return forks[0]


def _parents(record: str, commit: Commit, new: dict[str, str]) -> list[str]:
    """Return the new parents, in order; the record stands for all of its history."""
    parents = list(dict.fromkeys(new.get(parent, record) for parent in commit.parents))
    others = [parent for parent in parents if parent != record]
    return others or [record]


def _is_absorbed(git: Git, commit: Commit, parents: list[str], tree: str) -> bool:
    """Return True for a merge of the other side that changes nothing any more."""
    merge = len(commit.parents) > 1 and len(parents) == 1
    return merge and find_commit(git, parents[0]).tree == tree


def branch_tip(git: Git, branch: str) -> str:
    """Return the commit of a local branch. Raises `UsageError` for any other name."""
    ref = os.fsencode(BRANCHES + branch)
    if git.answer("show-ref", "--verify", "-q", ref, codes=(0, 1, 128))[0]:
        hint = "`git branch` lists them; `git branch NAME origin/NAME` makes one"
        raise UsageError(f"there is no local branch {branch}", hint)
    return find(git, BRANCHES + branch, "commit").oid


def refuse_in_use(git: Git, branch: str) -> None:
    """Refuse a branch that a work tree has checked out: its files would not follow.

    The current one is refused too on purpose: then only objects change, and Git itself
    updates the files, with all its care for edits.
    """
    for place, ref in _checked_out(git):
        if ref == os.fsencode(BRANCHES + branch):
            message = f"{branch} is checked out in {os.fsdecode(place)}"
            hint = "`git switch` to another branch there, or `git switch --detach`"
            raise UsageError(message, f"{hint}; then run it again")


def _checked_out(git: Git) -> Iterator[tuple[bytes, bytes]]:
    """Yield each work tree with the ref it is on, or was on when its rebase began."""
    place = b""
    for line in git.run("worktree", "list", "--porcelain").split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"worktree":
            place = value
        elif key == b"branch":
            yield place, value
    linked = os.path.join(git.where.common_dir, "worktrees")
    names = sorted(os.listdir(linked)) if os.path.isdir(linked) else []
    folders = [git.where.common_dir, *(os.path.join(linked, name) for name in names)]
    for folder in folders:
        for waiting in _WAITING:
            try:
                with open(os.path.join(folder, waiting), "rb") as file:
                    yield os.fsencode(folder), file.read().strip()
            except (FileNotFoundError, NotADirectoryError):
                continue


def kept_ref(name: str, branch: str) -> str:
    """Return the ref that keeps the old tip of a branch, for the migration `name`."""
    return f"refs/treeguard/{name}/rebased/{branch}"


def move_branch(git: Git, name: str, branch: str, new: str, old: str) -> None:
    """Move the branch from `old` to `new` and keep `old`, both or neither.

    Raises `GitError` when the branch has moved elsewhere.
    """
    keep = f"update {kept_ref(name, branch)}\0{old}\0\0"
    lines = f"{keep}update {BRANCHES}{branch}\0{new}\0{old}\0"
    text = f"treeguard migrate rebase: {name}"
    args = (*flush_options(git), "update-ref", "-m", text, "--stdin", "-z")
    code, _, err = git.answer(*args, codes=(0, 128), stdin=os.fsencode(lines))
    if code:
        if branch_tip(git, branch) != old:
            message = f"{branch} was moved by another process meanwhile"
            raise GitError(message, "nothing was changed: run it again")
        raise git.failure(args, code, err)


def copy_commit(
    git: Git,
    commit: str,
    tree: str,
    parents: Sequence[str],
    since: str,
    *,
    signed: bool,
) -> str:
    """Copy `commit` onto other parents: message, author and dates stay. Return its id.

    The committer is the user, as with `git rebase`, and signs where Git is told to. His
    date is that of `commit`, not today's: a commit that is copied twice, because a
    second branch builds on the first, is then the same commit, and the branches still
    build on each other. Only a date before that of the commit `since` gives way, so
    that history never goes back in time.

    Raises `GitError` also where Git would refuse the author again (an empty name).
    """
    fields, message = _read_commit(git, commit)
    encoding = os.fsdecode(fields.get(b"encoding", b"UTF-8"))
    encoded = ("-c", f"i18n.commitEncoding={encoding}")
    sign = ("-S",) if signed else ()
    above = [word for parent in parents for word in ("-p", parent)]
    args = (*flush_options(git), *encoded, "commit-tree", *sign, *above, tree)
    dates = (_committed(fields), _committed(_read_commit(git, since)[0]))
    env = _author(commit, fields.get(b"author", b""))
    env["GIT_COMMITTER_DATE"] = f"@{os.fsdecode(max(dates, key=_seconds))}"
    return git.run(*args, stdin=message, env=env).decode("ascii").strip()


def _read_commit(git: Git, commit: str) -> tuple[dict[bytes, bytes], bytes]:
    """Return the header of a raw commit, each key's first line, and its message."""
    head, _, message = git.objects.get(commit).data.partition(b"\n\n")
    return dict(reversed([line.split(b" ", 1) for line in _lines(head)])), message


def _committed(fields: dict[bytes, bytes]) -> bytes:
    """Return `SECONDS ZONE` of the committer; the epoch where there is none."""
    return fields.get(b"committer", b"").rpartition(b"> ")[2] or b"0 +0000"


def _seconds(date: bytes) -> int:
    word = date.split(b" ")[0]
    return int(word) if word.isdigit() else 0


def _lines(head: bytes) -> list[bytes]:
    """List the header lines; a continuation (of a signature) begins with a space."""
    lines = head.split(b"\n")
    return [line for line in lines if b" " in line and not line.startswith(b" ")]


def _author(commit: str, author: bytes) -> dict[str, str]:
    """Return the variables that pass `NAME <MAIL> SECONDS ZONE` to Git."""
    name, _, rest = author.partition(b" <")
    mail, found, date = rest.rpartition(b"> ")
    if not found:
        message = f"commit {commit[:12]} has no author that Git accepts"
        raise GitError(message, f"`git rebase` it with a new one: {commit[:12]}")
    return {
        "GIT_AUTHOR_NAME": os.fsdecode(name),
        "GIT_AUTHOR_EMAIL": os.fsdecode(mail),
        "GIT_AUTHOR_DATE": f"@{os.fsdecode(date)}",
    }
