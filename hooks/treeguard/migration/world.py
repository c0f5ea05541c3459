"""The tree before and after the moves, as a rewriter needs to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from treeguard.facts.knowledge import Knowledge


class World(NamedTuple):
    """`before` is what is known of the old tree; `moves` maps old path to new path.

    A file that is not in `moves` stays where it is. `after` is what is known of the
    old tree with its files moved and the new ones in it, nothing rewritten yet (None
    where nobody needs it), and `folders` what `folder_moves` found, kept.
    """

    before: Knowledge
    moves: Mapping[str, str]
    after: Knowledge | None = None
    folders: Mapping[str, str] = {}

    def where(self, path: str) -> str:
        """Where the file that stood at `path` stands after the moves."""
        return self.moves.get(path, path)

    def folder_moves(self) -> dict[str, str]:
        """Folders of which every file moves to one and the same folder: old to new."""
        homes: dict[str, set[str]] = {}
        for path, _entry in self.before.snapshot.files():
            new = self.where(path)
            folder, inner = path.rpartition("/")[0], path.rpartition("/")[2]
            while folder:
                home = new[: -len(inner) - 1] if new.endswith(f"/{inner}") else ""
                homes.setdefault(folder, set()).add(home)
                folder, _, name = folder.rpartition("/")
                inner = f"{name}/{inner}"
        return {
            folder: next(iter(new))
            for folder, new in homes.items()
            if len(new) == 1 and folder not in new and "" not in new
        }
