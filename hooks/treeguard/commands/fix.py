"""`treeguard check --fix`: performs the moves that `placed` and `vacated` propose.

References are rewritten by the engine of a migration, in the work tree and the index.
The plan is data, and everything that could refuse it is checked before the first move.
A move that fails all the same reverts those before it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.commands.terminal import inform
from treeguard.commands.terminal import warn
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.findings import EXCEPTED
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.migration.apply.preflight import refuse_occupied
from treeguard.migration.apply.preflight import work_tree_top
from treeguard.migration.plan.planner import Rewritten
from treeguard.migration.plan.planner import rewrites_for
from treeguard.migration.plan.planner import undecided_afterwards
from treeguard.plans import FileMove
from treeguard.plans import Undecided
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.plumbing import filters_off
from treeguard.repository.snapshots import index_snapshot
from treeguard.stages.session import Session
from treeguard.trees import Snapshot
from treeguard.trees import folders_above

FIXABLE = frozenset({"placed", "vacated"})


class ProposedMove(NamedTuple):
    """One file or folder, and where it goes; neither path ends in a slash."""

    old: str
    new: str


def fix(session: Session, policy: Policy, report: Report, quiet: bool) -> bool:
    """Perform what the findings of `report` propose; return True if anything moved.

    Raises `UsageError` when a file to touch differs from the index or a destination is
    occupied on disk, `GitError` when Git refuses a move (all are then reverted).
    """
    args = argparse.Namespace(quiet=quiet)
    index = index_snapshot(session.git)
    moves = proposed_moves(report.findings, index)
    if not moves:
        inform(args, "--fix: no finding proposes a move")
        return False
    files = tuple(file_moves(moves, index))
    rewritten = rewrites_for(policy, index, files, session.store, session.git)
    left = _undecided(files, rewritten, index)
    top = Git(work_tree_top(session.git), session.git.environ)
    try:
        touched = {move.old for move in files} | {one.path for one in rewritten.edits}
        _assert_clean(top, sorted(touched))
        refuse_occupied(top.cwd, {move.new for move in moves}, frozenset())
        _perform(top, moves)
        for move in moves:
            inform(args, f"moved {move.old} to {move.new}")
        _write(top, rewritten.edited)
    finally:
        top.close()
    for path in sorted(rewritten.edited):
        inform(args, f"rewrote the references in {path}")
    if left:
        warn("references that may still point at the old path:")
        warn("\n".join(f"  {one.path}:{one.line}: {one.text}" for one in left))
    return True


def proposed_moves(findings: Iterable[Finding], index: Snapshot) -> list[ProposedMove]:
    """List the proposed moves, none inside another and no two to one path."""
    files = sorted(index.paths())
    every: list[ProposedMove] = []
    for finding in findings:
        if finding.kind in FIXABLE and finding.status != EXCEPTED and finding.target:
            for move in _moves(finding, finding.target, files, index):
                if not any(_collide(move, other) for other in every):
                    every.append(move)
    return every


def _moves(
    finding: Finding, target: str, files: Iterable[str], index: Snapshot
) -> Iterator[ProposedMove]:
    """Yield one move, or one for each file of a folder whose destination exists."""
    old, new = finding.path.rstrip("/"), target.rstrip("/")
    if not finding.path.endswith("/") or index.entry(new) is None:
        yield ProposedMove(old, new)
        return
    for path in files:
        if path.startswith(f"{old}/"):
            yield ProposedMove(path, f"{new}/{path[len(old) + 1 :]}")


def _collide(one: ProposedMove, other: ProposedMove) -> bool:
    return any(
        a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/")
        for a, b in ((one.old, other.old), (one.new, other.new))
    )


def file_moves(moves: Iterable[ProposedMove], index: Snapshot) -> Iterator[FileMove]:
    """Yield the move of every file that is, or is below, what moves."""
    new_of = dict(moves)
    for path, entry in index.files():
        for at in (path, *folders_above(path)):
            if at in new_of:
                new = new_of[at] + path[len(at) :]
                yield FileMove(path, new, entry.mode, entry.oid)


def _undecided(
    files: Iterable[FileMove], rewritten: Rewritten, index: Snapshot
) -> tuple[Undecided, ...]:
    def read(path: str) -> bytes:
        entry = index.entry(path)
        return b"" if entry is None else index.read(entry.oid)

    return undecided_afterwards(files, rewritten.edits, rewritten.undecided, read)


def _assert_clean(top: Git, paths: list[str]) -> None:
    """Refuse paths that differ from the index: disk and index change alike."""
    off = filters_off(top)
    top.answer("update-index", "-q", "--refresh", codes=(0, 1), env=off)
    # A file as young as the index is compared by content, which a filter would clean.
    args = ("diff-files", "--name-only", "-z", "--ignore-submodules=none")
    out = top.run(*args, env=off)
    changed = {os.fsdecode(path) for path in out.split(b"\0") if path}
    touched = [path for path in paths if path in changed]
    if touched:
        named = ", ".join(touched[:5]) + (", ..." if len(touched) > 5 else "")
        raise UsageError(
            f"--fix would touch files that differ from the index: {named}",
            "`git add` or `git restore` them first",
        )


def _perform(top: Git, moves: Iterable[ProposedMove]) -> None:
    done: list[ProposedMove] = []
    try:
        for move in moves:
            _git_mv(top, move)
            done.append(move)
    except GitError as error:
        for move in reversed(done):
            _git_mv(top, ProposedMove(move.new, move.old))
        hint = "nothing was moved; " + error.hint
        raise GitError(error.message, hint) from error


def _git_mv(top: Git, move: ProposedMove) -> None:
    folder = os.path.dirname(os.path.join(top.cwd, move.new))
    os.makedirs(folder, exist_ok=True)
    words = ("mv", "--", os.fsencode(move.old), os.fsencode(move.new))
    top.run(*words, env=filters_off(top))


def _write(top: Git, edited: dict[str, bytes]) -> None:
    """Write the edited files to the work tree, and add them to the index."""
    for path, data in edited.items():
        full = os.path.join(os.fsencode(top.cwd), os.fsencode(path))
        if os.path.islink(full):
            os.unlink(full)
            os.symlink(data, full)
        else:
            with open(full, "wb") as file:
                file.write(data)
    # The bytes on disk were those of the index: no filter has anything to do here.
    env = {"GIT_LITERAL_PATHSPECS": "1", **filters_off(top)}
    paths = b"".join(os.fsencode(path) + b"\0" for path in edited)
    if edited:
        args = ("add", "--pathspec-from-file=-", "--pathspec-file-nul")
        top.run(*args, stdin=paths, env=env)
