"""Rewrites what symbolic links say: when the link moves, and when its target does.

The blob of a link is its target's path and nothing else, told from the link's folder
(symlink(7)); Git keeps it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.trees import SYMLINK

KIND = "symlink"
_NOWHERE = "the link leads to nothing that Git has, and would mean another place"
_OUTSIDE = "the link leads out of the repository, and would mean another place"


def is_link(path: str, world: MoveContext) -> bool:
    """True for a symbolic link of the old tree."""
    entry = world.before.entry(path)
    return entry is not None and entry.mode == SYMLINK


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """The edit of the link at `path`, its place before the moves, or why there is none.

    A link's absolute target is told where some end of it names what moves.
    """
    text = data.decode("utf-8", "surrogateescape")
    told = _absolute(text, world) if text.startswith("/") else _told(path, text, world)
    if told is None:
        return
    if told.why:
        shown = text.encode("utf-8", "replace").decode()
        yield Undecided(path, 1, shown, told.why)
    else:
        new = told.text.encode("utf-8", "surrogateescape")
        yield Edit(0, len(data), new, 1, KIND)


def _absolute(text: str, world: MoveContext) -> Told | None:
    parts = text.strip("/").split("/")
    ends = ("/".join(parts[at:]) for at in range(len(parts)))
    if any(end in world.moves or end in world.folders for end in ends):
        return Told(text, "the link's target is absolute: who knows whose path it is")
    return None


def _told(path: str, text: str, world: MoveContext) -> Told | None:
    folder, new_folder = parent_folder(path), parent_folder(world.where(path))
    if target_of(text, folder, world) is not None:
        return moved_path(text, folder, new_folder, world)
    parts = text.split("/")
    for count in range(len(parts) - 1, 0, -1):
        head, rest = "/".join(parts[:count]), parts[count:]
        target = target_of(head, folder, world)
        if target and is_link(target, world) and ".." not in rest:
            told = moved_path(head, folder, new_folder, world)
            return told and told._replace(text="/".join([told.text, *rest]))
    return _dangling(text, folder, new_folder, world)


def _dangling(
    text: str, folder: str, new_folder: str, world: MoveContext
) -> Told | None:
    """A link to a file that is ignored, or not there, or not of the repository."""
    was, now = normal(f"{folder}/{text}"), normal(f"{new_folder}/{text}")
    if was is None:
        return Told(text, _OUTSIDE) if folder != new_folder else None
    around = parent_folder(was)
    while around and around not in world.folders:
        around = parent_folder(around)
    meant = world.folders[around] + was[len(around) :] if around else was
    return Told(text, _NOWHERE) if now != meant else None
