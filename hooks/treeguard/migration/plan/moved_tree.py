"""The tree that a migration would make: the old one with moves and edits upon it.

Nothing is written anywhere, so `check` judges the result before a single file moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from functools import cached_property

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query_subset import Answers
from treeguard.analysis.query_subset import ask_among
from treeguard.analysis.query_subset import exchanged
from treeguard.analysis.query_subset import kinds_of
from treeguard.migration.context import paths_called
from treeguard.migration.context import paths_of
from treeguard.migration.object_ids import blob_id
from treeguard.migration.plan.blob_prefetch import Reading
from treeguard.plans import FileMove
from treeguard.plans import NewFile
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
        like = next(iter(old.values())).oid if old else "0" * 40
        new = {move.new: Entry(move.mode, move.oid) for move in moves}
        for path, data in (edited or {}).items():
            was = new.get(path) or _file(base, path)
            new[path] = Entry(was.mode if was else REGULAR, self._blob(data, like))
        for file in created:
            new[file.path] = Entry(REGULAR, self._blob(file.data, like))
        changes = [
            Change(path, old.get(path) or _file(base, path), new.get(path))
            for path in old.keys() | new.keys()
        ]
        changed = [change for change in changes if change.old != change.new]
        super().__init__(base, changed)  # type: ignore[arg-type, unused-ignore]
        self.name = "the tree after the migration"
        self.tree = None

    def paths(self) -> Iterable[str]:
        """Every file's path."""
        changes = self._changes
        yield from (path for path in paths_of(self.base) if path not in changes)
        yield from (path for path, change in changes.items() if change.new is not None)

    def paths_called(self, ending: str) -> Iterator[str]:
        """The files whose path ends so, and perhaps more."""
        changes = self._changes
        of_base = paths_called(self.base, ending)
        yield from (path for path in of_base if path not in changes)
        yield from (path for path, change in changes.items() if change.new is not None)

    def changes_from(self, other: object) -> list[Change] | None:
        """What differs from the tree that this one is made from; None for another."""
        return list(self._changes.values()) if other is self.base else None

    def answers(self, queries: Sequence[FileQuery]) -> Answers | None:
        """As `Listed.answers`: those of the old tree, and every changed file read."""
        of_base = getattr(self.base, "answers", None)
        kept: Answers | None = of_base(queries) if of_base else None
        if kept is None:
            return None
        changes = self._changes.values()
        gone = kinds_of((one.path, one.old.mode) for one in changes if one.old)
        come = kinds_of((one.path, one.new.mode) for one in changes if one.new)
        read, silent = self._read_changed, self._silent
        new = ask_among(come, queries, self._changes, read, silent)
        return exchanged(kept, gone, new, queries)

    def _read_changed(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        homes: dict[str, str] = {}
        for path in paths:
            change = self._changes[path]
            if path in self._origin:
                homes[self._origin[path]] = path
            elif change.new is not None:
                yield path, self.read(change.new.oid)
        for path, data in self._reading.of_paths(homes):
            yield homes[path], data

    def _silent(self, paths: Iterable[str], needles: Iterable[bytes]) -> set[str]:
        homes = {self._origin[path]: path for path in paths if path in self._origin}
        return {homes[path] for path in self._reading.silent(homes, needles)}

    @cached_property
    def _origin(self) -> dict[str, str]:
        """New path to old, of the files that are moved and not edited."""
        still = (move for move in self._moves if self._is_as_it_was(move))
        return {move.new: move.old for move in still}

    @property
    def _reading(self) -> Reading:
        found: Reading = self.base.reading  # type: ignore[attr-defined]
        return found

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

    def _blob(self, data: bytes, like: str) -> str:
        """The id that Git will give to `data`; its bytes are kept here."""
        oid = blob_id(data, like)
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
