"""What the bytes of one file answer, each needle being looked for once."""

from __future__ import annotations

from treeguard.analysis.query import FileQuery
from treeguard.errors import TooLargeError
from treeguard.trees import Snapshot


class Needles:
    """Which byte strings a blob holds; several questions look for the same ones."""

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


def by_content(question: FileQuery, path: str, data: bytes, holds: Needles) -> bool:
    """Say whether the bytes of a file, whose path is meant, answer `question`."""
    needles = question.needles
    # Python folds identifiers (NFKC), so a name may be spelled in other bytes there.
    if needles and data.isascii() and not holds.any_of(needles):
        return False
    return question.test is None or question.test(path, data)


# Stands for the bytes of such a file: neither empty nor blank, and no LFS pointer.
LARGE = b"\0too large to be read"


def content(snapshot: Snapshot, oid: str) -> bytes:
    """Return the bytes of a blob, or `LARGE`. Raises `GitError` as `Snapshot.read`
    does."""
    try:
        return snapshot.read(oid)
    except TooLargeError:
        return LARGE
