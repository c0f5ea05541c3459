"""Git's own nouns: entries, changes, and a snapshot of every file at one moment.

A path is a `str` relative to the repository's root with `/` between its parts and
no slash at either end; bytes that are not UTF-8 are kept as surrogates
(`os.fsdecode`). The root folder is the empty string.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from typing import Protocol

TREE = 0o040000
REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
GITLINK = 0o160000


class Entry(NamedTuple):
    """Git's mode of one path, and the object's id in hex.

    The id of a folder (mode `TREE`) is empty when that tree is not a Git object.
    """

    mode: int
    oid: str

    @property
    def is_file(self) -> bool:
        """True for a regular file, executable or not: neither link nor folder."""
        return self.mode & 0o170000 == 0o100000


class Change(NamedTuple):
    """One path that differs between two snapshots; `None` where it is absent.

    Renames are never paired up here: a move is one removal and one addition.
    """

    path: str
    old: Entry | None
    new: Entry | None


class Snapshot(Protocol):
    """Every file of a repository at one moment, named by Git's object ids.

    An implementation inherits from it, and must provide `children`, `files`, `read` and
    `changes_since`; each other member has a default made of these. A member starts a
    Git process only where its docstring says so.
    """

    #: What a person calls it: `the index`, `HEAD`, `origin/main`.
    name: str
    #: The id of its root tree; None when that tree is not a Git object.
    tree: str | None
    #: The snapshot that it is a few `changes` upon, if it is made of one.
    base: Snapshot | None = None
    #: What differs from `base`, by path.
    changes: Mapping[str, Change] = MappingProxyType({})

    def entry(self, path: str) -> Entry | None:
        """Return what `path` holds; a folder has mode `TREE`. Follow no link.

        It may start Git's reader of objects.
        """
        if not path:
            return Entry(TREE, self.tree or "")
        folder, _, name = path.rpartition("/")
        return self.children(folder).get(name)

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Return a folder's direct children by name; empty if there is no such folder.

        It may start Git's reader of objects.
        """

    def files(self) -> Iterator[tuple[str, Entry]]:
        """Yield everything but folders, in no order.

        The cost grows with the repository. It may start a Git process of its own.
        """

    def paths(self) -> Iterable[str]:
        """Return the paths of `files`; may cost less, may start the same process."""
        return (path for path, _entry in self.files())

    def read(self, oid: str) -> bytes:
        """Return the bytes of one blob. Raises `GitError` when they cannot be had.

        It may start Git's reader of objects.
        """

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield many blobs, in the order asked for; errors and processes as `read`."""
        return ((oid, self.read(oid)) for oid in oids)

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """Return the files that hold a needle, or a byte that is not ASCII.

        Only paths that end in one of `endings` are searched; there may be more paths in
        the answer. None where Git cannot search. It may start a Git process, and waits
        for it.
        """
        return None

    def changes_since(self, tree: str) -> list[Change] | None:
        """Return what differs from the tree with id `tree`; None if that tree is gone.

        It may start a Git process for each tree that it is first asked about.
        """

    def changes_from(self, other: Snapshot) -> list[Change]:
        """Return what differs from another snapshot of the same repository.

        What both are made of is compared first, then trees by `changes_since`, and only
        then all files: it may start the processes of `changes_since` and `files`.
        """
        if other is self.base:
            return list(self.changes.values())
        if self.base is not None and self.base is other.base:
            touched = self.changes.keys() | other.changes.keys()
            return compare(_files_at(touched, other), _files_at(touched, self))
        changes = None if other.tree is None else self.changes_since(other.tree)
        if changes is None:
            changes = compare(dict(other.files()), dict(self.files()))
        return changes


def compare(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> list[Change]:
    """Return the changes between two lists of files, in the order of their paths."""
    return [
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def file_at(snapshot: Snapshot, path: str) -> Entry | None:
    """Return what `path` holds unless it is a folder; processes as `Snapshot.entry`."""
    entry = snapshot.entry(path)
    return None if entry is None or entry.mode == TREE else entry


_BLANK = b" \t\n\r\v\f\0"
_MARKS = ("\ufeff", "\u200b", "\u2060")  # a byte order mark, and two of no width


def is_blank(data: bytes) -> bool:
    """Return True for bytes that say nothing: white space, NUL, a byte order mark."""
    rest = data.strip(_BLANK)
    # UTF-16 and UTF-32 write white space with NUL beside it, after their own mark.
    if not rest or rest[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return not rest[2:].strip(_BLANK)
    if rest[0] < 0x80:
        return False
    try:
        text = rest.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(one.isspace() or one in _MARKS or one == "\0" for one in text)


def _files_at(paths: Iterable[str], snapshot: Snapshot) -> dict[str, Entry]:
    found = ((path, file_at(snapshot, path)) for path in paths)
    return {path: entry for path, entry in found if entry is not None}


def folders_above(path: str) -> list[str]:
    """List the folders that hold a path, the outermost first, without the root."""
    return [path[:at] for at, character in enumerate(path) if character == "/"]


def folders_of(paths: Iterable[str]) -> set[str]:
    """Return every folder, without the root, that holds one of the paths."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found
