"""`treeguard cache`: shows and removes what can be found out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import build


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return build(tmp_path / "repo")


def _info(repo: Repo, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    answer = call(repo, capsys, "cache", "info")
    assert (answer.code, answer.err) == (0, "")
    return dict(line.split(": ", 1) for line in answer.out.splitlines())


def test_a_check_fills_it_and_clear_empties_it(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    first = call(repo, capsys, "check", "--all")
    full = _info(repo, capsys)
    assert Path(full["path"]).parent == repo.path / ".git" / "treeguard"
    assert int(full["rows"]) > 0
    answer = call(repo, capsys, "cache", "clear")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.startswith(f"removed {full['path']} (")
    assert _info(repo, capsys)["rows"] == "0"
    assert call(repo, capsys, "check", "--all") == first


def test_clearing_nothing_is_no_error(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(repo, capsys, "cache", "clear", "--quiet") == (0, "", "")
