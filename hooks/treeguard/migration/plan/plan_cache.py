"""Keep the last plan in the store, so that `apply` need not make it again.

A plan depends on the tree, the policy, the day (exceptions expire), the addresses of
remotes, on treeguard itself and on the libraries that read files. All of these are the
key.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.store import Store
from treeguard.analysis.store import plain
from treeguard.analysis.store import source_checksum
from treeguard.migration.plan.planner import make_plan
from treeguard.plans import Blocker
from treeguard.plans import Edit
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.plans import Plan
from treeguard.plans import SideEffect
from treeguard.plans import Undecided
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import remote_urls
from treeguard.trees import Snapshot

_KIND, _LAST = "plan", "last"


def cached_plan(
    policy: Policy,
    snapshot: Snapshot,
    base: str,
    store: Store,
    *,
    git: Git | None = None,
    progress: Progress = silent,
) -> Plan:
    """Return the plan of `make_plan`, made now or kept. Raises what that raises."""
    today = datetime.date.today()
    remotes = [] if git is None else list(remote_urls(git))
    key = [snapshot.tree, policy.path, policy.digest, today.isoformat(), _ourselves()]
    key += remotes
    kept = store.get(_KIND, _LAST)
    if snapshot.tree and kept is not None and kept[0] == key:
        return _deserialize(kept[1])._replace(base=base)
    plan = make_plan(
        policy, snapshot, base, store, git=git, today=today, progress=progress
    )
    if snapshot.tree:
        store.put(_KIND, _LAST, (key, plain(plan)))
    return plan


def _ourselves() -> int:
    migration = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return source_checksum([os.path.dirname(migration)])


def _deserialize(kept: tuple[Any, ...]) -> Plan:
    plan = Plan(*kept)
    return plan._replace(
        moves=tuple(FileMove(*item) for item in plan.moves),
        edits=tuple(
            FileEdit(path, new, tuple(Edit(*item) for item in edits))
            for path, new, edits in plan.edits
        ),
        created=tuple(NewFile(*item) for item in plan.created),
        undecided=tuple(Undecided(*item) for item in plan.undecided),
        blockers=tuple(Blocker(*item) for item in plan.blockers),
        side_effects=tuple(SideEffect(*item) for item in plan.side_effects),
        existing=tuple(Blocker(*item) for item in plan.existing),
    )
