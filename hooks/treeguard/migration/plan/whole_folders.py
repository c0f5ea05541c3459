"""Which folders move as a whole: all that they hold goes to one and the same place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Mapping


def whole_folders(paths: Iterable[str], moves: Mapping[str, str]) -> dict[str, str]:
    """Folders of which every file moves to the same place below one folder: old to new.

    `paths` are all files of the tree, `moves` tells old path to new.
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
    """How many files stand in those folders and below."""
    whole: Counter[str] = Counter()
    direct = Counter(path.rpartition("/")[0] for path in paths)
    for folder, count in direct.items():
        at = folder
        while at:
            if at in folders:
                whole[at] += count
            at = at.rpartition("/")[0]
    return whole
