"""The folders that a path in a file may be told from, the likeliest first.

Nobody writes down where a script is started: in the repository's root, in its own
folder, or in one between the two. What reads the same from all of them is certain.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.spans import OWN
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import target_of

# What is run from the repository's root rather than from its own folder.
_FROM_ROOT = frozenset({"script_files", "dockerfile", "yaml_files"})


def bases(path: str, reader: str, folder: str, world: MoveContext) -> list[Base]:
    """Where a path in the file may be told from, the likeliest first.

    `folder` is the base of its span: what is relative to the root, or to the file's own
    folder, has no other. Any other base is a folder that is entered from one of them.
    """
    own = Base(parent_folder(path), parent_folder(world.where(path)))
    root = Base("", "")
    if folder == OWN:
        return [own]
    if folder.startswith(f"{OWN}/"):
        return [_entered(own, folder[2:] or OWN, world)]
    if folder.startswith("/"):
        order = [root]
    else:
        order = [root, own] if reader in _FROM_ROOT else [own, root]
        order = order if own.old else order[:1]
        order += _between(own.old, world)
    inner = folder.strip("/")
    return [_entered(base, inner, world) for base in order] if inner else order


def _between(folder: str, world: MoveContext) -> Iterator[Base]:
    """The folders around one, without the root: `sub` is started there, perhaps."""
    around = parent_folder(folder)
    while around:
        there = home(world, around)
        yield Base(around, around if there is None else there)
        around = parent_folder(around)


def _entered(base: Base, folder: str, world: MoveContext) -> Base:
    """The folder that was gone into, from a base."""
    old = target_of(folder, base.old, world)
    if old is None:
        return Base(_joined(base.old, folder), _joined(base.new, folder))
    new = home(world, old)
    return Base(old, old if new is None else new)


def is_certain(path: str, reader: str, span: Span) -> bool:
    """True where the first base is the only one that the format knows."""
    if span.base.startswith("/"):
        return True
    return reader == "yaml_files" and path.startswith((".github/", ".gitlab-ci"))


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path
