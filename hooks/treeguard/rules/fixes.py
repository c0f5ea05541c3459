"""What fixes are made of: commands to type, and free paths to move files to.

Commands are quoted such that any path survives the shell. Only free paths are proposed:
no fix overwrites a file, and no two fixes of one report have the same target.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.patterns import Patterns
from treeguard.trees import TREE
from treeguard.trees import folders_above

_PLAIN = re.compile(r"[A-Za-z0-9_./@%+=:,-]+\Z")
_MAGIC = re.compile(r"[*?\[\\]|\A:")


def quote(path: str) -> str:
    """Write `path` as one word of bash or zsh, on one line, in printable characters.

    Bytes that are not UTF-8, controls and anything else that does not print are written
    in the form `$'\\377'`.
    """
    if _PLAIN.match(path):
        return path
    if path.isprintable():
        return "'" + path.replace("'", "'\"'\"'") + "'"
    return "$'" + "".join(map(_escaped, path)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    encoded = character.encode("utf-8", "surrogateescape")
    # Octal takes at most three digits: a digit that follows cannot run into it.
    return "".join(f"\\{byte:03o}" for byte in encoded)


def move_commands(old: str, new: str, *, make_folder: bool) -> tuple[str, ...]:
    """Return the commands that move `old` to `new`; Git makes no missing folder."""
    folder = new.rpartition("/")[0]
    dashes = "-- " if old.startswith("-") else ""
    moving = f"git mv {dashes}{quote(old)} {quote(new)}"
    if not make_folder or not folder:
        return (moving,)
    return (f"mkdir -p {quote(folder)}", moving)


def restore_commands(source: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Return the command that restores `paths` as `source` has them.

    It is Git's own only for HEAD: any other tree may have no name, or may not exist on
    this side of a push.
    """
    if source != "HEAD":
        return (f"treeguard restore -- {' '.join(map(quote, paths))}",)
    return (overwrite(source, paths),)


def overwrite(source: str, paths: Sequence[str]) -> str:
    """Return the command of Git that restores `paths`, and overwrites what is there."""
    words = " ".join(map(quote, paths))
    literal = "--literal-pathspecs " if any(map(_MAGIC.search, paths)) else ""
    return f"git {literal}restore --source={source} --staged --worktree -- {words}"


_WILD = frozenset("*?[\\")


class FreePaths:
    """Hands out free paths of one tree, each once."""

    def __init__(self, new: TreeAnalysis) -> None:
        self._new = new
        self._taken: set[str] = set()

    def take(self, candidates: Iterable[str]) -> str | None:
        """Return the first free path of `candidates`, which is then taken."""
        for path in candidates:
            if path not in self._taken and self._is_free(path):
                self._taken.add(path)
                return path
        return None

    def _is_free(self, path: str) -> bool:
        if not path or self._new.entry(path) is not None:
            return False
        folders = folders_above(path)
        entries = [self._new.entry(folder) for folder in folders]
        blocked = any(entry is not None and entry.mode != TREE for entry in entries)
        return not blocked and self._taken.isdisjoint(folders)

    def commands(self, old: str, new: str) -> tuple[str, ...]:
        """Return the commands that move `old` to `new`."""
        folder = new.rpartition("/")[0]
        missing = bool(folder) and self._new.entry(folder) is None
        return move_commands(old, new, make_folder=missing)


class MovedSource:
    """One source of a migration's move, and where its files went.

    A source is a path from the root, or a glob of such paths: unlike a pattern, it
    never matches a name at any depth.
    """

    def __init__(self, move: Move, source: str) -> None:
        self.move = move
        self.source = source.strip("/")
        self.patterns = Patterns(("/" + source.removeprefix("./").lstrip("/"),))
        self._is_glob = not _WILD.isdisjoint(source)
        self._is_folder = source.endswith("/")

    @property
    def stem(self) -> str:
        """The folder above the first wildcard of the source."""
        if not self._is_glob:
            return self.source
        parts: list[str] = []
        for part in self.source.split("/"):
            if not _WILD.isdisjoint(part):
                break
            parts.append(part)
        return "/".join(parts)

    def holds(self, path: str, *, is_folder: bool) -> bool:
        """Tell whether `path` is at or below the source; a submodule is a folder."""
        whole = is_folder and self.patterns.folder(path) is True
        return whole or self.patterns.match(path)

    def new_path(self, path: str) -> str | None:
        """Return where the migration moved `path`; None if it did not move it."""
        if not self.holds(path, is_folder=True):
            return None
        if not self.move.to.endswith("/"):
            # An exact file: only a file can become it, nothing below a folder.
            exact = not self._is_folder and path == self.source
            return self.move.to if exact or self._is_glob else None
        root = self._root(path)
        if self._is_glob or not self._is_folder:
            rest = path[root.rfind("/") + 1 :]
        else:
            rest = path[len(root) + 1 :]
        return f"{self.move.to.strip('/')}/{rest}".strip("/")

    def _root(self, path: str) -> str:
        """Return what is matched itself: the source, or what the glob matches."""
        if not self._is_glob:
            return self.source
        for folder in folders_above(path):
            if self.patterns.folder(folder) is True:
                return folder
        return path


def moved_sources(migration: Migration | None) -> list[MovedSource]:
    """Return every source of every move, in the order of the policy."""
    moves = migration.moves if migration is not None else ()
    return [MovedSource(move, source) for move in moves for source in move.sources]
