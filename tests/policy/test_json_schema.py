"""The schema says what the loader says, as far as a schema can say it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from treeguard.errors import PolicyError
from treeguard.policy import schema
from treeguard.policy.export import as_toml
from treeguard.policy.export import json_schema
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
VALID = [*sorted((HERE / "valid").glob("*.toml")), ROOT / "policy.toml"]

# Each of these holds nothing but faults that take more than a schema to see.
BEYOND_A_SCHEMA = {"contradictory_rules", "runaway_pattern", "vacated_by_nothing"}
NO_TOML = {"bad_date", "duplicate_key", "duplicate_rule", "nested_deeply"}
STRUCTURAL = [
    path
    for path in sorted((HERE / "invalid").glob("*.toml"))
    if path.stem not in BEYOND_A_SCHEMA | NO_TOML and "syntax" not in path.stem
]


def is_valid(document: dict[str, Any]) -> bool:
    as_json = json.loads(json.dumps(document, default=lambda date: date.isoformat()))
    return bool(jsonschema.Draft7Validator(json_schema(KINDS)).is_valid(as_json))


def loads(document: dict[str, Any]) -> bool:
    try:
        return bool(load(as_toml(document).encode(), "policy.toml", "a test"))
    except PolicyError:
        return False


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema(KINDS))


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_a_sound_policy_is_valid(path: Path) -> None:
    assert is_valid(tomli.loads(path.read_text()))


@pytest.mark.parametrize("path", STRUCTURAL, ids=lambda path: path.stem)
def test_a_structural_fault_is_invalid(path: Path) -> None:
    assert not is_valid(tomli.loads(path.read_text()))


RULES: dict[str, dict[str, Any]] = {
    "forbidden": {"zone": ["*"]},
    "isolated": {"zone": ["*"]},
    "placed": {"files": ["*"], "under": ["*"]},
    "preserved": {"paths": ["*"]},
    "required": {"files": ["word"]},
    "closed": {"folder": "word", "children": ["*"]},
    "layers": {"layers": ["a", "b"]},
    "vacated": {},
}
MIGRATION = {
    "id": "x",
    "record": "x.md",
    "move": [{"from": ["a"], "to": "b"}],
    "create": [{"path": "c", "text": ""}],
}
VALUES: tuple[Any, ...] = (
    *(0, 1, 1.5, "", "word", True, [], ["word", "other"], ["word", "word"], [1], [[]]),
    *(["word", ["a", "b"]], {"word": 1}, datetime.date(2026, 11, 22), "/word", "a*"),
    *("block", "error", ["edit"], ["helm", "compose"], ["."], ["a-b"]),
)


def policies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Sound policies with one value changed, one key missing, or one too many."""
    for kind, options in RULES.items():
        rule = {"kind": kind, **options}
        for key in (*schema.COMMON, *KINDS[kind].options.KEYS):
            for name, changed in changes(rule, key.name):
                yield (
                    f"{kind}.{name}",
                    {"rules": {"x": changed}, "migration": MIGRATION},
                )
    base: dict[str, Any] = {"rules": {"x": {"kind": "preserved", "paths": ["*"]}}}
    for key in schema.POLICY:
        for name, changed in changes({}, key.name):
            yield f"policy.{name}", {"policy": changed, **base}
    for key in schema.EXCEPTION:
        exception = {"rule": "x", "path": "a", "reason": "b"}
        for name, changed in changes(exception, key.name):
            yield f"exceptions.{name}", {"exceptions": [changed], **base}


def changes(table: dict[str, Any], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"no {key}", {name: one for name, one in table.items() if name != key}
    yield f"{key}x", {**table, f"{key}x": 1}
    for value in VALUES:
        yield f"{key}={value}", {**table, key: value}


# JSON has no dates, and a schema does not compare one part of a file with another.
LOADER_ONLY = (
    "=2026-11-22",
    "=['.']",
    "exceptions.rule=",
    "isolated.independent=['",
    "layers.layers=['",
)


def test_the_schema_refuses_nothing_that_loads() -> None:
    assert [
        n for n, policy in policies() if loads(policy) and not is_valid(policy)
    ] == []


def test_the_schema_refuses_what_the_loader_refuses() -> None:
    passed = [n for n, policy in policies() if is_valid(policy) and not loads(policy)]
    assert [name for name in passed if not any(map(name.count, LOADER_ONLY))] == []
