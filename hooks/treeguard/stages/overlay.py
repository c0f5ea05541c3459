"""A tree with a few paths put otherwise: what the files would be after a tool's call.

Nothing is written and no other file is looked at, so the cost grows with the change.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.repository.snapshots import IndexSnapshot
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot


class Overlay(IndexSnapshot):
    """`base` with `entries` in place of what it has there (None: nothing).

    `blobs` are the bytes of ids that the repository may not have.
    """

    def __init__(
        self,
        base: Snapshot,
        entries: Mapping[str, Entry | None],
        blobs: Mapping[str, bytes],
        name: str,
    ) -> None:
        changes = (
            Change(path, _file(base, path), new) for path, new in entries.items()
        )
        super().__init__(
            base, [change for change in changes if change.old != change.new]
        )
        self.name = name
        self._blobs = blobs

    def read(self, oid: str) -> bytes:
        found = self._blobs.get(oid)
        return super().read(oid) if found is None else found

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        return ((oid, self.read(oid)) for oid in oids)

    def changes_from(self, other: object) -> list[Change] | None:
        """What differs from another overlay of the same base; None for all else."""
        if not isinstance(other, Overlay) or other.base is not self.base:
            return None
        paths = sorted(self._changes.keys() | other._changes.keys())
        changes = (Change(path, other.at(path), self.at(path)) for path in paths)
        return [change for change in changes if change.old != change.new]

    def at(self, path: str) -> Entry | None:
        """What `path` holds if it is no folder."""
        change = self._changes.get(path)
        return change.new if change is not None else _file(self.base, path)


def _file(snapshot: Snapshot, path: str) -> Entry | None:
    entry = snapshot.entry(path)
    return None if entry is None or entry.mode == TREE else entry
