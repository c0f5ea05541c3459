"""Two policies compared: no relaxation is ever named anything but weaker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import reject
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.patch13 import POLICY
from treeguard.errors import PolicyError
from treeguard.policy.diff import differences
from treeguard.policy.diff import weakened
from treeguard.policy.export import as_toml
from treeguard.policy.model import Policy
from treeguard.rules.registry import load

ROOT = Path(__file__).parent.parent.parent


def policy(text: str) -> Policy:
    return load(text.encode(), "policy.toml", "a test")


def effects(old: str, new: str) -> list[str]:
    found = differences(policy(old), policy(new))
    return [f"{one.effect}: {one.place}: {one.message}" for one in found]


def rule(body: str, head: str = "") -> str:
    return f"{head}\n[rules.x]\n{body}\n"


FORBIDDEN = 'kind = "forbidden"\nzone = ["a/"]\n'
ISOLATED = 'kind = "isolated"\nzone = ["a/"]\n'
PLACED = 'kind = "placed"\nfiles = ["D*"]\nunder = ["d/"]\n'
PRESERVED = 'kind = "preserved"\npaths = ["r/"]\n'
LAYERS = 'kind = "layers"\nlayers = '
HEAD = "[policy]\nversion = 1\n"
EXCEPTED = '[[exceptions]]\nrule = "x"\npath = "p.py"\nreason = "r"\n'

# Each is a step that relaxes; the way back is a step that tightens.
RELAXED = {
    "rule": (rule(FORBIDDEN) + "[rules.y]\n" + PRESERVED, rule(FORBIDDEN)),
    "severity": (rule(FORBIDDEN), rule(FORBIDDEN + 'severity = "warning"')),
    "rule exclude": (rule(FORBIDDEN), rule(FORBIDDEN + 'exclude = ["b/"]')),
    "allow_empty": (rule(FORBIDDEN), rule(FORBIDDEN + "allow_empty = true")),
    "exclude": (rule(FORBIDDEN), rule(FORBIDDEN, HEAD + 'exclude = ["b/"]')),
    "existing": (rule(FORBIDDEN), rule(FORBIDDEN, HEAD + 'existing = "warn"')),
    "bypass": (rule(FORBIDDEN), rule(FORBIDDEN, HEAD + "bypass = true")),
    "allow_comments": (
        rule(FORBIDDEN, HEAD + "allow_comments = false"),
        rule(FORBIDDEN),
    ),
    "from": (rule(FORBIDDEN), rule(FORBIDDEN + 'from = ["b/"]')),
    "fewer from": (
        rule(FORBIDDEN + 'from = ["b/", "c/"]'),
        rule(FORBIDDEN + 'from = ["b/"]'),
    ),
    "indirect": (rule(FORBIDDEN + "indirect = true"), rule(FORBIDDEN)),
    "references": (rule(FORBIDDEN + "references = true"), rule(FORBIDDEN)),
    "type_checking": (rule(FORBIDDEN), rule(FORBIDDEN + "type_checking = false")),
    "undecidable": (rule(FORBIDDEN + 'undecidable = "error"'), rule(FORBIDDEN)),
    "undecidable of isolated": (
        rule(ISOLATED + 'undecidable = "error"'),
        rule(ISOLATED + 'undecidable = "notice"'),
    ),
    "entrances": (rule(ISOLATED), rule(ISOLATED + 'entrances = ["b/"]')),
    "owns": (rule(ISOLATED + 'owns = ["m"]'), rule(ISOLATED)),
    "uses": (rule(ISOLATED + 'uses = ["b/"]'), rule(ISOLATED)),
    "more uses": (
        rule(ISOLATED + 'uses = ["b/"]'),
        rule(ISOLATED + 'uses = ["b/", "c/"]'),
    ),
    "independent": (
        rule(ISOLATED + 'independent = ["a/b/", "a/c/"]'),
        rule(ISOLATED),
    ),
    "files": (rule(PLACED), rule(PLACED.replace('["D*"]', '["Dockerfile"]'))),
    "detect": (rule(PLACED + 'detect = ["helm"]'), rule(PLACED)),
    "under": (rule(PLACED), rule(PLACED.replace('["d/"]', '["d/", "e/"]'))),
    "except": (rule(PLACED), rule(PLACED + 'except = ["e/"]')),
    "allow": (rule(PRESERVED + "allow = []"), rule(PRESERVED)),
    "children": (
        rule('kind = "closed"\nfolder = "a/"\nchildren = ["b"]'),
        rule('kind = "closed"\nfolder = "a/"\nchildren = ["b", "c"]'),
    ),
    "required": (
        rule('kind = "required"\nfiles = ["a", "b"]'),
        rule('kind = "required"\nfiles = ["a"]'),
    ),
    "layer": (rule(LAYERS + '["a/", "b/", "c/"]'), rule(LAYERS + '["a/", "b/"]')),
    "siblings": (rule(LAYERS + '[["a/", "b/"]]'), rule(LAYERS + '["a/", "b/"]')),
    "exception": (rule(FORBIDDEN), rule(FORBIDDEN) + EXCEPTED),
    "expiry": (
        rule(FORBIDDEN) + EXCEPTED + "expires = 2026-01-01",
        rule(FORBIDDEN) + EXCEPTED + "expires = 2027-01-01",
    ),
    "no expiry": (
        rule(FORBIDDEN) + EXCEPTED + "expires = 2026-01-01",
        rule(FORBIDDEN) + EXCEPTED,
    ),
}


@pytest.mark.parametrize(("old", "new"), RELAXED.values(), ids=RELAXED)
def test_a_relaxation_is_weaker_and_its_way_back_stricter(old: str, new: str) -> None:
    there = differences(policy(old), policy(new))
    back = differences(policy(new), policy(old))
    assert any(one.weaker for one in there)
    assert any(one.stricter for one in back)
    assert weakened(there)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            rule(FORBIDDEN),
            rule(FORBIDDEN.replace('["a/"]', '["a/", "b/"]')),
            ["weaker and stricter: rules.x.zone: b/ added"],
            id="a larger zone may use itself",
        ),
        pytest.param(
            rule(PRESERVED),
            rule(PRESERVED.replace('["r/"]', '["r/", "s/"]')),
            ["weaker and stricter: rules.x.paths: s/ added"],
            id="more places to move to",
        ),
        pytest.param(
            rule(PRESERVED + "allow = []"),
            rule(PRESERVED.replace('["r/"]', '["r/", "s/"]') + "allow = []"),
            ["stricter: rules.x.paths: s/ added"],
            id="append-only has none",
        ),
        pytest.param(
            rule(FORBIDDEN),
            rule(FORBIDDEN + 'reason = "why"'),
            ["reworded: rules.x.reason: now why, was "],
            id="words",
        ),
        pytest.param(
            rule(PLACED.replace('["D*"]', '["D*", "!Dx", "E*"]')),
            rule(PLACED.replace('["D*"]', '["D*", "E*", "!Dx"]')),
            ["weaker and stricter: rules.x.files: now D*, E*, !Dx, was D*, !Dx, E*"],
            id="order where a negation stands",
        ),
        pytest.param(
            rule(LAYERS + '["a/", "b/"]'),
            rule(LAYERS + '["b/", "a/"]'),
            [
                "weaker: rules.x.layers: b/ may import a/",
                "stricter: rules.x.layers: a/ may not import b/",
            ],
            id="layers turned over",
        ),
        pytest.param(
            rule(LAYERS + '["/a/", "/b/"]'),
            rule(LAYERS + '["/a/", "/b/", "/a/x/"]'),
            [
                "stricter: rules.x.layers: /a/x/ may not import /a/",
                "stricter: rules.x.layers: /a/x/ may not import /b/",
                "weaker and stricter: rules.x.layers: /a/x/ may take files out of /a/",
            ],
            id="a layer inside another: /b/ may import it now",
        ),
        pytest.param(
            rule(LAYERS + '["/a/", "/b/"]'),
            rule(LAYERS + '["/a/", "/b/", "/ab/"]'),
            [
                "stricter: rules.x.layers: /ab/ may not import /a/",
                "stricter: rules.x.layers: /ab/ may not import /b/",
            ],
            id="a layer beside the others",
        ),
        pytest.param(
            rule(FORBIDDEN),
            rule(PRESERVED),
            ["weaker and stricter: rules.x.kind: now preserved, was forbidden"],
            id="another kind",
        ),
    ],
)
def test_what_is_said(old: str, new: str, expected: list[str]) -> None:
    said = effects(old, new)
    assert [line.rstrip() for line in said] == [line.rstrip() for line in expected]


@pytest.mark.parametrize("text", [POLICY, (ROOT / "policy.toml").read_text()])
def test_nothing_differs_from_itself(text: str) -> None:
    assert effects(text, text) == []


def test_moves_that_are_taken_out_free_their_old_homes() -> None:
    start = POLICY.index("[[migration.move]]", POLICY.index("[[migration.move]]") + 1)
    assert effects(POLICY, POLICY[:start]) == [
        "weaker: migration.move: scripts/demo/ to garbage/demo/: removed"
    ]


def test_what_may_be_created_in_an_old_home_is_a_relaxation() -> None:
    moved = (
        '[migration]\nid = "m"\nrecord = "m.md"\n'
        '[[migration.move]]\nfrom = ["/scripts/*.py"]\nto = "tools/"\n'
    )
    create = '[[migration.create]]\npath = "{}"\ntext = ""\n'.format
    assert effects(moved, moved + create("scripts/new.py")) == [
        "weaker: migration.create: scripts/new.py: added"
    ]
    assert effects(moved + create("scripts/new.py"), moved) == [
        "stricter: migration.create: scripts/new.py: removed"
    ]
    assert effects(moved, moved + create("tools/README.md")) == []


FOLDERS = st.lists(
    st.sampled_from(["a/", "b/", "c/", "/d/", "!e"]), unique=True
).filter(lambda lines: not lines or not lines[0].startswith("!"))
SOME = FOLDERS.filter(bool)
FLAGS = st.booleans()
COMMON = {
    "severity": st.sampled_from(["error", "warning"]),
    "exclude": FOLDERS,
    "allow_empty": FLAGS,
}
KINDS = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("forbidden"), "zone": SOME, "indirect": FLAGS, **COMMON},
        optional={"from": st.just(["q/"])},
    ),
    st.fixed_dictionaries(
        {"kind": st.just("placed"), "files": SOME, "under": SOME, **COMMON}
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("preserved"),
            "paths": SOME,
            "allow": st.lists(st.sampled_from(["edit", "move"]), unique=True),
            **COMMON,
        }
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("layers"),
            "layers": st.permutations(["a/", "b/", "c/"]).map(list),
            **COMMON,
        }
    ),
)
POLICIES = st.fixed_dictionaries(
    {
        "policy": st.fixed_dictionaries(
            {"exclude": FOLDERS, "bypass": FLAGS, "allow_comments": FLAGS}
        ),
        "rules": st.dictionaries(
            st.sampled_from(["x", "y"]), KINDS, min_size=1, max_size=2
        ),
    }
)


@settings(max_examples=200, deadline=None)
@given(POLICIES, POLICIES)
def test_the_way_back_mirrors_the_way_there(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    try:
        old, new = policy(as_toml(one)), policy(as_toml(other))
    except PolicyError:  # two rules may contradict each other
        reject()
    there, back = differences(old, new), differences(new, old)
    assert differences(old, old) == ()
    assert sorted((d.place, d.weaker, d.stricter) for d in there) == sorted(
        (d.place, d.stricter, d.weaker) for d in back
    )
    assert there or unordered(one) == unordered(other)


def unordered(value: Any) -> Any:
    """Plain data in which only the order of layers counts."""
    if isinstance(value, dict):
        return {
            key: inner if key == "layers" else unordered(inner)
            for key, inner in value.items()
        }
    return sorted(value) if isinstance(value, list) else value
