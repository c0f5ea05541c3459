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
        self._folders: dict[str, str] = {}
        self.files = [path for path, new in self._new.items() if new != path]

    def _moved(self, path: str) -> str:
        for move in self.every:
            if path == move.old or path.startswith(f"{move.old}/"):
                return move.new + path[len(move.old) :]
        return path

    def after(self, path: str) -> str:
        """Where what is at `path`, a file or a folder (with a slash), is afterwards.

        Empty for a folder that all files leave for more than one place.
        """
        if not path.endswith("/"):
            return self._new.get(path, path)
        if path not in self._folders:
            self._folders[path] = self._folder_after(path)
        return self._folders[path]

    def _folder_after(self, folder: str) -> str:
        inside = [path for path in self._new if path.startswith(folder)]
        if not inside or any(self._new[path].startswith(folder) for path in inside):
            return folder
        homes = {self._home(path, folder) for path in inside}
        return homes.pop() if len(homes) == 1 else ""

    def _home(self, path: str, folder: str) -> str:
        """The folder that plays the part of `folder` for the moved file; or empty."""
        rest = path[len(folder) :]
        new = self._new[path]
        return new[: -len(rest)] if new.endswith(f"/{rest}") else ""
