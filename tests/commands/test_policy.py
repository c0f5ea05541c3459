"""`treeguard policy`: what it prints, and that a faulty policy is never an exit 0."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository

KEPT = '[rules.kept]\nkind = "preserved"\npaths = ["reports/"]\n'
ONE_OF_EACH = f"""\
{KEPT}
[rules.readmes]
kind = "required"
files = ["README.md"]

[[exceptions]]
rule = "kept"
path = "reports/tmp/"
reason = "scratch"

[migration]
id = "m"
record = "m.md"

[[migration.move]]
from = ["a"]
to = "b"
"""


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return make_repository(tmp_path / "repo")


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        (KEPT, "1 rule, 0 exceptions, 0 moves"),
        (ONE_OF_EACH, "2 rules, 1 exception, 1 move"),
    ],
    ids=["one", "more"],
)
def test_a_sound_policy_is_counted(
    repo: Repo, capsys: pytest.CaptureFixture[str], text: str, counted: str
) -> None:
    repo.write("policy.toml", text)
    answer = call(repo, capsys, "policy", "check")
    assert answer == (0, f"policy.toml: {counted}: valid\n", "")


def test_the_policy_is_found_from_a_folder_below(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("policy.toml", KEPT)
    repo.write("a/b/c.py", "")
    assert call(repo, capsys, "policy", "check", folder="a/b").code == 0


def test_every_fault_is_told(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write("law.toml", '[rules.kept]\nkind = "preservd"\n\n[polcy]\n')
    answer = call(repo, capsys, "policy", "check", "law.toml")
    assert (answer.code, answer.out) == (2, "")
    assert 'law.toml:2: rules.kept.kind: must be one of "forbidden"' in answer.err
    assert '(did you mean "preserved"?)' in answer.err
    assert 'law.toml:4: polcy: unknown key (did you mean "policy"?)' in answer.err
    assert "2 faults" in answer.err


@pytest.mark.parametrize(
    "text", [b"", b"\xef\xbb\xbf" + KEPT.encode(), b"[rules", b"\0" * 9, b"\xff\xfe"]
)
@pytest.mark.parametrize("action", ["check", "show"])
def test_an_unusable_policy_is_exit_2(
    repo: Repo, capsys: pytest.CaptureFixture[str], text: bytes, action: str
) -> None:
    repo.write("policy.toml", text)
    answer = call(repo, capsys, "policy", action)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("policy.toml:")
    assert "bug" not in answer.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check"], "policy.toml cannot be read: no such file"),
        (["check", "no/such.toml"], "no/such.toml cannot be read"),
        (["check", "folder"], "folder cannot be read: is a directory"),
        (["schema", "folder"], "the schema is the same for every file"),
        (["chekc"], "chekc"),
        ([], "action"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_exit_2(
    repo: Repo, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    repo.write("folder/file")
    answer = call(repo, capsys, "policy", *words)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


def test_show_fills_in_the_defaults(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("policy.toml", KEPT)
    shown = call(repo, capsys, "policy", "show")
    assert shown.code == 0
    assert 'existing = "block"\n' in shown.out
    repo.write("policy.toml", shown.out)
    assert call(repo, capsys, "policy", "show") == shown


def test_show_as_json(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write("policy.toml", KEPT)
    answer = call(repo, capsys, "policy", "show", "--output-format", "json")
    rule = json.loads(answer.out)["rules"]["kept"]
    assert rule["allow"] == ["edit", "move"]


def test_the_schema_needs_no_repository(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("config", "core.bare", "true")
    answer = call(repo, capsys, "policy", "schema")
    assert answer.code == 0
    assert json.loads(answer.out)["title"] == "treeguard policy"


def test_a_bare_repository_has_no_policy_on_disk(
    repo: Repo, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = make_repository(tmp_path / "bare", "--bare")
    answer = call(bare, capsys, "policy", "check")
    assert (answer.code, answer.out) == (2, "")
    assert "not in a work tree" in answer.err
