"""Refs that other pushes are taking away at this moment.

pre-receive judges before refs change. Two pushes at once, each of which deletes one of
the last two branches that have a file, would each see the other branch and both pass.
So a push first writes down what it takes away, and counts on nothing that another one
has written down. Whoever is refused strikes its lines out; post-receive does it for
those that landed.
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
# Of a push that was killed nobody strikes the lines out. Hooks take seconds.
SECONDS = 600.0


class PendingDeletion(NamedTuple):
    """One ref that a push takes away: its name, what it was, by whom, and when."""

    ref: str
    old: str
    push: str
    time: float


Lines = list[PendingDeletion]


def taken_away(updates: Iterable[Update]) -> list[Update]:
    """The updates after which a ref no longer holds what it held."""
    return [
        update
        for update in updates
        if update.old is not None
        and (update.new is None or not update.ref.startswith(BRANCHES))
    ]


def announce(git: Git, updates: Sequence[Update], push: str) -> Lines:
    """Write down what `updates` take away; what other pushes take away meanwhile.

    Whoever calls reads the refs afterwards: what is not written down any more is gone
    from them by then. Raises `OSError` where nothing can be written.
    """
    gone, now = taken_away(updates), time.time()
    own = [PendingDeletion(_name(git, u.ref), u.old or "", push, now) for u in gone]
    return _rewrite(git, lambda lines: [*lines, *own]) if own else []


def withdraw(git: Git, push: str) -> None:
    """Strike out what `push` wrote down: it was refused."""
    _rewrite(git, lambda lines: [one for one in lines if one.push != push])


def landed(git: Git, updates: Iterable[Update]) -> None:
    """Strike out what is gone now, whoever wrote it down."""
    gone = {(_name(git, u.ref), u.old) for u in taken_away(updates)}
    if gone:
        _rewrite(git, lambda lines: [o for o in lines if (o.ref, o.old) not in gone])


def beside(git: Git, lines: Iterable[PendingDeletion], target: Target) -> Target:
    """`target` with the refs that the pushes of `lines` are still about to delete."""
    inside = _name(git, "")
    held = ((one.ref.removeprefix(inside), one.old) for one in lines)
    leaving = sorted({ref for ref, old in held if target.tips.get(ref) == old})
    return target._replace(leaving=tuple(leaving))


def _name(git: Git, ref: str) -> str:
    return f"{git.environ.get('GIT_NAMESPACE', '')} {ref}"


def _rewrite(git: Git, change: Callable[[Lines], Lines]) -> Lines:
    """What is written down, before `change` of it; nobody writes in between."""
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
    """The lines that still hold; none of a file that a full disk has cut short."""
    now = time.time()
    try:
        lines = [PendingDeletion(*line) for line in json.loads(data or b"[]")]
        return [one for one in lines if 0 <= now - one.time < SECONDS]
    except (ValueError, TypeError):
        return []
