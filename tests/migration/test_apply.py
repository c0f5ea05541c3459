"""Apply: three kinds of commits, the work tree and the index with them, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migration.acting import RECORD
from tests.migration.acting import on_disk
from tests.migration.acting import plan_of
from tests.migration.acting import run_apply
from tests.migration.acting import run_undo
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.plans import Plan


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """Two packages, a caller, a link, an executable, and files that Git has not."""
    repo = make_repository(tmp_path / "repo")
    for path, text in {
        "pkg/__init__.py": "",
        "pkg/agents/__init__.py": "",
        "pkg/agents/heal.py": "from pkg.storage import db\n",
        "pkg/storage/__init__.py": "",
        "pkg/storage/db.py": "NAME = 1\n",
        "run.py": "import pkg.agents.heal\n",
        "install.sh": "#!/bin/sh\n",
        ".gitignore": "*.log\n",
        "docs/with space\n.md": "# Odd\n",
    }.items():
        repo.write(path, text)
    (repo.path / "install.sh").chmod(0o755)
    repo.link("top", "pkg/agents/heal.py")
    repo.stage()
    repo.commit("before")
    repo.write("pkg/agents/trace.log", "ignored\n")
    repo.write("notes.txt", "untracked\n")
    return repo


MOVES = {
    "pkg/agents/__init__.py": "garbage/agents/__init__.py",
    "pkg/agents/heal.py": "garbage/agents/heal.py",
    "pkg/storage/__init__.py": "pkg/enterprise/storage/__init__.py",
    "pkg/storage/db.py": "pkg/enterprise/storage/db.py",
    "install.sh": "deployment/scripts/install.sh",
    "docs/with space\n.md": "docs/enterprise/with space\n.md",
    "top": "links/top",
}
EDITS = {
    "pkg/agents/heal.py": ("pkg.storage", "pkg.enterprise.storage"),
    "run.py": ("pkg.agents", "garbage.agents"),
    "top": ("pkg/agents", "../garbage/agents"),
}
CREATED = {"garbage/README.md": "# Archive\n", "pkg/enterprise/__init__.py": ""}


def whole_plan(repo: Repo) -> Plan:
    return plan_of(repo, MOVES, EDITS, CREATED)


def test_everything_is_where_the_plan_says_and_git_sees_nothing_else(
    repo: Repo,
) -> None:
    plan = whole_plan(repo)
    run_apply(repo, plan)
    assert repo.out("status", "--porcelain") == "?? notes.txt"
    disk = on_disk(repo)
    for old, new in MOVES.items():
        assert old not in disk
        assert new in disk
    assert (repo.path / "run.py").read_text() == "import garbage.agents.heal\n"
    assert (repo.path / "links/top").read_text() == (
        "from pkg.enterprise.storage import db\n"
    )
    assert (repo.path / "deployment/scripts/install.sh").stat().st_mode & 0o111


def test_undo_gives_back_ref_index_and_every_file(repo: Repo) -> None:
    before = state(repo)
    run_apply(repo, whole_plan(repo))
    assert state(repo) != before
    run_undo(repo)
    assert state(repo) == before
    assert repo.out("for-each-ref", "refs/treeguard") == ""


def test_undo_twice_is_undo(repo: Repo) -> None:
    run_apply(repo, whole_plan(repo))
    run_undo(repo)
    before = state(repo)
    assert run_undo(repo).journal is None
    assert state(repo) == before


def test_the_commits_are_moves_then_rewrites_then_the_record(repo: Repo) -> None:
    done = run_apply(repo, whole_plan(repo)).journal
    letters = [
        {
            line[0]
            for line in repo.out(
                "show", "--format=", "--name-status", "-M100%", one
            ).split("\n")
        }
        for one in repo.out(
            "rev-list", "--reverse", f"{done.commits['old']}..HEAD"
        ).split()
    ]
    assert letters[-1] == {"A"}
    assert letters[-2] == {"A", "M"}
    assert all(seen == {"R"} for seen in letters[:-2])
    ignored = (repo.path / ".git-blame-ignore-revs").read_text()
    assert done.commits["rewrite"] in ignored
    assert done.commits["move"] in (repo.path / RECORD).read_text()
    message = repo.out("log", "-1", "--format=%B", done.commits["move"])
    assert "Bisect-Skip: yes\nTreeguard-Migration: patch-13 move" in message
