"""Which files have to be opened because something in them may refer to what moves.

Any file refers to a moved module only by the name of a file or folder that moves, or
that comes to be: without such a word in its bytes it is left closed, so a plan's cost
grows with the moves and not with the repository. A file that moves is opened too,
unless `planning_moved` sees that it takes along all that it refers to; and so is a
source that imports at run time, in a folder that something leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.query_subset import Kinds
from treeguard.analysis.query_subset import kinds_of
from treeguard.languages.python.import_scan import needs_exact
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.plan.self_contained_moves import SOURCES
from treeguard.migration.plan.self_contained_moves import outermost
from treeguard.migration.plan.self_contained_moves import takes_all_along
from treeguard.migration.rewrite import leftover_mentions
from treeguard.migration.rewrite import symlinks
from treeguard.migration.rewrite.default_files import READ_UNNAMED
from treeguard.migration.rewrite.old_names import is_relative_to_itself
from treeguard.migration.rewrite.registry import REWRITERS
from treeguard.migration.rewrite.registry import rewriters
from treeguard.repository.grep import WORD
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import Entry

_WORD = re.compile(rb"[0-9A-Za-z_]+")
_MANY = 300


class Sought(NamedTuple):
    """The words that were looked for, and the files with one, if Git can tell."""

    words: frozenset[str]
    found: frozenset[str] | None


def sought(world: MoveContext, index: IndexedSnapshot | None = None) -> Sought:
    """Look for the names of all that moves in the tree of `index`, if it is given."""
    words = needles(world)
    plain = _encoded(words)
    if index is None or len(plain) > _MANY:
        return Sought(words, None)
    return Sought(words, index.search_words(plain, world.moves))


def files_to_open(
    world: MoveContext,
    files: Mapping[str, Entry],
    sought: Sought,
    index: IndexedSnapshot | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of every one of `files` that a rewriter is to look at, in no
    order. They are read through `index`, which lists the same files, if it is given."""
    words, found = sought
    beside = _beside(world)
    modes = ((path, entry.mode) for path, entry in files.items())
    kinds = kinds_of(modes) if index is None else index.kinds
    wanted = list(_wanted(world, kinds, found, beside))
    mentions, stays_right = _mentions(words), takes_all_along(world)
    told = "reading what may refer to moved files"
    read = index.reading.of_paths(wanted) if index else _read(world, files, wanted)
    for path, data in counted(read, len(wanted), told, progress):
        moves = path in world.moves
        if symlinks.is_link(path, world) or (not moves and _always(path)):
            yield path, data
            continue
        out = found is not None and path not in found and files[path].is_file
        said = not out and mentions(data)
        looks = path in beside and needs_exact(data)
        if said or looks or (moves and not stays_right(path, data)):
            yield path, data


def _read(
    world: MoveContext, files: Mapping[str, Entry], paths: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    places: dict[str, list[str]] = {}
    for path in paths:
        places.setdefault(files[path].oid, []).append(path)
    for oid, data in world.before.snapshot.read_many(places):
        for path in places[oid]:
            yield path, data


def _wanted(
    world: MoveContext,
    kinds: Kinds,
    found: frozenset[str] | None,
    beside: frozenset[str],
) -> Iterator[str]:
    """The paths to read; `found` are those that Git has found a word in."""
    for kind, paths in kinds.items():
        is_file = kind.mode & 0o170000 == 0o100000
        # Git searches regular files alone.
        closed = is_file and found is not None
        is_source = kind.ending in SOURCES
        for path in paths if kind.mode != GITLINK else ():
            out = closed and found is not None and path not in found
            is_asked = path in world.moves or path in beside
            if out and not (is_asked or (not is_source and _always(path))):
                continue
            has_own = bool(rewriters(path, kind.mode == SYMLINK))
            # What has no rewriter is read for the names in it alone, and where it moves
            # for what it names from its own folder.
            leaves = path in world.moves and is_relative_to_itself(path)
            if has_own or ((leaves or not out) and leftover_mentions.may_hold(path)):
                yield path


def _beside(world: MoveContext) -> frozenset[str]:
    """Sources that stay in a folder that something leaves: what looks around itself, as
    `pkgutil.iter_modules(__path__)` does, needs no name to find it."""
    outer = {outermost(world, old) or old for old in world.moves}
    return frozenset(
        path
        for folder in set(map(parent_folder, outer))
        for name in world.before.children(folder)
        if name.endswith(SOURCES)
        and (path := f"{folder}/{name}" if folder else name) not in world.moves
    )


def expected(world: MoveContext) -> list[bytes]:
    """The words that `files_to_open` will look for; none if they are too many."""
    plain = _encoded(needles(world))
    return plain if len(plain) <= _MANY else []


def _always(path: str) -> bool:
    return any(one.may_imply(path) for one in REWRITERS.values())


def needles(world: MoveContext) -> frozenset[str]:
    """Words of which a file needs one to refer to anything that changes its place."""
    assert world.after is not None
    words = {"import"} if _changes_roots(world) else set()
    outer: dict[str, str] = {}
    ends: set[str] = set()
    for old, new in world.moves.items():
        folder = parent_folder(old)
        if folder not in outer:
            outer[folder] = outermost(world, old)
        around = outer[folder]
        words.add(_word(around or old))
        ends.add(world.folders[around] if around else new)
    words |= {_word(end) for end in ends}
    words |= {_word(folder) for folder in _new_folders(world, ends)}
    words |= {_word(link) for link, _target in world.before.search_roots.links}
    if any(old.rpartition("/")[2] in READ_UNNAMED for old in world.moves):
        words |= {"docker", "podman", "buildah"}
    # In an address a name may be encoded: `my%20file.md`.
    words |= {quote(word, errors="surrogateescape") for word in words}
    return frozenset(words - {""})


def _changes_roots(world: MoveContext) -> bool:
    """True if where absolute names start is another place for files that stay."""
    assert world.after is not None
    roots = world.before.search_roots.roots
    inits = any(
        path.endswith("/__init__.py") and not outermost(world, path)
        for path in world.moves
    )
    moved = any(root and (root in world.folders) for root in roots)
    return inits or moved or roots != world.after.search_roots.roots


def _new_folders(world: MoveContext, ends: set[str]) -> Iterator[str]:
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
    return name.lstrip(".").partition(".")[0]


def _encoded(words: frozenset[str]) -> list[bytes]:
    """The words as bytes; one that is not ASCII stands only in a file that is not."""
    return sorted(word.encode() for word in words if word.isascii())


def _mentions(words: frozenset[str]) -> Callable[[bytes], bool]:
    """A test for bytes: one of the words is there, or letters that may mean one."""
    plain = _encoded(words)
    if not plain:
        return lambda data: not data.isascii()
    if len(plain) <= _MANY:
        found = re.compile(WORD % b"|".join(map(re.escape, plain))).search
        return lambda data: not data.isascii() or found(data) is not None
    # Of `docker-compose` the last part is looked for: too many is no harm.
    parts = {found[-1] for found in map(_WORD.findall, plain) if found}
    return lambda data: not (data.isascii() and parts.isdisjoint(_tokens(data)))


def _tokens(data: bytes) -> Iterator[bytes]:
    """Every word of the bytes; one after an escape also without its letter."""
    for token in _WORD.findall(data):
        yield token
        yield token[1:]
        yield token[2:]
