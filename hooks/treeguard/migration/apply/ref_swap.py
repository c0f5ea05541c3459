"""Move the branch to its new commit, and the index with it.

The new index is written to a file aside; then `index.lock` is created with that
content in one step, so that no other Git writes meanwhile; then the branch moves, if it
is still where it was; then the lock becomes the index. A lock that a kill leaves is
recognized as ours because it is the same file as the one aside.
"""

from __future__ import annotations

import os

from treeguard.errors import GitError
from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.objects_writer import flush_options
from treeguard.migration.apply.objects_writer import index_path
from treeguard.migration.apply.objects_writer import refresh_index
from treeguard.migration.apply.objects_writer import update_index
from treeguard.migration.apply.user_commit_hooks import PRE_COMMIT
from treeguard.migration.apply.user_commit_hooks import HookRefusedError
from treeguard.migration.apply.user_commit_hooks import Hooks
from treeguard.migration.apply.user_commit_hooks import run_pre_commit
from treeguard.migration.apply.worktree_steps import is_same_file
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import Journal
from treeguard.migration.journal import sync_folder
from treeguard.repository.changes import staged_changes
from treeguard.repository.history import find_commit
from treeguard.repository.history import is_ancestor
from treeguard.repository.plumbing import Git
from treeguard.trees import Change

RETRY = "run it again once no other Git is running"
OTHER_GIT = "another Git process is running"
LOCKED = "wait until it ends; if none runs, delete that file, then run it again"


def switch(git: Git, folder: str, journal: Journal) -> None:
    """Move ref and index from `source` to `target`, unless they are there already.

    Raises `GitError` when the branch has moved elsewhere, or the index is locked or
    holds other changes to the same paths.
    """
    at = ref_value(git, journal.ref)
    elsewhere = at not in (journal.source, journal.target)
    # Undone before the branch had moved, with commits since: only files change.
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
            message = "another Git process has written the index meanwhile"
            raise GitError(message, RETRY)
        if with_ref:
            move_ref(git, journal)
    except BaseException:
        os.unlink(lock)
        raise
    os.replace(lock, index)
    sync_folder(os.path.dirname(index))
    os.unlink(aside)


def refresh_stat_data(git: Git, folder: str, journal: Journal) -> None:
    """Refresh the stat data of the index, so that no Git has to read the files again.

    It only saves time: skip it where another Git process is running.
    """
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
    """Return the path at which the next index is written."""
    return os.path.join(folder, "index.next")


def release_ours(git: Git, folder: str) -> None:
    """Remove a lock of the index that a killed treeguard left, and no other."""
    release(index_path(git), aside_of(folder))


def _is_same(seen: os.stat_result, index: str) -> bool:
    now = os.stat(index)
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns) == (
        now.st_ino,
        now.st_size,
        now.st_mtime_ns,
    )


def check_by_hook(git: Git, folder: str, journal: Journal, hooks: Hooks) -> None:
    """Run the user's pre-commit on the next index, while HEAD is the old commit.

    Raises `HookRefusedError` also where the hook stages changes of its own: the commits
    are already made.
    """
    if not (hooks.verify and hooks.has(PRE_COMMIT)):
        return
    if ref_value(git, journal.ref) != journal.source:
        return  # killed after the switch: the hook has passed
    changes = changes_between(git, journal.source, journal.target)
    index = os.path.join(folder, "index.checked")
    _make_aside(git, index_path(git), index, journal.source, changes)
    # Moved files have the same content, but Git has not seen them at the new paths.
    refresh_index(git, index, [one.path for one in changes if one.new is not None])
    try:
        run_pre_commit(hooks, index)
        tree = git.run("write-tree", env={"GIT_INDEX_FILE": index}).decode().strip()
    finally:
        os.unlink(index)
    if tree != find_commit(git, journal.target).tree:
        message = "your hook pre-commit staged changes of its own in the migration"
        raise HookRefusedError(message, "commit them first, or use --no-verify")


def ref_value(git: Git, ref: str) -> str:
    """Return the commit that a ref names."""
    return git.run("rev-parse", "--verify", ref).decode("ascii").strip()


def move_ref(git: Git, journal: Journal) -> None:
    """Compare and swap the ref, with a line in the reflog. Raises `GitError`."""
    message = f"treeguard migrate {journal.direction}: {journal.id}"
    deref = ("--no-deref",) if journal.ref == "HEAD" else ()
    args = ("update-ref", *deref, "-m", message)
    try:
        git.run(*flush_options(git), *args, journal.ref, journal.target, journal.source)
    except GitError as error:
        lock = lock_of(git, journal.ref)
        if not os.path.lexists(lock):
            raise
        # A killed Git leaves its lock, and nothing shows whose lock it is.
        raise GitError(f"{OTHER_GIT}: {lock} exists", LOCKED) from error


def lock_of(git: Git, ref: str) -> str:
    """Return the absolute path of the lock that Git creates while it writes `ref`."""
    where = ("rev-parse", "--path-format=absolute", "--git-path")
    return os.fsdecode(git.run(*where, f"{ref}.lock").rstrip(b"\n"))


def release(index: str, aside: str) -> None:
    """Remove a lock that an earlier attempt of ours left."""
    lock = f"{index}.lock"
    if os.path.exists(aside):
        if os.path.exists(lock) and is_same_file(os.fsencode(lock), os.fsencode(aside)):
            os.unlink(lock)
        os.unlink(aside)


def _make_aside(
    git: Git, index: str, aside: str, source: str, changes: list[Change]
) -> None:
    """Copy the index, with the new entry of every path that changes since `source`."""
    private = _copied(index, aside)
    _refuse_others(git, private, source, changes)
    update_index(git, private, {change.path: change.new for change in changes})
    with open(private, "rb") as file:
        os.fsync(file.fileno())
    os.replace(private, aside)


def _copied(index: str, aside: str) -> str:
    """Copy the index to a file with a new name, and return its path.

    A killed Git may have left a lock of the last one.
    """
    import secrets
    import shutil

    private = f"{aside}-{secrets.token_hex(8)}"
    shutil.copyfile(index, private)
    return private


def _refuse_others(git: Git, index: str, source: str, changes: list[Change]) -> None:
    """Refuse an index with an entry of a path that is neither old nor new."""
    staged = {one.path: one.new for one in staged_changes(git, source, index)}
    for path, old, new in changes:
        if staged.get(path, old) not in (old, new):
            message = f"{path} was staged since the migration began"
            raise GitError(message, f"git restore --staged {path}, then run it again")


def _take(lock: str, aside: str) -> None:
    """Create `index.lock` with the content of `aside`, unless it exists."""
    try:
        os.link(aside, lock)
    except FileExistsError as error:
        raise GitError(f"{OTHER_GIT}: {lock} exists", RETRY) from error
    except OSError:  # a file system without hard links
        _take_by_copy(lock, aside)


def _take_by_copy(lock: str, aside: str) -> None:
    try:
        with open(lock, "xb") as file, open(aside, "rb") as made:
            file.write(made.read())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise GitError(f"{OTHER_GIT}: {lock} exists", RETRY) from error


def _moved(journal: Journal, at: str) -> GitError:
    short = journal.ref.removeprefix("refs/heads/")
    message = f"{short} moved to {at[:12]} while the migration was running"
    return GitError(message, "`treeguard migrate undo` restores the files")
