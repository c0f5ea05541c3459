"""Whether a migration may begin here: each refusal is a sentence and a command.

Everything is asked before anything is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.migration.apply.destinations import refuse_clashes
from treeguard.migration.apply.destinations import refuse_occupied
from treeguard.migration.apply.objects_writer import index_path
from treeguard.migration.apply.pathspecs import places
from treeguard.migration.apply.untracked_files import Leftover
from treeguard.migration.apply.untracked_files import leftovers
from treeguard.plans import Plan
from treeguard.repository.changes import staged_changes
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.trees import GITLINK

# What Git leaves in its folder while an operation is in progress, and how each ends.
_OPERATIONS = (
    ("MERGE_HEAD", "a merge", "git merge --abort"),
    ("rebase-merge", "a rebase", "git rebase --abort"),
    ("rebase-apply", "a rebase or `git am`", "git rebase --abort"),
    ("CHERRY_PICK_HEAD", "a cherry-pick", "git cherry-pick --abort"),
    ("REVERT_HEAD", "a revert", "git revert --abort"),
    ("sequencer", "a cherry-pick or revert", "git cherry-pick --abort"),
    ("BISECT_LOG", "a bisection", "git bisect reset"),
)


class Options(NamedTuple):
    """What the user allows: a detached HEAD, to carry files that Git has not, to pass
    hooks by (not `verify`), and to commit on a branch that is protected."""

    detached: bool = False
    carry: bool = False
    verify: bool = True
    protected: bool = False


class Cleared(NamedTuple):
    """What preflight found out: the ref that will move, and the files that Git does not
    have in folders that move away."""

    ref: str
    leftovers: tuple[Leftover, ...]
    notes: tuple[str, ...]


def preflight(git: Git, plan: Plan, record: str, options: Options) -> Cleared:
    """Raises `UsageError` where the migration must not begin. Writes nothing."""
    top = refuse_place(git)
    ref = current_ref(git, detached=options.detached)
    if not options.protected:
        _refuse_protected(git, ref)
    _refuse_nobody(git)
    _refuse_blocked(plan)
    _refuse_other_base(git, plan)
    refuse_staged(git)
    touched = touched_paths(plan, record)
    refuse_changed(git, touched)
    _refuse_submodules(plan)
    tracked = tracked_paths(git, plan.base)
    refuse_clashes(tracked, plan, record)
    refuse_occupied(top, plan, record)
    found = tuple(leftovers(git, tracked, plan))
    if options.carry:
        refuse_occupied(top, _with(plan, found), record)
    return Cleared(ref, found, tuple(_notes(git)))


def tracked_paths(git: Git, commit: str) -> list[str]:
    """Every path of a commit's tree."""
    listing = git.run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    return [os.fsdecode(path) for path in listing.split(b"\0")[:-1]]


def refuse_place(git: Git) -> str:
    """The work tree's folder; refused are a bare repository and an unborn branch, and
    every operation that is in progress."""
    top = git.where.top
    if top is None:
        message = "there is no work tree here to migrate"
        raise UsageError(message, "run it in a clone that has one")
    for name, what, end in _OPERATIONS:
        if os.path.lexists(os.path.join(git.where.git_dir, name)):
            raise UsageError(f"{what} is in progress", f"finish it, or `{end}`")
    if git.answer("rev-parse", "-q", "--verify", "HEAD^{commit}", codes=(0, 1))[0]:
        message = "there is no commit yet, so there is nothing to migrate"
        raise UsageError(message, "git add . && git commit")
    return top


def current_ref(git: Git, *, detached: bool) -> str:
    """The branch that HEAD is on, or `HEAD` itself where that is allowed.

    Refused is a branch that another work tree has checked out too: moving it would
    show there as the reverse of everything.
    """
    code, out, _ = git.answer("symbolic-ref", "-q", "HEAD", codes=(0, 1))
    if code:
        if detached:
            return "HEAD"
        message = "HEAD is detached: the commits would belong to no branch"
        raise UsageError(message, "`git switch BRANCH`, or allow it with --detached")
    ref = os.fsdecode(out.rstrip(b"\n"))
    listing = git.run("worktree", "list", "--porcelain").split(b"\n")
    if listing.count(b"branch " + os.fsencode(ref)) > 1:
        short = printable(os.fsencode(ref.removeprefix("refs/heads/")))
        message = f"{short} is checked out in another work tree too"
        raise UsageError(message, "`git worktree list` shows where: leave it there")
    return ref


def _refuse_protected(git: Git, ref: str) -> None:
    """Refuse a branch that the user's Git configuration names as protected."""
    from fnmatch import fnmatchcase

    args = ("config", "-z", "--get-all", "treeguard.protected")
    branch = ref.removeprefix("refs/heads/")
    for pattern in git.run(*args, codes=(0, 1)).split(b"\0")[:-1]:
        if ref != "HEAD" and fnmatchcase(branch, os.fsdecode(pattern)):
            shown = printable(os.fsencode(branch))
            message = f"{shown} is protected by `git config treeguard.protected`"
            hint = "`git switch -c NAME`, or allow it with --protected"
            raise UsageError(message, hint)


def _refuse_nobody(git: Git) -> None:
    """Refuse to begin where Git does not know whose name the commits are to carry."""
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if git.answer("var", name, codes=(0, 1, 128))[0]:
            message = "Git does not know in whose name to commit"
            hint = "`git config user.name NAME` and `git config user.email MAIL`"
            raise UsageError(message, hint)


def _refuse_blocked(plan: Plan) -> None:
    if plan.blockers:
        first = plan.blockers[0]
        line = f":{first.line}" if first.line else ""
        more = f" (and {len(plan.blockers) - 1} more)" if plan.blockers[1:] else ""
        message = f"the plan is blocked: {first.path}{line}: {first.message}{more}"
        raise UsageError(message, "`treeguard migrate plan` names the ways out")


def _refuse_other_base(git: Git, plan: Plan) -> None:
    head = git.run("rev-parse", "HEAD").decode("ascii").strip()
    if head != plan.base:
        message = f"the plan was made for {plan.base[:12]}, and HEAD is {head[:12]}"
        raise UsageError(message, "run `treeguard migrate apply` again")


def refuse_staged(git: Git) -> None:
    """Refuse an index that is not HEAD's tree, or that another Git has locked."""
    lock = f"{index_path(git)}.lock"
    if os.path.lexists(lock):
        message = f"another Git is at work: {lock} exists"
        raise UsageError(message, "wait until it ends; if none runs, delete that file")
    changes = staged_changes(git, "HEAD")
    if changes:
        shown = _shown(change.path for change in changes)
        message = f"there are staged changes: {shown}"
        raise UsageError(message, "commit them, or `git restore --staged .`")


def touched_paths(plan: Plan, record: str) -> set[str]:
    """Every tracked path whose content or place the migration changes."""
    paths = {move.old for move in plan.moves} | {file.path for file in plan.edits}
    return paths | {".git-blame-ignore-revs", record}


def refuse_changed(git: Git, touched: set[str]) -> None:
    """Refuse edits in the work tree to `touched` paths; other files may be dirty.

    Git itself says what is edited, as `git status` does. Where it was told not to look
    (assume-unchanged, skip-worktree) nobody knows, and that is refused too.
    """
    args = ("status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames")
    told = ("--ignore-submodules=none", "--", *places(touched))
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    records = git.run(*args, *told, env=literal).split(b"\0")[:-1]
    changed = sorted(os.fsdecode(record[3:]) for record in records)
    inside = [path for path in changed if path in touched]
    if inside:
        message = f"files of the plan have uncommitted changes: {_shown(inside)}"
        raise UsageError(message, "commit them, or `git stash` them, then run it again")
    listing = git.run("ls-files", "-z", "-v").split(b"\0")[:-1]
    for record in listing:
        tag, path = record[:1], os.fsdecode(record[2:])
        if (tag == b"S" or tag.islower()) and path in touched:
            _refuse_unseen(path, skipped=tag in b"Ss")


def _refuse_unseen(path: str, *, skipped: bool) -> None:
    shown = printable(os.fsencode(path))
    if skipped:
        message = f"{shown} is outside of the sparse checkout, and would move"
        raise UsageError(message, "git sparse-checkout disable")
    message = f"Git was told to assume that {shown} is unchanged"
    raise UsageError(message, f"git update-index --no-assume-unchanged {shown}")


def _refuse_submodules(plan: Plan) -> None:
    for move in plan.moves:
        if move.mode == GITLINK:
            message = f"{printable(os.fsencode(move.old))} is a submodule"
            hint = "move it by `git mv` in a commit of its own, then run it again"
            raise UsageError(message, hint)


def _with(plan: Plan, found: Iterable[Leftover]) -> Plan:
    """A plan that moves the carried files alone, to look at their destinations."""
    from treeguard.plans import FileMove

    moves = tuple(FileMove(one.path, one.new, 0, "") for one in found)
    return plan._replace(moves=moves, edits=(), created=())


def _notes(git: Git) -> Iterable[str]:
    if git.answer("rev-parse", "-q", "--verify", "refs/stash", codes=(0, 1))[0] == 0:
        yield (
            "there is a stash: its tracked files will follow the moves when it is "
            "applied, its untracked ones come back at the old paths"
        )


def _shown(paths: Iterable[str], most: int = 3) -> str:
    names = [printable(os.fsencode(path)) for path in paths]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
