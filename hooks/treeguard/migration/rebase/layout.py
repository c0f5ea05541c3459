"""Where the files of a commit from before a migration belong after it.

The migration is read from its own commits, so that any clone has the same answer: what
moved, which folders moved as a whole, what was written. A file that it never saw goes
where the policy says, else with its folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.migration.apply.commits import changes_between
from treeguard.migration.context import moved_with
from treeguard.migration.context import whole_folders
from treeguard.migration.history_lookup import IGNORE_REVS
from treeguard.migration.history_lookup import Trail
from treeguard.migration.history_lookup import moved_paths
from treeguard.migration.plan.moves import lay_out
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import Entry
from treeguard.trees import folders_above


class Performed(NamedTuple):
    """A migration as its commits have it.

    `moved` maps old paths to new ones in the tree it was made for, whose paths are
    `tracked`; `folders` those that moved as a whole; `created` are the files it wrote,
    its record among them; `ignored` is what it added to `.git-blame-ignore-revs`.
    """

    trail: Trail
    policy: Policy
    migration: Migration
    moved: Mapping[str, str]
    tracked: frozenset[str]
    folders: Mapping[str, str]
    created: tuple[NewFile, ...]
    ignored: bytes


def read_performed(
    git: Git, policy: Policy, migration: Migration, trail: Trail
) -> Performed:
    """Read a migration from its commits. Raises `GitError`."""
    base = dict(tree_snapshot(git, trail.base).files())
    moved = _moved(git, migration, trail, base)
    moves = [FileMove(old, new, 0, "") for old, new in moved.items()]
    created, ignored = _written(git, trail, base.get(IGNORE_REVS))
    homes = whole_folders(base, {move.old: move.new for move in moves})
    tracked = frozenset(base)
    return Performed(trail, policy, migration, moved, tracked, homes, created, ignored)


def _moved(
    git: Git, migration: Migration, trail: Trail, base: dict[str, Entry]
) -> Mapping[str, str]:
    """Map what moved. Git pairs files of equal content by their names alone: where the
    policy still names the same paths, its pairs are the right ones."""
    paired, _strange = moved_paths(git, trail)
    planned = {move.old: move.new for move in lay_out(migration, "", base).moves}
    same = planned.keys() == paired.keys()
    same = same and set(planned.values()) == set(paired.values())
    return planned if same else paired


def _written(
    git: Git, trail: Trail, ignore_revs: Entry | None
) -> tuple[tuple[NewFile, ...], bytes]:
    tip = trail.moves[-1] if trail.moves else trail.base
    created: list[NewFile] = []
    ignored = b""
    for path, old, new in changes_between(git, tip, trail.record):
        if new is None or (old is not None and path != IGNORE_REVS):
            continue
        data = git.objects.read(new.oid)
        if path == IGNORE_REVS:
            before = git.objects.read(ignore_revs.oid) if ignore_revs else b""
            ignored = data.removeprefix(before)
        else:
            created.append(NewFile(path, data))
    return tuple(created), ignored


def moves_among(done: Performed, files: dict[str, Entry]) -> tuple[FileMove, ...]:
    """Return the moves among `files`, the tree of any commit, by old path."""
    unknown = {path: at for path, at in files.items() if path not in done.tracked}
    planned = lay_out(done.migration, "", unknown).moves
    homes = {**done.moved, **{move.old: move.new for move in planned}}
    moves = []
    for path, entry in sorted(files.items()):
        new = homes.get(path)
        if new is None and path in unknown:
            new = moved_with(done.folders, path)
        if new is not None and new != path:
            moves.append(FileMove(path, new, entry.mode, entry.oid))
    return tuple(moves)


def collisions(
    moves: Iterable[FileMove], files: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield the paths at which two files of one commit meet, and why."""
    moves = tuple(moves)
    leaving = {move.old for move in moves}
    taken = {path: path for path in files if path not in leaving}
    for old, new, *_ in moves:
        other = taken.setdefault(new, old)
        if other != old:
            yield new, f"both {old} and {other} belong there now"
    around = {path.rpartition("/")[0] for path in taken}
    folders = around.union(*map(folders_above, around))
    for path in sorted(folders & taken.keys()):
        yield path, "both a file and a folder belong there"
