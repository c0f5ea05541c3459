"""What rewriters need to know: the trees before and after the moves, and the moves."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis

_SOURCES = (".py", ".pyw", ".pyi", ".pyc")
_ORDERED = "moves in order"


class OldNameIndex(NamedTuple):
    """What moves, as a text may name it: `folded` maps each path with a slash from its
    casefolded form, `names` are the casefolded names in all of them, up to their first
    dot."""

    folded: Mapping[str, str] = {}
    names: frozenset[str] = frozenset()


class MoveContext(NamedTuple):
    """`before` is the analysis of the old tree; `moves` maps old path to new path.

    A file that is not in `moves` does not move. `after` is the analysis of the old tree
    with its files moved and the created ones added, nothing rewritten yet (None where
    nobody needs it). `complete` fills in the rest: `folders` from `folder_moves`,
    `names` from `moved_names`, and `old`, the index of what moves. `kept` is for what
    a rewriter computes once for all files.
    """

    before: TreeAnalysis
    moves: Mapping[str, str]
    after: TreeAnalysis | None = None
    folders: Mapping[str, str] = {}
    names: frozenset[str] = frozenset()
    old: OldNameIndex = OldNameIndex()
    kept: dict[str, object] | None = None

    def complete(self) -> MoveContext:
        """Return the context with what is computed once and used for every file."""
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
        found_names = self.moved_names()
        return self._replace(folders=folders, names=found_names, old=old, kept={})

    def where(self, path: str) -> str:
        """Return the path after the moves of the file at `path`."""
        return self.moves.get(path, path)

    def moves_at(self, start: str) -> bool:
        """Return True if a file moves whose path begins with `start`."""
        kept = {} if self.kept is None else self.kept
        ordered = kept.get(_ORDERED)
        if not isinstance(ordered, list):
            ordered = kept[_ORDERED] = sorted(self.moves)
        at = bisect_left(ordered, start)
        return at < len(ordered) and ordered[at].startswith(start)

    def folder_moves(self) -> dict[str, str]:
        """Map the folders whose files all move to one folder: old to new."""
        return whole_folders(self.before.snapshot.paths(), self.moves)

    def moved_names(self) -> frozenset[str]:
        """Return the names that a dotted name of a moved module may hold: of files and
        folders that move, without their suffixes."""
        found: set[str] = set()
        for old, new in self.moves.items():
            parts, now = self._dotted(old), self._dotted(new)
            while parts[:1] == now[:1] and parts:
                parts, now = parts[1:], now[1:]
            found.update(parts if old.endswith(_SOURCES) else ())
        return frozenset(found - {"__init__"})

    def _dotted(self, path: str) -> list[str]:
        """Split a path below its root, without its suffix."""
        root = self.before.search_roots.around(path.rpartition("/")[0])
        *folders, file = path.removeprefix(f"{root}/").split("/")
        return [*folders, file.partition(".")[0]]


def whole_folders(paths: Iterable[str], moves: Mapping[str, str]) -> dict[str, str]:
    """Map the folders whose files all move to the same place below one folder.

    `paths` are all files of the tree; `moves` and the result map old paths to new.
    """
    homes: dict[str, str] = {}
    moving: Counter[str] = Counter()
    for path, new in moves.items():
        folder, inner = path.rpartition("/")[0], path.rpartition("/")[2]
        while folder and new.endswith(f"/{inner}"):
            home = new[: -len(inner) - 1]
            if homes.setdefault(folder, home) == home:
                moving[folder] += 1
            folder, _, name = folder.rpartition("/")
            inner = f"{name}/{inner}"
    return {
        folder: homes[folder]
        for folder, count in _files_below(moving, paths).items()
        if count == moving[folder] and folder != homes[folder]
    }


def _files_below(folders: Container[str], paths: Iterable[str]) -> Counter[str]:
    """Count the files in and below those folders."""
    whole: Counter[str] = Counter()
    direct = Counter(path.rpartition("/")[0] for path in paths)
    for folder, count in direct.items():
        at = folder
        while at:
            if at in folders:
                whole[at] += count
            at = at.rpartition("/")[0]
    return whole


def moved_with(folders: Mapping[str, str], path: str) -> str | None:
    """Return where a path goes with the closest folder above it that moves, if any.

    `folders` maps old folders to new ones.
    """
    folder = path.rpartition("/")[0]
    while folder:
        if folder in folders:
            return folders[folder] + path[len(folder) :]
        folder = folder.rpartition("/")[0]
    return None
