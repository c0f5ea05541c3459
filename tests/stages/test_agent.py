"""Tool calls that write files: judged as the files would be, and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.stages.calls import ALLOWED
from tests.stages.calls import verdict
from tests.support.git import Repo
from tests.support.patch13 import AGENT
from tests.support.patch13 import FILES
from tests.support.patch13 import KEPT
from tests.support.patch13 import METRICS
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import build
from treeguard.errors import TreeguardError
from treeguard.stages.agents import tool_calls

RULES = {
    "forbidden": "no-garbage-imports",
    "isolated": "enterprise-isolated",
    "placed": "deployment-assets",
    "closed": "core-shape",
    "layers": "core-layers",
    "vacated": "old-homes",
}
NOTEBOOK = {
    "cells": [
        {"cell_type": "code", "id": "first", "metadata": {}, "source": ["import os\n"]},
        {"cell_type": "markdown", "metadata": {}, "source": "import garbage"},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    place: Path = tmp_path_factory.mktemp("agents") / "repo"
    return build(place, {"docs/notebook.ipynb": json.dumps(NOTEBOOK)})


def patch(*lines: str) -> str:
    return "\n".join(("*** Begin Patch", *lines, "*** End Patch", ""))


@pytest.mark.parametrize("kind", RULES)
def test_write(repo: Repo, kind: str) -> None:
    [(path, text)] = VIOLATIONS[kind].write.items()
    said = verdict(repo, "Write", file_path=str(repo.path / path), content=text)
    assert RULES[kind] in said
    assert path.split("/")[0] in said
    assert "\n" not in said
    for path, text in KEPT[kind].write.items():
        assert verdict(repo, "Write", file_path=path, content=text) == ALLOWED
    assert not repo.out("status", "--porcelain")


@pytest.mark.parametrize(
    ("tool", "given", "told"),
    [
        (
            "Edit",
            {"old_string": "NAME =", "new_string": "import datadog\nNAME ="},
            "datadog",
        ),
        ("Edit", {"old_string": "NAME =", "new_string": "import os\nNAME ="}, ALLOWED),
        ("Edit", {"old_string": "", "new_string": "import datadog\n"}, "datadog"),
        ("Edit", {"old_string": "not there", "new_string": ""}, "cannot verify"),
        ("Edit", {"old_string": "NAME"}, "cannot verify"),
        ("MultiEdit", {"edits": [{"old_string": "NAME", "new_string": "N"}]}, ALLOWED),
        (
            "MultiEdit",
            {
                "edits": [
                    {"old_string": "NAME", "new_string": "import xyz\nNAME"},
                    {"old_string": "xyz", "new_string": "datadog", "replace_all": True},
                ]
            },
            "enterprise-isolated",
        ),
        ("MultiEdit", {"edits": "NAME"}, "cannot verify"),
        ("MultiEdit", {"edits": [3]}, "cannot verify"),
        ("Write", {"content": 3}, "cannot verify"),
        ("Write", {}, "cannot verify"),
        ("Create", {"content": ""}, "cannot verify"),
        ("mcp__files__write", {"content": ""}, "cannot verify"),
        ("Read", {}, ALLOWED),
        ("Grep", {"pattern": "x"}, ALLOWED),
        ("Task", {"prompt": "rm -rf reports"}, ALLOWED),
        ("Bash", {}, "cannot verify"),
        ("shell", {"command": [1]}, "cannot verify"),
        ("apply_patch", {}, "cannot verify"),
    ],
)
def test_tools(repo: Repo, tool: str, given: dict[str, Any], told: str) -> None:
    said = verdict(repo, tool, file_path=METRICS, **given)
    assert told in said
    assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cell_id": "first", "new_source": "import garbage.agents"}, "no-garbage"),
        ({"cell_id": "cell-1", "new_source": "import garbage.agents"}, ALLOWED),
        (
            {
                "cell_id": "cell-1",
                "new_source": "import garbage.agents",
                "cell_type": "code",
            },
            "no-garbage",
        ),
        (
            {
                "cell_id": "first",
                "new_source": "import garbage.agents",
                "edit_mode": "insert",
                "cell_type": "code",
            },
            "no-garbage",
        ),
        ({"cell_id": "first", "edit_mode": "delete", "new_source": ""}, ALLOWED),
        ({"cell_id": "none", "new_source": "x"}, "cannot verify"),
        ({"cell_id": "first", "new_source": 3}, "cannot verify"),
    ],
)
def test_notebooks(repo: Repo, given: dict[str, Any], told: str) -> None:
    said = verdict(repo, "NotebookEdit", notebook_path="docs/notebook.ipynb", **given)
    assert told in said
    assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (patch("*** Add File: Dockerfile", "+FROM x"), "deployment-assets"),
        (patch("*** Add File: deployment/docker/Dockerfile.b", "+FROM x"), ALLOWED),
        (patch("*** Delete File: reports/gemma3/run_1.json"), "reports-kept"),
        (patch("*** Delete File: scripts/ollama/bench.py"), ALLOWED),
        (
            patch(f"*** Update File: {AGENT}", "@@", "-print(metrics.NAME, tune)")[:-14]
            + "+import garbage.agents\n*** End Patch",
            "no-garbage-imports",
        ),
        (patch(f"*** Update File: {AGENT}", "@@", "-no such line", "+x"), "no place"),
        (
            patch(
                "*** Update File: reports/gemma3/run_1.json",
                "*** Move to: docs/run_1.json",
                "@@",
                '-{"tokens_per_second": 42.1}',
                "+{}",
            ),
            "reports-kept",
        ),
        (
            patch(
                "*** Update File: docs/README.md",
                "*** Move to: docs/INDEX.md",
                "@@ # Documentation",
                "+more",
            ),
            ALLOWED,
        ),
        ("not a patch", "Begin Patch"),
        (patch("stray line", "*** Delete File: x"), "before any file"),
    ],
)
def test_patches(repo: Repo, text: str, told: str) -> None:
    for tool, tool_input in (
        ("apply_patch", {"command": text}),
        ("apply_patch", {"input": text}),
        ("shell", {"command": ["apply_patch", text]}),
        ("Bash", {"command": f"apply_patch <<'PATCH'\n{text}\nPATCH"}),
    ):
        said = verdict(repo, tool, **tool_input)
        assert told in said
        assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/tmp/elsewhere/Dockerfile", ALLOWED),
        ("../Dockerfile", ALLOWED),
        (".git/hooks/pre-commit", "part of the guard"),
        (".git/config", "part of the guard"),
        ("docs/../Dockerfile", "deployment-assets"),
        ("", "cannot verify"),
        (".", "cannot verify"),
        ("a\0b", "cannot verify"),
        ("a\ud800b", "cannot verify"),
        ("a\udcffb", ALLOWED),
        ("policy.toml", "policy.toml:1"),
    ],
    ids=ascii,
)
def test_paths(repo: Repo, path: str, told: str) -> None:
    said = verdict(repo, "Write", file_path=path, content="FROM x\n[")
    assert told in said
    assert bool(told) == bool(said)


def test_what_was_wrong_before_is_not_the_calls_fault(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo", VIOLATIONS["forbidden"].write)
    text = VIOLATIONS["forbidden"].write[AGENT]
    assert verdict(repo, "Write", file_path=AGENT, content=f"{text}x = 1\n") == ALLOWED
    # Nor is what lies on disk, unstaged or untracked, where the call writes again.
    repo.write(METRICS, "import datadog\n")
    assert verdict(
        repo, "Write", file_path=METRICS, content="import datadog\nx = 1\n"
    ) == (ALLOWED)
    assert "enterprise-isolated" in verdict(
        repo, "Write", file_path="docs/x.py", content="import datadog\n"
    )


def test_the_committed_policy_judges(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    loose = (
        "[policy]\nversion = 1\n[rules.r]\nkind = 'required'\nfiles = ['policy.toml']\n"
    )
    assert verdict(repo, "Write", file_path="policy.toml", content=loose) == ALLOWED
    repo.write("policy.toml", loose)
    repo.stage()
    assert "deployment-assets" in verdict(
        repo, "Write", file_path="Dockerfile", content="FROM x\n"
    )


def test_an_exception_that_becomes_needless_does_not_stop_the_repair(
    tmp_path: Path,
) -> None:
    excepted = FILES["policy.toml"] + (
        "\n[[exceptions]]\nrule = 'no-garbage-imports'\n"
        f"path = '{AGENT}'\nreason = 'for now'\n"
    )
    bad = VIOLATIONS["forbidden"].write[AGENT]
    repo = build(tmp_path / "repo", {"policy.toml": excepted, AGENT: bad})
    assert verdict(repo, "Write", file_path=AGENT, content="import os\n") == ALLOWED


def test_before_the_first_commit(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.run("update-ref", "-d", "HEAD")
    assert "deployment-assets" in verdict(
        repo, "Write", file_path="Dockerfile", content="FROM x\n"
    )
    repo.run("rm", "-q", "--cached", "policy.toml")
    said = verdict(repo, "Write", file_path="x", content="")
    assert "policy.toml is not in" in said


def broken() -> Iterator[bytes]:
    yield b""
    yield b"{}"
    yield b"[" * 100_000
    yield b'{"tool_name": "Read"}'[:-1]
    yield b'{"tool_name": 3}'
    yield b'{"tool_name": "Write", "tool_input": []}'
    yield b'{"tool_name": "Write", "tool_input": {}, "cwd": 3}'
    yield b'{"tool_name": "Write", "hook_event_name": "SessionStart"}'
    yield b"\xff"
    yield b"1" * 10_000


@pytest.mark.parametrize("data", list(broken()), ids=lambda data: ascii(data[:40]))
def test_what_is_no_call_is_refused(data: bytes) -> None:
    with pytest.raises(TreeguardError, match="cannot verify"):
        tool_calls.read_call(data)


_NAMES = st.sampled_from(
    ["Write", "Edit", "MultiEdit", "NotebookEdit", "Bash", "apply_patch"]
)
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=40),
    st.sampled_from([AGENT, METRICS, "reports", "x.py", "policy.toml", "reports/*"]),
)
_GIVEN = st.dictionaries(
    st.sampled_from(
        ("file_path", "content", "old_string", "new_string", "edits", "command")
    ),
    st.one_of(_LEAVES, st.lists(st.dictionaries(st.just("old_string"), _LEAVES))),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example("Bash", {"command": "rm \x01/\x00"})
@given(_NAMES, _GIVEN)
def test_any_call_has_one_verdict(repo: Repo, tool: str, given: dict[str, Any]) -> None:
    assert verdict(repo, tool, **given) == verdict(repo, tool, **given)
