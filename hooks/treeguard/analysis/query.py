"""What a rule wants to know of every file, put so that few files need be opened.

A question is asked of whole folders first, then of paths, then of the raw bytes, and
only the files that are left are looked at closely. The answer depends on the tree and
on the question's name alone, so it can be kept by tree id and brought up to date from
the files that changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class SearchRoots(NamedTuple):
    """What the resolution of imports needs to know of a whole tree.

    `roots` are the folders in which top-level modules are looked up, in order (`""` is
    the repository's root); `links` are the symbolic links, path to target as written.
    """

    roots: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


def open_to_all(_folder: str, _ending: str, _mode: int) -> None:
    """Say nothing of files that are alike: each is looked at."""


def always(_path: str, _data: bytes) -> bool:
    """Answer yes for any content."""
    return True


class FileQuery(NamedTuple):
    """One question. Its `name` must spell out everything that the answer depends on.

    `folder` says of a folder's path whether every file below it is meant (True), none
    is (False), or each has to be looked at (None). `path` says it of one file's path
    and mode. When `needles` are given, a file without any of these byte strings is out,
    unless it is not ASCII. `test`, if given, decides from path and bytes. One that
    `counts` is answered by a number instead of a list of paths.

    `alike` is what `path` would say of every file directly in a folder whose name has
    this ending (`.py`, with something before it) and this mode; None where that is not
    one answer. It is asked once for a thousand files, and only saves time.
    """

    name: str
    folder: Callable[[str], bool | None]
    path: Callable[[str, int], bool]
    needles: tuple[bytes, ...] = ()
    test: Callable[[str, bytes], bool] | None = None
    counts: bool = False
    alike: Callable[[str, str, int], bool | None] = open_to_all

    @property
    def opens_files(self) -> bool:
        """True when the answer needs the bytes of a file."""
        return bool(self.needles) or self.test is not None
