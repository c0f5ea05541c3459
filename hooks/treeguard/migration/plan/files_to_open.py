"""Which files have to be opened because something in them may refer to what moves.

A file can refer to a moved module only by the name of a file or folder that moves, or
that is new: a file without such a word stays closed, so a plan's cost grows with the
moves and not with the repository. A file that moves is opened too, unless
`is_self_contained` finds that all it refers to moves with it; and so is a source that
imports at run time, in a folder that something leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from treeguard.analysis.answers import Kinds
from treeguard.analysis.answers import kinds_of
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import counted
from treeguard.analysis.progress import silent
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.languages.python.file_names import language
from treeguard.languages.python.import_scan import needs_exact
from treeguard.migration.context import MoveContext
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.rewrite import leftover_mentions
from treeguard.migration.rewrite import symlinks
from treeguard.migration.rewrite.companions import looks_beside
from treeguard.migration.rewrite.docker import READ_UNNAMED
from treeguard.migration.rewrite.leftover_mentions import is_relative_to_itself
from treeguard.migration.rewrite.python_strings import names_moved_file
from treeguard.migration.rewrite.rewriters import REWRITERS
from treeguard.migration.rewrite.rewriters import rewriters
from treeguard.repository.grep import WORD
from treeguard.trees import EXECUTABLE
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import Entry

_WORD = re.compile(rb"[0-9A-Za-z_]+")
_MANY = 300


SOURCES = (".py", ".pyi", ".pyw")
# Of sources, only these can mean what moves without naming it.
_IMPLYING = ("setup.py", "conf.py", "conftest.py")
_GAP = rb"(?:[ \t\f]|\\\r?\n)*"
_RELATIVE = re.compile(rb"from" + _GAP + rb"((?:\." + _GAP + rb")+)")
_UPWARDS = re.compile(rb"""\.\.[/\\'"]""")


class NameSearch(NamedTuple):
    """The words that were searched for, and the files with one (None: unknown)."""

    words: frozenset[str]
    found: frozenset[str] | None


def search_names(
    context: MoveContext, index: IndexedSnapshot | None = None
) -> NameSearch:
    """Search the tree of `index`, if it is given, for the names of all that moves."""
    words = needles(context)
    plain = _encoded(words)
    if index is None or len(plain) > _MANY:
        return NameSearch(words, None)
    return NameSearch(words, index.search_words(plain, context.moves))


def files_to_open(
    context: MoveContext,
    files: Mapping[str, Entry],
    search_names: NameSearch,
    index: IndexedSnapshot | None = None,
    progress: Progress = silent,
) -> Iterator[tuple[str, bytes]]:
    """Yield path and bytes of each of `files` that a rewriter has to read, unordered.

    They are read through `index`, which lists the same files, if it is given.
    """
    words, found = search_names
    beside = _beside(context)
    modes = ((path, entry.mode) for path, entry in files.items())
    kinds = kinds_of(modes) if index is None else index.kinds
    wanted = list(_wanted(context, kinds, found, beside))
    mentions, self_contained = _mentions(words), is_self_contained(context)
    label = "reading what may refer to moved files"
    read = index.reading.of_paths(wanted) if index else _read(context, files, wanted)
    for path, data in counted(read, len(wanted), label, progress):
        moves = path in context.moves
        if symlinks.is_link(path, context) or (not moves and _always(path)):
            yield path, data
            continue
        out = found is not None and path not in found and files[path].is_file
        named = not out and mentions(data)
        looks = path in beside and (needs_exact(data) or looks_beside(data))
        leaves = moves and not (_is_unread(path, data) or self_contained(path, data))
        if named or looks or leaves:
            yield path, data


def _read(
    context: MoveContext, files: Mapping[str, Entry], paths: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    places: dict[str, list[str]] = {}
    for path in paths:
        places.setdefault(files[path].oid, []).append(path)
    for oid, data in context.before.snapshot.read_many(places):
        for path in places[oid]:
            yield path, data


def _wanted(
    context: MoveContext,
    kinds: Kinds,
    found: frozenset[str] | None,
    beside: frozenset[str],
) -> Iterator[str]:
    """Yield the paths to read; `found` are those in which Git found a word."""
    for kind, paths in kinds.items():
        is_file = kind.mode & 0o170000 == 0o100000
        # Git searches regular files alone.
        closed = is_file and found is not None
        is_source = kind.ending in SOURCES
        for path in paths if kind.mode != GITLINK else ():
            out = closed and found is not None and path not in found
            is_asked = path in context.moves or path in beside
            implies = path.endswith(_IMPLYING) if is_source else True
            if out and not (is_asked or (implies and _always(path))):
                continue
            has_own = bool(rewriters(path, kind.mode == SYMLINK))
            # A file without a rewriter is read for the names in it, and if it moves
            # also for what it names relative to its own folder.
            leaves = path in context.moves and is_relative_to_itself(path)
            if has_own or ((leaves or not out) and leftover_mentions.may_hold(path)):
                yield path


def _beside(context: MoveContext) -> frozenset[str]:
    """Return the sources that stay in a folder that something leaves.

    `pkgutil.iter_modules(__path__)` and the like need no name to find a neighbour.
    """
    outer = {outermost(context, old) or old for old in context.moves}
    return frozenset(
        path
        for folder in set(map(parent_folder, outer))
        for name in context.before.children(folder)
        if name.endswith(SOURCES)
        and (path := f"{folder}/{name}" if folder else name) not in context.moves
    )


def expected_words(context: MoveContext) -> list[bytes]:
    """List the words that `files_to_open` will search for; none if too many."""
    plain = _encoded(needles(context))
    return plain if len(plain) <= _MANY else []


def _always(path: str) -> bool:
    return any(one.may_imply(path) for one in REWRITERS.values())


def needles(context: MoveContext) -> frozenset[str]:
    """Return words of which a file needs one to refer to anything that moves."""
    assert context.after is not None
    words = {"import"} if _changes_roots(context) else set()
    outer: dict[str, str] = {}
    ends: set[str] = set()
    for old, new in context.moves.items():
        folder = parent_folder(old)
        if folder not in outer:
            outer[folder] = outermost(context, old)
        around = outer[folder]
        words.add(_word(around or old))
        ends.add(context.folders[around] if around else new)
    words |= {_word(end) for end in ends}
    words |= {_word(folder) for folder in _new_folders(context, ends)}
    words |= {_word(link) for link, _target in context.before.search_roots.links}
    if any(old.rpartition("/")[2] in READ_UNNAMED for old in context.moves):
        words |= {"docker", "podman", "buildah"}
    # In an address a name may be encoded: `my%20file.md`.
    words |= {quote(word, errors="surrogateescape") for word in words}
    return frozenset(words - {""})


def _changes_roots(context: MoveContext) -> bool:
    """Return True if the roots of absolute names change for files that do not move."""
    assert context.after is not None
    roots = context.before.search_roots.roots
    inits = any(
        path.endswith("/__init__.py") and not outermost(context, path)
        for path in context.moves
    )
    moved = any(root and (root in context.folders) for root in roots)
    return inits or moved or roots != context.after.search_roots.roots


def _new_folders(context: MoveContext, ends: set[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in ends:
        folder = parent_folder(path)
        while folder and folder not in seen:
            seen.add(folder)
            if context.before.entry(folder) is None:
                yield folder
            folder = parent_folder(folder)


def _word(path: str) -> str:
    """Return what names a module or folder in any text: its name without suffix."""
    name = path.rpartition("/")[2]
    if name.partition(".")[0] == "__init__":
        name = parent_folder(path).rpartition("/")[2]
    return name.lstrip(".").partition(".")[0]


def _encoded(words: frozenset[str]) -> list[bytes]:
    """Return the ASCII words as bytes: others are only in files that are not ASCII."""
    return sorted(word.encode() for word in words if word.isascii())


def _mentions(words: frozenset[str]) -> Callable[[bytes], bool]:
    """Return a test for bytes: they hold one of the words, or are not ASCII."""
    plain = _encoded(words)
    if not plain:
        return lambda data: not data.isascii()
    if len(plain) <= _MANY:
        found = re.compile(WORD % b"|".join(map(re.escape, plain))).search
        return lambda data: not data.isascii() or found(data) is not None
    # Of `docker-compose` only the last part is searched for: extra hits do no harm.
    parts = {found[-1] for found in map(_WORD.findall, plain) if found}
    return lambda data: not (data.isascii() and parts.isdisjoint(_tokens(data)))


def _tokens(data: bytes) -> Iterator[bytes]:
    """Yield every word of the bytes; one after an escape also without its letter."""
    for token in _WORD.findall(data):
        yield token
        yield token[1:]
        yield token[2:]
        yield token[3:]


def outermost(context: MoveContext, path: str) -> str:
    """Return the largest folder above `path` that moves as one, if any, or `""`."""
    found, folder = "", parent_folder(path)
    while folder in context.folders:
        if context.where(path) != f"{context.folders[folder]}{path[len(folder) :]}":
            break
        found, folder = folder, parent_folder(folder)
    return found


def is_self_contained(context: MoveContext) -> Callable[[str, bytes], bool]:
    """Return a test for the path and bytes of a moving file without any needle.

    It is True only where no rewriter could change or report anything: all that the
    source refers to moves with it, so it need not be parsed. Only its bytes are looked
    at, and a doubt sends it to the parser.
    """
    depths: dict[str, int] = {}
    strange: dict[str, Callable[[bytes], object]] = {}

    def test(path: str, data: bytes) -> bool:
        folder = parent_folder(path)
        if not path.endswith(SOURCES) or not data.isascii():
            return False
        if folder not in depths:
            depths[folder], words = _depth(context, path)
            strange[folder] = _any_of(words)
        return (
            depths[folder] >= 0
            and _is_python_alone(path)
            and b"__file__" not in data
            and not _leaves(data, depths[folder])
            and not strange[folder](data)
            and not needs_exact(data)
            and not looks_beside(data)
            and not names_moved_file(data, context)
        )

    return test


def _leaves(data: bytes, depth: int) -> bool:
    """Return True if a relative import or path could lead out of the moving folder."""
    if _UPWARDS.search(data):
        return True
    found = _RELATIVE.findall(data) if b"from" in data else []
    return any(dots.count(b".") > depth + 1 for dots in found)


def _is_unread(path: str, data: bytes) -> bool:
    """Return True if a first line could have made the file Python, and does not."""
    by_first_line = _is_python_alone(path) and not is_relative_to_itself(path)
    return by_first_line and language(path, EXECUTABLE, data[:256]) is None


def _is_python_alone(path: str) -> bool:
    return [name for name, one in REWRITERS.items() if one.may_hold(path)] == ["python"]


def _any_of(words: frozenset[str]) -> Callable[[bytes], object]:
    plain = sorted(word.encode() for word in words if word.isascii())
    if not plain:
        return lambda _data: False
    return re.compile(WORD % b"|".join(map(re.escape, plain))).search


def _depth(context: MoveContext, path: str) -> tuple[int, frozenset[str]]:
    """Return how deep the file's folder is below the one that moves as a whole, and the
    names that resolve to something else there than before.

    -1 where any absolute name could.
    """
    around, folder = outermost(context, path), parent_folder(path)
    strange = _strange_names(context, folder, around) if around else None
    if strange is None or len(strange) > _MANY:
        return -1, frozenset()
    return folder[len(around) :].count("/"), strange


def _strange_names(
    context: MoveContext, folder: str, around: str
) -> frozenset[str] | None:
    """Return the absolute names that resolve from another root after the move.

    None: perhaps any. They are looked up in the file's own root, then in the roots.
    """
    assert context.after is not None
    before, after = context.before, context.after
    was, now = own_root(before, folder), own_root(after, context.folders[folder])
    roots = before.search_roots.roots
    for root in (*roots, *after.search_roots.roots):
        if root and any(f"{one}/".startswith(f"{root}/") for one in (was, now)):
            return None
    if was == now == roots[0]:
        return frozenset()
    if was == roots[0]:
        return _names(after, now)
    inside = was == around or was.startswith(f"{around}/")
    if not inside or context.folders.get(was) != now:
        return None
    return _names(after, now) - _names(before, was)


def _names(analysis: TreeAnalysis, folder: str) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name in analysis.children(folder))


def own_root(analysis: TreeAnalysis, folder: str) -> str:
    """Return the nearest folder, at or above, without an `__init__.py`."""
    while folder and "__init__.py" in analysis.children(folder):
        folder = parent_folder(folder)
    return folder
