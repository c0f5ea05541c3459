"""Which commit lost what, in every shape of history, and the way back."""

from __future__ import annotations

import json
import shlex
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


def blanked(repo: Repo) -> None:
    commit(repo, Edit({A: " \n"}), "culprit")


def linked(repo: Repo) -> None:
    (repo.path / A).unlink()
    (repo.path / A).symlink_to("../../README.md")
    repo.stage(A)
    repo.commit("culprit")


def covered(repo: Repo) -> None:
    (repo.path / A).unlink()
    commit(repo, Edit({f"{A}/inner.json": "{}\n"}), "culprit")


def octopus(repo: Repo) -> None:
    for name in ("one", "two", "three"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, Edit({f"reports/{name}.json": f"{name}\n"}), name)
    oids = [repo.out("rev-parse", name) for name in ("one", "two", "three")]
    repo.run("rm", "-q", "reports/three.json")
    repo.run("checkout", "-q", "one^{tree}", "--", "reports/one.json")
    tree = repo.out("write-tree")
    parents = [word for oid in oids for word in ("-p", oid)]
    made = repo.out("commit-tree", tree, *parents, "-m", "culprit")
    repo.run("reset", "-q", "--hard", made)


def unrelated(repo: Repo) -> None:
    repo.run("checkout", "-q", "--orphan", "side")
    commit(repo, Edit({"reports/side.json": "{}\n"}), "another root")
    repo.run("checkout", "-q", "main")
    merge(repo, "--allow-unrelated-histories", "-s", "ours", "-m", "culprit")


def back(repo: Repo) -> None:
    deletion(repo)
    commit(repo, Edit({A: '{"again": 1}\n'}), "back")


def back_and_moved_and_edited(repo: Repo) -> None:
    back(repo)
    move_within(repo)
    commit(repo, Edit({"reports/run_1.json": "{}\n"}), "edit")


def back_elsewhere(repo: Repo) -> None:
    move_out(repo)
    repo.run("mv", "archive/run_1.json", "reports/run_1.json")
    repo.commit("back, under another name")


def back_as_a_copy_that_moved(repo: Repo) -> None:
    """Two files of the same bytes: one was lost, the other moved, none came back."""
    commit(repo, Edit({"reports/copy.json": (repo.path / A).read_text()}), "copy")
    deletion(repo)
    repo.run("mv", "reports/copy.json", "reports/a_copy.json")
    repo.commit("move")


def back_on_another_branch(repo: Repo) -> None:
    """The side deletes and brings back; main has deleted, and its merge keeps that."""
    repo.run("checkout", "-q", "-b", "side")
    commit(repo, Edit({}, (A,)), "deleted here too")
    commit(repo, Edit({A: '{"again": 1}\n'}), "back")
    repo.run("checkout", "-q", "main")
    commit(repo, Edit({}, (A,)), "culprit")
    merge(repo, "-s", "ours")


HISTORIES: dict[str, tuple[Callable[[Repo], None], dict[str, str]]] = {
    "edit": (nothing, {}),
    "move within": (move_within, {}),
    "deletion": (deletion, {A: "missing"}),
    "move out": (move_out, {A: "missing"}),
    "emptied": (emptied, {A: "missing"}),
    "blanked": (blanked, {A: "missing"}),
    "linked": (linked, {A: "missing"}),
    "covered": (covered, {A: "missing"}),
    "merged deletion": (merged_deletion, {A: "missing"}),
    "evil merge": (evil, {A: "missing"}),
    "ours": (ours, {"reports/side.json": "missing"}),
    "foxtrot": (foxtrot, {"reports/new.json": "missing"}),
    "octopus": (
        octopus,
        {"reports/three.json": "missing", "reports/two.json": "missing"},
    ),
    "unrelated": (unrelated, {"reports/side.json": "missing"}),
    "back": (back, {A: "back"}),
    "back, moved, edited": (back_and_moved_and_edited, {A: "back"}),
    "back elsewhere": (back_elsewhere, {A: "back"}),
    "a copy moved": (back_as_a_copy_that_moved, {A: "missing"}),
}


def audited(repo: Repo, capsys: Capture, *words: str) -> tuple[int, dict[str, Any]]:
    answer = call(repo, capsys, "audit", *words, "--output-format", "json")
    assert answer.err == ""
    return answer.code, json.loads(answer.out)


@pytest.mark.parametrize(("make", "lost"), HISTORIES.values(), ids=HISTORIES)
def test_the_commit_that_did_it_is_named_once(
    repo: Repo, capsys: Capture, make: Callable[[Repo], None], lost: dict[str, str]
) -> None:
    make(repo)
    code, found = audited(repo, capsys)
    assert {one["subject"] for one in found["losses"]} <= {"culprit"}
    states = sorted((one["path"], one["back"]) for one in found["losses"])
    assert states == [(path, state == "back") for path, state in sorted(lost.items())]
    assert code == ("missing" in lost.values())


@pytest.mark.parametrize(
    "make", [deletion, move_out, emptied, blanked, linked, evil, octopus]
)
def test_what_it_tells_to_type_brings_the_file_back(
    repo: Repo, capsys: Capture, make: Callable[[Repo], None]
) -> None:
    make(repo)
    for loss in audited(repo, capsys)[1]["losses"]:
        program, *words = shlex.split(loss["fix"])
        if program == "git":
            repo.run(*words)
        else:
            assert call(repo, capsys, *words).code == 0
    repo.commit("mended")
    code, found = audited(repo, capsys)
    assert code == 0
    assert all(one["back"] for one in found["losses"])


def test_a_return_on_another_branch_mends_nothing(repo: Repo, capsys: Capture) -> None:
    back_on_another_branch(repo)
    found = audited(repo, capsys)[1]["losses"]
    states = [(one["subject"], one["path"], one["back"]) for one in found]
    assert sorted(states) == [
        ("culprit", A, False),
        ("deleted here too", A, True),
    ]


def test_what_is_back_is_told_and_counts_for_nothing(
    repo: Repo, capsys: Capture
) -> None:
    deletion(repo)
    repo.run("checkout", "-q", "HEAD~2", "--", A)
    repo.commit("back")
    answer = call(repo, capsys, "audit")
    assert answer.code == 0
    assert "was restored later" in answer.out
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
        (("main...HEAD",), "not a merge"),
        (("nowhere",), "nowhere is not a"),
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
