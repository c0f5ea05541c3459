"""Tree objects as entries, lists of paths as folders, and faults of single objects."""

from __future__ import annotations

import os
from collections.abc import Iterable

from treeguard.errors import GitError
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Entry

_MEND = "run `git fsck --full`; a partial clone: `git fetch --refetch --no-filter`"


class MissingObjectError(GitError):
    """An object that is not in the repository; `broken` when it is there, damaged."""

    def __init__(self, message: str, hint: str = "", *, broken: bool = False) -> None:
        super().__init__(message, hint)
        self.broken = broken


def damaged(oid: str, what: str) -> MissingObjectError:
    """Return the error for an object that is not as Git wrote it."""
    return MissingObjectError(f"object {oid} {what}", _MEND, broken=True)


def missing(oid: str) -> MissingObjectError:
    """Return the error for an object or a name that is not there."""
    return MissingObjectError(f"object {oid} is missing", _MEND)


def parse_tree(oid: str, data: bytes) -> dict[str, Entry]:
    """Return the entries of a raw tree object, `mode name NUL id` each; the id is
    binary.

    Raises `MissingObjectError` for what Git itself would never write: a broken entry, a
    name that is empty or holds a slash, two entries of one name.
    """
    width = len(oid) // 2
    entries: dict[str, Entry] = {}
    start = count = 0
    while start < len(data):
        space = data.find(b" ", start, start + 8)
        end = data.find(b"\0", space)
        name = data[space + 1 : end]
        after = end + 1 + width
        if min(space, end) < 0 or after > len(data) or not name or b"/" in name:
            raise damaged(oid, "is a damaged folder")
        mode = _mode(data[start:space], oid)
        entries[os.fsdecode(name)] = Entry(mode, data[end + 1 : after].hex())
        start = after
        count += 1
    if count != len(entries):
        raise damaged(oid, "is a folder that holds one name twice")
    return entries


_MODES = {
    b"100644": REGULAR,
    b"100755": EXECUTABLE,
    b"40000": TREE,
    b"120000": SYMLINK,
    b"160000": GITLINK,
}


def _mode(text: bytes, oid: str) -> int:
    known = _MODES.get(text)
    if known is not None:
        return known
    try:
        return canonical(int(text, 8))
    except ValueError:
        raise damaged(oid, "is a damaged folder") from None


def canonical(mode: int) -> int:
    """Return a mode as Git reads it: old histories hold 100664 and other variants."""
    kind = mode & 0o170000
    if kind == 0o100000:
        return EXECUTABLE if mode & 0o100 else REGULAR
    return kind if kind in (TREE, SYMLINK) else GITLINK


def names_by_folder(paths: Iterable[str]) -> dict[str, set[str]]:
    """Return every folder above a path, with the names in it that lead to one."""
    folders: dict[str, set[str]] = {"": set()}
    for path in paths:
        while path:
            folder, _, name = path.rpartition("/")
            names = folders.setdefault(folder, set())
            if name in names:
                break
            names.add(name)
            path = folder
    return folders
