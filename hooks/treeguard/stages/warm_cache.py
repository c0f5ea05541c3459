"""What the next push will need to know of a server's files, found out between pushes.

In its quarantine a push writes nothing down. So `install --server` reads the files of
the default branch once, and the stage post-receive, when a push has landed, those that
it changed: the store never falls behind. Nothing here can refuse a push.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager

from treeguard.analysis.graph_cache import graph_of
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.errors import TreeguardError
from treeguard.policy.model import Rule
from treeguard.repository.history import find_commit
from treeguard.repository.refs import BRANCHES
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.rules.forbidden import Forbidden
from treeguard.stages.receive import target_of
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import law
from treeguard.stages.session import Session
from treeguard.stages.session import open_session

LOCK = ("treeguard", "learning.lock")
# Branches of one push that are looked at, beside the default one.
MOST = 4
# How often the default branch may move on while it is being read.
AGAIN = 3


def learn(
    session: Session, updates: Iterable[Update] = (), progress: Progress = silent
) -> str:
    """Judge the tips of `updates` and of the default branch, for what is then kept.

    Returns the id of the default branch's commit; empty where there is none, or no
    policy on it.
    """
    git, store = session
    target = target_of(git)
    tip = target.tips.get(target.default, "")
    policy = law(git, (), target)
    if not tip or policy is None:
        return ""
    pushed = [
        update.new
        for update in updates
        if update.new and update.ref.startswith(BRANCHES)
    ]
    # The default branch comes last: what is kept is then compared with it first.
    others = list(dict.fromkeys(commit for commit in pushed if commit != tip))
    for commit in (*others[:MOST], tip):
        tree = TreeSnapshot(git, find_commit(git, commit).tree, commit[:12])
        request = CheckRequest.of(policy, [tree], tree, store, progress)
        check(request)
        if any(_looks_for_chains(rule) for rule in policy.rules):
            # A push that first opens a way into a zone must not have to read all files.
            graph_of(request.new)
    return tip


def _looks_for_chains(rule: Rule) -> bool:
    return isinstance(rule.options, Forbidden) and rule.options.indirect


def learn_alone(updates: list[Update]) -> None:
    """`learn`, unless another process does so here: that one sees this push too."""
    learned = ""
    for _ in range(AGAIN):
        with open_session() as session, _locked(session) as mine:
            if not mine:
                return
            target = target_of(session.git)
            if learned and target.tips.get(target.default) == learned:
                return
            learned = learn(session, updates)
        if not learned:
            return


def learn_apart(updates: list[Update]) -> None:
    """`learn_alone` in a process of its own, so that whoever pushes does not wait.

    Where there is no `fork` (Windows) it is done here and now.
    """
    if not hasattr(os, "fork"):
        learn_alone(updates)
        return
    if os.fork():
        return
    code = 1
    try:
        # git push waits until nobody holds its pipes any more.
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.nice(10)
        learn_alone(updates)
        code = 0
    except TreeguardError:
        # What the next push meets too, and then says; `doctor` tells what is kept.
        code = 2
    finally:
        os._exit(code)


@contextmanager
def _locked(session: Session) -> Iterator[bool]:
    """True when no other process learns here; the lock goes with the process."""
    try:
        import fcntl
    except ImportError:  # Windows: two may read the same files, which harms nobody
        yield True
        return
    path = os.path.join(session.git.where.common_dir, *LOCK)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(lock)
