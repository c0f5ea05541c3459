"""Files that Git does not have, untracked or ignored, in folders that move away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.plan.whole_folders import whole_folders
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git


class Leftover(NamedTuple):
    """A file that would stay behind, and where it would be carried."""

    path: str
    new: str
    ignored: bool = False


def leftovers(git: Git, tracked: Iterable[str], plan: Plan) -> Iterator[Leftover]:
    """Every untracked and ignored file in a folder of which all tracked files move to
    one place; `tracked` are those of the tree. Other repositories inside are left."""
    homes = whole_folders(tracked, {move.old: move.new for move in plan.moves})
    uppermost = [folder for folder in homes if not _above(folder, homes)]
    if not uppermost:
        return
    places = [os.fsencode(f"{folder}/") for folder in uppermost]
    args = ("ls-files", "-o", "-z", "--full-name", "--")
    found = git.run(*args, *places, env={"GIT_LITERAL_PATHSPECS": "1"})
    paths = [os.fsdecode(raw) for raw in found.split(b"\0")[:-1]]
    hidden = _ignored(git, paths)
    for path in paths:
        home = _above(path, homes)
        if home and not path.endswith("/"):
            yield Leftover(path, homes[home] + path[len(home) :], path in hidden)


def exposed(git: Git, found: Iterable[Leftover], *, carried: bool) -> list[str]:
    """Where files stand now that were ignored, and are not since the moves: an ignore
    file has moved away from them, or its rule is for another place."""
    places = [one.new if carried else one.path for one in found if one.ignored]
    hidden = _ignored(git, places)
    return [path for path in places if path not in hidden]


def _ignored(git: Git, paths: list[str]) -> frozenset[str]:
    if not paths:
        return frozenset()
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    args = ("check-ignore", "-z", "--stdin")
    found = git.run(*args, stdin=asked, codes=(0, 1))
    return frozenset(map(os.fsdecode, found.split(b"\0")[:-1]))


def compiled_only(top: str, found: Iterable[Leftover]) -> list[str]:
    """Folders on disk in which only compiled Python stayed behind, the uppermost ones.
    Each is a namespace package to the import system: what imports the old name works.
    """
    folders = set()
    for one in found:
        folder, best = one.path.rpartition("/")[0], ""
        while folder and _is_compiled(os.path.join(top, folder)):
            folder, best = folder.rpartition("/")[0], folder
        folders.add(best)
    return sorted(folders - {""})


def _is_compiled(folder: str) -> bool:
    files = [name for _at, _below, names in os.walk(folder) for name in names]
    return bool(files) and all(name.endswith(".pyc") for name in files)


def _above(path: str, homes: dict[str, str]) -> str:
    """The closest folder above `path` that moves; empty when none does."""
    folder = path.rpartition("/")[0]
    while folder and folder not in homes:
        folder = folder.rpartition("/")[0]
    return folder
