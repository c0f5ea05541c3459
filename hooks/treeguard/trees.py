"""Git's own nouns: entries, changes, and a snapshot of every file at one moment.

A path is a `str` relative to the repository's root with `/` between its parts and
no slash at either end; bytes that are not UTF-8 are kept as surrogates
(`os.fsdecode`). The root folder is the empty string.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple
from typing import Protocol

TREE = 0o040000
REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000
GITLINK = 0o160000


class Entry(NamedTuple):
    """What one path holds: Git's mode and the object's id in hex.

    The id of a folder (mode `TREE`) is empty when nobody has written that tree.
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
    """Every file of a repository at one moment, named by Git's object ids."""

    @property
    def name(self) -> str:
        """What a person calls it: `the index`, `HEAD`, `origin/main`."""

    @property
    def tree(self) -> str | None:
        """The id of its root tree; None when nobody has written that tree."""

    def entry(self, path: str) -> Entry | None:
        """What `path` holds; a folder has mode `TREE`. No link is followed."""

    def children(self, folder: str) -> Mapping[str, Entry]:
        """A folder's direct children by name; empty where there is no such folder."""

    def files(self) -> Iterator[tuple[str, Entry]]:
        """Everything but folders, in no order. Its cost grows with the repository."""

    def read(self, oid: str) -> bytes:
        """The bytes of one blob. Raises `GitError` when they cannot be had."""

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Many blobs through one pipe, in the order asked for."""

    def changes_since(self, tree: str) -> list[Change] | None:
        """What differs from the tree with id `tree`; None if that tree is gone."""
