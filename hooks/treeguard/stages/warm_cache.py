"""Fill a server's store between pushes with the facts that the next push needs.

Inside its quarantine a push cannot write to the store. So `install --server` reads the
files of the default branch once, and the stage post-receive reads those that a push has
changed: the store never falls behind. Nothing here can refuse a push.
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
from treeguard.stages.receive import local_target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import policy_before_push
from treeguard.stages.session import Session
from treeguard.stages.session import open_session

LOCK = ("treeguard", "learning.lock")
# How many branches of one push are read, beside the default one.
MOST = 4
# How often the default branch may move on while it is being read.
AGAIN = 3


def warm(
    session: Session, updates: Iterable[Update] = (), progress: Progress = silent
) -> str:
    """Check the tips of `updates` and of the default branch, to fill the store.

    Return the id of the default branch's commit; empty if there is none, or it has no
    policy.
    """
    git, store = session
    target = local_target(git)
    tip = target.tips.get(target.default, "")
    policy = policy_before_push(git, (), target)
    if not tip or policy is None:
        return ""
    pushed = [
        update.new
        for update in updates
        if update.new and update.ref.startswith(BRANCHES)
    ]
    # The default branch comes last: the next push is then compared with it first.
    others = list(dict.fromkeys(commit for commit in pushed if commit != tip))
    for commit in (*others[:MOST], tip):
        tree = TreeSnapshot(git, find_commit(git, commit).tree, commit[:12])
        request = CheckRequest.of(policy, [tree], tree, store, progress)
        check(request)
        if any(_looks_for_chains(rule) for rule in policy.rules):
            # The first push that opens a chain into a zone should not read all files.
            graph_of(request.new)
    return tip


def _looks_for_chains(rule: Rule) -> bool:
    return isinstance(rule.options, Forbidden) and rule.options.indirect


def warm_once(updates: list[Update]) -> None:
    """Call `warm` unless another process does: it sees this push too."""
    warmed = ""
    for _ in range(AGAIN):
        with open_session() as session, _locked(session) as mine:
            if not mine:
                return
            target = local_target(session.git)
            if warmed and target.tips.get(target.default) == warmed:
                return
            warmed = warm(session, updates)
        if not warmed:
            return


def warm_in_background(updates: list[Update]) -> None:
    """Call `warm_once` in a process of its own, so that the push does not wait.

    Without `fork` (Windows) it is called directly.
    """
    if not hasattr(os, "fork"):
        warm_once(updates)
        return
    if os.fork():
        return
    code = 1
    try:
        # git push waits until no process holds its pipes.
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.nice(10)
        warm_once(updates)
        code = 0
    except TreeguardError:
        # The next push meets the same error and reports it; so does `doctor`.
        code = 2
    finally:
        os._exit(code)


@contextmanager
def _locked(session: Session) -> Iterator[bool]:
    """Yield whether no other process warms this store; the lock ends with ours."""
    try:
        import fcntl
    except (
        ImportError
    ):  # Windows: two processes may read the same files, which is harmless
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
