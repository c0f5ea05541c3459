"""A migration's steps in the work tree, each of which may be the last before a kill.

Every file that is touched is first kept in a folder of ours by a hard link, which
copies nothing, and everything that will be written is there too. Then each path that
gets content gets it by one link or rename (`place`), and only after the branch has
moved are the old paths removed (`clear`). So every content is always in at least one
place; and `undo` is the same with before and after exchanged.

Bytes are kept and placed as they are on disk, through no filter and no conversion: a
moved file is the same file. Without hard links, files are copied.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.migration.apply.preflight import Leftover
from treeguard.migration.journal import Touched
from treeguard.migration.journal import sync_folder
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.repository.worktree import object_id

RETRY = "`treeguard migrate apply` continues, `treeguard migrate undo` reverts"


class WorkTree:
    """The files below `top`, and the folder `kept` that holds files by number.

    `ids` has the object id of a kept file whose bytes must not change; a file without
    one may be edited by its owner meanwhile, and moves as it is.
    """

    def __init__(
        self,
        top: str,
        kept: str,
        algorithm: str,
        ids: Mapping[int, str],
        progress: Progress = silent,
    ) -> None:
        self._top = os.path.join(os.fsencode(top), b"")
        self._kept = os.path.join(os.fsencode(kept), b"")
        self._algorithm = algorithm
        self._ids = ids
        self._progress = progress

    def full(self, path: str) -> bytes:
        """Return where a path of the repository is on disk."""
        return self._top + os.fsencode(path)

    def slot(self, number: int) -> bytes:
        """Return where a kept file is on disk."""
        return self._kept + b"%d" % number

    def keep(self, touched: Sequence[Touched]) -> None:
        """Keep the files at the paths; replace none that is kept already."""
        os.makedirs(self._kept, exist_ok=True)
        label = "keeping files aside"
        every = counted(touched, len(touched), label, self._progress)
        for path, before, _after in every:
            if before is not None:
                with _ErrorsAt(path), suppress(FileExistsError):
                    _link(self.full(path), self.slot(before), self._spare(before))

    def write(self, number: int, data: bytes, like: bytes | None, link: bool) -> None:
        """Keep new bytes (or a symbolic link to them), with the mode of `like`."""
        os.makedirs(self._kept, exist_ok=True)
        slot = self.slot(number)
        if link:
            os.symlink(data, slot)
            return
        with open(slot, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if like is not None:
            os.chmod(slot, stat.S_IMODE(os.lstat(like).st_mode))

    def missing_folders(self, touched: Iterable[Touched]) -> list[str]:
        """List the folders that have to be made, parents first."""
        found: dict[str, bool] = {"": False}
        for path, _before, after in touched:
            folder = path.rpartition("/")[0]
            while after is not None and folder not in found:
                found[folder] = not os.path.lexists(self.full(folder))
                folder = folder.rpartition("/")[0]
        return sorted(folder for folder, missing in found.items() if missing)

    def place(self, touched: Sequence[Touched]) -> None:
        """Give every path its new content; remove nothing.

        A path that has it already is left alone. Raises `GitError` when a path holds
        neither the old nor the new content, but somebody's edit.
        """
        coming = [entry for entry in touched if entry.after is not None]
        coming.sort(key=lambda entry: not entry.path.endswith(".gitattributes"))
        folders = {os.path.dirname(self.full(entry.path)) for entry in coming}
        for folder in folders:
            with _ErrorsAt(os.fsdecode(folder)):
                os.makedirs(folder, exist_ok=True)
        for entry in counted(coming, len(coming), "putting files", self._progress):
            with _ErrorsAt(entry.path):
                self._place_one(entry)
        for folder in folders:
            sync_folder(folder)

    def _place_one(self, entry: Touched) -> None:
        if entry.after is None:
            return
        full, spare = self.full(entry.path), self._spare(entry.after)
        if entry.before is None and entry.after not in self._ids:
            with suppress(FileExistsError):  # nearly all: moves to a free path
                _link(self.slot(entry.after), full, spare)
                return
        if self.holds(entry.path, entry.after):
            return
        if not os.path.lexists(full):
            self._install(entry.after, full, spare)
        elif entry.before is not None and self.holds(entry.path, entry.before):
            _remove(spare)  # of an attempt that was killed
            self._install(entry.after, spare, spare + b"x")
            _rename(spare, full)
        else:
            raise _edited(entry.path, was_there=entry.before is not None)

    def clear(
        self, touched: Sequence[Touched], folders: frozenset[str] | None
    ) -> list[str]:
        """Remove the old paths, and the folders that this empties (only those in
        `folders`, if given). Return the paths left because they were edited since."""
        left = []
        emptied = set()
        label = "removing old paths"
        every = counted(touched, len(touched), label, self._progress)
        for path, before, after in every:
            if after is not None or before is None:
                continue
            if self.holds(path, before):
                with _ErrorsAt(path):
                    os.unlink(self.full(path))
            elif os.path.lexists(self.full(path)):
                left.append(path)
            emptied.add(path.rpartition("/")[0])
        self._prune(emptied, folders)
        return left

    def holds(self, path: str, number: int) -> bool:
        """Return True if the file at `path` is the kept one, or equal to it."""
        full, wanted = self.full(path), self._ids.get(number)
        if wanted is None:
            return is_same_file(full, self.slot(number))
        data = read_content(full)
        return data is not None and object_id(self._algorithm, data) == wanted

    def forget(self, numbers: Iterable[int]) -> None:
        """Delete kept files that are in the work tree anyway."""
        for number in numbers:
            _remove(self.slot(number))

    def _install(self, number: int, target: bytes, spare: bytes) -> None:
        """Make `target`, which must not exist, the kept file with this number.

        A file that we wrote is copied: its owner may edit the one in the work tree, and
        we have to notice that.
        """
        slot = self.slot(number)
        if number in self._ids and not os.path.islink(slot):
            _copy(slot, target, spare)
        else:
            _link(slot, target, spare)

    def _spare(self, number: int) -> bytes:
        return self._kept + b"%d.spare" % number

    def _prune(self, emptied: Iterable[str], folders: frozenset[str] | None) -> None:
        for folder in sorted(emptied, key=len, reverse=True):
            while folder and (folders is None or folder in folders):
                try:
                    os.rmdir(self.full(folder))
                except FileNotFoundError:
                    pass
                except OSError:  # something else is in it
                    break
                folder = folder.rpartition("/")[0]


def is_same_file(one: bytes, other: bytes) -> bool:
    """Return True for two names of one file, or files or links of equal content."""
    try:
        first, second = os.lstat(one), os.lstat(other)
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_IFMT(first.st_mode) != stat.S_IFMT(second.st_mode):
        return False
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    return first.st_size == second.st_size and read_content(one) == read_content(other)


def read_content(path: bytes) -> bytes | None:
    """Return the bytes of a file, or a link's target; None for anything else."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            return os.readlink(path)
        if not stat.S_ISREG(mode):
            return None
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _link(source: bytes, target: bytes, spare: bytes) -> None:
    """Link a file to a free path; copy it where links are impossible."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    try:
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:  # another file system, or one without links
        _copy(source, target, spare)


def _copy(source: bytes, target: bytes, spare: bytes) -> None:
    import shutil

    _remove(spare)
    with open(source, "rb") as old, open(spare, "xb") as new:
        shutil.copyfileobj(old, new)
        new.flush()
        os.fsync(new.fileno())
    shutil.copystat(source, spare)
    try:
        os.link(spare, target)
        os.unlink(spare)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:
        _move_in(spare, target)


def _move_in(spare: bytes, target: bytes) -> None:
    """Rename to a free path, from another file system if need be."""
    if os.path.lexists(target):
        raise FileExistsError(17, "File exists", target)
    _rename(spare, target)


def _rename(source: bytes, target: bytes) -> None:
    try:
        os.replace(source, target)
    except OSError as error:
        import errno
        import shutil

        if error.errno != errno.EXDEV:
            raise
        near = os.path.join(os.path.dirname(target), b".treeguard-" + _last(source))
        _remove(near)
        shutil.copy2(source, near, follow_symlinks=False)
        os.replace(near, target)
        os.unlink(source)
    else:
        # Two names of one file: rename(2) does nothing then.
        _remove(source)


def _last(path: bytes) -> bytes:
    return os.path.basename(path)


def _remove(path: bytes) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _edited(path: str, *, was_there: bool) -> GitError:
    message = f"{path} was changed since the migration began, and is not overwritten"
    way = f"keep a copy elsewhere, `git restore -- {path}`; then"
    way = way if was_there else "move it elsewhere; then"
    return GitError(message, f"{way} `treeguard migrate status` shows the next step")


class _ErrorsAt:
    """Turn the system's error about a path into one sentence."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, OSError):
            reason = reason_of(error)
            raise GitError(f"cannot move {self._path}: {reason}", RETRY) from error


class Steps(NamedTuple):
    """Every touched path, the ids of kept files that must not change, and the files to
    write: number, bytes, the path whose mode is taken, whether it is a link."""

    touched: tuple[Touched, ...]
    ids: dict[int, str]
    written: tuple[tuple[int, bytes, str | None, bool], ...]


def plan_steps(
    git: Git,
    tree: WorkTree,
    plan: Plan,
    written: Mapping[str, bytes],
    carried: Iterable[Leftover],
) -> Steps:
    """Return the steps of the work tree for `plan`; `written` are new bytes by path.

    Raises `UsageError` for a file to be edited whose bytes on disk are not Git's.
    """
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for old, new in [
        *((move.old, move.new) for move in plan.moves),
        *((one.path, one.new) for one in carried),
    ]:
        before[old] = after[new] = len(before)
    base = tree_snapshot(git, plan.base)
    origin = {move.new: move.old for move in plan.moves}
    ids: dict[int, str] = {}
    files: list[tuple[int, bytes, str | None, bool]] = []
    number = len(before)
    for path, data in written.items():
        old = origin.get(path, path)
        entry = base.entry(old)
        if entry is not None:
            before.setdefault(old, number)
            disk, data = _converted(tree, old, git.objects.read(entry.oid), data)
            ids[before[old]] = object_id(git.where.object_format, disk)
        after[path] = number + 1
        link = entry is not None and os.path.islink(tree.full(old))
        ids[number + 1] = object_id(git.where.object_format, data)
        files.append((number + 1, data, old if entry is not None else None, link))
        number += 2
    paths = sorted(before.keys() | after.keys())
    touched = tuple(Touched(path, before.get(path), after.get(path)) for path in paths)
    return Steps(touched, ids, tuple(files))


def _converted(
    tree: WorkTree, path: str, blob: bytes, new: bytes
) -> tuple[bytes, bytes]:
    """Return the bytes on disk, and the new bytes as they have to be there.

    Line ends may be converted on the way to the disk (`core.autocrlf`, `eol`); what
    else a filter does cannot be repeated without running it.
    """
    disk = read_content(tree.full(path)) or b""
    if disk == blob:
        return disk, new
    if b"\r\n" not in blob and disk.replace(b"\r\n", b"\n") == blob:
        return disk, new.replace(b"\n", b"\r\n")
    message = f"{path} has to be edited, but is not on disk as Git has it"
    raise UsageError(message, f"`git check-attr -a {path}` names the filter")


def stage(tree: WorkTree, steps: Steps) -> None:
    """Keep every touched file, and write the new ones aside. Change no path."""
    tree.keep(steps.touched)
    for number, data, like, link in steps.written:
        tree.write(number, data, tree.full(like) if like else None, link)


def reverse(touched: Iterable[Touched]) -> tuple[Touched, ...]:
    """Exchange before and after."""
    return tuple(Touched(path, after, before) for path, before, after in touched)


def placed_slots(touched: Iterable[Touched]) -> list[int]:
    """List the kept files that are in the work tree afterwards."""
    return [one.after for one in touched if one.after is not None]
