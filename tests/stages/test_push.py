"""The lines and variables that tell of a push."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from treeguard.errors import UsageError
from treeguard.repository.plumbing import Git
from treeguard.stages.push import read_lines
from treeguard.stages.push import remote_target
from treeguard.stages.push import runner_updates
from treeguard.stages.ref_updates import Update

A, B = "a" * 40, "b" * 40
ZERO, ZERO_256 = "0" * 40, "0" * 64


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"refs/heads/f {A} refs/heads/g {B}", Update("refs/heads/g", B, A)),
        (f"HEAD {A} refs/heads/g {ZERO}", Update("refs/heads/g", None, A)),
        (f"(delete) {ZERO} refs/heads/g {B}", Update("refs/heads/g", B, None)),
        (f"(delete) {ZERO_256} refs/heads/g {B}", Update("refs/heads/g", B, None)),
        (f"HEAD@{{2 days ago}} {A} refs/tags/t {B}", Update("refs/tags/t", B, A)),
        (f"f {A} refs/heads/\udcff {B}", Update("refs/heads/\udcff", B, A)),
    ],
    ids=["update", "new", "deleted", "sha256", "expression", "not-utf-8"],
)
def test_a_line(line: str, expected: Update) -> None:
    data = line.encode("utf-8", "surrogateescape")
    assert read_lines(data + b"\n") == [expected]
    assert read_lines(data) == [expected]


def test_every_line_is_read() -> None:
    lines = "".join(f"f {A} refs/heads/{n} {B}\n" for n in range(100))
    assert len(read_lines(lines.encode())) == 100
    assert read_lines(b"") == []


@pytest.mark.parametrize("line", [b"x", b"a b c d", b"f " + A.encode() + b" r HEAD"])
def test_what_is_no_line(line: bytes) -> None:
    with pytest.raises(UsageError, match="not a line that Git gives"):
        read_lines(line)


@pytest.fixture
def clone(tmp_path: Path) -> Repo:
    origin = make_repository(tmp_path / "origin")
    origin.commit("first")
    origin.run("branch", "side")
    clone = clone_repository(origin, tmp_path / "clone")
    clone.commit("second")
    return clone


def git(repo: Repo) -> Git:
    return Git(str(repo.path), repo.env)


def test_a_remote_is_known_as_it_was_fetched(clone: Repo) -> None:
    target = remote_target(git(clone), "origin", [])
    first = clone.out("rev-parse", "HEAD~1")
    assert target.tips == {"refs/heads/main": first, "refs/heads/side": first}
    assert (target.default, target.name) == ("refs/heads/main", "origin/main")


def test_what_git_has_just_asked_counts_more(clone: Repo) -> None:
    updates = [Update("refs/heads/main", B, A), Update("refs/heads/side", None, A)]
    target = remote_target(git(clone), "origin", updates)
    assert target.tips == {"refs/heads/main": B}


def test_a_url_is_not_known(clone: Repo) -> None:
    assert remote_target(git(clone), "https://example.org/x", []).default == ""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"PRE_COMMIT_FROM_REF": "HEAD~1", "PRE_COMMIT_TO_REF": "HEAD"}, "update"),
        ({"PRE_COMMIT_TO_REF": "HEAD"}, "new"),
        ({"PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}, "new"),
        ({"PRE_COMMIT_FROM_REF": ZERO, "PRE_COMMIT_TO_REF": "HEAD"}, "new"),
    ],
    ids=["both", "prek-root", "pre-commit-root", "zeros"],
)
def test_what_a_runner_passes(
    clone: Repo, names: dict[str, str], expected: str
) -> None:
    environ = {
        "PRE_COMMIT_REMOTE_NAME": "elsewhere",
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
        **names,
    }
    [update] = runner_updates(git(clone), environ)
    first = clone.out("rev-parse", "HEAD~1")
    old = first if expected == "update" else None
    assert update == Update("refs/heads/main", old, clone.head())


def test_a_rewind_that_a_runner_hides_is_compared_too(clone: Repo) -> None:
    environ = {
        "PRE_COMMIT_REMOTE_NAME": "origin",
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
        "PRE_COMMIT_FROM_REF": "HEAD",
        "PRE_COMMIT_TO_REF": "HEAD",
    }
    [update] = runner_updates(git(clone), environ)
    assert update.also == (clone.out("rev-parse", "origin/main"),)
