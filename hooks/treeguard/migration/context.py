"""The tree before and after the moves, as a rewriter needs to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.migration.plan.whole_folders import whole_folders

_SOURCES = (".py", ".pyw", ".pyi")


class OldNameIndex(NamedTuple):
    """What moves, as a text may name it: `folded` tells each path of more than one
    name by its form without case, `names` are the names in all of them, folded, up to
    their first dot."""

    folded: Mapping[str, str] = {}
    names: frozenset[str] = frozenset()


class MoveContext(NamedTuple):
    """`before` is what is known of the old tree; `moves` maps old path to new path.

    A file that is not in `moves` stays where it is. `after` is what is known of the
    old tree with its files moved and the new ones in it, nothing rewritten yet (None
    where nobody needs it); `folders` is what `folder_moves` found, `names` what
    `moved_names` did, and `old` the places that are left: `complete` fills all in.
    """

    before: TreeAnalysis
    moves: Mapping[str, str]
    after: TreeAnalysis | None = None
    folders: Mapping[str, str] = {}
    names: frozenset[str] = frozenset()
    old: OldNameIndex = OldNameIndex()

    def complete(self) -> MoveContext:
        """The same, with what is found out once and asked for every file."""
        folders = self.folder_moves()
        folded: dict[str, str] = {}
        names: set[str] = set()
        for path in (*self.moves, *folders):
            if "/" in path:
                folded[path.casefold()] = path
        for folder in {path.rpartition("/")[0] for path in self.moves}:
            names.update(folder.casefold().split("/"))
        names.update(path.rpartition("/")[2].casefold() for path in self.moves)
        stems = {name.lstrip(".").partition(".")[0] for name in names}
        old = OldNameIndex(folded, frozenset(stems - {""}))
        return self._replace(folders=folders, names=self.moved_names(), old=old)

    def where(self, path: str) -> str:
        """Where the file that stood at `path` stands after the moves."""
        return self.moves.get(path, path)

    def folder_moves(self) -> dict[str, str]:
        """Folders of which every file moves to one and the same folder: old to new."""
        return whole_folders(self.before.snapshot.paths(), self.moves)

    def moved_names(self) -> frozenset[str]:
        """What the dotted name of a moved module may hold: files and folders that get
        another place, each without its ending."""
        found: set[str] = set()
        for old, new in self.moves.items():
            parts, now = self._dotted(old), self._dotted(new)
            while parts[:1] == now[:1] and parts:
                parts, now = parts[1:], now[1:]
            found.update(parts if old.endswith(_SOURCES) else ())
        return frozenset(found - {"__init__"})

    def _dotted(self, path: str) -> list[str]:
        """The parts of a path below its root, without its ending."""
        roots = [root for root in self.before.search_roots.roots if root]
        known = [f"{root}/" for root in roots if path.startswith(f"{root}/")]
        inner = path.removeprefix(max(known, key=len, default=""))
        *folders, file = inner.split("/")
        return [*folders, file.partition(".")[0]]
