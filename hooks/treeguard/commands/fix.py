"""`treeguard check --fix`: performs the moves that `placed` and `vacated` propose.

The plan is data, and everything that could refuse it is asked before the first move.
A move that fails all the same takes those before it back.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.commands.moves import Move
from treeguard.commands.moves import Moves
from treeguard.commands.references import Reference
from treeguard.commands.references import affected
from treeguard.commands.references import follow
from treeguard.commands.terminal import complain
from treeguard.commands.terminal import tell
from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.findings import EXCEPTED
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.policy.model import Policy
from treeguard.repository.disable_filters import filters_off
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.stages.session import Session
from treeguard.stages.session import analyze_snapshot
from treeguard.trees import Snapshot

FIXABLE = frozenset({"placed", "vacated"})


def fix(session: Session, policy: Policy, report: Report, quiet: bool) -> bool:
    """Perform what the findings of `report` propose; True when anything was moved.

    Raises `UsageError` when a file to touch differs from the index or a new home is
    taken on disk, `GitError` when Git refuses a move (all are then taken back).
    """
    args = argparse.Namespace(quiet=quiet)
    index = index_snapshot(session.git)
    moves = plan(report.findings, index)
    if not moves.every:
        tell(args, "--fix: no finding proposes a move")
        return False
    before = analyze_snapshot(index, policy, session.store)
    uses = affected(before, moves)
    top = Git(_top(session.git), session.git.environ)
    try:
        edited = {use.path for use in uses if use.editable}
        _assert_clean(top, sorted({*moves.files, *edited}))
        _assert_free(top.cwd, moves.every)
        _perform(top, moves.every)
        for move in moves.every:
            tell(args, f"moved {move.old} to {move.new}")
        after = analyze_snapshot(index_snapshot(session.git), policy, session.store)
        outcome = follow(top, after, moves, uses)
    finally:
        top.close()
    for path in outcome.rewritten:
        tell(args, f"rewrote the references in {path}")
    _list(outcome.left)
    return True


def plan(findings: Iterable[Finding], index: Snapshot) -> Moves:
    """The moves that are proposed, none inside another and no two to one place."""
    files = sorted(path for path, _entry in index.files())
    every: list[Move] = []
    for finding in findings:
        if finding.kind in FIXABLE and finding.status != EXCEPTED and finding.target:
            for move in _moves(finding, finding.target, files, index):
                if not any(_collide(move, other) for other in every):
                    every.append(move)
    return Moves(tuple(every), files)


def _moves(
    finding: Finding, target: str, files: Iterable[str], index: Snapshot
) -> Iterator[Move]:
    """One move, or one for each file of a folder whose new home is there already."""
    old, new = finding.path.rstrip("/"), target.rstrip("/")
    if not finding.path.endswith("/") or index.entry(new) is None:
        yield Move(old, new)
        return
    for path in files:
        if path.startswith(f"{old}/"):
            yield Move(path, f"{new}/{path[len(old) + 1 :]}")


def _collide(one: Move, other: Move) -> bool:
    return any(
        a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/")
        for a, b in ((one.old, other.old), (one.new, other.new))
    )


def _top(git: Git) -> str:
    top = git.where.top
    if top is None:
        raise UsageError(
            "--fix needs a work tree, and there is none here",
            "run it in a clone that has one",
        )
    return top


def _assert_clean(top: Git, paths: list[str]) -> None:
    """What is on disk goes where the index goes: so it has to be the same."""
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


def _assert_free(top: str, moves: Iterable[Move]) -> None:
    """Nothing on disk, tracked or not, stands at or above a new home."""
    for move in moves:
        parts = move.new.split("/")
        for count in range(1, len(parts)):
            above = os.path.join(top, *parts[:count])
            is_folder = os.path.isdir(above) and not os.path.islink(above)
            if os.path.lexists(above) and not is_folder:
                raise UsageError(
                    f"{'/'.join(parts[:count])} is no folder, so {move.old} cannot "
                    f"move to {move.new}",
                    "move it out of the way",
                )
        if os.path.lexists(os.path.join(top, *parts)):
            raise UsageError(
                f"{move.new} exists, so {move.old} cannot move there",
                "move it away or remove it; it may be untracked or ignored",
            )


def _perform(top: Git, moves: Iterable[Move]) -> None:
    done: list[Move] = []
    try:
        for move in moves:
            _git_mv(top, move)
            done.append(move)
    except GitError as error:
        for move in reversed(done):
            _git_mv(top, Move(move.new, move.old))
        hint = "nothing was moved; " + error.hint
        raise GitError(error.message, hint) from error


def _git_mv(top: Git, move: Move) -> None:
    folder = os.path.dirname(os.path.join(top.cwd, move.new))
    os.makedirs(folder, exist_ok=True)
    words = ("mv", "--", os.fsencode(move.old), os.fsencode(move.new))
    top.run(*words, env=filters_off(top))


def _list(left: Iterable[Reference]) -> None:
    lines = [f"  {use.place}: {use.written}" for use in left]
    if lines:
        complain("references that still point at the old place:")
        complain("\n".join(lines))
