"""The tree that a migration would make: the old one with moves and edits upon it.

Nothing is written anywhere, so `check` judges the result before a single file moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping

from treeguard.migration.model import FileMove
from treeguard.migration.model import NewFile
from treeguard.repository.snapshots import IndexSnapshot
from treeguard.trees import REGULAR
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot


class MovedSnapshot(IndexSnapshot):
    """`base` after the moves, with `edited` bytes by new path, and `created` files."""

    def __init__(
        self,
        base: Snapshot,
        moves: Iterable[FileMove],
        edited: Mapping[str, bytes] | None = None,
        created: Iterable[NewFile] = (),
    ) -> None:
        self._blobs: dict[str, bytes] = {}
        self._moves = moves = tuple(moves)
        old = {move.old: Entry(move.mode, move.oid) for move in moves}
        width = len(next(iter(old.values())).oid) if old else 40
        new = {move.new: Entry(move.mode, move.oid) for move in moves}
        for path, data in (edited or {}).items():
            was = new.get(path) or _file(base, path)
            new[path] = Entry(was.mode if was else REGULAR, self._blob(data, width))
        for file in created:
            new[file.path] = Entry(REGULAR, self._blob(file.data, width))
        changes = [
            Change(path, old.get(path) or _file(base, path), new.get(path))
            for path in old.keys() | new.keys()
        ]
        changed = [change for change in changes if change.old != change.new]
        super().__init__(base, changed)  # type: ignore[arg-type, unused-ignore]
        self.name = "the tree after the migration"
        self.tree = None

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        """As `searching.search`: a file that moves holds in its new place what it held
        before; one that is edited or new may hold anything."""
        endings = tuple(endings)
        of_base = getattr(self.base, "search", None)
        found: frozenset[str] | None = of_base(needles, endings) if of_base else None
        if found is None:
            return None
        closed = {
            move.new
            for move in self._moves
            if move.old not in found
            and move.old.endswith(endings) >= move.new.endswith(endings)
            and self._is_as_it_was(move)
        }
        return (found | self._changes.keys()) - closed

    def _is_as_it_was(self, move: FileMove) -> bool:
        change = self._changes.get(move.new)
        return change is not None and change.new == Entry(move.mode, move.oid)

    def _blob(self, data: bytes, width: int) -> str:
        """The id that Git will give to `data`; its bytes are kept here."""
        name = "sha1" if width == 40 else "sha256"
        oid = hashlib.new(name, b"blob %d\0" % len(data) + data).hexdigest()
        self._blobs[oid] = data
        return oid

    def read(self, oid: str) -> bytes:
        found = self._blobs.get(oid)
        return super().read(oid) if found is None else found

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        wanted = list(oids)
        plain = super().read_many(oid for oid in wanted if oid not in self._blobs)
        for oid in wanted:
            yield (oid, self._blobs[oid]) if oid in self._blobs else next(plain)


def _file(base: Snapshot, path: str) -> Entry | None:
    """What the old tree has at `path`, folders aside: a file may take their place."""
    entry = base.entry(path)
    return None if entry is None or entry.mode == 0o040000 else entry
