"""The files on disk: as a snapshot, and as a faster source of blobs.

Bytes are taken through no filter and hashed as Git would hash them (gitformat: `blob
SIZE NUL BYTES`), so that what is known about a blob holds for them too. No symbolic
link is followed, neither a file nor a folder on the way to it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.errors import GitError
from treeguard.errors import TooLargeError
from treeguard.errors import reason_of
from treeguard.repository.objects import LIMIT
from treeguard.repository.plumbing import Git
from treeguard.repository.process import first_line
from treeguard.repository.process import printable
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import has_tree
from treeguard.repository.tree_objects import names_by_folder
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot
from treeguard.trees import compare

# The whole work tree, from whatever folder in it we were called.
_EVERYTHING = ("--full-name", "--", ":/")


def worktree_snapshot(git: Git) -> WorktreeSnapshot:
    """Return the files on disk that Git does not ignore, tracked or not.

    Raises `GitError` where there is no work tree to read.
    """
    top = git.where.top
    if top is None:
        message = "there is no work tree to check"
        raise GitError(message, "name a commit: `treeguard check --all TREE`")
    tracked = _tracked(git)
    modes = _Modes(git)
    root = os.fsencode(top)
    disk = _Disk(root)
    kinds: dict[str, int] = {}
    absent: dict[str, Entry] = {}
    skipped = []
    for path in [*tracked, *_untracked(git, tracked)]:
        sparse, known = tracked.get(path, (False, None))
        mode = disk.mode(path)
        if mode is None and sparse and known is not None:
            absent[path] = known
        elif mode is not None and stat.S_ISDIR(mode):
            if known is not None and known.mode == GITLINK:
                absent[path] = known
        elif mode is not None:
            kind = modes.kind(mode, known)
            if kind:
                kinds[path] = kind
            else:
                skipped.append(path)
    return WorktreeSnapshot(git, root, kinds, absent, tuple(skipped))


class WorktreeSnapshot(Snapshot):
    """The work tree as it was when it was listed. `skipped` are the tracked paths that
    now hold a device, a socket or a pipe, which no commit can hold."""

    def __init__(
        self,
        git: Git,
        root: bytes,
        kinds: Mapping[str, int],
        absent: Mapping[str, Entry],
        skipped: tuple[str, ...],
    ) -> None:
        self.name = "the work tree"
        self.tree: str | None = None
        self.skipped = skipped
        self._git = git
        self._root = root
        self._algorithm = git.where.object_format
        self._kinds = kinds
        self._entries = dict(absent)
        self._places: dict[str, str] = {}
        self._names = names_by_folder([*kinds, *absent])

    def entry(self, path: str) -> Entry | None:
        if path in self._names:
            return Entry(TREE, "")
        found = self._entries.get(path)
        if found is None and path in self._kinds:
            oid = self._hash(path)
            self._places[oid] = path
            found = self._entries[path] = Entry(self._kinds[path], oid)
        return found

    def children(self, folder: str) -> Mapping[str, Entry]:
        prefix = folder + "/" if folder else ""
        names = self._names.get(folder, ())
        found = ((name, self.entry(prefix + name)) for name in names)
        return {name: entry for name, entry in found if entry is not None}

    def files(self) -> Iterator[tuple[str, Entry]]:
        for path in [*self._kinds, *(self._entries.keys() - self._kinds.keys())]:
            entry = self.entry(path)
            if entry is not None:
                yield path, entry

    def read(self, oid: str) -> bytes:
        path = self._places.get(oid)
        if path is None:  # not on disk: a path outside a sparse checkout
            return self._git.objects.read(oid)
        data = self._bytes(path)
        if object_id(self._algorithm, data) != oid:
            shown = printable(os.fsencode(path))
            raise GitError(
                f"{shown} changed while it was checked", "run treeguard again"
            )
        return data

    def paths(self) -> Iterable[str]:
        return {**self._kinds, **self._entries}

    def changes_since(self, tree: str) -> list[Change] | None:
        if not has_tree(self._git, tree):
            return None
        old = TreeSnapshot(self._git, tree, tree)
        return compare(dict(old.files()), dict(self.files()))

    def _hash(self, path: str) -> str:
        return object_id(self._algorithm, self._bytes(path))

    def _bytes(self, path: str) -> bytes:
        full = os.path.join(self._root, os.fsencode(path))
        try:
            if stat.S_ISLNK(os.lstat(full).st_mode):
                return os.readlink(full)
            return _read_file(full)
        except OSError as error:
            shown = printable(os.fsencode(path))
            reason = reason_of(error)
            message = f"{shown} cannot be read: {reason}"
            raise GitError(message, f"`ls -l {shown}` shows who may read it") from error


def object_id(algorithm: str, data: bytes) -> str:
    """Return the id that Git gives to a file with these bytes, in "sha1" or
    "sha256"."""
    import hashlib

    header = b"blob %d\0" % len(data)
    return hashlib.new(algorithm, header + data, usedforsecurity=False).hexdigest()


def _read_file(full: bytes) -> bytes:
    # O_NONBLOCK: a pipe that takes the file's place meanwhile must not stop us.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(full, flags), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > LIMIT:
            raise TooLargeError(printable(full), size, LIMIT)
        return file.read()


class _Disk:
    """What lies at a path. A folder is one only if no link leads to it."""

    def __init__(self, root: bytes) -> None:
        self._root = root
        self._folders: dict[str, bool] = {"": True}

    def mode(self, path: str) -> int | None:
        """Return the `st_mode` of a path; None where there is nothing, or behind a
        link."""
        if not self._is_folder(path.rpartition("/")[0]):
            return None
        return self._stat(path)

    def _is_folder(self, folder: str) -> bool:
        unknown = []
        while folder not in self._folders:
            unknown.append(folder)
            folder = folder.rpartition("/")[0]
        known = self._folders[folder]
        for below in reversed(unknown):  # by steps: a path can have 2000 parts
            mode = self._stat(below) if known else None
            known = mode is not None and stat.S_ISDIR(mode)
            self._folders[below] = known
        return known

    def _stat(self, path: str) -> int | None:
        try:
            return os.lstat(os.path.join(self._root, os.fsencode(path))).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            shown = printable(os.fsencode(path))
            reason = reason_of(error)
            message = f"{shown} cannot be examined: {reason}"
            raise GitError(message, f"`ls -ld {shown}` shows why") from error


class _Modes:
    """Git's mode for a file on disk, where the file system may know less than Git.

    With `core.fileMode=false` the executable bit is what the index says, and so is a
    link with `core.symlinks=false` (git-config(1)).
    """

    def __init__(self, git: Git) -> None:
        pattern = r"^core\.(filemode|symlinks)$"
        args = ("config", "--type=bool", "--get-regexp", pattern)
        lines = git.run(*args, codes=(0, 1)).split(b"\n")
        self._bits = (b"core.filemode false") not in lines
        self._links = (b"core.symlinks false") not in lines

    def kind(self, mode: int, known: Entry | None) -> int:
        """Return the mode that Git would give; 0 for what is neither file nor link."""
        if stat.S_ISLNK(mode):
            return SYMLINK
        if not stat.S_ISREG(mode):
            return 0
        if not self._links and known is not None and known.mode == SYMLINK:
            return SYMLINK
        if self._bits:
            return EXECUTABLE if mode & 0o100 else REGULAR
        return known.mode if known is not None and known.is_file else REGULAR


def _tracked(git: Git) -> dict[str, tuple[bool, Entry]]:
    """Return every path of the index: is it outside a sparse checkout, and what it
    holds."""
    listing = git.run("ls-files", "-z", "-t", "-s", *_EVERYTHING)
    found = {}
    for record in listing.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        tag, mode, oid, _stage = head.split(b" ")
        entry = Entry(int(mode, 8), oid.decode("ascii"))
        found[os.fsdecode(path)] = (tag == b"S", entry)
    return found


def _untracked(git: Git, tracked: Mapping[str, object]) -> list[str]:
    args = ("ls-files", "-z", "-o", "--exclude-standard", *_EVERYTHING)
    _, out, said = git.answer(*args)
    if b"could not open directory" in said:
        message = f"the work tree cannot be listed: {first_line(said)}"
        raise GitError(message, "make that folder readable")
    paths = [os.fsdecode(path) for path in out.split(b"\0")[:-1]]
    # A slash at the end: another repository, which is no part of this one.
    return [path for path in paths if path[-1] != "/" and path not in tracked]


# Nearly every source is read at once.
_FIRST = 1 << 14
# Larger files are left to Git.
_MOST = 16 << 20


class OnDisk:
    """The files below the folder `top`; `algorithm` is "sha1" or "sha256"."""

    def __init__(self, top: str, algorithm: str) -> None:
        self._top = os.path.join(top, "")
        self._hash = getattr(hashlib, algorithm)
        # O_NONBLOCK: a pipe must not stop us.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        self._flags = flags | getattr(os, "O_BINARY", 0)

    def read(self, path: str, oid: str) -> bytes | None:
        """Return the blob `oid`, if the regular file at `path` holds it and nothing
        else."""
        try:
            handle = os.open(self._top + path, self._flags)
        except OSError:
            return None
        try:
            data = os.read(handle, _FIRST)
            if len(data) == _FIRST:
                data = _rest(handle, data)
        except OSError:  # a folder
            return None
        finally:
            os.close(handle)
        header = b"blob %d\0" % len(data)
        same = self._hash(header + data, usedforsecurity=False).hexdigest() == oid
        return data if same else None


def _rest(handle: int, data: bytes) -> bytes:
    parts, size = [data], len(data)
    while size <= _MOST:
        part = os.read(handle, 1 << 20)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def on_disk(git: Git) -> OnDisk | None:
    """Return the work tree of `git`; None where there is none."""
    top = git.where.top
    return None if top is None else OnDisk(top, git.where.object_format)
