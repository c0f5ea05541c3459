"""Which commit lost what, in every shape of history, and the way back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build

Capture = pytest.CaptureFixture[str]
A = "reports/gemma3/run_1.json"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return build(tmp_path / "repo")


def commit(repo: Repo, edit: Edit, message: str = "change") -> None:
    apply(repo, edit)
    repo.commit(message)


def side(repo: Repo, edit: Edit) -> None:
    repo.run("checkout", "-q", "-b", "side")
    commit(repo, edit, "on the side")
    repo.run("checkout", "-q", "main")
    commit(repo, Edit({"docs/main.md": "x\n"}), "on main")


def merge(repo: Repo, *words: str) -> None:
    repo.run("merge", "-q", "--no-edit", *words, "side")


def nothing(repo: Repo) -> None:
    commit(repo, Edit({A: "{}\n"}), "edit")


def deletion(repo: Repo) -> None:
    commit(repo, Edit({}, (A,)), "culprit")
    commit(repo, Edit({"docs/main.md": "x\n"}))


def move_out(repo: Repo) -> None:
    (repo.path / "archive").mkdir()
    repo.run("mv", A, "archive/run_1.json")
    repo.commit("culprit")


def move_within(repo: Repo) -> None:
    repo.run("mv", A, "reports/run_1.json")
    repo.commit("move")


def emptied(repo: Repo) -> None:
    commit(repo, Edit({A: ""}), "culprit")


def merged_deletion(repo: Repo) -> None:
    repo.run("checkout", "-q", "-b", "side")
    commit(repo, Edit({}, (A,)), "culprit")
    repo.run("checkout", "-q", "main")
    commit(repo, Edit({"docs/main.md": "x\n"}))
    merge(repo)


def evil(repo: Repo) -> None:
    side(repo, Edit({"docs/side.md": "x\n"}))
    merge(repo, "--no-commit")
    commit(repo, Edit({}, (A,)), "culprit")


def ours(repo: Repo) -> None:
    side(repo, Edit({A: "{}\n", "reports/side.json": "{}\n"}))
    merge(repo, "-s", "ours", "-m", "culprit")


def foxtrot(repo: Repo) -> None:
    side(repo, Edit({"docs/side.md": "x\n"}))
    commit(repo, Edit({"reports/new.json": "{}\n"}), "landed")
    repo.run("checkout", "-q", "side")
    repo.run("merge", "-q", "-s", "ours", "-m", "culprit", "main")


HISTORIES: dict[str, tuple[Callable[[Repo], None], str | None]] = {
    "edit": (nothing, None),
    "move within": (move_within, None),
    "deletion": (deletion, A),
    "move out": (move_out, A),
    "emptied": (emptied, A),
    "merged deletion": (merged_deletion, A),
    "evil merge": (evil, A),
    "ours": (ours, "reports/side.json"),
    "foxtrot": (foxtrot, "reports/new.json"),
}


def audited(repo: Repo, capsys: Capture, *words: str) -> tuple[int, dict[str, Any]]:
    answer = call(repo, capsys, "audit", *words, "--output-format", "json")
    assert answer.err == ""
    return answer.code, json.loads(answer.out)


@pytest.mark.parametrize(("make", "lost"), HISTORIES.values(), ids=HISTORIES)
def test_the_commit_that_did_it_is_named_once(
    repo: Repo, capsys: Capture, make: Callable[[Repo], None], lost: str | None
) -> None:
    make(repo)
    code, found = audited(repo, capsys)
    named = [(one["subject"], one["path"]) for one in found["losses"]]
    assert named == ([] if lost is None else [("culprit", lost)])
    assert code == (0 if lost is None else 1 - found["losses"][0]["back"])


def test_what_is_back_is_told_and_counts_for_nothing(
    repo: Repo, capsys: Capture
) -> None:
    deletion(repo)
    repo.run("checkout", "-q", "HEAD~2", "--", A)
    repo.commit("back")
    answer = call(repo, capsys, "audit")
    assert answer.code == 0
    assert "is back today" in answer.out
    assert "4 commits, 1 loss, 0 still missing." in answer.out


def test_its_answer_can_be_typed(repo: Repo, capsys: Capture) -> None:
    data = (repo.path / A).read_bytes()
    deletion(repo)
    found = audited(repo, capsys)[1]
    program, *words = found["losses"][0]["fix"].split(" ")
    assert program == "treeguard"
    assert call(repo, capsys, *words).code == 0
    assert (repo.path / A).read_bytes() == data


def test_a_range_sees_its_own_commits_only(repo: Repo, capsys: Capture) -> None:
    deletion(repo)
    assert audited(repo, capsys, "HEAD~1..HEAD")[1]["losses"] == []
    assert len(audited(repo, capsys, "HEAD~2..")[1]["losses"]) == 1
    assert audited(repo, capsys, "HEAD~2..HEAD~1")[1]["commits"] == 1


def test_each_commit_is_judged_by_the_other_kinds(repo: Repo, capsys: Capture) -> None:
    commit(repo, VIOLATIONS["isolated"], "bad")
    commit(repo, Edit({"docs/main.md": "x\n"}), "still bad, and not its fault")
    commit(repo, Edit({"banterhearts/monitoring/metrics.py": "NAME = 'x'\n"}), "mended")
    code, found = audited(repo, capsys, "--each-commit", "HEAD~3..HEAD")
    rules = [
        finding["rule"]
        for one in found["reports"]
        for finding in one["report"]["findings"]
    ]
    assert (code, rules) == (1, ["enterprise-isolated"])
    assert audited(repo, capsys, "HEAD~3..HEAD")[0] == 0


def test_a_shallow_clone_is_refused(
    repo: Repo, capsys: Capture, tmp_path: Path
) -> None:
    deletion(repo)
    clone = clone_repository(repo, tmp_path / "clone", "--depth=1")
    answer = call(clone, capsys, "audit")
    assert answer.code == 2
    assert "git fetch --unshallow" in answer.err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("main...HEAD",), "not at a merge"),
        (("nowhere",), "nowhere names no"),
        (("--policy", "nope"), "nope cannot be read"),
    ],
)
def test_what_cannot_be_asked(
    repo: Repo, capsys: Capture, words: tuple[str, ...], part: str
) -> None:
    answer = call(repo, capsys, "audit", *words)
    assert answer.code == 2
    assert part in answer.err


def test_it_agrees_with_git_file_by_file(repo: Repo, capsys: Capture) -> None:
    for make in (deletion, evil):
        make(repo)
        commit(repo, Edit({A: "{}\n"}), "back")
    log = ("log", "-m", "--no-renames", "--diff-filter=D", "--name-only", "--format=")
    said = set(repo.out(*log, "--", "reports").split())
    assert {one["path"] for one in audited(repo, capsys)[1]["losses"]} == said == {A}
