"""A snapshot made of plain data, for tests that need no repository."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.errors import GitError
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import REGULAR
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot
from treeguard.trees import compare


class Symlink(str):
    """A symbolic link's target, as written."""


class Executable(bytes):
    """The bytes of a file whose mode is 100755."""


class Submodule(str):
    """The commit id that a submodule is at."""


Content = bytes | str


def _blob(content: Content) -> tuple[int, bytes]:
    if isinstance(content, Symlink):
        return SYMLINK, content.encode("utf-8", "surrogateescape")
    if isinstance(content, Executable):
        return EXECUTABLE, bytes(content)
    if isinstance(content, str):
        return REGULAR, content.encode()
    return REGULAR, content


def blob_id(data: bytes) -> str:
    """The id that Git gives to these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class MemorySnapshot(Snapshot):
    """`{path: content}` as a snapshot; a plain `str` is a file's UTF-8 text.

    It knows what changed since `earlier`, and since nothing else.
    """

    def __init__(
        self,
        files: Mapping[str, Content],
        name: str = "memory",
        earlier: MemorySnapshot | None = None,
    ) -> None:
        self.name = name
        self._earlier = earlier
        self._blobs: dict[str, bytes] = {}
        self._entries: dict[str, Entry] = {}
        self._folders: dict[str, dict[str, Entry]] = {"": {}}
        for path, content in files.items():
            self._add(path, content)
        listing = repr(sorted(self._entries.items())).encode("utf-8", "surrogateescape")
        self.tree: str | None = hashlib.sha1(listing).hexdigest()

    def _add(self, path: str, content: Content) -> None:
        if isinstance(content, Submodule):
            entry = Entry(GITLINK, str(content))
        else:
            mode, data = _blob(content)
            entry = Entry(mode, blob_id(data))
            self._blobs[entry.oid] = data
        self._entries[path] = entry
        while path:
            folder, _, name = path.rpartition("/")
            self._folders.setdefault(folder, {})[name] = entry
            path, entry = folder, Entry(TREE, "")

    def entry(self, path: str) -> Entry | None:
        if path in self._folders:
            return Entry(TREE, "")
        return self._entries.get(path)

    def children(self, folder: str) -> Mapping[str, Entry]:
        return self._folders.get(folder, {})

    def files(self) -> Iterator[tuple[str, Entry]]:
        return iter(self._entries.items())

    def read(self, oid: str) -> bytes:
        # One repository holds the blobs of both.
        if oid in self._blobs:
            return self._blobs[oid]
        if self._earlier is None:
            raise GitError(f"object {oid} is missing")
        return self._earlier.read(oid)

    def changes_since(self, tree: str) -> list[Change] | None:
        if tree == self.tree:
            return []
        if self._earlier is None or tree != self._earlier.tree:
            return None
        return compare(dict(self._earlier.files()), dict(self.files()))
