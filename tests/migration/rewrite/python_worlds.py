"""One small tree, its moves, and what the Python rewriter makes of a file in it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.plans import Undecided


def a_world(
    files: Mapping[str, Content],
    moves: Mapping[str, str],
    roots: tuple[str, ...] = ("",),
    created: tuple[str, ...] = (),
) -> MoveContext:
    """`moves` maps files, or whole folders (a slash at both ends), to new places."""
    snapshot = MemorySnapshot(files)
    made = [
        FileMove(path, new, entry.mode, entry.oid)
        for path, entry in snapshot.files()
        if (new := moved(path, moves)) != path
    ]
    new_files = [NewFile(path, b"") for path in created]
    after = MovedSnapshot(snapshot, made, {}, new_files)
    world = MoveContext(
        analyze(snapshot, roots, Store(None)),
        {move.old: move.new for move in made},
        analyze(after, roots, Store(None)),
    )
    return world.complete()


def moved(path: str, moves: Mapping[str, str]) -> str:
    """The longest source decides."""
    for old in sorted(moves, key=len, reverse=True):
        if path == old:
            return moves[old]
        if old.endswith("/") and path.startswith(old):
            return moves[old] + path[len(old) :]
    return path


def rewritten(world: MoveContext, path: str) -> tuple[bytes, list[Undecided]]:
    """The new bytes of the file at the old `path`, and what was left."""
    data = world.before.data(path)
    edits, undecided = rewrite(path, data, world)
    return apply_edits(data, edits), undecided
