"""Every path survives a real shell."""

from __future__ import annotations

import os
import subprocess

from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.rules.fixes import move_commands
from treeguard.rules.fixes import quote
from treeguard.rules.fixes import restore_commands

names = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name)


@settings(max_examples=60, deadline=None)
@given(names)
@example(b"\xff1 \n'\"$x`\\")
@example(b"-n")
def test_any_name_comes_back_from_bash(name: bytes) -> None:
    word = quote(os.fsdecode(name))
    assert word.isprintable()
    command = ["bash", "-c", f"printf '%s' {word}"]
    if not name.startswith(b"-"):
        command[2] = f"printf %s {word}"
    result = subprocess.run(command, capture_output=True, check=True)
    assert result.stdout == name


def test_commands() -> None:
    assert move_commands("-a", "b c/d", make_folder=True) == (
        "mkdir -p 'b c'",
        "git mv -- -a 'b c/d'",
    )
    assert restore_commands("HEAD", ["a*"]) == (
        "git --literal-pathspecs restore --source=HEAD --staged --worktree -- 'a*'",
    )
    assert restore_commands("origin/main", ["a", "b"]) == ("treeguard restore -- a b",)
