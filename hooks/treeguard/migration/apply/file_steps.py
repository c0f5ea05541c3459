"""A plan as steps in the work tree: which kept file stands where before and after."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.migration.apply.untracked_files import Leftover
from treeguard.migration.apply.worktree_steps import WorkTree
from treeguard.migration.apply.worktree_steps import content
from treeguard.migration.journal import Touched
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.snapshots import tree_snapshot
from treeguard.repository.worktree import object_id


class Transition(NamedTuple):
    """Every path that is touched, the ids of kept files that must not change, and what
    has to be written: number, bytes, the path whose mode it takes, whether a link."""

    touched: tuple[Touched, ...]
    ids: dict[int, str]
    written: tuple[tuple[int, bytes, str | None, bool], ...]


def transition(
    git: Git,
    tree: WorkTree,
    plan: Plan,
    written: Mapping[str, bytes],
    carried: Iterable[Leftover],
) -> Transition:
    """What the work tree goes through for `plan`; `written` are the new bytes by path.

    Raises `UsageError` for a file to be edited whose bytes on disk are not Git's.
    """
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for old, new in [
        *((move.old, move.new) for move in plan.moves),
        *((one.path, one.new) for one in carried),
    ]:
        before[old] = after[new] = len(before)
    base = tree_snapshot(git, plan.base)
    origin = {move.new: move.old for move in plan.moves}
    ids: dict[int, str] = {}
    files: list[tuple[int, bytes, str | None, bool]] = []
    number = len(before)
    for path, data in written.items():
        old = origin.get(path, path)
        entry = base.entry(old)
        if entry is not None:
            before.setdefault(old, number)
            disk, data = _converted(tree, old, git.objects.read(entry.oid), data)
            ids[before[old]] = object_id(git.where.object_format, disk)
        after[path] = number + 1
        link = entry is not None and os.path.islink(tree.full(old))
        ids[number + 1] = object_id(git.where.object_format, data)
        files.append((number + 1, data, old if entry is not None else None, link))
        number += 2
    paths = sorted(before.keys() | after.keys())
    touched = tuple(Touched(path, before.get(path), after.get(path)) for path in paths)
    return Transition(touched, ids, tuple(files))


def _converted(
    tree: WorkTree, path: str, blob: bytes, new: bytes
) -> tuple[bytes, bytes]:
    """The bytes on disk, and the new bytes as they have to lie there.

    Line ends may be converted on the way to the disk (`core.autocrlf`, `eol`); what
    else a filter does cannot be repeated without running it.
    """
    disk = content(tree.full(path)) or b""
    if disk == blob:
        return disk, new
    if b"\r\n" not in blob and disk.replace(b"\r\n", b"\n") == blob:
        return disk, new.replace(b"\n", b"\r\n")
    shown = printable(os.fsencode(path))
    message = f"{shown} is not on disk as Git has it, and has to be edited"
    raise UsageError(message, f"`git check-attr -a {shown}` names the filter")


def stage(tree: WorkTree, steps: Transition) -> None:
    """Keep every file that is touched, and write what comes. Changes no path."""
    tree.keep(steps.touched)
    for number, data, like, link in steps.written:
        tree.write(number, data, tree.full(like) if like else None, link)


def reversed_steps(touched: Iterable[Touched]) -> tuple[Touched, ...]:
    """The way back."""
    return tuple(Touched(path, after, before) for path, before, after in touched)


def settled(touched: Iterable[Touched]) -> list[int]:
    """The kept files that are in the work tree afterwards, so need not be kept."""
    return [one.after for one in touched if one.after is not None]
