"""Read the files of a project's folder as a build does: by paths relative to it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Protocol

from treeguard.trees import TREE
from treeguard.trees import Entry


class Tree(Protocol):
    """What is asked of a tree."""

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Return the direct children of a folder by name."""


class BuildError(Exception):
    """The build would fail; the message says why."""


class Project:
    """The files of a project; its paths are relative to the project's folder."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self._tree, self._folder = tree, folder

    def children(self, folder: str) -> Mapping[str, Entry]:
        """Return the direct children of a folder, `""` or `.` for the project's own."""
        inner = "" if folder == "." else folder
        return self._tree.children("/".join(filter(None, (self._folder, inner))))

    def is_file(self, path: str) -> bool:
        """Return True for a regular file."""
        folder, _, name = path.rpartition("/")
        entry = self.children(folder).get(name)
        return entry is not None and entry.is_file

    def is_folder(self, path: str) -> bool:
        """Return True for a folder that holds a tracked file."""
        return path in ("", ".") or bool(self.children(path))

    def below(self, folder: str) -> Iterator[str]:
        """Yield every regular file in and below a folder."""
        folders = ["" if folder == "." else folder]
        while folders:
            at = folders.pop()
            for name, entry in self.children(at).items():
                path = f"{at}/{name}" if at else name
                if entry.mode == TREE:
                    folders.append(path)
                elif entry.is_file:
                    yield path

    def in_path(self, path: str) -> Iterator[str]:
        """Yield a file, or every file below a folder."""
        if self.is_file(path):
            yield path
        elif path not in ("", "."):
            yield from self.below(path)


Files = Iterator[tuple[str, str]]
