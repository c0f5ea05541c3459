"""Rewrite the targets of symbolic links: when the link moves, and when its target does.

The blob of a link is its target's path and nothing else, relative to the link's folder
(symlink(7)); Git keeps it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import target_of
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.trees import SYMLINK

KIND = "symlink"
_NOWHERE = "the link leads to nothing that Git has, and would mean another place"
_OUTSIDE = "the link leads out of the repository, and would mean another place"


def is_link(path: str, context: MoveContext) -> bool:
    """Return True for a symbolic link of the old tree."""
    entry = context.before.entry(path)
    return entry is not None and entry.mode == SYMLINK


def rewrites(
    path: str, data: bytes, context: MoveContext
) -> Iterator[Edit | Undecided]:
    """Yield the edit of the link at `path`, its place before the moves, or why there is
    none. An absolute target is listed if some end of it names what moves."""
    text = data.decode("utf-8", "surrogateescape")
    now = (
        _absolute(text, context) if text.startswith("/") else _now(path, text, context)
    )
    if now is None:
        return
    if now.why:
        shown = text.encode("utf-8", "replace").decode()
        yield Undecided(path, 1, shown, now.why)
    else:
        new = now.text.encode("utf-8", "surrogateescape")
        yield Edit(0, len(data), new, 1, KIND)


def _absolute(text: str, context: MoveContext) -> NewText | None:
    parts = text.strip("/").split("/")
    ends = ("/".join(parts[at:]) for at in range(len(parts)))
    if any(end in context.moves or end in context.folders for end in ends):
        return NewText(text, "the link's target is absolute: it may be another path")
    return None


def _now(path: str, text: str, context: MoveContext) -> NewText | None:
    folder, new_folder = parent_folder(path), parent_folder(context.where(path))
    if target_of(text, folder, context) is not None:
        return moved_path(text, folder, new_folder, context)
    parts = text.split("/")
    for count in range(len(parts) - 1, 0, -1):
        head, rest = "/".join(parts[:count]), parts[count:]
        target = target_of(head, folder, context)
        if target and is_link(target, context) and ".." not in rest:
            now = moved_path(head, folder, new_folder, context)
            return now and now._replace(text="/".join([now.text, *rest]))
    return _dangling(text, folder, new_folder, context)


def _dangling(
    text: str, folder: str, new_folder: str, context: MoveContext
) -> NewText | None:
    """Decide on a link to a file that is ignored, or missing, or not of the
    repository."""
    was, now = normal(f"{folder}/{text}"), normal(f"{new_folder}/{text}")
    if was is None:
        return NewText(text, _OUTSIDE) if folder != new_folder else None
    meant = moved_with_folder(was, context) or was
    return NewText(text, _NOWHERE) if now != meant else None
