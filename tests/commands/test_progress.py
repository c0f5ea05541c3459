"""Long work of `migrate` is shown on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.git import make_repository

# Nobody waits here to be told why.
IMPATIENT = (
    "import sys; from treeguard.commands import terminal; terminal.PATIENCE = -1; "
    "from treeguard.cli import main; sys.exit(main(sys.argv[1:]))"
)
POLICY = """\
[policy]
version = 1
existing = "warn"
[migration]
id = "tidy"
title = "Tidy up"
record = "record.md"
[[migration.move]]
from = ["old/"]
to = "new/"
reason = "tidy"
"""
PLAN = ("searching files", "reading what may refer to moved files")
APPLY = (
    "checking the moves",
    "building the commits",
    "keeping files aside",
    "putting files",
    "removing old paths",
)
UNDO = ("keeping files aside", "putting files", "removing old paths")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", POLICY)
    for number in range(3):
        repo.write(f"old/{number}.py", f"NUMBER = {number}\n")
    repo.write("use.py", "import old.one\n")
    repo.stage()
    repo.commit()
    return repo


def on_terminal(repo: Repo, *args: str) -> str:
    """What a command writes to stderr where that is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-I", "-c", IMPATIENT, *args]
    running = subprocess.Popen(
        command, cwd=repo.path, env=repo.env, stdout=subprocess.DEVNULL, stderr=theirs
    )
    os.close(theirs)
    told = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        told += part
    os.close(ours)
    assert running.wait() == 0, told
    return told.decode()


def test_each_long_part_is_shown_and_wiped_away(repo: Repo) -> None:
    for action, parts in (("plan", PLAN), ("apply", APPLY), ("undo", UNDO)):
        told = on_terminal(repo, "migrate", action)
        for part in parts:
            assert f"\r{part}: 0 of " in told, (action, told)
        assert told.endswith("\r\x1b[K"), (action, told)


def test_quiet_shows_nothing(repo: Repo) -> None:
    for action in ("plan", "apply", "undo"):
        assert on_terminal(repo, "migrate", action, "-q") == ""


def test_a_pipe_gets_nothing(repo: Repo) -> None:
    for action in ("plan", "apply", "undo"):
        command = [sys.executable, "-I", "-c", IMPATIENT, "migrate", action]
        done = subprocess.run(
            command, cwd=repo.path, env=repo.env, capture_output=True, check=True
        )
        assert done.stderr == b""
