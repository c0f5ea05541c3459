"""A kind of rule is one record: loader, schema, show, diff, reports derive from it."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from typing import get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.commands.calling import call
from tests.support.git import make_repository
from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import knowledge
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.errors import PolicyError
from treeguard.findings import Finding
from treeguard.formats import agents_md
from treeguard.formats import sarif
from treeguard.policy import schema
from treeguard.policy.diagnostics import Faults
from treeguard.policy.diff import differences
from treeguard.policy.export import as_toml
from treeguard.policy.export import effective
from treeguard.policy.export import json_schema
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Options
from treeguard.policy.schema import option
from treeguard.policy.sections import Document
from treeguard.rules.closed import Closed
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.kind import Kind
from treeguard.rules.kind import listed
from treeguard.rules.kind import no_queries
from treeguard.rules.kind import options_of
from treeguard.rules.layers import Layers
from treeguard.rules.placed import Placed
from treeguard.rules.preserved import Preserved
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load
from treeguard.rules.registry import rule_text
from treeguard.rules.required import Required


class Sample(Options):
    """An option of every type."""

    ONE_OF = ("patterns", "folders")

    text: str = option("text", "A text.", "", more="reworded")
    flag: bool = option("flag", "A flag.", False, more="stricter")
    choice: str = option("choice", "A choice.", "b", choices=("a", "b"), more="weaker")
    choices: tuple[str, ...] = option(
        "choices", "Choices.", [], choices=("a", "b"), more="weaker"
    )
    pattern: Patterns | None = option(
        "pattern", "A pattern.", None, more="weaker and stricter", absent="stricter"
    )
    patterns: Patterns = option(
        "patterns", "Patterns.", [], more="stricter", must_match=True
    )
    zones: tuple[Patterns, ...] = option("zones", "Zones.", [], more="stricter")
    file: str | None = option(
        "file", "A file.", None, more="weaker and stricter", absent="weaker"
    )
    folder: str = option("folder", "A folder.", ".", more="weaker and stricter")
    folders: tuple[str, ...] = option(
        "folders", "Folders.", [], more="weaker and stricter"
    )
    paths: tuple[str, ...] = option("paths", "Paths.", [], more="weaker")
    target: str | None = option(
        "target",
        "A target.",
        None,
        more="weaker and stricter",
        absent="weaker and stricter",
    )
    modules: tuple[str, ...] = option("modules", "Modules.", [], more="stricter")
    rows: tuple[tuple[Patterns, ...], ...] = option(
        "layers", "Rows.", [], name="layers", more="weaker and stricter"
    )
    day: datetime.date | None = option(
        "date", "A day.", None, more="weaker and stricter", absent="weaker and stricter"
    )


def findings(
    rule: Rule, _policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    for path, _entry in new.snapshot.files():
        if options_of(rule, Sample).patterns.match(path):
            yield Finding(rule.id, rule.kind, path, "is a sample", line=1)


def applies(rule: Rule, _policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    deciding = options_of(rule, Sample).patterns.deciding(path)
    if deciding:
        yield "it is a sample", deciding


def contradictions(document: Document, faults: Faults) -> None:
    for rule in document.sound_rules("sample"):
        if rule.values["text"] == "no":
            faults.add((*rule.place, "text"), "contradicts itself")


KIND = Kind(
    "sample",
    Sample,
    no_queries,
    findings,
    lambda options: f"Hide {listed(options.patterns) or 'nothing'}",
    "Hide it.",
    applies,
    contradictions,
)
WITH_SAMPLE = {**KINDS, "sample": KIND}

# Two values of each option, of which the second one is more.
VALUES: dict[str, tuple[Any, Any]] = {
    "text": ("a", "b"),
    "flag": (False, True),
    "choice": ("a", "b"),
    "choices": (["a"], ["a", "b"]),
    "pattern": ("a/", "b/"),
    "patterns": (["a/"], ["a/", "b/"]),
    "zones": (["a/"], ["a/", "b/"]),
    "file": ("a", "b"),
    "folder": ("a/", "b"),
    "folders": (["a"], ["a", "b"]),
    "paths": (["a/"], ["a/", "b"]),
    "target": ("a/", "b"),
    "modules": (["a"], ["a", "b.c"]),
    "layers": (["a/", "b/"], ["a/", ["b/", "c/"]]),
    "day": (datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)),
}


@pytest.fixture(autouse=True)
def _sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "sample", KIND)


def written(options: dict[str, Any]) -> bytes:
    rule = {"kind": "sample", "patterns": ["*.txt"], **options}
    return as_toml({"rules": {"x": rule}}).encode()


def loaded(options: dict[str, Any]) -> Policy:
    return load(written(options), "policy.toml", "a test")


def effects(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str]]:
    found = differences(loaded(old), loaded(new))
    return [(one.place, one.effect) for one in found]


def test_the_sample_has_an_option_of_every_type() -> None:
    types = {name for part in get_args(schema.Type) for name in get_args(part)}
    assert {key.type for key in Sample.KEYS} == types - {"version"}
    assert VALUES.keys() == {key.name for key in Sample.KEYS}


def test_the_loader_makes_what_the_options_say() -> None:
    (rule,) = loaded({name: second for name, (_, second) in VALUES.items()}).rules
    assert rule.options == Sample(
        text="b",
        flag=True,
        choice="b",
        choices=("a", "b"),
        pattern=Patterns(["b/"]),
        patterns=Patterns(["a/", "b/"]),
        zones=(Patterns(["a/"]), Patterns(["b/"])),
        file="b",
        folder="b",
        folders=("a", "b"),
        paths=("a/", "b"),
        target="b",
        modules=("a", "b.c"),
        rows=((Patterns(["a/"]),), (Patterns(["b/"]), Patterns(["c/"]))),
        day=datetime.date(2026, 1, 2),
    )
    assert ("patterns", "a/") in rule.patterns
    assert ("layers", "c/") in rule.patterns


def test_the_loader_fills_in_the_defaults() -> None:
    (rule,) = loaded({}).rules
    assert rule.options == Sample(patterns=Patterns(["*.txt"]))
    assert hash(rule.options) == hash(Sample(patterns=Patterns(["*.txt"])))
    with pytest.raises(AttributeError, match="frozen"):
        rule.options.flag = True


@pytest.mark.parametrize("name", VALUES)
def test_a_wrong_type_is_a_fault_with_its_line(name: str) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded({name: 7})
    (fault,) = caught.value.faults
    assert (fault.key, fault.line > 1) == (f"rules.x.{name}", True)
    assert "must be" in fault.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"flags": True}, 'unknown key (did you mean "flag"?)'),
        ({"patterns": []}, "`patterns` or `folders` is required"),
        ({"text": "no"}, "contradicts itself"),
        ({"choices": ["c"]}, 'must be one of "a", "b", not "c"'),
    ],
    ids=["unknown", "one of", "contradiction", "choice"],
)
def test_other_faults(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError) as caught:
        loaded(options)
    assert message in " ".join(map(str, caught.value.faults))


def test_the_schema_has_every_option() -> None:
    whole = json_schema(WITH_SAMPLE)
    (branch,) = [
        one["then"]
        for one in whole["properties"]["rules"]["additionalProperties"]["allOf"]
        if one["if"]["properties"]["kind"]["const"] == "sample"
    ]
    for key in Sample.KEYS:
        assert branch["properties"][key.name]["description"] == key.about
    validator = jsonschema.Draft7Validator(whole)
    for pair in zip(*VALUES.values(), strict=True):
        rule = {"kind": "sample", **dict(zip(VALUES, pair, strict=True))}
        document = {"rules": {"x": {**rule, "day": "2026-01-01"}}}
        assert list(validator.iter_errors(document)) == []
    assert not validator.is_valid({"rules": {"x": {"kind": "sample"}}})


def test_show_prints_every_option_that_has_a_value() -> None:
    text = as_toml(effective(written({}), "policy.toml", WITH_SAMPLE))
    for key in Sample.KEYS:
        assert (f"\n{key.name} = " in text) == (key.default is not None)
    assert load(text.encode(), "policy.toml", "x").rules[0].options == Sample(
        patterns=Patterns(["*.txt"])
    )


@pytest.mark.parametrize("key", Sample.KEYS, ids=lambda key: str(key.name))
def test_diff_names_the_effect_of_every_change(key: schema.Key) -> None:
    first, second = VALUES[key.name]
    assert not callable(key.more)
    there = effects({key.name: first}, {key.name: second})
    assert {effect for _, effect in there} == {key.more}
    back = effects({key.name: second}, {key.name: first})
    assert {effect for _, effect in back} == {schema.opposite(key.more)}
    if key.absent is not None:
        place = f"rules.x.{key.name}"
        assert effects({key.name: first}, {}) == [(place, key.absent)]
        back = effects({}, {key.name: first})
        assert back == [(place, schema.opposite(key.absent))]


def test_diff_compares_any_two_values() -> None:
    for name, pair in VALUES.items():
        for old, new in itertools.product(
            [{}, *({name: one} for one in pair)], repeat=2
        ):
            assert bool(effects(old, new)) == (loaded(old) != loaded(new)) or (
                loaded(old).rules[0].options == loaded(new).rules[0].options
            )


def test_an_option_states_what_more_of_it_does() -> None:
    with pytest.raises(TypeError, match="more"):
        option("flag", "A flag.", False)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="needs `absent`"):
        option("patterns", "Patterns.", None, more="weaker")
    with pytest.raises(TypeError, match="describe"):
        Kind("x", Sample, no_queries, findings)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"missing options \{'folder'\}"):
        Closed(children=Patterns(["*"]))
    with pytest.raises(TypeError, match=r"unknown options \{'folders'\}"):
        Closed(folder="", children=Patterns(["*"]), folders="")


def test_reports_carry_the_description() -> None:
    policy = loaded({"exclude": ["b/"]})
    tree = knowledge({"a/x.txt": "", "b/y.txt": "", "policy.toml": ""})
    report = check(CheckRequest(policy, [], tree))
    assert [(one.path, one.message) for one in report.findings] == [
        ("a/x.txt", "is a sample")
    ]
    (rule,) = json.loads(sarif.render(report))["runs"][0]["tool"]["driver"]["rules"]
    said = "Hide `*.txt` (this rule ignores `b/`)."
    assert rule["shortDescription"]["text"] == said
    assert "Hide it." in rule["help"]["text"]
    section = agents_md.render(map(rule_text, policy.rules))
    assert f"\n- {said} (`x`)\n" in section


def test_a_pattern_that_has_to_match_is_reported() -> None:
    policy = loaded({"patterns": ["*.no"], "paths": ["none"]})
    tree = knowledge({"a.txt": "", "policy.toml": ""})
    report = check(CheckRequest(policy, [], tree))
    assert [one.subject for one in report.findings] == ["vacuous patterns *.no"]


def test_explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", written({}).decode())
    repo.write("a.txt", "")
    repo.stage("policy.toml", "a.txt")
    rule = call(repo, capsys, "explain", "x").out
    assert "What it demands:\n  Hide `*.txt`.\n" in rule
    assert "  Hide it.\n" in rule
    path = call(repo, capsys, "explain", "a.txt").out
    assert "  x (sample, policy.toml:1): it is a sample\n    by: *.txt\n" in path


ZONE = Patterns(["z/"])
NONE = Patterns([])
DESCRIPTIONS: list[tuple[Options, str]] = [
    (Forbidden(zone=ZONE), "Do not import `z/` from outside it"),
    (
        Forbidden(zone=ZONE, references=True, indirect=True),
        "Do not use `z/` from outside it, not even through other modules",
    ),
    (
        Forbidden(zone=Patterns(["a/", "!a/b/"]), importers=Patterns(["c/", "d/"])),
        "Do not import `a/` (except `a/b/`) in `c/` or `d/`",
    ),
    (
        Forbidden(zone=ZONE, type_checking=False),
        "Do not import `z/` from outside it"
        " (imports under `if TYPE_CHECKING:` do not count)",
    ),
    (Isolated(zone=ZONE), "Do not import `z/` from outside it"),
    (
        Isolated(zone=ZONE, entrances=Patterns(["e/"]), owns=("m", "n")),
        "Only `e/` may import `z/` from outside it; import `m` and `n` only in `z/`",
    ),
    (
        Isolated(zone=ZONE, uses=NONE),
        "Do not import `z/` from outside it;"
        " of this repository, `z/` may import nothing but itself",
    ),
    (
        Isolated(zone=ZONE, independent=(Patterns(["z/a/"]), Patterns(["z/b/"]))),
        "Do not import `z/` from outside it;"
        " `z/a/` and `z/b/` may not import each other",
    ),
    (
        Placed(files=ZONE, under=Patterns(["u/"])),
        "Put `z/` under `u/` and nowhere else",
    ),
    (
        Placed(
            detect=("compose", "helm"),
            under=Patterns(["u/", "!u/v/"]),
            exempt=Patterns(["w/"]),
        ),
        "Put compose files and Helm charts under `u/` (except `u/v/`) or `w/`"
        " and nowhere else",
    ),
    (
        Preserved(paths=ZONE),
        "Never delete or empty what is in `z/`; it may be edited or moved within it",
    ),
    (
        Preserved(paths=ZONE, allow=("move",)),
        "Never delete or empty what is in `z/`; it may be moved within it",
    ),
    (
        Preserved(paths=ZONE, allow=()),
        "Never delete or empty what is in `z/`; only add to it",
    ),
    (Required(files=("a", "b/")), "Keep `a` and `b/`"),
    (Closed(folder="", children=Patterns(["a"])), "Add nothing to the root but `a`"),
    (
        Closed(folder="a/b", children=Patterns(["*", "!x", "x/y"])),
        "Add nothing to `a/b/` but `*` (except `x`, but again `x/y`)",
    ),
    (
        Layers(layers=((ZONE,), (Patterns(["a/"]),))),
        "Imports go down only: `z/`, then `a/`",
    ),
    (
        Layers(layers=((ZONE, Patterns(["a/"])),)),
        "`z/` and `a/` may not import each other",
    ),
]


@pytest.mark.parametrize(("options", "description"), DESCRIPTIONS)
def test_a_description_is_true_at_unusual_values(
    options: Options, description: str
) -> None:
    (kind,) = (one for one in KINDS.values() if one.options is type(options))
    assert kind.describe(options) == description
    assert rule_text(a_rule(kind.name, options)).description == f"{description}."


def test_many_names_are_cut_short() -> None:
    assert listed(f"n{number}" for number in range(14)).endswith("`n11` and 2 more")


@settings(max_examples=100)
@given(st.sampled_from([options for options, _ in DESCRIPTIONS]), st.text())
def test_every_kind_explains_any_path(options: Options, path: str) -> None:
    (kind,) = (one for one in KINDS.values() if one.options is type(options))
    rule = a_rule(kind.name, options)
    for says, pattern in kind.applies(rule, a_policy(rule), path):
        assert says
        assert pattern
