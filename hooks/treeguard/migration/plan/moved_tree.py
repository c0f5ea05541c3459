"""The tree that a migration would make: the old one with moves and edits upon it.

Nothing is written anywhere, so `check` judges the result before a single file moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property

from treeguard.analysis.answers import exchanged
from treeguard.analysis.answers import kinds_of
from treeguard.analysis.query import Answers
from treeguard.analysis.query import FileQuery
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.plan.indexed_snapshot import ask_among
from treeguard.migration.rewrite.edits import blob_id
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.repository.snapshots import ChangedSnapshot
from treeguard.trees import REGULAR
from treeguard.trees import Change
from treeguard.trees import Entry
from treeguard.trees import Snapshot
from treeguard.trees import file_at


class MovedSnapshot(ChangedSnapshot):
    """`base` after the moves, with `edited` bytes by new path, and `created` files."""

    def __init__(
        self,
        base: Snapshot,
        moves: Iterable[FileMove],
        edited: Mapping[str, bytes] | None = None,
        created: Iterable[NewFile] = (),
    ) -> None:
        self._moves = moves = tuple(moves)
        blobs: dict[str, bytes] = {}
        old = {move.old: Entry(move.mode, move.oid) for move in moves}
        like = next(iter(old.values())).oid if old else "0" * 40
        new = {move.new: Entry(move.mode, move.oid) for move in moves}
        for path, data in (edited or {}).items():
            was = new.get(path) or file_at(base, path)
            new[path] = Entry(was.mode if was else REGULAR, _keep(blobs, data, like))
        for file in created:
            new[file.path] = Entry(REGULAR, _keep(blobs, file.data, like))
        changes = [
            Change(path, old.get(path) or file_at(base, path), new.get(path))
            for path in old.keys() | new.keys()
        ]
        changed = (change for change in changes if change.old != change.new)
        super().__init__(base, changed, "the tree after the migration", blobs)
        self.tree = None

    @cached_property
    def unedited(self) -> dict[str, str]:
        """Map the new paths of files that move unedited to the old ones."""
        still = (move for move in self._moves if self._is_as_it_was(move))
        return {move.new: move.old for move in still}

    def search(
        self, needles: Iterable[bytes], endings: Iterable[str]
    ) -> frozenset[str] | None:
        # A file that moves holds in its new place what it held before; one that is
        # edited or new may hold anything.
        endings = tuple(endings)
        found = self.base.search(needles, endings)
        if found is None:
            return None
        closed = {
            move.new
            for move in self._moves
            if move.old not in found
            and move.old.endswith(endings) >= move.new.endswith(endings)
            and self._is_as_it_was(move)
        }
        return (found | self.changes.keys()) - closed

    def _is_as_it_was(self, move: FileMove) -> bool:
        change = self.changes.get(move.new)
        return change is not None and change.new == Entry(move.mode, move.oid)


class MovedAnswers:
    """What is asked about the moved tree: the answers about the tree before the moves,
    and those about the changed files, each of which is read."""

    is_partial = True

    def __init__(self, before: IndexedSnapshot, moved: MovedSnapshot) -> None:
        self._before = before
        self._moved = moved

    def answers(self, queries: Sequence[FileQuery]) -> Answers | None:
        """Return what `IndexedSnapshot.answers` returns, for the moved tree."""
        kept = self._before.answers(queries)
        if kept is None:
            return None
        changes = self._moved.changes
        gone = kinds_of((c.path, c.old.mode) for c in changes.values() if c.old)
        come = kinds_of((c.path, c.new.mode) for c in changes.values() if c.new)
        new = ask_among(come, queries, changes, self._read, self._silent)
        return exchanged(kept, gone, new, queries)

    def _read(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        unedited, homes = self._moved.unedited, dict[str, str]()
        for path in paths:
            new = self._moved.changes[path].new
            if path in unedited:
                homes[unedited[path]] = path
            elif new is not None:
                yield path, self._moved.read(new.oid)
        for path, data in self._before.reading.of_paths(homes):
            yield homes[path], data

    def _silent(self, paths: Iterable[str], needles: Iterable[bytes]) -> set[str]:
        unedited = self._moved.unedited
        homes = {unedited[path]: path for path in paths if path in unedited}
        return {homes[path] for path in self._before.reading.silent(homes, needles)}


def _keep(blobs: dict[str, bytes], data: bytes, like: str) -> str:
    """Keep `data` in `blobs` by the id that Git will give to it."""
    oid = blob_id(data, like)
    blobs[oid] = data
    return oid
