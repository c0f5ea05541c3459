"""The plan that was made last is performed, and never one that was made for another."""

from __future__ import annotations

from pathlib import Path

from tests.migration.acting import git_of
from tests.support.git import make_repository
from treeguard.analysis.store import Store
from treeguard.migration.plan.plan_cache import cached_plan
from treeguard.plans import Plan
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load

POLICY = """\
[policy]
version = 1

[migration]
id = "patch-13"
title = "Move"
record = "patches/patch_13.md"

[[migration.move]]
from = ["old/"]
to = "{to}"
reason = "it belongs there"

[[migration.create]]
path = "README.txt"
text = "read"
"""


class Seen(Store):
    """A store that counts how often a plan was put into it."""

    def __init__(self) -> None:
        super().__init__(None)
        self.plans = 0

    def put(self, kind: str, key: str, value: object) -> None:
        self.plans += kind == "plan"
        super().put(kind, key, value)


def test_a_plan_is_kept_for_its_tree_and_its_policy(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.write("old/a.py", "import old.b\n")
    repo.write("old/b.py", "")
    repo.stage()
    repo.commit("before")
    git, store = git_of(repo), Seen()

    def plan_to(place: str) -> Plan:
        policy = load(POLICY.format(to=place).encode(), "policy.toml", "HEAD")
        head = repo.head()
        return cached_plan(policy, tree_snapshot(git, head), head, store)

    first = plan_to("new/")
    assert first.edits
    assert plan_to("new/") == first
    assert store.plans == 1
    assert plan_to("other/").moves != first.moves
    assert store.plans == 2
    repo.write("old/c.py", "")
    repo.stage()
    repo.commit("one more")
    assert len(plan_to("other/").moves) == 3
    assert store.plans == 3
    git.close()
