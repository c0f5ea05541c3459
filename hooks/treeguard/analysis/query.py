"""What a rule asks about every file, in a form in which few files need be opened.

A query is asked about whole folders first, then paths, then raw bytes, and only the
files that are left are examined closely. The answer depends on the tree and on the
query's name alone, so it can be kept by tree and brought up to date from the files that
changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from treeguard.errors import TooLargeError
from treeguard.trees import Snapshot


class SearchRoots(NamedTuple):
    """What the resolution of imports needs to know of a whole tree.

    `roots` are the folders in which top-level modules are looked up, in order (`""` is
    the repository's root); `links` are the symbolic links, path to target as written;
    `packages` are the folders of packages that look their submodules up in other
    folders than their own, each with these folders, as `package_init` has them.
    `special` are the sources that `special_sources` finds.
    """

    roots: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    packages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    special: tuple[tuple[str, str, str], ...] = ()

    def around(self, folder: str) -> str:
        """Return the innermost root at or above a folder; `""` if it is in no other."""
        inside = (root for root in self.roots if f"{folder}/".startswith(f"{root}/"))
        return max(inside, key=len, default="")


def open_to_all(_folder: str, _ending: str, _mode: int) -> None:
    """Decide nothing for files that are alike: each is examined."""


def never(_path: str) -> bool:
    """Answer no for any path."""
    return False


def always(_path: str, _data: bytes) -> bool:
    """Answer yes for any content."""
    return True


class FileQuery(NamedTuple):
    """One query. Its `name` must spell out everything that the answer depends on.

    `folder` returns for a folder's path whether every file below it is meant (True),
    none is (False), or each has to be examined (None). `path` does so for one file's
    path and mode. When `needles` are given, a file without any of these byte strings is
    out, unless it is not ASCII. `test`, if given, decides from path and bytes. One that
    `counts` wants a number instead of a list of paths.

    `alike` is what `path` would return for every file directly in a folder whose name
    has this ending (`.py`, with something before it) and this mode; None where that is
    not one answer. It is asked once for a thousand files, and only saves time.

    A file of more bytes than are read answers no if `skips_large` is true of its path;
    otherwise nothing can be verified.
    """

    name: str
    folder: Callable[[str], bool | None]
    path: Callable[[str, int], bool]
    needles: tuple[bytes, ...] = ()
    test: Callable[[str, bytes], bool] | None = None
    counts: bool = False
    alike: Callable[[str, str, int], bool | None] = open_to_all
    source: Callable[[str], bool] | None = None
    skips_large: Callable[[str], bool] = never

    @property
    def is_count(self) -> bool:
        """True when the answer is kept as a number: one by names alone."""
        return self.counts and not self.opens_files

    @property
    def opens_files(self) -> bool:
        """True when the answer needs the bytes of a file."""
        return bool(self.needles) or self.test is not None


# The answer to each query, by its name: paths, or a number of files.
Answers = dict[str, "set[str] | int"]


class Needles:
    """Which byte strings a blob holds; several queries look for the same ones."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._found: dict[tuple[bytes, ...], bool] = {}
        self._absent: set[bytes] = set()

    def any_of(self, needles: tuple[bytes, ...]) -> bool:
        """Return True if the blob holds one of `needles`."""
        if needles not in self._found:
            self._found[needles] = self._look_for(needles)
        return self._found[needles]

    def _look_for(self, needles: tuple[bytes, ...]) -> bool:
        for needle in needles:
            if needle not in self._absent:
                if needle in self._data:
                    return True
                self._absent.add(needle)
        return False


def by_content(query: FileQuery, path: str, data: bytes, holds: Needles) -> bool:
    """Return True if the bytes of a file, whose path matches, answer `query`."""
    needles = query.needles
    # Python folds identifiers (NFKC), so a name may be spelled in other bytes there.
    if needles and data.isascii() and not holds.any_of(needles):
        return False
    return query.test is None or query.test(path, data)


# In place of the bytes of such a file: neither empty nor blank, and no LFS pointer.
LARGE = b"\0too large to be read"


def content(snapshot: Snapshot, oid: str) -> bytes:
    """Return the bytes of a blob, or `LARGE`. Raises `GitError` as `Snapshot.read`
    does."""
    try:
        return snapshot.read(oid)
    except TooLargeError:
        return LARGE
