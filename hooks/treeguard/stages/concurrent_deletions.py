"""Refs that other pushes are deleting at this moment.

pre-receive runs before refs change. Two pushes at once, each of which deletes one of
the last two branches that have a file, would each see the other branch and both pass.
So a push first announces what it deletes, and ignores every ref that another push has
announced. A refused push withdraws its lines; post-receive removes those of pushes that
landed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update

FILE = ("treeguard", "leaving.json")
# Nobody removes the lines of a push that was killed. Hooks take seconds.
SECONDS = 600.0


class PendingDeletion(NamedTuple):
    """A ref that a push deletes: its name, its id, the push, and the time."""

    ref: str
    old: str
    push: str
    time: float


Lines = list[PendingDeletion]


def removals(updates: Iterable[Update]) -> list[Update]:
    """Return the updates after which a ref no longer has what it had."""
    return [
        update
        for update in updates
        if update.old is not None
        and (update.new is None or not update.ref.startswith(BRANCHES))
    ]


def announce(git: Git, updates: Sequence[Update], push: str) -> Lines:
    """Announce what `updates` delete; return what other pushes have announced.

    Read the refs afterwards: a deletion that is no longer announced is done by then.
    Raises `OSError` where nothing can be written.
    """
    gone, now = removals(updates), time.time()
    own = [PendingDeletion(_name(git, u.ref), u.old or "", push, now) for u in gone]
    return _rewrite(git, lambda lines: [*lines, *own]) if own else []


def withdraw(git: Git, push: str) -> None:
    """Remove the lines of `push`, which was refused."""
    _rewrite(git, lambda lines: [one for one in lines if one.push != push])


def confirm(git: Git, updates: Iterable[Update]) -> None:
    """Remove the lines of deletions that are done, whichever push announced them."""
    gone = {(_name(git, u.ref), u.old) for u in removals(updates)}
    if gone:
        _rewrite(git, lambda lines: [o for o in lines if (o.ref, o.old) not in gone])


def with_pending(git: Git, lines: Iterable[PendingDeletion], target: Target) -> Target:
    """Return `target` with the refs that other pushes are about to delete."""
    inside = _name(git, "")
    held = ((one.ref.removeprefix(inside), one.old) for one in lines)
    leaving = sorted({ref for ref, old in held if target.tips.get(ref) == old})
    return target._replace(leaving=tuple(leaving))


def _name(git: Git, ref: str) -> str:
    return f"{git.environ.get('GIT_NAMESPACE', '')} {ref}"


def _rewrite(git: Git, change: Callable[[Lines], Lines]) -> Lines:
    """Change the announced lines under a lock, and return them as they were before."""
    import fcntl

    path = os.path.join(git.where.common_dir, *FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o660), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = _read(file.read())
        after = change(before)
        file.seek(0)
        file.write(json.dumps(after).encode("ascii"))
        file.truncate()
    return before


def _read(data: bytes) -> Lines:
    """Return the lines that still hold; none if a full disk cut the file short."""
    now = time.time()
    try:
        lines = [PendingDeletion(*line) for line in json.loads(data or b"[]")]
        return [one for one in lines if 0 <= now - one.time < SECONDS]
    except (ValueError, TypeError):
        return []
