"""`treeguard migrate plan` on real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository

POLICY = """\
[policy]
version = 1

[rules.no-garbage]
kind = "forbidden"
zone = ["/garbage/"]

[migration]
id = "patch-13"
title = "Clean up | all"
record = "patches/patch_13.md"

[[migration.move]]
from = ["core/agents/"]
to = "garbage/agents/"
reason = "simulation"

[[migration.create]]
path = "garbage/README.md"
text = "# Archive\\n"
"""
FILES = {
    "policy.toml": POLICY,
    "core/__init__.py": "",
    "core/agents/__init__.py": "",
    "core/agents/x.py": "from .. import run\n",
    "core/agents/y.py": "from . import x\n",
    "core/run.py": "import os\n",
}


def a_repository(path: Path, **changed: str) -> Repo:
    repo = make_repository(path)
    for name, text in {**FILES, **changed}.items():
        repo.write(name, text)
    repo.stage()
    repo.commit("before")
    return repo


def test_the_text_shows_moves_files_and_a_diff(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path)
    answer = call(repo, capsys, "migrate", "plan")
    assert answer.code == 0
    assert answer.err == ""
    assert answer.out == (
        "patch-13: Clean up | all\n"
        f"for commit {repo.head()[:12]}\n"
        "\n"
        "moves:\n"
        "  core/agents/ -> garbage/agents/ (3 files)    simulation\n"
        "\n"
        "creates:\n"
        "  garbage/README.md\n"
        "\n"
        "rewrites:\n"
        "--- a/core/agents/x.py\n"
        "+++ b/garbage/agents/x.py\n"
        "@@ -1 +1 @@\n"
        "-from .. import run\n"
        "+from core import run\n"
        "\n"
        "3 files to move, 1 file to rewrite, 1 to create, 0 undecided, 0 blockers\n"
    )
    assert repo.out("status", "--porcelain") == ""


def test_many_files_of_data_are_listed_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = {f"reports/{n}/run.csv": f"{n}\ncore/agents/x.py\n" for n in range(5)}
    repo = a_repository(tmp_path, **data, **{"other/a.json": '"core/agents/"'})
    text = call(repo, capsys, "migrate", "plan").out
    told = text.partition("left unchanged:\n")[2].partition("\n\n")[0]
    assert told.splitlines() == [
        "  in data:",
        "  other/a.json:1: core/agents/",
        "    it names core/agents, which moves away; data is never edited",
        "  reports/0/run.csv:2: core/agents/x.py",
        "    it names core/agents/x.py, which moves away; data is never edited; so do "
        "4 more files below reports/",
    ]
    whole = call(repo, capsys, "migrate", "plan", "--output-format", "json").out
    assert len(json.loads(whole)["undecided"]) == 6
    markdown = call(repo, capsys, "migrate", "plan", "--output-format", "markdown").out
    assert markdown.count("data is never edited") == 2


IMPORTER = "import os\nfrom core.agents import x\n"


def test_core_code_that_imports_what_is_archived_forbids_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path, **{"core/run.py": IMPORTER})
    answer = call(repo, capsys, "migrate", "plan")
    assert answer.code == 1
    blocker = answer.out.partition("blocks the migration:\n")[2].split("\n")
    assert blocker[0].startswith(
        "  core/run.py:2: no-garbage: imports garbage/agents/x"
    )
    assert [line[:14].strip() for line in blocker[1:4]] == [
        "- port it:",
        "- move it",
        "- except i",
    ]
    assert answer.err == "1 blocker; nothing was changed\n"


def test_what_was_wrong_before_blocks_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = {"garbage/old.py": "", "core/run.py": "import garbage.old\n"}
    repo = a_repository(tmp_path, **old)
    answer = call(repo, capsys, "migrate", "plan")
    assert answer.code == 0
    title = "already violated; unchanged by this migration:\n"
    told = answer.out.partition(title)[2].splitlines()
    assert told[0].startswith("  core/run.py:1: no-garbage: imports garbage/old.py")
    assert told[-1].endswith(", 0 blockers")
    applied = call(repo, capsys, "migrate", "apply")
    assert "  already violated, unchanged: 1 (listed in the record)\n" in applied.out
    record = (repo.path / "patches/patch_13.md").read_text()
    assert "- `core/run.py:1`: no-garbage: imports garbage/old.py" in record


def test_what_the_policy_only_warns_of_is_not_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    law = POLICY.replace("version = 1\n", 'version = 1\nexisting = "warn"\n')
    old = {"garbage/old.py": "", "core/run.py": "import garbage.old\n"}
    repo = a_repository(tmp_path, **{**old, "policy.toml": law})
    answer = call(repo, capsys, "migrate", "plan")
    assert (answer.code, "already violated" in answer.out) == (0, False)


def test_json_holds_the_whole_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path)
    answer = call(repo, capsys, "migrate", "plan", "--output-format", "json")
    plan = json.loads(answer.out)
    assert plan["base"] == repo.head()
    assert [move["new"] for move in plan["moves"]] == [
        "garbage/agents/__init__.py",
        "garbage/agents/x.py",
        "garbage/agents/y.py",
    ]
    [edit] = plan["edits"]
    assert edit["edits"] == [
        {"start": 5, "end": 7, "line": 1, "kind": "import", "old": "..", "new": "core"}
    ]
    assert plan["created"] == [{"path": "garbage/README.md", "text": "# Archive\n"}]


def test_markdown_is_written_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path / "r")
    output = tmp_path / "plan.md"
    words = ("--output-format", "markdown", "--output", str(output))
    assert call(repo, capsys, "migrate", "plan", *words).code == 0
    text = output.read_text()
    assert text.startswith("# Clean up \\| all\n")
    assert "| `core/agents/` | `garbage/agents/` | 3 | simulation |\n" in text


def test_a_policy_that_is_not_committed_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path)
    repo.run("rm", "-q", "--cached", "policy.toml")
    repo.commit("the policy is on disk alone")
    answer = call(repo, capsys, "migrate", "plan")
    assert answer.code == 2
    assert f"the commit {repo.head()[:12]} has no policy.toml" in answer.err
    assert "--policy policy.toml" in answer.err
    assert call(repo, capsys, "migrate", "plan", "--policy", "policy.toml").code == 0


def test_a_migration_without_a_title_is_called_by_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    law = POLICY.replace('title = "Clean up | all"\n', "")
    repo = a_repository(tmp_path, **{"policy.toml": law})
    assert call(repo, capsys, "migrate", "plan").out.startswith("patch-13\nfor commit")
    assert call(repo, capsys, "migrate", "apply").code == 0
    assert repo.out("log", "-3", "--format=%s").splitlines() == [
        "Record patch-13",
        "Rewrite what points at moved files: patch-13",
        "Move files: patch-13",
    ]
    record = (repo.path / "patches/patch_13.md").read_text()
    assert record.startswith("# patch-13\n\n**Made from:**")


def test_a_policy_without_a_migration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = a_repository(tmp_path)
    repo.write("other.toml", POLICY.partition("[migration]")[0])
    words = ("--policy", str(tmp_path / "other.toml"))
    answer = call(repo, capsys, "migrate", "plan", *words)
    assert answer.code == 2
    assert "other.toml has no [migration] to plan" in answer.err
