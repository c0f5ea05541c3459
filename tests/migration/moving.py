"""Worlds in memory: files by path, moves as a policy has them, and what one becomes."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.facts.knowledge import know
from treeguard.facts.store import Store
from treeguard.migration.model import FileMove
from treeguard.migration.model import Undecided
from treeguard.migration.moved_tree import MovedSnapshot
from treeguard.migration.rewrite.registry import rewrite
from treeguard.migration.rewrite.splice import apply_edits
from treeguard.migration.world import World


def a_world(files: Mapping[str, Content], moves: Mapping[str, str]) -> World:
    """`files` before and after `moves`, of which a source ending in `/` is a folder."""
    snapshot, store = MemorySnapshot(files), Store(None)
    made = [
        FileMove(path, new, entry.mode, entry.oid)
        for path, entry in snapshot.files()
        if (new := _home(path, moves)) is not None
    ]
    before = know(snapshot, None, store)
    after = know(MovedSnapshot(snapshot, made), None, store)
    world = World(before, {move.old: move.new for move in made}, after)
    return world._replace(folders=world.folder_moves())


def _home(path: str, moves: Mapping[str, str]) -> str | None:
    for old, new in moves.items():
        if path == old:
            return new
        if old.endswith("/") and path.startswith(old):
            return new + path[len(old) :]
    return None


def rewritten(world: World, path: str) -> tuple[bytes, list[Undecided]]:
    """The bytes that the file at `path` gets, and what was left as it is."""
    data = world.before.data(path)
    edits, left = rewrite(path, data, world)
    return apply_edits(data, edits), left
