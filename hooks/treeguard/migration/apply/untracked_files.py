"""Find the files that Git does not track in folders that move away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.context import moved_with
from treeguard.migration.context import whole_folders
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git


class Leftover(NamedTuple):
    """An untracked or ignored file, and the path that it would be carried to."""

    path: str
    new: str
    ignored: bool = False


def leftovers(git: Git, tracked: Iterable[str], plan: Plan) -> Iterator[Leftover]:
    """Yield every untracked or ignored file in a folder whose tracked files all move to
    one folder; `tracked` are those of the tree. Nested repositories are skipped."""
    homes = whole_folders(tracked, {move.old: move.new for move in plan.moves})
    topmost = [folder for folder in homes if moved_with(homes, folder) is None]
    if not topmost:
        return
    places = [os.fsencode(f"{folder}/") for folder in topmost]
    args = ("ls-files", "-o", "-z", "--full-name", "--")
    found = git.run(*args, *places, env={"GIT_LITERAL_PATHSPECS": "1"})
    paths = [os.fsdecode(raw) for raw in found.split(b"\0")[:-1]]
    hidden = _ignored(git, paths)
    for path in paths:
        new = moved_with(homes, path)
        if new is not None and not path.endswith("/"):
            yield Leftover(path, new, path in hidden)


def no_longer_ignored(
    git: Git, found: Iterable[Leftover], *, carried: bool
) -> list[str]:
    """List the present paths of files that the moves made visible to `git add`: their
    ignore file has moved away, or its rule no longer matches."""
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


def compiled_folders(top: str, found: Iterable[Leftover]) -> list[str]:
    """List the topmost folders in which only compiled Python was left.

    Each is a namespace package to the import system: the old name can be imported.
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
