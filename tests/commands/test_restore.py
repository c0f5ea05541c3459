"""`treeguard restore`: back from the commit that last had it, over nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import build

REPORT = "reports/gemma3/run_1.json"
CONTENT = '{"tokens_per_second": 42.1}\n'


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return build(tmp_path / "repo")


def _delete(repo: Repo, *paths: str) -> str:
    repo.run("rm", "-q", "--", *paths)
    repo.commit("delete")
    return repo.out("rev-parse", "HEAD^")


def test_a_file_deleted_long_ago(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _delete(repo, REPORT)
    repo.commit("later")
    answer = call(repo, capsys, "restore", REPORT)
    assert answer == (0, f"{REPORT}: restored from commit {source[:12]}\n", "")
    assert (repo.path / REPORT).read_text() == CONTENT
    assert repo.out("diff", "--cached", "--name-status") == f"A\t{REPORT}"


def test_a_file_deleted_and_not_committed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("rm", "-q", "--", REPORT)
    assert call(repo, capsys, "restore", REPORT).code == 0
    assert repo.out("status", "--porcelain") == ""


def test_a_folder_that_is_gone_as_a_whole(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("reports/gemma3/run_2.json", "2\n")
    repo.stage()
    repo.commit("two runs")
    _delete(repo, "reports/gemma3/run_2.json")
    source = _delete(repo, REPORT)
    answer = call(repo, capsys, "restore", "--", "reports/gemma3")
    expected = f"reports/gemma3: restored from commit {source[:12]}\n"
    assert answer == (0, expected, "")
    assert repo.out("diff", "--cached", "--name-status") == f"A\t{REPORT}"


def test_a_folder_that_is_still_there_is_left_as_it_is(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _delete(repo, REPORT)
    answer = call(repo, capsys, "restore", "reports")
    assert answer.code == 2
    assert repo.out("status", "--porcelain") == ""


def test_a_path_counts_from_where_one_stands(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _delete(repo, REPORT)
    typed = "../reports/gemma3/run_1.json"
    assert call(repo, capsys, "restore", typed, folder="docs").code == 0
    assert (repo.path / REPORT).read_text() == CONTENT


def test_names_are_no_patterns(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("reports/*.csv", "reports/a.csv"):
        repo.write(name, "1\n")
    repo.stage("reports")
    repo.commit()
    _delete(repo, ":(literal)reports/*.csv", "reports/a.csv")
    assert call(repo, capsys, "restore", "reports/*.csv").code == 0
    assert repo.out("diff", "--cached", "--name-only") == "reports/*.csv"


def test_an_existing_file_is_never_overwritten(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    _delete(repo, REPORT, "reports/llama3/run_1.json")
    repo.write(REPORT, "mine")
    answer = call(repo, capsys, "restore", "reports/llama3/run_1.json", REPORT)
    assert answer.code == 2
    assert "nothing is overwritten" in answer.err
    assert (repo.path / REPORT).read_text() == "mine"
    assert not (repo.path / "reports/llama3/run_1.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("reports/never",), "has reports/never as a file", id="never"),
        pytest.param(("../x",), "outside of this repository", id="outside"),
        pytest.param(("x", "--from", "nowhere"), "nowhere", id="no such ref"),
    ],
)
def test_what_cannot_come_back(
    words: tuple[str, ...],
    said: str,
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = call(repo, capsys, "restore", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_a_bare_repository_has_no_place_to_put_it(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    bare = Repo(tmp_path / "bare", repo.env)
    answer = call(bare, capsys, "restore", REPORT)
    assert answer.code == 2
    assert "not in a work tree" in answer.err
