"""What a push writes down that it takes away, and what others then count on."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.git import make_repository
from treeguard.repository.plumbing import Git
from treeguard.stages import concurrent_deletions
from treeguard.stages.concurrent_deletions import announce
from treeguard.stages.concurrent_deletions import confirm
from treeguard.stages.concurrent_deletions import removals
from treeguard.stages.concurrent_deletions import with_pending
from treeguard.stages.concurrent_deletions import withdraw
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update

A, B = "a" * 40, "b" * 40
ONE, TWO = "refs/heads/one", "refs/heads/t\udcff"
GONE = [Update(ONE, A, None)]
TARGET = Target({ONE: A, TWO: B, "refs/tags/t": B}, "", "")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(str(make_repository(tmp_path / "repo").path))


def seen(git: Git) -> tuple[str, ...]:
    """What a push that deletes something else sees leaving."""
    lines = announce(git, [Update("refs/heads/other", B, None)], "looker")
    withdraw(git, "looker")
    return with_pending(git, lines, TARGET).leaving


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param(Update(ONE, A, None), True, id="a branch deleted"),
        pytest.param(Update(ONE, A, B), False, id="a branch moved: judged by itself"),
        pytest.param(Update(ONE, None, B), False, id="a new branch"),
        pytest.param(Update("refs/tags/t", A, None), True, id="a tag deleted"),
        pytest.param(Update("refs/tags/t", A, B), True, id="a tag moved"),
        pytest.param(Update("refs/tags/t", None, B), False, id="a new tag"),
    ],
)
def test_what_takes_something_away(update: Update, expected: bool) -> None:
    assert removals([update]) == ([update] if expected else [])


def test_another_push_sees_it_until_it_is_over(git: Git) -> None:
    assert announce(git, GONE, "first") == []
    announce(git, [Update(TWO, B, None)], "second")
    assert seen(git) == (ONE, TWO)
    withdraw(git, "second")
    assert seen(git) == (ONE,)
    confirm(git, GONE)
    assert seen(git) == ()


def test_a_ref_that_holds_something_else_by_now_is_not_leaving(git: Git) -> None:
    announce(git, [Update(ONE, B, None)], "first")
    assert seen(git) == ()


def test_the_refusal_of_one_leaves_what_another_said(git: Git) -> None:
    announce(git, GONE, "first")
    announce(git, GONE, "second")
    withdraw(git, "second")
    assert seen(git) == (ONE,)


def test_a_push_that_was_killed_is_forgotten(
    git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(git, GONE, "first")
    monkeypatch.setattr(concurrent_deletions, "SECONDS", 0.0)
    assert seen(git) == ()


@pytest.mark.parametrize("text", ["", "{", "[1]", '[["r"]]', '[["r", "o", "p", "t"]]'])
def test_a_file_that_was_cut_short_says_nothing(git: Git, text: str) -> None:
    announce(git, GONE, "first")
    path = Path(git.where.common_dir, *concurrent_deletions.FILE)
    path.write_text(text)
    assert seen(git) == ()
    announce(git, GONE, "first")
    assert json.loads(path.read_text())[0][0].endswith(ONE)


def test_each_part_of_a_repository_has_its_own_refs(git: Git, tmp_path: Path) -> None:
    part = Git(str(tmp_path / "repo"), {**git.environ, "GIT_NAMESPACE": "part"})
    announce(git, GONE, "first")
    assert seen(part) == ()
    announce(part, [Update(TWO, B, None)], "second")
    assert seen(part) == (TWO,)
    assert seen(git) == (ONE,)


def test_of_many_at_once_all_but_the_first_see_one_before(git: Git) -> None:
    def say(number: int) -> int:
        return len(announce(git, [Update(f"refs/heads/{number}", A, None)], "x"))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(say, range(40))) == list(range(40))
