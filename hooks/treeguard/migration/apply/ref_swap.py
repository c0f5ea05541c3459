"""The moment of a migration: the branch goes to its new commit, the index with it.

The new index is made aside from the one there is; then `index.lock` is taken with it as
content, in one step, so that no other Git writes meanwhile; then the branch moves if it
is still where it was; then the lock becomes the index. A lock that a kill leaves behind
is known to be ours because it is the same file as the one made aside.
"""

from __future__ import annotations

import os

from treeguard.errors import GitError
from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.objects_writer import flushed
from treeguard.migration.apply.objects_writer import index_path
from treeguard.migration.apply.objects_writer import refresh_index
from treeguard.migration.apply.objects_writer import update_index
from treeguard.migration.apply.user_commit_hooks import PRE_COMMIT
from treeguard.migration.apply.user_commit_hooks import HookRefusedError
from treeguard.migration.apply.user_commit_hooks import Hooks
from treeguard.migration.apply.user_commit_hooks import judged
from treeguard.migration.apply.worktree_steps import same
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import Journal
from treeguard.migration.journal import sync_folder
from treeguard.repository.changes import staged_changes
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.trees import Change

RETRY = "when no Git runs any more: run it again"
LOCKED = "wait until it ends; if none runs, delete that file, then run it again"


def switch(git: Git, folder: str, journal: Journal) -> None:
    """Bring ref and index from `source` to `target`; what is there already is left.

    Raises `GitError` when the branch is somewhere else by now, or the index is locked
    or holds other changes to the same paths.
    """
    at = ref_value(git, journal.ref)
    elsewhere = at not in (journal.source, journal.target)
    # Undone before the branch had moved, and committed to since: only files count.
    if elsewhere and (
        journal.direction == APPLY or is_ancestor(git, journal.source, at)
    ):
        raise _moved(journal, at)
    with_ref = at == journal.source
    changes = changes_between(git, journal.source, journal.target)
    index, aside = index_path(git), aside_of(folder)
    release(index, aside)
    seen = os.stat(index)
    _make_aside(git, index, aside, journal.source, changes)
    lock = f"{index}.lock"
    _take(lock, aside)
    try:
        if not _is_same(seen, index):
            message = "another Git has written the index meanwhile"
            raise GitError(message, RETRY)
        if with_ref:
            move_ref(git, journal)
    except BaseException:
        os.unlink(lock)
        raise
    os.replace(lock, index)
    sync_folder(os.path.dirname(index))
    os.unlink(aside)


def settle(git: Git, folder: str, journal: Journal) -> None:
    """Let the index know how the files lie on the disk at last, so that no Git has to
    read them again. It only saves time: where another Git is at work it is left."""
    index, aside = index_path(git), aside_of(folder)
    release(index, aside)
    lock, seen = f"{index}.lock", os.stat(index)
    private = _copied(index, aside)
    refresh_index(git, private, [one.path for one in journal.touched if one.after])
    os.replace(private, aside)
    try:
        _take(lock, aside)
    except GitError:
        os.unlink(aside)
        return
    if _is_same(seen, index):
        os.replace(lock, index)
    else:
        os.unlink(lock)
    os.unlink(aside)


def aside_of(folder: str) -> str:
    """Where an index is made that is to become the index."""
    return os.path.join(folder, "index.next")


def release_ours(git: Git, folder: str) -> None:
    """Remove a lock of the index that a killed treeguard has left, and no other."""
    release(index_path(git), aside_of(folder))


def _is_same(seen: os.stat_result, index: str) -> bool:
    now = os.stat(index)
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns) == (
        now.st_ino,
        now.st_size,
        now.st_mtime_ns,
    )


def judge(git: Git, folder: str, journal: Journal, hooks: Hooks) -> None:
    """Let the user's hook see the index to come, while HEAD is still the old commit.

    Raises `HookRefusedError`, too, where the hook stages something of its own: the
    commits are made already.
    """
    if not (hooks.judging and hooks.has(PRE_COMMIT)):
        return
    if ref_value(git, journal.ref) != journal.source:
        return  # killed after the switch: it was judged
    changes = changes_between(git, journal.source, journal.target)
    index = os.path.join(folder, "index.judged")
    _make_aside(git, index_path(git), index, journal.source, changes)
    # What was moved has the same content, but Git has not seen its new places yet.
    refresh_index(git, index, [one.path for one in changes if one.new is not None])
    try:
        judged(hooks, index)
        tree = git.run("write-tree", env={"GIT_INDEX_FILE": index}).decode().strip()
    finally:
        os.unlink(index)
    if tree != find_commit(git, journal.target).tree:
        message = "your hook pre-commit staged changes of its own in the migration"
        raise HookRefusedError(message, "commit what it wants first, or --no-verify")


def ref_value(git: Git, ref: str) -> str:
    """The commit that a ref names."""
    return git.run("rev-parse", "--verify", ref).decode("ascii").strip()


def move_ref(git: Git, journal: Journal) -> None:
    """Compare and swap, with a line in the reflog. Raises `GitError`."""
    message = f"treeguard migrate {journal.direction}: {journal.id}"
    deref = ("--no-deref",) if journal.ref == "HEAD" else ()
    args = ("update-ref", *deref, "-m", message)
    try:
        git.run(*flushed(git), *args, journal.ref, journal.target, journal.source)
    except GitError as error:
        lock = lock_of(git, journal.ref)
        if not os.path.lexists(lock):
            raise
        # A Git that is killed leaves its lock, and nothing tells whose that is.
        raise GitError(f"another Git is at work: {lock} exists", LOCKED) from error


def lock_of(git: Git, ref: str) -> str:
    """The file, as an absolute path, that a Git makes while it writes `ref`."""
    where = ("rev-parse", "--path-format=absolute", "--git-path")
    return os.fsdecode(git.run(*where, f"{ref}.lock").rstrip(b"\n"))


def release(index: str, aside: str) -> None:
    """Remove a lock that an earlier attempt of ours has left."""
    lock = f"{index}.lock"
    if os.path.exists(aside):
        if os.path.exists(lock) and same(os.fsencode(lock), os.fsencode(aside)):
            os.unlink(lock)
        os.unlink(aside)


def _make_aside(
    git: Git, index: str, aside: str, source: str, changes: list[Change]
) -> None:
    """Copy the index, and bring every path that changes from the commit `source` on to
    its new entry."""
    private = _copied(index, aside)
    _refuse_others(git, private, source, changes)
    update_index(git, private, {change.path: change.new for change in changes})
    with open(private, "rb") as file:
        os.fsync(file.fileno())
    os.replace(private, aside)


def _copied(index: str, aside: str) -> str:
    """A copy of the index to be changed; its name is new, for a killed Git may have
    left a lock of the last one."""
    import secrets
    import shutil

    private = f"{aside}-{secrets.token_hex(8)}"
    shutil.copyfile(index, private)
    return private


def _refuse_others(git: Git, index: str, source: str, changes: list[Change]) -> None:
    """Refuse an index in which one of the paths is neither old nor new."""
    staged = {one.path: one.new for one in staged_changes(git, source, index)}
    for path, old, new in changes:
        if staged.get(path, old) not in (old, new):
            shown = printable(os.fsencode(path))
            message = f"{shown} was staged since the migration began"
            raise GitError(message, f"git restore --staged {shown}, then run it again")


def _take(lock: str, aside: str) -> None:
    """Make `index.lock` with the content of `aside`, unless somebody has it."""
    try:
        os.link(aside, lock)
    except FileExistsError as error:
        message = f"another Git is at work: {lock} exists"
        raise GitError(message, RETRY) from error
    except OSError:  # no hard links here
        _take_by_copy(lock, aside)


def _take_by_copy(lock: str, aside: str) -> None:
    try:
        with open(lock, "xb") as file, open(aside, "rb") as made:
            file.write(made.read())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        message = f"another Git is at work: {lock} exists"
        raise GitError(message, RETRY) from error


def _moved(journal: Journal, at: str) -> GitError:
    short = journal.ref.removeprefix("refs/heads/")
    message = f"{short} moved to {at[:12]} while the migration was under way"
    return GitError(message, "`treeguard migrate undo` takes the files back")
