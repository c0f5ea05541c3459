"""Where the files of a commit that knows nothing of a migration belong after it.

The migration is read from its own commits, so that any clone has the same answer: what
moved, which folders moved as a whole, what was written. A file that it never saw goes
where the policy says, else along with the folder that it stands in.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.destinations import IGNORE_REVS
from treeguard.migration.history_lookup import Trail
from treeguard.migration.history_lookup import moved_paths
from treeguard.migration.plan.moves import lay_out
from treeguard.migration.plan.whole_folders import whole_folders
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.trees import Entry


class Performed(NamedTuple):
    """A migration as its commits have it.

    `moved` is old path to new path in the tree it was made for, whose paths are
    `tracked`; `folders` those that moved as a whole; `created` the files it wrote, its
    record among them; and `ignored` what it added to `.git-blame-ignore-revs`.
    """

    trail: Trail
    policy: Policy
    migration: Migration
    moved: Mapping[str, str]
    tracked: frozenset[str]
    folders: Mapping[str, str]
    created: tuple[NewFile, ...]
    ignored: bytes


def performed(
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
    """What moved. Git pairs files of equal content by their names alone: where the
    policy still says the same places, its pairs are the right ones."""
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


def laid_out(done: Performed, files: dict[str, Entry]) -> tuple[FileMove, ...]:
    """The moves among `files`, the tree of any commit, in order of the old paths."""
    unknown = {path: at for path, at in files.items() if path not in done.tracked}
    planned = lay_out(done.migration, "", unknown).moves
    homes = {**done.moved, **{move.old: move.new for move in planned}}
    moves = []
    for path, entry in sorted(files.items()):
        new = homes.get(path)
        if new is None and path in unknown:
            new = _along(done.folders, path)
        if new is not None and new != path:
            moves.append(FileMove(path, new, entry.mode, entry.oid))
    return tuple(moves)


def _along(folders: Mapping[str, str], path: str) -> str | None:
    """Where a path goes with the closest folder around it that moved, if one did."""
    folder = path.rpartition("/")[0]
    while folder:
        if folder in folders:
            return folders[folder] + path[len(folder) :]
        folder = folder.rpartition("/")[0]
    return None


def collisions(
    moves: Iterable[FileMove], files: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Places for which two files of one commit meet: the place, and why."""
    moves = tuple(moves)
    leaving = {move.old for move in moves}
    taken = {path: path for path in files if path not in leaving}
    for old, new, *_ in moves:
        other = taken.setdefault(new, old)
        if other != old:
            yield new, f"{old} belongs there now, and {other} does too"
    around = {path.rpartition("/")[0] for path in taken}
    folders = around.union(*map(_above, around))
    for path in sorted(folders & taken.keys()):
        yield path, "a file and a folder belong there"


def _above(path: str) -> list[str]:
    return [path[:at] for at, character in enumerate(path) if character == "/"]
