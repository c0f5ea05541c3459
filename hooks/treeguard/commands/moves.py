"""Moves as data: where each file of the index is after them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Move(NamedTuple):
    """One file or folder, and where it goes; neither path ends in a slash."""

    old: str
    new: str


class Moves:
    """Moves of which none is inside another, over the files that there are."""

    def __init__(self, every: tuple[Move, ...], files: Iterable[str]) -> None:
        self.every = every
        self._new = {path: self._moved(path) for path in files}
        self.files = [path for path, new in self._new.items() if new != path]

    def _moved(self, path: str) -> str:
        for move in self.every:
            if path == move.old or path.startswith(f"{move.old}/"):
                return move.new + path[len(move.old) :]
        return path

    def after(self, path: str) -> str:
        """Where what is at `path`, a file or a folder (with a slash), is afterwards."""
        if path in self._new:
            return self._new[path]
        moved = self._moved(path.rstrip("/"))
        return f"{moved}/" if path.endswith("/") else moved
