"""Which files have to be opened because something in them may refer to what moves.

A file that moves is always one. Any other refers to a moved module only by the name of
a file or folder that moves, or that comes to be: without such a word in its bytes it is
left closed, so a plan's cost grows with the moves and not with the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator

from treeguard.facts.spelled import parent_folder
from treeguard.migration.rewrite.registry import REWRITERS
from treeguard.migration.world import World
from treeguard.trees import GITLINK
from treeguard.trees import Entry

_WORD = re.compile(rb"[0-9A-Za-z_]+")
_MANY = 200


def files_to_open(world: World, files: dict[str, Entry]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file that a rewriter is to look at, in no order."""
    wanted: dict[str, list[str]] = {}
    for path, entry in files.items():
        if entry.mode != GITLINK and any(r.may_hold(path) for r in REWRITERS.values()):
            wanted.setdefault(entry.oid, []).append(path)
    mentions = _mentions(needles(world))
    for oid, data in world.before.snapshot.read_many(wanted):
        said: bool | None = None
        for path in wanted[oid]:
            if path not in world.moves and not _always(path):
                said = mentions(data) if said is None else said
                if not said:
                    continue
            yield path, data


def _always(path: str) -> bool:
    return any(not r.names and r.may_hold(path) for r in REWRITERS.values())


def needles(world: World) -> frozenset[str]:
    """Words of which a file needs one to refer to anything that changes its place."""
    assert world.after is not None
    words = {"import"} if _changes_roots(world) else set()
    outermost: dict[str, str] = {}
    ends: set[str] = set()
    for old, new in world.moves.items():
        folder = parent_folder(old)
        if folder not in outermost:
            outermost[folder] = _outermost(world, old)
        around = outermost[folder]
        words.add(_word(around or old))
        ends.add(world.folders[around] if around else new)
    words |= {_word(end) for end in ends}
    words |= {_word(folder) for folder in _new_folders(world, ends)}
    words |= {_word(link) for link, _target in world.before.context.links}
    return frozenset(words - {""})


def _outermost(world: World, path: str) -> str:
    """The largest folder around `path` that moves as one; empty if none does."""
    found, folder = "", parent_folder(path)
    while folder in world.folders:
        if world.where(path) != f"{world.folders[folder]}{path[len(folder) :]}":
            break
        found, folder = folder, parent_folder(folder)
    return found


def _changes_roots(world: World) -> bool:
    """True if where absolute names start is another place for files that stay."""
    assert world.after is not None
    roots = world.before.context.roots
    inits = any(
        path.endswith("/__init__.py") and not _outermost(world, path)
        for path in world.moves
    )
    moved = any(root and (root in world.folders) for root in roots)
    return inits or moved or roots != world.after.context.roots


def _new_folders(world: World, ends: set[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in ends:
        folder = parent_folder(path)
        while folder and folder not in seen:
            seen.add(folder)
            if world.before.entry(folder) is None:
                yield folder
            folder = parent_folder(folder)


def _word(path: str) -> str:
    """What names a module or folder in any text: its name without its ending."""
    name = path.rpartition("/")[2]
    if name.partition(".")[0] == "__init__":
        name = parent_folder(path).rpartition("/")[2]
    return name.partition(".")[0]


def _mentions(words: frozenset[str]) -> Callable[[bytes], bool]:
    """A test for bytes: one of the words is there, or letters that may mean one."""
    plain = {word.encode("utf-8", "surrogateescape") for word in words}
    if len(plain) <= _MANY:
        found = re.compile(b"|".join(map(re.escape, sorted(plain)))).search
        return lambda data: not data.isascii() or found(data) is not None
    return lambda data: not (data.isascii() and plain.isdisjoint(_WORD.findall(data)))
