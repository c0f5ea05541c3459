"""What CI is handed is linted by its own linters: nothing is left to complain about."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.project import ROOT

BIN = Path(sys.executable).parent
ACTION = ROOT / "action.yml"
SCRIPT = ROOT / "deployment" / "github" / "check-event"
GITLAB = ROOT / "docs" / "ci" / "treeguard.gitlab-ci.yml"
DOCUMENT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
COMMIT = "0" * 40


def linted(*command: str | Path, cwd: Path = ROOT) -> tuple[int, str]:
    """The exit code of a linter of this environment, and all that it says."""
    words = [str(BIN / command[0]), *map(str, command[1:])]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def documented() -> Iterator[str]:
    """Each whole workflow of docs/ci.md, with a commit where the reader puts one."""
    for text in re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT, re.M | re.S):
        if "\njobs:" in text:
            yield text.replace("FULL-LENGTH-COMMIT-ID", COMMIT)


@pytest.fixture(scope="module")
def workflows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with our own workflows and those of the document."""
    root = tmp_path_factory.mktemp("workflows")
    folder = root / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"))
    for number, text in enumerate(documented()):
        (folder / f"documented-{number}.yml").write_text(text)
    (root / "action.yml").write_text(ACTION.read_text(encoding="utf-8"))
    assert len(list(folder.iterdir())) >= 3
    return root


def names(root: Path) -> list[Path]:
    return sorted((root / ".github" / "workflows").iterdir())


def test_actionlint_finds_nothing(workflows: Path) -> None:
    found = linted("actionlint", "-no-color", *names(workflows), cwd=workflows)
    assert found == (0, "")


def test_zizmor_finds_nothing(workflows: Path) -> None:
    options = ("--offline", "--no-progress", "--no-config", "--quiet")
    files = [workflows / "action.yml", *names(workflows)]
    code, said = linted("zizmor", *options, *files)
    assert (code, "No findings" in said or said == "") == (0, True), said


def test_the_linters_do_find_what_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / ".github" / "workflows" / "bad.yml"
    bad.parent.mkdir(parents=True)
    bad.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }} ${{ nothing.here }}\n"
    )
    assert linted("actionlint", bad, cwd=tmp_path)[0] == 1
    assert linted("zizmor", "--offline", "--no-progress", bad)[0] > 1


@pytest.mark.parametrize("path", [SCRIPT], ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    assert linted("shellcheck", path) == (0, "")


@pytest.mark.parametrize("step", range(2))
def test_no_expression_becomes_part_of_a_script(step: int) -> None:
    action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    assert "${{" not in action["runs"]["steps"][step]["run"]


def test_the_gitlab_job_is_valid() -> None:
    schema = "vendor.gitlab-ci"
    code, said = linted("check-jsonschema", "--builtin-schema", schema, GITLAB)
    assert code == 0, said


def test_the_gitlab_script_is_plain_shell(tmp_path: Path) -> None:
    job: dict[str, Any] = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))
    script = tmp_path / "job.sh"
    script.write_text("#!/bin/sh\n" + "\n".join(job["treeguard"]["script"]))
    assert linted("shellcheck", script) == (0, "")


def test_every_input_of_the_action_is_documented() -> None:
    action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT, re.M))
    assert set(action["inputs"]) <= rows


def test_actions_are_pinned_by_commit() -> None:
    ours = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", "\n".join([ours, *documented()]))
    assert used
    loose = [name for name in used if not re.search(r"@[0-9a-f]{40}$", name)]
    assert loose == ["./"]
