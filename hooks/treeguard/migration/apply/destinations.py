"""Whether every destination is free, on the disk and in the tree, whatever its case."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.errors import UsageError
from treeguard.plans import Plan
from treeguard.repository.process import printable

# What the commit of the record writes beside it.
IGNORE_REVS = ".git-blame-ignore-revs"


def new_paths(plan: Plan, record: str) -> Iterator[str]:
    """Every path that the migration writes where no file of the tree stands."""
    yield from (move.new for move in plan.moves)
    yield from (file.path for file in plan.created)
    yield record


def refuse_occupied(top: str, plan: Plan, record: str) -> None:
    """Refuse a destination where anything is, tracked, untracked or ignored.

    A file that is itself about to move away is no hindrance. `lstat` of each
    destination and of each folder on the way to it: Git would overwrite an ignored
    file without a word, and a link on the way would lead out of the repository.
    """
    leaving = {move.old for move in plan.moves}
    folders: set[str] = set()
    for path in new_paths(plan, record):
        if path not in leaving and os.path.lexists(_full(top, path)):
            raise UsageError(
                f"{_shown(path)} exists already, and nothing is overwritten",
                "move it away or delete it, then run it again",
            )
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    for folder in sorted(folders):
        _refuse_no_folder(top, folder)


def _refuse_no_folder(top: str, folder: str) -> None:
    try:
        mode = os.lstat(_full(top, folder)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if not stat.S_ISDIR(mode):
        what = "a symbolic link" if stat.S_ISLNK(mode) else "a file"
        message = f"{_shown(folder)} is {what}, where files are to be moved into"
        raise UsageError(message, f"move {_shown(folder)} elsewhere, and commit that")


def refuse_clashes(tracked: Iterable[str], plan: Plan, record: str) -> None:
    """Refuse two paths that differ in case or in Unicode form only.

    They are one file on macOS and Windows, whatever this system says. Folders are
    compared too; what clashes without the migration is not its affair.
    """
    coming = set(new_paths(plan, record))
    staying = set(near(tracked, coming)) - {move.old for move in plan.moves}
    seen = {fold(path): path for path in _with_folders(staying)}
    for path in sorted(_with_folders(coming)):
        other = seen.setdefault(fold(path), path)
        if other != path:
            message = f"{_shown(path)} and {_shown(other)} differ in case only"
            raise UsageError(message, "choose another name in policy.toml")


def near(paths: Iterable[str], coming: Iterable[str]) -> Iterator[str]:
    """The paths whose upmost name is that of one that comes: no other can clash."""
    tops = {fold(top) for top in {path.partition("/")[0] for path in coming}}
    known: dict[str, bool] = {}
    for path in paths:
        top = path.partition("/")[0]
        if top not in known:
            known[top] = fold(top) in tops
        if known[top]:
            yield path


def _with_folders(paths: Iterable[str]) -> set[str]:
    found = set(paths)
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def fold(path: str) -> str:
    """What file systems that fold case take for the same name."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", path).casefold()


def _full(top: str, path: str) -> bytes:
    return os.path.join(os.fsencode(top), os.fsencode(path))


def _shown(path: str) -> str:
    return printable(os.fsencode(path))
