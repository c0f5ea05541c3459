"""Moves divide into commits: Git's own pairing in a real repository is the oracle."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.acting import git_of
from tests.migration.acting import plan_of
from tests.migration.acting import run_apply
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.migration.apply.commits import MOST
from treeguard.migration.apply.commits import divide
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.history_lookup import find_trail
from treeguard.migration.history_lookup import moved_paths
from treeguard.plans import FileMove

EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"


def moves_of(pairs: dict[str, str], oid: str = EMPTY) -> list[FileMove]:
    return [FileMove(old, new, 0o100644, oid) for old, new in pairs.items()]


PATCH_13 = {
    "B/agents/__init__.py": "garbage/agents/__init__.py",
    "B/observability/__init__.py": "B/enterprise/observability/__init__.py",
    "B/storage/__init__.py": "B/enterprise/storage/__init__.py",
}


@pytest.mark.parametrize(
    ("pairs", "count"),
    [
        pytest.param({"a": "x/a", "b": "x/b"}, 1, id="names-decide"),
        pytest.param({"a/i": "x/i", "b/i": "y/i"}, 1, id="same-order"),
        pytest.param({"a/i": "y/i", "b/i": "x/i"}, 2, id="crossed"),
        pytest.param(PATCH_13, 2, id="the-three-packages-of-patch-13"),
        pytest.param({"a": "b", "b": "c"}, 2, id="a-chain"),
        pytest.param({"a": "b", "b": "a"}, 3, id="a-swap"),
    ],
)
def test_so_many_commits_are_needed(pairs: dict[str, str], count: int) -> None:
    assert len(divide(moves_of(pairs))) == count


def test_no_more_than_so_many_for_equal_files() -> None:
    crossed = {f"a/{n:02}/i": f"b/{99 - n:02}/i" for n in range(30)}
    commits = divide(moves_of(crossed))
    assert len(commits) == MOST
    assert sorted(move.old for part in commits for move in part) == sorted(crossed)


def test_different_files_are_one_commit() -> None:
    pairs = {f"a/{n}/i": f"b/{99 - n}/i" for n in range(30)}
    moves = [
        move._replace(oid=f"{number:040}")
        for number, move in enumerate(moves_of(pairs))
    ]
    assert len(divide(moves)) == 1


NAMES = st.sampled_from(("i", "j", "k.py"))
FOLDERS = st.sampled_from(("a", "b", "a/c", "d"))
PATHS = st.builds("{}/{}".format, FOLDERS, NAMES)
TEXTS = st.sampled_from(("", "same\n", "import a\n"))


@st.composite
def trees(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Files, moves among them (swaps and chains included), and edits of some."""
    files = draw(st.dictionaries(PATHS, TEXTS, min_size=2, max_size=7))
    old = draw(st.lists(st.sampled_from(sorted(files)), unique=True, min_size=1))
    staying = set(files) - set(old)
    free = PATHS.map(lambda path: f"new/{path}") | st.sampled_from(old)
    new = draw(
        st.lists(
            free.filter(lambda path: path not in staying),
            min_size=len(old),
            max_size=len(old),
            unique=True,
        )
    )
    moves = {a: b for a, b in zip(old, new, strict=True) if a != b}
    edited = draw(st.sets(st.sampled_from(sorted(files))))
    edits = {path: "edited\n" for path in edited if files[path]}
    return files, moves, edits


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(trees(), st.booleans())
def test_git_pairs_every_file_with_its_own_and_undo_gives_all_back(
    drawn: tuple[dict[str, str], dict[str, str], dict[str, str]], carry: bool
) -> None:
    files, moves, edits = drawn
    folder = Path(tempfile.mkdtemp())
    try:
        repo = make_repository(folder / "repo")
        _fill(repo, files)
        before = state(repo)
        whole = {path: (files[path], text) for path, text in edits.items()}
        run_apply(repo, plan_of(repo, moves, whole), ApplyOptions(carry=carry))
        git = git_of(repo)
        trail = find_trail(git, "patch-13")
        assert trail is not None
        paired, strange = moved_paths(git, trail)
        git.close()
        assert strange == []
        assert paired == moves
        assert repo.out("status", "--porcelain", "-uno") == ""
        for path, text in files.items():
            now = (repo.path / moves.get(path, path)).read_text()
            assert now == edits.get(path, text)
        run_undo(repo)
        assert state(repo) == before
    finally:
        shutil.rmtree(folder)


def _fill(repo: Repo, files: dict[str, str]) -> None:
    for path, text in files.items():
        repo.write(path, text)
    repo.write("stays.txt", "here\n")
    repo.stage()
    repo.commit("before")
    repo.write("a/mine.log", "untracked\n")
    repo.write("b/deep/mine.log", "untracked\n")


def test_follow_and_blame_reach_the_first_commit(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.write("pkg/a.py", "import pkg.b\nA = 1\n")
    repo.write("pkg/b.py", "B = 1\n")
    repo.stage()
    first = repo.commit("first")
    moves = {"pkg/a.py": "new/a.py", "pkg/b.py": "new/b.py"}
    done = run_apply(repo, plan_of(repo, moves, {"pkg/a.py": ("pkg.b", "new.b")}))
    for path in moves.values():
        assert first in repo.out("log", "--follow", "--format=%H", "--", path)
    blamed = repo.out(
        "blame",
        "-s",
        "--abbrev=40",
        "--ignore-revs-file=.git-blame-ignore-revs",
        "--",
        "new/a.py",
    )
    assert [line.split()[0].lstrip("^?")[:39] for line in blamed.split("\n")] == (
        [first[:39]] * 2
    )
    assert done.journal.commits["rewrite"] not in blamed
