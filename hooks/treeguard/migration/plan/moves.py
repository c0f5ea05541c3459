"""Which file of a tree moves where by `[[migration.move]]`, and what blocks it.

A source means what `MovedSource` defines, here as in the rules. Where several sources
match one file the closest decides: the exact file first, then the longest path.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.plans import Blocker
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.policy.model import Migration
from treeguard.rules.fixes import MovedSource
from treeguard.rules.fixes import moved_sources
from treeguard.trees import GITLINK
from treeguard.trees import Entry
from treeguard.trees import folders_above
from treeguard.trees import folders_of


class Layout(NamedTuple):
    """The moves, ordered by old path, and what blocks them.

    With `clashes` there is no tree that they could lead to.
    """

    moves: tuple[FileMove, ...]
    blockers: tuple[Blocker, ...]
    clashes: bool


def lay_out(
    migration: Migration, policy_path: str, files: Mapping[str, Entry]
) -> Layout:
    """Return every move of `migration` among `files`, and all that blocks them.

    `policy_path` is the file that a faulty move is reported in.
    """
    homes = moved_sources(migration)
    by_stem: dict[str, list[int]] = {}
    for at, home in enumerate(homes):
        by_stem.setdefault(home.stem, []).append(at)
    used: set[int] = set()
    moves = [
        move
        for path in _below(by_stem, sorted(files))
        for move in _moved(path, files[path], homes, by_stem, used)
    ]
    idle = [home for at, home in enumerate(homes) if at not in used]
    clashes = [*_clashes(moves, files, migration.record)]
    blockers = [
        *_without_source(idle, policy_path),
        *clashes,
        *_submodules(moves),
        *_policy_moves(moves, policy_path),
    ]
    return Layout(tuple(moves), tuple(blockers), bool(clashes))


def _below(stems: Container[str], paths: Iterable[str]) -> Iterator[str]:
    """Yield the paths that are, or are below, one of `stems`."""
    if "" in stems:
        yield from paths
        return
    folders: dict[str, bool] = {}
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = any(
                at in stems for at in (folder, *folders_above(folder))
            )
        if folders[folder] or path in stems:
            yield path


def _moved(
    path: str,
    entry: Entry,
    homes: list[MovedSource],
    by_stem: dict[str, list[int]],
    used: set[int],
) -> Iterator[FileMove]:
    """Yield the move of a file, if any: only a home with a stem above it can match."""
    stem, near = path, by_stem.get(path, [])
    while stem:
        stem = stem.rpartition("/")[0]
        if stem in by_stem:
            near = near + by_stem[stem]
    best: tuple[tuple[bool, int], str, str] | None = None
    for at in sorted(near):
        home = homes[at]
        new = home.new_path(path)
        if new is None:
            continue
        used.add(at)
        rank = (home.source == path, len(home.stem))
        if best is None or rank > best[0]:
            best = (rank, new, home.move.reason)
    if best is not None and best[1] != path:
        yield FileMove(path, best[1], entry.mode, entry.oid, best[2])


def _without_source(idle: Iterable[MovedSource], policy_path: str) -> Iterator[Blocker]:
    for home in idle:
        yield Blocker(
            policy_path,
            home.move.line,
            f'"{home.source}" does not exist, but would move to "{home.move.to}"',
            ("fix the source", "remove it from `from`"),
        )


def _clashes(
    moves: list[FileMove], files: Mapping[str, Entry], record: str
) -> Iterator[Blocker]:
    """Yield two files for one path, exactly or on a disk that folds case."""
    leaving = {move.old for move in moves}
    close = near(files, (move.new for move in moves))
    sources = {path: path for path in close if path not in leaving}
    own = {path for path in (record, IGNORE_REVS) if path not in sources}
    sources.update((path, path) for path in own)
    for move in moves:
        other = sources.setdefault(move.new, move.old)
        if other == move.old:
            continue
        exists = other == move.new
        what = "already exists there" if exists else f"moves there too ({other})"
        what = "of the migration itself is written there" if other in own else what
        text = f"{move.old} would move to {move.new}: a file {what}"
        ways = () if exists else tuple(_apart(move))
        yield _clash(move.old, text, ways)
    yield from _under_files(moves, sources)
    yield from _folded(moves, sources)


def _under_files(moves: list[FileMove], sources: dict[str, str]) -> Iterator[Blocker]:
    folders = {folder for path in sources for folder in folders_above(path)}
    for move in moves:
        file = next((path for path in folders_above(move.new) if path in sources), None)
        if file is not None:
            text = f"{move.old} would move to {move.new}, below the file {file}"
            yield _clash(move.old, text)
        elif move.new in folders:
            text = f"{move.old} would move to {move.new}, which is a folder"
            yield _clash(move.old, text)


def _folded(moves: list[FileMove], sources: dict[str, str]) -> Iterator[Blocker]:
    coming = {move.new: move.old for move in moves}
    for path, other in case_clashes(coming.keys(), sources.keys() - coming.keys()):
        below = (new for new in sorted(coming) if f"{new}/".startswith(f"{path}/"))
        new = next(below)
        text = f"{coming[new]} would move to {new}: {path} and {other}"
        yield _clash(coming[new], f"{text} are the same path where case is ignored")


def _submodules(moves: Iterable[FileMove]) -> Iterator[Blocker]:
    for move in moves:
        if move.mode == GITLINK:
            text = f"{move.old} is a submodule, which only `git mv` can move"
            way = f"`git mv -- {move.old} {move.new}` and commit that first"
            yield Blocker(move.old, None, text, (way, "remove it from the moves"))


def _policy_moves(moves: Iterable[FileMove], policy_path: str) -> Iterator[Blocker]:
    for move in moves:
        if move.old == policy_path:
            text = f"{move.old} would move to {move.new}, where treeguard never looks"
            yield Blocker(move.old, None, text, ("remove it from `from`",))


def _apart(move: FileMove) -> Iterator[str]:
    """Yield the fix for two folders with one `to`: each needs a path of its own."""
    old, new = move.old.split("/"), move.new.split("/")
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        del old[-1], new[-1]
    if "/".join(old) != move.old:
        to = "/".join([*new, old[-1]])
        yield f'where folders move, give each a `to` of its own: to = "{to}/"'


def _clash(path: str, message: str, more: tuple[str, ...] = ()) -> Blocker:
    ways = ("give one of them another path", "move the other one away first")
    return Blocker(path, None, message, (*more, *ways))


def near(paths: Iterable[str], coming: Iterable[str]) -> Iterator[str]:
    """Yield the paths that can clash: those with the top-level name of a coming one."""
    tops = {fold(top) for top in {path.partition("/")[0] for path in coming}}
    known: dict[str, bool] = {}
    for path in paths:
        top = path.partition("/")[0]
        if top not in known:
            known[top] = fold(top) in tops
        if known[top]:
            yield path


def case_clashes(
    coming: AbstractSet[str], staying: AbstractSet[str]
) -> Iterator[tuple[str, str]]:
    """Yield each coming path, or new folder above one, with another that differs in
    case or in Unicode form only.

    They are one file on macOS and Windows, on whatever system this runs.
    """
    existing = staying | folders_of(staying)
    seen = {fold(path): path for path in sorted(existing, reverse=True)}
    for path in sorted((coming | folders_of(coming)) - existing):
        other = seen.setdefault(fold(path), path)
        if other != path:
            yield path, other


def fold(path: str) -> str:
    """Return one form for all names that a case-folding file system merges."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", path).casefold()


class Written(NamedTuple):
    """The files to create, the existing ones that are kept, and what blocks it."""

    created: tuple[NewFile, ...]
    kept: tuple[str, ...]
    blockers: tuple[Blocker, ...]


def to_write(
    migration: Migration,
    policy_path: str,
    existing: set[str],
    contents: dict[str, bytes],
) -> Written:
    """Return what `[[migration.create]]` writes into a tree of the paths `existing`.

    `contents` holds the files that `from_file` names, as far as they exist.
    """
    created: list[NewFile] = []
    kept: list[str] = []
    blockers: list[Blocker] = []
    folded = {fold(path): path for path in existing}
    files = {migration.record, *existing}
    folders = {folder for path in files for folder in folders_above(path)}
    for create in migration.creates:
        other = folded.get(fold(create.path))
        below = next(
            (path for path in folders_above(create.path) if path in files), None
        )
        if below is not None or create.path in folders:
            what = "is a folder" if below is None else f"is below the file {below}"
            text = f"{create.path} cannot be created: it {what}"
            blockers.append(Blocker(policy_path, create.line, text, ("rename one",)))
        elif create.path in existing:
            kept.append(create.path)
        elif other is not None:
            text = f"{create.path} cannot be created: {other} differs in case only"
            blockers.append(Blocker(policy_path, create.line, text, ("rename one",)))
        elif create.text is not None:
            created.append(NewFile(create.path, create.text.encode("utf-8")))
        elif create.from_file in contents:
            created.append(NewFile(create.path, contents[create.from_file]))
        else:
            text = f"{create.path} cannot be created from {create.from_file}"
            message = f"{text}, which is not a file of this tree"
            ways = (f"commit {create.from_file}", "use `text` instead")
            blockers.append(Blocker(policy_path, create.line, message, ways))
    return Written(tuple(created), tuple(kept), tuple(blockers))
