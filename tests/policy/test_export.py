"""What `show` prints is the same policy, with nothing left to guess."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treeguard.errors import PolicyError
from treeguard.policy.export import as_json
from treeguard.policy.export import as_toml
from treeguard.policy.export import effective
from treeguard.policy.model import Policy
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

HERE = Path(__file__).parent
VALID = [*sorted((HERE / "valid").glob("*.toml")), HERE.parent.parent / "policy.toml"]


def without_places(policy: Policy) -> Policy:
    """The policy but for its digest and its line numbers."""
    migration = policy.migration
    return policy._replace(
        digest="",
        rules=tuple(rule._replace(line=0) for rule in policy.rules),
        exceptions=tuple(one._replace(line=0) for one in policy.exceptions),
        migration=migration
        and migration._replace(
            line=0,
            moves=tuple(move._replace(line=0) for move in migration.moves),
            creates=tuple(create._replace(line=0) for create in migration.creates),
        ),
    )


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_what_is_shown_loads_to_the_same_policy(path: Path) -> None:
    text = path.read_bytes()
    shown = as_toml(effective(text, "policy.toml", KINDS)).encode()
    first, second = (load(one, "policy.toml", "a test") for one in (text, shown))
    assert without_places(first) == without_places(second)
    assert as_toml(effective(shown, "policy.toml", KINDS)).encode() == shown


def test_every_default_is_shown() -> None:
    text = b'[rules.kept]\nkind = "preserved"\npaths = ["reports/"]\n'
    assert as_toml(effective(text, "policy.toml", KINDS)) == (
        '[policy]\nversion = 1\nexclude = []\nexisting = "block"\n'
        "bypass = false\nallow_comments = true\n\n"
        '[rules.kept]\nkind = "preserved"\nseverity = "error"\nreason = ""\n'
        'exclude = []\nallow_empty = false\npaths = ["reports/"]\n'
        'allow = ["edit", "move"]\n'
    )


def test_json_holds_the_same_with_dates_as_strings() -> None:
    text = (HERE / "valid" / "every_kind.toml").read_bytes()
    tables = effective(text, "policy.toml", KINDS)
    shown = json.loads(as_json(tables))
    assert shown["exceptions"][0]["expires"] == "2026-12-31"
    assert shown["rules"] == tables["rules"]


def test_a_faulty_policy_is_not_shown() -> None:
    with pytest.raises(PolicyError):
        effective(b"[rules.x]\n", "policy.toml", KINDS)


@given(st.text(max_size=20))
def test_any_text_survives(reason: str) -> None:
    text = as_toml({"rules": {"x": {"kind": "vacated", "reason": reason}}})
    moves = '[migration]\nid = "a"\nrecord = "b"\n[[migration.move]]\nfrom = ["c"]\n'
    policy = load(f'{text}\n{moves}to = "d"\n'.encode(), "policy.toml", "a test")
    assert policy.rules[0].reason == reason
