"""What is taken over from an earlier tree is what would be found out anew."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.analysis.test_graph_cache import CHANGES
from tests.analysis.test_graph_cache import TREES
from tests.analysis.test_graph_cache import Files
from tests.analysis.test_graph_cache import a_tree
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from treeguard.analysis import graph_cache
from treeguard.analysis.resolver import Resolution
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.findings import Finding
from treeguard.rules.registry import load

POLICY = load(
    b"""\
[policy]
version = 1
roots = [".", "src"]
[rules.zone]
kind = "forbidden"
zone = ["/b/"]
indirect = true
references = true
reason = "x"
[rules.door]
kind = "isolated"
zone = ["/src/"]
uses = ["/a/"]
owns = ["os"]
entrances = ["/b/"]
independent = ["/src/a/", "/src/b.py"]
[rules.rows]
kind = "layers"
layers = ["/a/b/", "/a/", ["/b/a/", "/b/"]]
""",
    "policy.toml",
    "test",
)
TODAY = datetime.date(2026, 11, 28)


def report(analysis: TreeAnalysis, before: TreeAnalysis | None) -> tuple[Finding, ...]:
    olds = [before] if before is not None else []
    return check(CheckRequest(POLICY, olds, analysis, today=TODAY)).findings


@settings(max_examples=60, deadline=None)
@given(TREES, st.lists(CHANGES, min_size=1, max_size=3))
@example({"a.py": "import b.a"}, [{"b/a.py": ""}])
@example({"a.py": "import b.a", "b/a.py": ""}, [{"a.py": "\nimport b.a"}])
@example(
    {"a.py": "import c", "c.py": "import b", "b/a.py": ""}, [{"c.py": "\nimport b"}]
)
@example(
    {"a.py": "import c", "c.py": "import b", "b/a.py": ""}, [{"a.py": "# import c"}]
)
@example({"tool": "#!/bin/sh\npython b/c.py\n"}, [{"b/c.py": ""}])
@example({"a.py": "import src.a", "b.py": Symlink("src")}, [{"src/a/c.py": ""}])
def test_warm_says_what_cold_says(
    first: dict[str, Content], changes: list[dict[str, Content | None]]
) -> None:
    store, files = Store(None), a_tree(first)
    tree = MemorySnapshot(files)
    roots = POLICY.roots
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_cache, "PART", 0)
        report(analyze(tree, roots, store), None)
        for change in changes:
            before, files = tree, a_tree({**files, **change})
            tree = MemorySnapshot(files, earlier=before)
            warm = report(analyze(tree, roots, store), analyze(before, roots, store))
            # Not even the tree before may tell anything of this one.
            alone = (analyze(one, roots, Store(None)) for one in (tree, before))
            cold = report(*alone)
            assert warm == cold


def parsed(old: Mapping[str, Content], new: Mapping[str, Content]) -> set[str]:
    """The files whose imports are looked up again in `new`, when `old` is known."""
    store = Store(None)
    before = MemorySnapshot(dict(old))
    report(analyze(before, POLICY.roots, store), None)
    after = analyze(MemorySnapshot(dict(new), earlier=before), POLICY.roots, store)
    asked: set[str] = set()

    def resolve(path: str, *rest: Any) -> Resolution:
        asked.add(path)
        return TreeAnalysis.resolve(after, path, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(after, "resolve", resolve)
        report(after, None)
    return asked


GUILTY: Files = {
    **{f"m{number}.py": "import b.a\n" for number in range(8)},
    **{f"far{number}.py": f"import m{number}\n" for number in range(8)},
    "b/a.py": "",
    "b/c.py": "",
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"note.md": "x"}, set()),
        ({"m3.py": "import b.c\n"}, {"m3.py"}),
        ({"free.py": "import os\n"}, {"free.py"}),
        ({"b/new.py": ""}, set()),
    ],
)
def test_only_what_may_lead_elsewhere_is_looked_up_again(
    change: Files, expected: set[str]
) -> None:
    near = {path for path in parsed(GUILTY, {**GUILTY, **change}) if path[:3] != "far"}
    assert near == expected
