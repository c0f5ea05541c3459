"""The files that an agent's tool works on: those on disk, upon those of the index.

What a call would do is written down here, and nowhere else: a path that it touches is
first taken as it lies on disk, so that only the call itself is judged.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress

from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.repository.objects import LIMIT
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.snapshots import ChangedSnapshot
from treeguard.repository.worktree import object_id
from treeguard.stages.agents.agent_settings import is_settings
from treeguard.trees import EXECUTABLE
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry
from treeguard.trees import Snapshot

GIT_FOLDER = ".git"
# A folder with more files than this is not gone through: the call is refused instead.
MOST_FILES = 200_000


class VirtualWorktree:
    """What is there before a call, and what the call has made of it so far."""

    def __init__(self, git: Git, index: Snapshot, cwd: str) -> None:
        top = git.where.top
        if top is None:
            raise UsageError("there is no work tree here", "go into a clone with one")
        self.top = os.path.realpath(top)
        self.git_dirs = {os.path.realpath(d) for d in git.where[1:3]}
        self.cwd = cwd
        self.git = git
        self.index = index
        self.blobs: dict[str, bytes] = {}
        self._algorithm = git.where.object_format
        self._before: dict[str, Entry | None] = {}
        self._after: dict[str, Entry | None] = {}
        self._made: defaultdict[str, set[str]] = defaultdict(set)

    def trees(self) -> tuple[ChangedSnapshot, ChangedSnapshot]:
        """Return the files before the call and after it."""
        upon = ChangedSnapshot.of
        before = upon(self.index, self._before, "HEAD", self.blobs)
        return before, upon(self.index, self._after, "this call", self.blobs)

    def touched(self) -> list[str]:
        """Return the paths that the call changes."""
        return [path for path, new in self._after.items() if self._before[path] != new]

    def versions(self, path: str) -> tuple[bytes | None, bytes | None]:
        """Return the bytes at a touched path before the call and after it."""
        return self._bytes_of(self._before[path]), self._bytes_of(self._after[path])

    def _bytes_of(self, entry: Entry | None) -> bytes | None:
        if entry is None or not entry.is_file:
            return None
        found = self.blobs.get(entry.oid)
        return self.index.read(entry.oid) if found is None else found

    # Where a path of the call leads.

    def inside(self, path: str, *, follow: bool = False) -> str | None:
        """`path`, absolute or from the agent's folder, from the top; None if outside.

        The top itself, and every folder above it, is the empty string. Links on the
        way are followed, as the tool would; the last part is if it is written to.
        """
        real = self._real(path, follow)
        if f"{self.top}/".startswith(f"{real}/".replace("//", "/")):
            return ""
        prefix = self.top.rstrip("/") + "/"
        return real[len(prefix) :] if real.startswith(prefix) else None

    def _real(self, path: str, follow: bool) -> str:
        full = os.path.normpath(os.path.join(self.cwd, os.path.expanduser(path)))
        folder, name = os.path.split(full)
        real = os.path.join(os.path.realpath(folder), name)
        return (os.path.realpath(real) if follow else real).rstrip("/") or "/"

    def is_above(self, path: str) -> bool:
        """Return true for a folder that the work tree is in, and not for its top."""
        full = os.path.join(self.cwd, os.path.expanduser(path))
        real = os.path.realpath(full)
        return real != self.top and f"{self.top}/".startswith(real.rstrip("/") + "/")

    def is_guard(self, path: str, *, follow: bool = False) -> bool:
        """Return true for hooks and configuration in Git's own folder, and for the
        settings of Git and of coding agents that are the person's own."""
        real = self._real(path, follow)
        home = os.path.join(os.path.realpath(os.path.expanduser("~")), "")
        if real.startswith(home) and not f"{real}/".startswith(f"{self.top}/"):
            own = real[len(home) :]
            if own in (".gitconfig", ".config/git/config") or is_settings(own):
                return True
        return any(_guards(real, folder) for folder in self.git_dirs)

    # What is there.

    def kind(self, path: str) -> int:
        """Return the mode of what `path` holds at this point; 0 for nothing."""
        if path in self._after:
            entry = self._after[path]
            return entry.mode if entry else (TREE if self._made.get(path) else 0)
        if not path or self._made.get(path):
            return TREE
        found = self._lstat(path)
        if found is not None:
            return _mode(found)
        indexed = self.index.entry(path)
        return indexed.mode if indexed else 0

    def entry(self, path: str) -> Entry | None:
        """Return the file at `path`; a tracked one is not read, even if edited."""
        if path in self._after:
            return self._after[path]
        indexed = self.index.entry(path)
        if indexed is not None and indexed.mode != TREE:
            return indexed
        return self._on_disk(path)

    def data(self, path: str) -> bytes | None:
        """Return the bytes of a regular file on disk; None if `path` holds none."""
        in_call = path in self._after
        return self._bytes_of(self._after[path] if in_call else self._now(path))

    def names(self, folder: str) -> set[str]:
        """Return the names directly in a folder."""
        found = set(self.index.children(folder))
        with suppress(FileNotFoundError, NotADirectoryError):
            found.update(map(os.fsdecode, os.listdir(self._full(folder))))
        prefix = f"{folder}/" if folder else ""
        made = self._made.get(folder, ())
        found.update(path[len(prefix) :].partition("/")[0] for path in made)
        found.discard(GIT_FOLDER)
        return {name for name in found if self.kind(prefix + name)}

    def files(self, path: str) -> Iterator[str]:
        """Yield the file at `path`, or all below that folder. Raises `UsageError`."""
        waiting, count = [path], 0
        while waiting:
            here = waiting.pop()
            mode = self.kind(here)
            if mode == TREE:
                prefix = f"{here}/" if here else ""
                waiting += [prefix + name for name in self.names(here)]
            elif mode:
                count += 1
                yield here
            if count + len(waiting) > MOST_FILES:
                raise UsageError(
                    f"{path or 'the repository'} holds too many files to be judged",
                    "do it in smaller steps",
                )

    # What the call does.

    def remove(self, path: str) -> None:
        """Remove what is at `path`."""
        self._set(path, self.entry(path), None)

    def write(self, path: str, data: bytes) -> None:
        """Put a regular file with these bytes at `path`."""
        was = self._after[path] if path in self._after else self._now(path)
        mode = was.mode if was is not None and was.is_file else REGULAR
        self._set(path, was, Entry(mode, self._keep(data)))

    def remove_below(self, path: str) -> None:
        """Remove the file at `path`, or every file below that folder."""
        for file in list(self.files(path)):
            self.remove(file)

    def move(self, path: str, home: str) -> None:
        """Move the file or folder at `path` to `home`, unless that is below it."""
        if not home or f"{home}/".startswith(f"{path}/"):
            return
        for file in list(self.files(path)):
            entry = self.entry(file)
            if entry is not None:
                self.remove(file)
                self.put(home + file[len(path) :], entry)

    def put(self, path: str, entry: Entry) -> None:
        """Put what `entry` says at `path`."""
        self._set(path, self.entry(path), entry)

    def _set(self, path: str, was: Entry | None, entry: Entry | None) -> None:
        self._before.setdefault(path, was)
        self._after[path] = entry
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            known = self._made[folder]
            known.add(path) if entry else known.discard(path)

    def _keep(self, data: bytes) -> str:
        oid = object_id(self._algorithm, data)
        self.blobs[oid] = data
        return oid

    def _full(self, path: str) -> bytes:
        return os.path.join(os.fsencode(self.top), os.fsencode(path))

    def _now(self, path: str) -> Entry | None:
        """The file at `path`, on disk or, where nothing lies, in the index."""
        indexed = self.index.entry(path)
        kept = indexed if indexed is not None and indexed.mode != TREE else None
        return self._on_disk(path) or kept

    def _lstat(self, path: str) -> os.stat_result | None:
        try:
            return os.lstat(self._full(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    def _on_disk(self, path: str) -> Entry | None:
        """The file or link that lies on disk; None for a folder, or where none lies."""
        found = self._lstat(path)
        mode = _mode(found) if found is not None else TREE
        if found is None or mode not in (REGULAR, EXECUTABLE, SYMLINK):
            return None
        full = self._full(path)
        try:
            if mode == SYMLINK:
                return Entry(mode, self._keep(os.readlink(full)))
            if found.st_size > LIMIT:  # known by its place and size alone
                stand_in = b"%s %d" % (full, found.st_size)
                return Entry(mode, object_id(self._algorithm, stand_in))
            with open(full, "rb") as file:
                return Entry(mode, self._keep(file.read(LIMIT)))
        except OSError as error:
            raise _unreadable(path, error) from error


def _mode(found: os.stat_result) -> int:
    """Git's mode for what lies on disk; a device or a pipe counts as nothing."""
    if stat.S_ISDIR(found.st_mode):
        return TREE
    if stat.S_ISLNK(found.st_mode):
        return SYMLINK
    if not stat.S_ISREG(found.st_mode):
        return 0
    return EXECUTABLE if found.st_mode & 0o100 else REGULAR


def _unreadable(path: str, error: OSError) -> UsageError:
    shown = printable(os.fsencode(path))
    return UsageError(f"{shown} cannot be read: {reason_of(error)}", f"ls -ld {shown}")


def _guards(real: str, folder: str) -> bool:
    """Return true for hooks and configuration below a folder of Git: its own, those of
    its worktrees and those of its submodules."""
    if real == folder:
        return True
    if not real.startswith(f"{folder}/"):
        return False
    first, *rest = real[len(folder) + 1 :].split("/")
    if first in ("refs", "logs", "objects"):  # a branch may have any name
        return False
    is_config = (rest or [first])[-1] in ("config", "config.worktree")
    return "hooks" in (first, *rest) or is_config
