"""What a server finds out between pushes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import make_repository
from treeguard.analysis.graph_cache import kept_graph
from treeguard.analysis.store import Store
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import Session
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import read_policy
from treeguard.stages.warm_cache import warm

POLICY = """\
[policy]
version = 1
[rules.chains]
kind = "forbidden"
zone = ["garbage/"]
indirect = {}
reason = "an archive"
"""


@pytest.mark.parametrize("indirect", ["true", "false"])
def test_the_graph_is_known_before_it_is_needed(tmp_path: Path, indirect: str) -> None:
    """Where nothing leads into the zone, no check has looked at the graph so far."""
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", POLICY.format(indirect).encode())
    repo.write("garbage/a.py", b"")
    repo.write("x.py", b"import y\n")
    repo.write("y.py", b"")
    repo.run("add", "-A")
    repo.commit()
    git, store = Git(str(repo.path)), Store(None)
    warm(Session(git, store))
    tree = tree_snapshot(git, "HEAD")
    policy = read_policy(tree, "HEAD")
    analysis = analyze_snapshot(tree, policy, store)
    graph = kept_graph(analysis)
    assert (graph is not None) == (indirect == "true")
    assert graph is None or graph.base.paths == ["garbage/a.py", "x.py", "y.py"]
    git.close()
