"""Whether a migration may begin here: each refusal is a sentence and a command.

Everything is checked before anything is written.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.migration.apply.objects_writer import common_folders
from treeguard.migration.apply.objects_writer import index_path
from treeguard.migration.context import moved_with
from treeguard.migration.context import whole_folders
from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.migration.plan.moves import case_clashes
from treeguard.migration.plan.moves import near
from treeguard.plans import Plan
from treeguard.repository.changes import staged_changes
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import GITLINK
from treeguard.trees import folders_of

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


class ApplyOptions(NamedTuple):
    """What the user allows: a detached HEAD, to carry files that Git does not track, to
    bypass hooks (not `verify`), and to commit on a protected branch."""

    detached: bool = False
    carry: bool = False
    verify: bool = True
    protected: bool = False


class Cleared(NamedTuple):
    """What preflight found: the ref that will move, the files in moved folders that Git
    does not track, and what the user should know."""

    ref: str
    leftovers: tuple[Leftover, ...]
    notes: tuple[str, ...]


def preflight(git: Git, plan: Plan, record: str, options: ApplyOptions) -> Cleared:
    """Raise `UsageError` where the migration must not begin. Write nothing."""
    top = refuse_place(git)
    ref = current_ref(git, detached=options.detached)
    if not options.protected:
        _refuse_protected(git, ref)
    _refuse_unknown_author(git)
    _refuse_blocked(plan)
    _refuse_other_base(git, plan)
    refuse_staged(git)
    refuse_changed(git, touched_paths(plan, record))
    _refuse_submodules(plan)
    tracked = list(tree_snapshot(git, plan.base).paths())
    coming = set(new_paths(plan, record))
    leaving = {move.old for move in plan.moves}
    for path, other in case_clashes(coming, set(near(tracked, coming)) - leaving):
        message = f"{path} and {other} differ in case only"
        raise UsageError(message, "choose another name in policy.toml")
    refuse_occupied(top, coming, leaving)
    found = tuple(leftovers(git, tracked, plan))
    if options.carry:
        carried = {one.path: one.new for one in found}
        refuse_occupied(top, {*carried.values(), record}, carried.keys())
    return Cleared(ref, found, tuple(_notes(git)))


def work_tree_top(git: Git) -> str:
    """Return the work tree's folder. Raises `UsageError` in a bare repository."""
    if git.where.top is None:
        message = "files can only move in a work tree, and there is none here"
        raise UsageError(message, "run it in a clone that has one")
    return git.where.top


def refuse_place(git: Git) -> str:
    """Return the work tree's folder.

    Refuse a bare repository, an unborn branch, and any operation in progress.
    """
    top = work_tree_top(git)
    for name, what, end in _OPERATIONS:
        if os.path.lexists(os.path.join(git.where.git_dir, name)):
            raise UsageError(f"{what} is in progress", f"finish it, or `{end}`")
    if git.answer("rev-parse", "-q", "--verify", "HEAD^{commit}", codes=(0, 1))[0]:
        message = "there is no commit yet, so there is nothing to migrate"
        raise UsageError(message, "git add . && git commit")
    return top


def current_ref(git: Git, *, detached: bool) -> str:
    """Return the branch that HEAD is on, or `HEAD` itself where that is allowed.

    Refuse a branch that another work tree has checked out too: moving it would show
    there as the reverse of everything.
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
        short = ref.removeprefix("refs/heads/")
        message = f"{short} is checked out in another work tree too"
        hint = "find it with `git worktree list`, and switch it to another branch"
        raise UsageError(message, hint)
    return ref


def _refuse_protected(git: Git, ref: str) -> None:
    """Refuse a branch that the user's Git configuration names as protected."""
    from fnmatch import fnmatchcase

    args = ("config", "-z", "--get-all", "treeguard.protected")
    branch = ref.removeprefix("refs/heads/")
    for pattern in git.run(*args, codes=(0, 1)).split(b"\0")[:-1]:
        if ref != "HEAD" and fnmatchcase(branch, os.fsdecode(pattern)):
            message = f"{branch} is protected by `git config treeguard.protected`"
            hint = "`git switch -c NAME`, or allow it with --protected"
            raise UsageError(message, hint)


def _refuse_unknown_author(git: Git) -> None:
    """Refuse to begin where Git does not know the author of the commits."""
    for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if git.answer("var", name, codes=(0, 1, 128))[0]:
            message = "Git does not know the author of the commits"
            hint = "`git config user.name NAME` and `git config user.email MAIL`"
            raise UsageError(message, hint)


def _refuse_blocked(plan: Plan) -> None:
    if plan.blockers:
        first = plan.blockers[0]
        line = f":{first.line}" if first.line else ""
        more = f" (and {len(plan.blockers) - 1} more)" if plan.blockers[1:] else ""
        message = f"the plan is blocked: {first.path}{line}: {first.message}{more}"
        raise UsageError(message, "`treeguard migrate plan` lists the ways out")


def _refuse_other_base(git: Git, plan: Plan) -> None:
    head = git.run("rev-parse", "HEAD").decode("ascii").strip()
    if head != plan.base:
        message = f"the plan was made for {plan.base[:12]}, but HEAD is {head[:12]}"
        raise UsageError(message, "run `treeguard migrate apply` again")


def refuse_staged(git: Git) -> None:
    """Refuse an index that is not HEAD's tree, or that another Git has locked."""
    lock = f"{index_path(git)}.lock"
    if os.path.lexists(lock):
        message = f"another Git process is running: {lock} exists"
        raise UsageError(message, "wait until it ends; if none runs, delete that file")
    changes = staged_changes(git, "HEAD")
    if changes:
        message = f"there are staged changes: {_few([one.path for one in changes])}"
        raise UsageError(message, "commit them, or `git restore --staged .`")


def touched_paths(plan: Plan, record: str) -> set[str]:
    """Return every tracked path whose content or place the migration changes."""
    paths = {move.old for move in plan.moves} | {file.path for file in plan.edits}
    return paths | {IGNORE_REVS, record}


def refuse_changed(git: Git, touched: set[str]) -> None:
    """Refuse edits in the work tree to `touched` paths; other files may be dirty.

    Git decides what is edited, as for `git status`. Where it was told not to look
    (assume-unchanged, skip-worktree) nobody knows, and that is refused too.
    """
    args = ("status", "--porcelain=v1", "-z", "--untracked-files=no", "--no-renames")
    limits = ("--ignore-submodules=none", "--", *common_folders(touched))
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    records = git.run(*args, *limits, env=literal).split(b"\0")[:-1]
    changed = sorted(os.fsdecode(record[3:]) for record in records)
    inside = [path for path in changed if path in touched]
    if inside:
        message = f"files of the plan have uncommitted changes: {_few(inside)}"
        raise UsageError(message, "commit them, or `git stash` them, then run it again")
    listing = git.run("ls-files", "-z", "-v").split(b"\0")[:-1]
    for record in listing:
        tag, path = record[:1], os.fsdecode(record[2:])
        if (tag == b"S" or tag.islower()) and path in touched:
            _refuse_unseen(path, skipped=tag in b"Ss")


def _refuse_unseen(path: str, *, skipped: bool) -> None:
    if skipped:
        message = f"{path} is outside of the sparse checkout, but would move"
        raise UsageError(message, "git sparse-checkout disable")
    message = f"Git was told to assume that {path} is unchanged"
    raise UsageError(message, f"git update-index --no-assume-unchanged {path}")


def _refuse_submodules(plan: Plan) -> None:
    for move in plan.moves:
        if move.mode == GITLINK:
            hint = "move it with `git mv` in a commit of its own, then run it again"
            raise UsageError(f"{move.old} is a submodule", hint)


def _notes(git: Git) -> Iterable[str]:
    if git.answer("rev-parse", "-q", "--verify", "refs/stash", codes=(0, 1))[0] == 0:
        yield (
            "there is a stash: its tracked files will follow the moves when it is "
            "applied, its untracked ones come back at the old paths"
        )


def _few(paths: list[str], most: int = 3) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def new_paths(plan: Plan, record: str) -> Iterator[str]:
    """Yield every path that the migration writes where the tree has no file."""
    yield from (move.new for move in plan.moves)
    yield from (file.path for file in plan.created)
    yield record


def refuse_occupied(
    top: str, coming: AbstractSet[str], leaving: AbstractSet[str]
) -> None:
    """Refuse a destination where anything is, tracked, untracked or ignored.

    A file that is itself about to move away is no obstacle. `lstat` checks each
    destination and each folder above it: Git would overwrite an ignored file without a
    word, and a symbolic link above would lead out of the repository.
    """
    for path in sorted(coming - leaving):
        if os.path.lexists(_full(top, path)):
            raise UsageError(
                f"{path} already exists, and nothing is overwritten",
                "move it away or delete it, then run it again",
            )
    for folder in sorted(folders_of(coming)):
        _refuse_no_folder(top, folder)


def _refuse_no_folder(top: str, folder: str) -> None:
    try:
        mode = os.lstat(_full(top, folder)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISDIR(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "a file"
        message = f"{folder} is {what}, but files would move into it"
        raise UsageError(message, f"move {folder} elsewhere, and commit that")


def _full(top: str, path: str) -> bytes:
    return os.path.join(os.fsencode(top), os.fsencode(path))


class Leftover(NamedTuple):
    """An untracked or ignored file, and the path that it would be carried to."""

    path: str
    new: str
    ignored: bool = False


def leftovers(git: Git, tracked: Iterable[str], plan: Plan) -> Iterator[Leftover]:
    """Yield every untracked or ignored file in a folder whose tracked files all move to
    one folder; `tracked` are those of the tree. Nested repositories are skipped."""
    homes = whole_folders(tracked, {move.old: move.new for move in plan.moves})
    topmost = [folder for folder in homes if moved_with(homes, folder) is None]
    if not topmost:
        return
    places = [os.fsencode(f"{folder}/") for folder in topmost]
    args = ("ls-files", "-o", "-z", "--full-name", "--")
    found = git.run(*args, *places, env={"GIT_LITERAL_PATHSPECS": "1"})
    paths = [os.fsdecode(raw) for raw in found.split(b"\0")[:-1]]
    hidden = _ignored(git, paths)
    for path in paths:
        new = moved_with(homes, path)
        if new is not None and not path.endswith("/"):
            yield Leftover(path, new, path in hidden)


def no_longer_ignored(
    git: Git, found: Iterable[Leftover], *, carried: bool
) -> list[str]:
    """List the present paths of files that the moves made visible to `git add`: their
    ignore file has moved away, or its rule no longer matches."""
    places = [one.new if carried else one.path for one in found if one.ignored]
    hidden = _ignored(git, places)
    return [path for path in places if path not in hidden]


def _ignored(git: Git, paths: list[str]) -> frozenset[str]:
    if not paths:
        return frozenset()
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    args = ("check-ignore", "-z", "--stdin")
    found = git.run(*args, stdin=asked, codes=(0, 1))
    return frozenset(map(os.fsdecode, found.split(b"\0")[:-1]))


def compiled_folders(top: str, found: Iterable[Leftover]) -> list[str]:
    """List the topmost folders in which only compiled Python was left.

    Each is a namespace package to the import system: the old name can be imported.
    """
    folders = set()
    for one in found:
        folder, best = one.path.rpartition("/")[0], ""
        while folder and _is_compiled(os.path.join(top, folder)):
            folder, best = folder.rpartition("/")[0], folder
        folders.add(best)
    return sorted(folders - {""})


def _is_compiled(folder: str) -> bool:
    files = [name for _at, _below, names in os.walk(folder) for name in names]
    return bool(files) and all(name.endswith(".pyc") for name in files)
