"""What pre-receive is told, and the log of pushes that were let through."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.git import make_repository
from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git
from treeguard.rules.registry import load
from treeguard.stages.receive import bypass_reason
from treeguard.stages.receive import log_bypass
from treeguard.stages.receive import read_lines
from treeguard.stages.receive import require_bypass
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import Verdict

A, B, ZERO = "a" * 40, "b" * 40, "0" * 40
LAW = '[policy]\nbypass = {}\n[rules.x]\nkind = "required"\nfiles = ["a"]\n'


def test_lines() -> None:
    data = f"{A} {B} refs/heads/a b\n{ZERO} {A} refs/tags/t\n{A} {ZERO} refs/x\n"
    assert read_lines(data.encode()) == [
        Update("refs/heads/a b", A, B),
        Update("refs/tags/t", None, A),
        Update("refs/x", A, None),
    ]


@pytest.mark.parametrize("line", ["", f"{A} {B}", f"{A} {B} main", f"x {B} refs/h"])
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(UsageError, match="not a line that Git gives"):
        read_lines(f"{line} \n".encode())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], None),
        (["ci.skip"], None),
        (["ci.skip", "treeguard-bypass= the reason "], "the reason"),
        (["treeguard-bypass"], ""),
        (["treeguard-bypassed=x"], None),
    ],
    ids=repr,
)
def test_a_push_option(options: list[str], expected: str | None) -> None:
    environ = {f"GIT_PUSH_OPTION_{n}": text for n, text in enumerate(options)}
    environ["GIT_PUSH_OPTION_COUNT"] = str(len(options))
    assert bypass_reason(environ) == expected


@pytest.mark.parametrize(
    ("law", "reason", "words"),
    [
        (None, "why", "allows no bypass"),
        ("false", "why", "allows no bypass"),
        ("true", "", "needs a reason"),
    ],
)
def test_a_bypass_that_is_none(law: str | None, reason: str, words: str) -> None:
    policy = load(LAW.format(law).encode(), "policy.toml", "test") if law else None
    with pytest.raises(UsageError, match=words):
        require_bypass(policy, reason)


def test_each_bypass_is_one_line(tmp_path: Path) -> None:
    git = Git(str(make_repository(tmp_path / "bare.git", "--bare").path), os.environ)
    verdicts = [Verdict(Update("refs/heads/\udcff", A, B))]
    for reason in ("one\nline", 'a "second"'):
        path = log_bypass(git, verdicts, reason, {"USER": "u", "GL_USERNAME": "g"})
    lines = [json.loads(line) for line in Path(path).read_text().splitlines()]
    assert [line["reason"] for line in lines] == ["one\nline", 'a "second"']
    assert lines[0]["pusher"] == "g"
    git.close()


def test_a_bypass_that_cannot_be_logged_is_none(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "bare.git", "--bare")
    repo.write("treeguard", "a file where the folder must be")
    git = Git(str(repo.path), os.environ)
    with pytest.raises(UsageError, match=r"bypass\.log cannot be written"):
        log_bypass(git, [], "why", {})
    git.close()
