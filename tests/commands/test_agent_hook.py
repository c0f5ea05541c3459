"""`treeguard agent-hook` as an agent calls it: JSON in, exit code and a line out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from typing import NamedTuple

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.patch13 import AGENT
from tests.support.patch13 import FILES
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import build
from tests.support.project import ROOT


class Said(NamedTuple):
    code: int
    out: str
    err: str


def hook(repo: Repo, payload: dict[str, Any] | bytes, cwd: Path | None = None) -> Said:
    """Run the hook in a process of its own, as an agent does."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    done = subprocess.run(
        [sys.executable, "-m", "treeguard", "agent-hook"],
        input=data,
        cwd=cwd or repo.path.parent,
        env={**repo.env, "PYTHONPATH": str(ROOT / "hooks")},
        capture_output=True,
        check=False,
    )
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


def payload(repo: Repo, tool: str, **given: Any) -> dict[str, Any]:
    """What Claude Code sends before a call, with what does not concern us."""
    return {
        "session_id": "1",
        "transcript_path": None,
        "permission_mode": "default",
        "hook_event_name": "PreToolUse",
        "cwd": str(repo.path),
        "tool_name": tool,
        "tool_input": given,
        "tool_use_id": "2",
    }


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return build(tmp_path_factory.mktemp("agents") / "repo")


def test_a_refused_call(repo: Repo) -> None:
    text = VIOLATIONS["forbidden"].write[AGENT]
    path = str(repo.path / AGENT)
    said = hook(repo, payload(repo, "Write", file_path=path, content=text))
    assert (said.code, said.out) == (2, "")
    [line] = said.err.splitlines()
    assert line.startswith(f"treeguard: {AGENT}: [no-garbage-imports] ")
    assert "instead: " in line
    assert not repo.out("status", "--porcelain")


def test_an_allowed_call_says_nothing(repo: Repo) -> None:
    given = {"file_path": str(repo.path / AGENT), "content": "import os\n"}
    assert hook(repo, payload(repo, "Write", **given)) == (0, "", "")
    assert hook(repo, payload(repo, "Bash", command="ls")) == (0, "", "")


def test_a_bypass_is_refused(repo: Repo) -> None:
    said = hook(repo, payload(repo, "Bash", command="git commit --no-verify"))
    assert said.code == 2
    assert len(said.err.splitlines()) == 1


def test_what_a_call_has_broken_is_reported_after_it(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    call = payload(repo, "Bash", command="make clean")
    call["hook_event_name"] = "PostToolUse"
    call["tool_response"] = {"stdout": "", "stderr": "", "interrupted": False}
    assert hook(repo, call) == (0, "", "")
    (repo.path / "reports/gemma3/run_1.json").unlink()
    said = hook(repo, call)
    assert (said.code, said.out) == (2, "")
    [line] = said.err.splitlines()
    assert line.startswith("treeguard: reports/gemma3/run_1.json: [reports-kept] ")
    assert "to repair it: git restore " in line


@pytest.mark.parametrize("tool", ["Read", "Glob", "WebFetch", "Task"])
def test_readers_pass_even_where_nothing_can_be_verified(
    tmp_path: Path, tool: str
) -> None:
    nowhere = make_repository(tmp_path / "empty")
    assert hook(nowhere, payload(nowhere, tool)) == (0, "", "")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"{}", b'{"tool_name": "Frobnicate"}', b"\xff\xfe", b"[" * 9999],
    ids=ascii,
)
def test_what_cannot_be_read_is_refused(repo: Repo, data: bytes) -> None:
    said = hook(repo, data, cwd=repo.path)
    assert said.code == 2
    assert "cannot verify" in said.err
    assert "Traceback" not in said.err


def test_without_a_policy_nothing_is_verified(tmp_path: Path) -> None:
    bare = make_repository(tmp_path / "none")
    said = hook(bare, payload(bare, "Write", file_path="x", content=""))
    assert said.code == 2
    assert "treeguard init" in said.err
    gone = payload(bare, "Write", file_path="x", content="")
    gone["cwd"] = str(tmp_path / "gone")
    assert hook(bare, gone).code == 2


def test_a_broken_policy_is_told(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo", {"policy.toml": "["})
    said = hook(repo, payload(repo, "Write", file_path="x", content=""))
    assert said.code == 2
    assert "policy.toml:1" in said.err


def test_names_are_shown_escaped(repo: Repo) -> None:
    path = "banterhearts/\x1b[31m\u202egnp.py"
    said = hook(repo, payload(repo, "Write", file_path=path, content=""))
    assert said.code == 2
    assert "\\x1b[31m\\u202e" in said.err
    assert "\x1b" not in said.err


def test_instructions(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    answer = call(repo, capsys, "agent-hook", "--instructions")
    assert answer.code == 0
    for said in (
        "Do not use `garbage/` from outside it",
        "Never delete or empty what is in `reports/`; it may be edited or moved",
        "Put `Dockerfile*`",
        "import `datadog` and `clickhouse_connect` only in `banterhearts/enterprise/`",
        "Add nothing to `banterhearts/` but",
        "Imports go down only",
        "Keep `garbage/README.md`",
        "(`old-homes`)",
    ):
        assert said in answer.out


def test_instructions_are_written_between_their_markers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = build(tmp_path / "repo", {"AGENTS.md": "# Agents\n\nOurs.\n"})
    write = ("agent-hook", "--instructions", "--write", "AGENTS.md")
    assert call(repo, capsys, *write).code == 0
    first = (repo.path / "AGENTS.md").read_text()
    assert first.startswith("# Agents\n\nOurs.\n\n<!-- treeguard: begin")
    assert call(repo, capsys, *write).code == 0
    assert (repo.path / "AGENTS.md").read_text() == first
    (repo.path / "AGENTS.md").write_text(first + "\nMore of ours.\n")
    repo.write("policy.toml", FILES["policy.toml"].replace("reports/", "results/"))
    repo.stage("policy.toml")
    assert call(repo, capsys, *write).code == 0
    second = (repo.path / "AGENTS.md").read_text()
    assert second.count("treeguard: begin") == 1
    assert "`results/`" in second
    assert second.endswith("<!-- treeguard: end -->\n\nMore of ours.\n")


def test_instructions_are_not_written_over_half_a_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = build(tmp_path / "repo", {"AGENTS.md": "<!-- treeguard: end -->\n"})
    answer = call(repo, capsys, "agent-hook", "--instructions", "--write", "AGENTS.md")
    assert answer.code == 2
    assert "only one of the two markers" in answer.err
    assert call(repo, capsys, "agent-hook", "--write", "AGENTS.md").code == 2
    repo.link("LINK.md", "/tmp/somewhere")
    link = call(repo, capsys, "agent-hook", "--instructions", "--write", "LINK.md")
    assert link.code == 2
    new = call(repo, capsys, "agent-hook", "--instructions", "--write", "NEW.md")
    assert new.code == 0
    assert (repo.path / "NEW.md").read_text().startswith("<!-- treeguard: begin")
