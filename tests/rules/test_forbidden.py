"""A zone that nobody may use: who may, who may not, and by which chains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import knowledge
from tests.support.judging import with_options
from tests.support.memory import Content
from tests.support.memory import Symlink
from treeguard.analysis.import_graph import runs
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Step
from treeguard.policy.patterns import Patterns
from treeguard.rules import forbidden
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import words

Files = dict[str, Content]
ZONE = Forbidden(zone=Patterns(["/garbage/"]))
BASE: Files = {
    "garbage/__init__.py": "",
    "garbage/a.py": "from garbage import b\nfrom . import b\n",
    "garbage/b.py": "",
    "app/__init__.py": "",
    "app/garbage.py": "",
}

SILENT: dict[str, tuple[Forbidden, Files]] = {
    "the zone imports itself": (ZONE, {}),
    "a neighbour of the same name": (ZONE, {"app/x.py": "from .garbage import x\n"}),
    "a longer word": (ZONE, {"x.py": "import garbage_truck, agarbage\n"}),
    "a module that is not there": (
        with_options(ZONE, zone=Patterns(["/attic/"])),
        {"x.py": "import attic.x\n"},
    ),
    "who is not named in from": (
        with_options(ZONE, importers=Patterns(["app/"])),
        {"tools/x.py": "import garbage\n"},
    ),
    "a string without references": (ZONE, {"x.py": 'f("garbage.a")\n'}),
    "a path without references": (ZONE, {"Makefile": "a:\n\tpython garbage/a.py\n"}),
    "types that are exempt": (
        with_options(ZONE, type_checking=False),
        {"x.py": "import typing\nif typing.TYPE_CHECKING:\n    import garbage\n"},
    ),
    "a chain that is not asked for": (
        with_options(ZONE, importers=Patterns(["app/"])),
        {"y.py": "import garbage\n", "app/x.py": "import y\n"},
    ),
    "a star that lists what the package binds itself": (
        with_options(ZONE, zone=Patterns(["/app/api/high.py"])),
        {
            "app/api/__init__.py": '__all__ = ["high"]\ndef high(): pass\n',
            "app/api/high.py": "",
            "app/x.py": "from .api import *\n",
        },
    ),
    "a folder that is appended after the own one": (
        ZONE,
        {"a.py": "", "x.py": "import sys\nsys.path.append('garbage')\nimport a\n"},
    ),
    "a link out of the zone": (
        ZONE,
        {"garbage/out": Symlink("../app"), "x.py": "import app.garbage\n"},
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_says_nothing(name: str) -> None:
    options, files = SILENT[name]
    policy = a_policy(a_rule("forbidden", options))
    assert judge(policy, {**BASE, **files}) == []


CHAIN = with_options(ZONE, indirect=True)
A = "garbage/a.py"
INIT = "garbage/__init__.py"
SAYS: dict[str, tuple[Forbidden, Files, list[tuple[str, int, str]]]] = {
    "a script at the root": (ZONE, {"x.py": "import garbage\n"}, [("x.py", 1, INIT)]),
    "a missing submodule": (
        ZONE,
        {"x.py": "from garbage.gone import y\n"},
        [("x.py", 1, INIT)],
    ),
    "each import of a file": (
        ZONE,
        {"x.py": "import garbage.a\nfrom garbage import a\n"},
        [("x.py", 1, A), ("x.py", 2, A)],
    ),
    "from, inside the zone's parent": (
        with_options(ZONE, zone=Patterns(["/app/old/"]), importers=Patterns(["app/"])),
        {"app/old/m.py": "from . import n\n", "app/x.py": "from .old import m\n"},
        [("app/x.py", 1, "app/old/m.py")],
    ),
    "a zone at any depth": (
        with_options(ZONE, zone=Patterns(["old/"])),
        {"app/old/m.py": "", "app/x.py": "from .old import m\n"},
        [("app/x.py", 1, "app/old/m.py")],
    ),
    "a zone with a wildcard": (
        with_options(ZONE, zone=Patterns(["garbage/*.py"])),
        {"garbage/in/x.py": "from .. import a\n"},
        [("garbage/in/x.py", 1, A)],
    ),
    "a zone with a hole": (
        with_options(ZONE, zone=Patterns(["/garbage/**", "!/garbage/keep.py"])),
        {"garbage/keep.py": "from . import a\n"},
        [("garbage/keep.py", 1, A)],
    ),
    "a package's init alone": (
        with_options(ZONE, zone=Patterns(["/garbage/__init__.py"])),
        {"garbage/c.py": "from . import VERSION\n"},
        [("garbage/c.py", 1, INIT)],
    ),
    "a file alone": (
        with_options(ZONE, zone=Patterns(["/garbage/a.py"])),
        {"x.py": "from garbage import a, b\n"},
        [("x.py", 1, A)],
    ),
    "a namespace": (
        with_options(ZONE, zone=Patterns(["/attic/"])),
        {"attic/m.py": "", "x.py": "import attic\n"},
        [("x.py", 1, "attic/")],
    ),
    "a link to a file": (
        ZONE,
        {
            "app/alias.py": Symlink("../garbage/a.py"),
            "app/x.py": "from . import alias\n",
        },
        [("app/x.py", 1, A)],
    ),
    "a name put together": (
        ZONE,
        {"x.py": 'import importlib\nimportlib.import_module("gar" + "bage.a")\n'},
        [("x.py", 2, A)],
    ),
    "an attribute, once": (
        with_options(ZONE, zone=Patterns(["/app/garbage.py"])),
        {"x.py": "import app\napp.garbage.x()\napp.garbage.y()\n"},
        [("x.py", 2, "app/garbage.py")],
    ),
    "a root inside a folder's own": (
        ZONE,
        {"lib/x.py": "import sys\nsys.path.append('../garbage')\nimport a\n"},
        [("lib/x.py", 3, A)],
    ),
    "a chain": (
        with_options(CHAIN, importers=Patterns(["app/"])),
        {
            "y.py": "import os\nimport garbage.a\n",
            "z.py": "\nimport y\n",
            "app/x.py": "import z\n",
            "app/far.py": "import app.x\n",
            "app/free.py": "import os\n",
        },
        [("app/x.py", 1, A), ("app/far.py", 1, A)],
    ),
    "a star of a package that lists a module": (
        with_options(ZONE, zone=Patterns(["/app/api/high.py"])),
        {
            "app/api/__init__.py": '__all__ = ["low"]\n__all__ += ["high"]\n',
            "app/api/high.py": "",
            "app/x.py": "from .api import *\n",
            "app/y.py": "from app.api import low\n",
        },
        [("app/x.py", 1, "app/api/high.py")],
    ),
    "an attribute of what from imports": (
        with_options(ZONE, zone=Patterns(["/app/sub/deep.py"])),
        {
            "app/sub/__init__.py": "",
            "app/sub/deep.py": "",
            "x.py": "from app import sub as s\n\ns.deep.f()\n",
            "app/y.py": "from . import sub\nsub.deep.f()\nsub.other.f()\n",
            "z.py": "from app import sub\nsub.other.f()\n",
        },
        [("app/y.py", 2, "app/sub/deep.py"), ("x.py", 3, "app/sub/deep.py")],
    ),
    "a package that grows into the zone": (
        ZONE,
        {
            "pkg/__init__.py": "import os\n__path__.append("
            'os.path.join(os.path.dirname(__file__), "..", "garbage"))\n',
            "pkg/own.py": "from . import a\n",
            "x.py": "import pkg.b\n",
            "y.py": "import pkg.gone\n",
        },
        [("pkg/own.py", 1, A), ("x.py", 1, "garbage/b.py")],
    ),
    "what imports the zone itself is no chain": (
        CHAIN,
        {"y.py": "import garbage\n", "x.py": "import y\nimport garbage\n"},
        [("x.py", 2, INIT), ("y.py", 1, INIT)],
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_says_this(name: str) -> None:
    options, files, expected = SAYS[name]
    found = judge(a_policy(a_rule("forbidden", options)), {**BASE, **files})
    assert [(each.path, each.line, each.target) for each in found] == expected


def test_the_shortest_chain_is_shown_with_every_line() -> None:
    files: Files = {
        **BASE,
        "long1.py": "import long2\n",
        "long2.py": "import door\n",
        "door.py": "\n\nimport garbage.b\n",
        "x.py": "import long1\nimport door\n",
    }
    found = judge(a_policy(a_rule("forbidden", CHAIN)), files)
    (of_x,) = [each for each in found if each.path == "x.py"]
    assert of_x.chain == (Step("x.py", 2), Step("door.py", 3))
    assert of_x.message == (
        "reaches garbage/b.py through door.py, which is in the zone of forbidden-rule"
    )


def test_a_comment_is_no_step_of_a_chain() -> None:
    files: Files = {
        **BASE,
        "y.py": "import garbage\n",
        "x.py": "# import y\n'import y'\n",
    }
    found = judge(a_policy(a_rule("forbidden", CHAIN)), files)
    assert [each.path for each in found] == ["y.py"]


def test_importers_in_a_circle_end() -> None:
    files: Files = {
        **BASE,
        "x.py": "import y\n",
        "y.py": "import x\nimport z\n",
        "z.py": "import garbage\nimport x\n",
    }
    found = judge(a_policy(a_rule("forbidden", CHAIN)), files)
    assert [(each.path, len(each.chain)) for each in found] == [
        ("z.py", 0),
        ("y.py", 2),
        ("x.py", 3),
    ]


def test_excluded_files_are_no_steps() -> None:
    files: Files = {**BASE, "y.py": "import garbage\n", "x.py": "import y\n"}
    policy = a_policy(a_rule("forbidden", CHAIN), exclude=["/y.py"])
    assert judge(policy, files) == []


def test_a_finding_names_its_place_and_says_what_to_do() -> None:
    (found,) = judge(
        a_policy(a_rule("forbidden", ZONE)), {**BASE, "x.py": "import os, garbage.a\n"}
    )
    assert (found.line, found.column, found.end_line, found.end_column) == (
        1,
        12,
        1,
        21,
    )
    assert found.message == (
        "imports garbage/a.py, which is in the zone of forbidden-rule"
    )
    assert found.subject == "garbage/a.py"
    assert found.fix is not None
    assert "garbage/a.py" in found.fix.summary


@pytest.mark.parametrize(
    ("lines", "search_roots", "expected"),
    [
        (["garbage/"], SearchRoots(("",), ()), {"garbage"}),
        (["/b/core/x.py", "c/**"], SearchRoots(("",), ()), {"x", "c"}),
        ([".Hidden/"], SearchRoots(("",), ()), {"hidden"}),
        (
            ["garbage/"],
            SearchRoots(("",), (("b/old", "../garbage/x"),)),
            {"garbage", "old"},
        ),
        (["garbage/"], SearchRoots(("",), (("b/old", "../attic"),)), {"garbage"}),
        (["garbage/"], SearchRoots(("", "garbage/src"), ()), None),
        (["garbage/"], SearchRoots(("", "s"), (("s", "garbage/src"),)), None),
        (["garbage/*.py"], SearchRoots(("",), ()), None),
        (["garbage/", "!garbage/keep/"], SearchRoots(("",), ()), None),
        (["garbage/__init__.py"], SearchRoots(("",), ()), None),
    ],
)
def test_words(
    lines: list[str], search_roots: SearchRoots, expected: set[str] | None
) -> None:
    assert words(Zone(Patterns(lines)), search_roots) == expected


PLACES = ("", "a/", "a/z/", "z/", "z/a/", "b/z/a/")
STEMS = ("a", "b", "z", "__init__")
PATHS = st.tuples(st.sampled_from(PLACES), st.sampled_from(STEMS)).map("".join)
NAMES = st.lists(st.sampled_from(("a", "b", "z")), min_size=1, max_size=3).map(".".join)
STATEMENTS = st.one_of(
    NAMES.map("import {}".format),
    st.tuples(NAMES, st.sampled_from("abz*")).map(
        lambda p: f"from {p[0]} import {p[1]}"
    ),
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["", "a", "z", "a.z"]),
        st.sampled_from("abz"),
    ).map(lambda p: f"from {'.' * p[0]}{p[1]} import {p[2]}"),
    NAMES.map(lambda name: f"import importlib; importlib.import_module('{name}')"),
    NAMES.map(lambda name: f"import {name[0]}\n{name}.q"),
    st.just("import sys; sys.path.append('z')"),
    st.just("import sys; sys.path.insert(0, 'z')"),
    st.just("__all__ = ['a', 'b', 'z']"),
    st.just("__path__.append(__file__ + '/../../z')"),
    st.just("__path__ = extend_path(__path__, __name__)"),
    st.just("if __name__ == '__main__': import z"),
    st.tuples(st.sampled_from(["a", ".", ".a", "a.z"]), st.sampled_from("abz")).map(
        lambda p: f"from {p[0]} import {p[1]} as q\nq.a.b\nq.z.a"
    ),
    st.sampled_from(["from . import *", "from .a import*", "from ..z import *"]),
    st.just("import \uff5a"),
)
SOURCES = st.lists(STATEMENTS, max_size=3).map("\n".join)
LINES = (
    "z/",
    "/z/",
    "/a/z/",
    "/z/a.py",
    "/a/*.py",
    "/z/**",
    "!/z/a/",
    "/a/__init__.py",
)
TREES = st.dictionaries(PATHS.map("{}.py".format), SOURCES, min_size=2, max_size=8)
LINKS = st.dictionaries(
    st.sampled_from(["l", "a/l", "z/l"]), st.sampled_from(["z", "../z", "a", "."])
)


@settings(max_examples=150, deadline=None)
@given(
    tree=TREES,
    links=LINKS,
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=2),
)
def test_every_file_that_breaks_the_rule_is_asked_for(
    tree: dict[str, str], links: dict[str, str], lines: list[str]
) -> None:
    """The question over-approximates: exact facts never find more than it selects."""
    files: Files = {**tree, **{path: Symlink(to) for path, to in links.items()}}
    rule = a_rule("forbidden", with_options(ZONE, zone=Patterns(lines)))
    known = knowledge(files)
    zone = Zone(Patterns(lines))
    (question,) = forbidden.queries(rule, a_policy(rule), known.search_roots)
    guilty = {
        path
        for path in tree
        if not zone.has(path)
        for use in uses(known, path, Counted())
        if zone.first(use.found.targets)
    }
    assert guilty <= set(known.ask(question))


@settings(max_examples=100, deadline=None)
@given(tree=TREES, links=LINKS, line=st.sampled_from(LINES[:6]))
def test_chains_are_as_short_as_any(
    tree: dict[str, str], links: dict[str, str], line: str
) -> None:
    """Every file that reaches the zone is told, by as few steps as there can be."""
    files: Files = {**tree, **{path: Symlink(to) for path, to in links.items()}}
    options = with_options(CHAIN, zone=Patterns([line]))
    zone = Zone(options.zone)
    known = knowledge(files)
    runs_next = {
        path: {
            target
            for use in uses(known, path, Counted())
            for target in runs(path, use.found)
        }
        for path in tree
        if not zone.has(path)
    }
    found = judge(a_policy(a_rule("forbidden", options)), files)
    told = {each.path: max(len(each.chain), 1) for each in found}
    assert told == _distances(known, zone, runs_next)


def _distances(
    analysis: TreeAnalysis, zone: Zone, runs_next: dict[str, set[str]]
) -> dict[str, int]:
    """How many files stand between each file and the zone, itself included."""
    distance = {
        path: 1
        for path in runs_next
        for use in uses(analysis, path, Counted())
        if zone.first(use.found.targets)
    }
    for steps in range(2, len(runs_next) + 1):
        near = {path for path, at in distance.items() if at == steps - 1}
        for path in runs_next.keys() - distance.keys():
            if runs_next[path] & near:
                distance[path] = steps
    return distance
