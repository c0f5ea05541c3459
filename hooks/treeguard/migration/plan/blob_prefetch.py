"""Read the files of a tree by path, from the work tree where that has their bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.errors import TooLargeError
from treeguard.repository.plumbing import Git
from treeguard.repository.worktree import OnDisk
from treeguard.repository.worktree import on_disk
from treeguard.trees import Snapshot

# Beyond this many words, which are searched for one by one, Git is faster.
_FEW = 6
# Also beyond this many files that are not on disk as Git has them.
_MISSING = 2_000
# How many bytes are kept for later readers.
_HELD = 64 << 20


class Reading:
    """The files of `snapshot`, of each of which `heads` has `MODE KIND ID`."""

    def __init__(
        self, snapshot: Snapshot, heads: Mapping[str, str], git: Git | None
    ) -> None:
        self._snapshot = snapshot
        self._heads = heads
        self._disk: OnDisk | None = None if git is None else on_disk(git)
        self._held: dict[str, bytes] = {}
        self._holders: dict[bytes, set[str]] = {}
        self._size = 0

    def of_paths(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the bytes of each path (of a link: its target), in no order."""
        missing: dict[str, list[str]] = {}
        for path in paths:
            data = self._held.get(path)
            if data is None:
                data = self._on_disk(path)
            if data is None:
                missing.setdefault(self._oid(path), []).append(path)
            else:
                yield path, data
        for oid, data in self._snapshot.read_many(missing):
            for path in missing[oid]:
                yield path, data

    def silent(self, paths: Iterable[str], needles: Iterable[bytes]) -> set[str]:
        """Return those of the paths whose kept bytes are ASCII and hold no needle."""
        mute = {path for path in paths if path in self._held}
        for needle in needles if mute else ():
            if needle not in self._holders and len(mute) * 2 < len(self._held):
                mute = {path for path in mute if needle not in self._held[path]}
                continue
            if needle not in self._holders:
                every = self._held.items()
                self._holders[needle] = {path for path, data in every if needle in data}
            mute -= self._holders[needle]
        return {path for path in mute if self._held[path].isascii()}

    def search(
        self, words: Collection[bytes], held: Collection[str], progress: Progress
    ) -> frozenset[str] | None:
        """Return the regular files with one of `words`, or with a non-ASCII byte.

        None where Git does that faster. The bytes of `held` are kept when read.
        """
        if self._disk is None or len(words) > _FEW or not all(words):
            return None
        has_word, found, missing = _holds(words), set(), []
        read = self._disk.read
        every = counted(
            self._heads.items(), len(self._heads), "searching files", progress
        )
        for path, head in every:
            if not head.startswith("10"):
                continue
            data = read(path, head[head.rindex(" ") + 1 :])
            if data is None:
                missing.append(path)
                if len(missing) > _MISSING:
                    return None
                continue
            if path in held:
                self._hold(path, data)
            if not data.isascii() or has_word(data):
                found.add(path)
        try:
            for path, data in self.of_paths(missing):
                if not data.isascii() or has_word(data):
                    found.add(path)
        except TooLargeError:
            return None
        return frozenset(found)

    def _on_disk(self, path: str) -> bytes | None:
        if self._disk is None or not self._heads[path].startswith("10"):
            return None
        return self._disk.read(path, self._oid(path))

    def _oid(self, path: str) -> str:
        return self._heads[path].rpartition(" ")[2]

    def _hold(self, path: str, data: bytes) -> None:
        if self._size + len(data) <= _HELD:
            self._size += len(data)
            self._held[path] = data


def _holds(words: Collection[bytes]) -> Callable[[bytes], bool]:
    """Return a test for bytes: they hold one of the words as a whole."""
    ended = re.compile(rb"(?:%s)(?![0-9A-Za-z_])" % b"|".join(map(re.escape, words)))

    def test(data: bytes) -> bool:
        for word in words:
            if word in data:
                return ended.search(data) is not None
        return False

    return test
