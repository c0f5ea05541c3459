"""The search for chains against a plain one that parses every file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import knowledge
from tests.support.judging import with_options
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis import graph_cache
from treeguard.analysis.import_graph import runs
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.findings import Step
from treeguard.policy.patterns import Patterns
from treeguard.rules import forbidden
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.importing import chains as searched
from treeguard.rules.importing.chains import Chain
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone

Files = dict[str, Content]

COUNT = 9
ZONE = Patterns(["z/"])
RULE = Forbidden(zone=ZONE, indirect=True)
TO = st.integers(0, COUNT - 1)
# Real imports, and what only looks like one: the graph holds both.
EDGES = st.one_of(
    *(
        st.builds(text.format, TO)
        for text in (
            "import m{}",
            "import m{}",
            "from m{} import x",
            "# import m{}",
            "'''\nimport m{}\n'''",
            "import p{}.m",
            "if TYPE_CHECKING:\n    import m{}",
        )
    )
)
SOURCES = st.tuples(
    st.lists(EDGES, max_size=4),
    st.sampled_from(("", "", "", "import z.a", "# import z")),
).map(lambda parts: "\n".join([*parts[0], parts[1]]))
GRAPHS = st.lists(SOURCES, min_size=COUNT, max_size=COUNT)


def files_of(sources: list[str]) -> Files:
    files: Files = {f"m{n}.py": source for n, source in enumerate(sources)}
    files |= {f"p{n}/__init__.py": f"import m{n}" for n in range(0, COUNT, 2)}
    return {**files, **{f"p{n}/m.py": "" for n in range(COUNT)}, "z/a.py": ""}


def plain(analysis: TreeAnalysis, type_checking: bool) -> Iterator[Chain]:
    """Level by level from the zone, each file parsed, by its first import."""
    zone = Zone(ZONE)
    every: dict[str, list[Use]] = {
        path: list(uses(analysis, path, Counted(type_checking=type_checking)))
        for path in analysis.python_files()
        if not zone.has(path)
    }
    found: dict[str, Chain] = {}
    for path, made in every.items():
        for use in made:
            target = zone.first(use.found.targets)
            if target is not None and path not in found:
                found[path] = Chain(use, (Step(path, use.item.line),), target)
    level = found
    while level:
        reached: dict[str, Chain] = {}
        for path in sorted(every.keys() - found.keys()):
            for use in every[path]:
                nearer = next((t for t in runs(path, use.found) if t in level), None)
                if nearer is not None and path not in reached:
                    tail = level[nearer]
                    steps = (Step(path, use.item.line), *tail.steps)
                    reached[path] = Chain(use, steps, tail.target)
        yield from reached.values()
        found |= reached
        level = reached


@pytest.mark.parametrize("rounds", [0, 1, 16])
@settings(max_examples=50, deadline=None)
@given(GRAPHS, st.booleans(), st.sampled_from((None, ["/m0.py"], ["p*/", "/m4.py"])))
@example(
    # The short way is a comment, and so is the next one that the graph has.
    [
        *("# import m1\nimport m2", "import z.a", "# import m1\nimport m3"),
        *("import m4", "import m5", "import z.a", "", "", ""),
    ],
    True,
    None,
)
@example(
    # What only looks like a way, in a circle.
    [
        *("import m1\nimport m2", "import m0\n# import m3", "import m1"),
        *("import z.a", "", "", "", "", ""),
    ],
    True,
    None,
)
def test_as_a_plain_search_has_it(
    rounds: int, sources: list[str], type_checking: bool, bound: list[str] | None
) -> None:
    importers = None if bound is None else Patterns(bound)
    options = with_options(
        RULE, importers=importers, indirect=True, type_checking=type_checking
    )
    files = files_of(sources)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(searched, "ROUNDS", rounds)
        found = judge(a_policy(a_rule("forbidden", options)), files)
    told = [one for one in found if one.chain]
    expected = [
        (chain.use.path, chain.use.item.line, chain.target, chain.steps)
        for chain in plain(knowledge(files), type_checking)
        if importers is None or importers.match(chain.use.path)
    ]
    assert [(f.path, f.line, f.target, f.chain) for f in told] == expected


@settings(max_examples=60, deadline=None)
@given(GRAPHS, GRAPHS, st.integers(0, COUNT), st.booleans())
def test_warm_says_what_cold_says(
    first: list[str], second: list[str], kept: int, gone: bool
) -> None:
    """What is kept of the tree before changes nothing in what is said of the next."""
    before = files_of(first)
    after = files_of([*first[:kept], *second[kept:]])
    if gone:
        del after["p0/__init__.py"], after["m1.py"]
    rule = a_rule("forbidden", with_options(RULE, indirect=True))
    policy, store = a_policy(rule), Store(None)
    old = MemorySnapshot(before)
    new = MemorySnapshot(after, earlier=old)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_cache, "PART", 0)
        said = [
            list(forbidden.findings(rule, policy, None, analyze(tree, ("",), store)))
            for tree in (old, new)
        ]
    assert said == [judge(policy, before), judge(policy, after)]


def test_only_files_of_a_chain_that_is_told_are_parsed() -> None:
    files: Files = {
        "door.py": "import z.a",
        "other.py": "import z.a",
        "b/x.py": "import a",
        "a.py": "import door",
        **{f"free{number}.py": "import other" for number in range(20)},
        "z/a.py": "",
    }
    options = with_options(RULE, importers=Patterns(["b/"]), indirect=True)
    rule, store = a_rule("forbidden", options), Store(None)
    analysis = analyze(MemorySnapshot(files), ("",), store)
    (found,) = forbidden.findings(rule, a_policy(rule), None, analysis)
    assert [step.path for step in found.chain] == ["b/x.py", "a.py", "door.py"]
    parsed = {
        path
        for path in files
        if (entry := analysis.entry(path)) and store.get("source-python", entry.oid)
    }
    assert parsed == {"door.py", "other.py", "b/x.py", "a.py"}
