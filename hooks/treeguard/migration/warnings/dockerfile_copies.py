"""Code that looks for a file at its new place, in an image that has the old layout.

A Dockerfile that copies a folder by its name goes on putting it where it was, and a
path built from `__file__` follows the move: in the repository it is right, in the image
it leads nowhere, and no test outside of the image says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.container_paths import holds_some
from treeguard.migration.rewrite.file_relative_paths import KIND
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect


def lost_in_images(
    world: MoveContext, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Every such path, once a line."""
    told: set[tuple[str, int]] = set()
    kept: dict[str, bool] = {}
    for file in edits:
        for edit in file.edits:
            place = file.new_path, edit.line
            if edit.kind != KIND or place in told:
                continue
            for old, new in _meant(edit.text.decode("utf-8", "replace"), world):
                if old not in kept:
                    kept[old] = holds_some(old, world)
                if kept[old]:
                    told.add(place)
                    yield SideEffect(
                        *place,
                        f"it looks for {new} now, and a Dockerfile that copies {old} "
                        "by its name still puts it where it did",
                        "copy it to its new place in the image too, or give the code "
                        "its path by a variable",
                    )
                    break


def _meant(text: str, world: MoveContext) -> Iterator[tuple[str, str]]:
    """What moves to the place that an edited literal ends in: old and new path."""
    end = text.strip("\"'").lstrip("./")
    if "/" in end:
        for old, new in (*world.folders.items(), *world.moves.items()):
            if new == end or new.endswith(f"/{end}"):
                yield old, new
