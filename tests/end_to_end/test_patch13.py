"""Patch 13 from plan to undo, on banterhearts as it stood before."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import tomli

from tests.commands.calling import call
from tests.end_to_end.conftest import Banterhearts
from tests.end_to_end.support import CONFIG
from tests.migration.acting import state
from tests.support.banterhearts import building
from tests.support.git import Repo
from tests.support.project import ROOT

CODE = "named in code, left as it is"
FROZEN = "the migration leaves this file unchanged (frozen)"
SOME = "some of what it matches moves away"
MOVES = "which moves away; it is left as it is"
PICKLED = "which moves away: once in this file; data is never edited"
COMMENT = "a path in a comment or a string"
# All that the plan leaves to a person: file, line, what stands there, why.
UNDECIDED = [
    (".github/workflows/ci.yml", 4, "banterhearts/**", SOME),
    (".github/workflows/ci.yml", 4, "docs/**", SOME),
    ("CHANGELOG.md", 6, "docs/observability-setup.md", FROZEN),
    ("README.md", 23, "banterhearts/storage/", "named in prose, left as it is"),
    (
        "docker-compose.yml",
        12,
        "scripts/generate_perf_digest.py",
        "nothing here says what the image holds",
    ),
    ("docs/observability-setup.md", 18, "../README.md", CODE),
    ("install.ps1", 2, "config/secrets.yaml", f"it names config, {MOVES}"),
    ("install.sh", 4, ".", "it is relative to this file's own folder"),
    ("install.sh", 5, "config/secrets.yaml", f"it names config, {MOVES}"),
    ("patches/patch_11.md", 4, "../scripts/streamlit/dashboard.py", FROZEN),
    ("reports/Technical_Report_108.md", 7, "scripts/push_benchmarks.py", CODE),
    (
        "reports/gemma3/run_1.pkl",
        1,
        "banterhearts.storage.clickhouse_adapter",
        f"it names banterhearts.storage.clickhouse_adapter, {PICKLED}",
    ),
    ("scripts/ollama/bench.py", 10, "scripts/push_benchmarks.py", COMMENT),
    ("scripts/streamlit/dashboard.py", 3, "scripts/streamlit", COMMENT),
]
SILENT = [
    ("banterhearts/enterprise", "is a new folder of a package without `__init__.py`"),
    ("banterhearts/enterprise/observability/datadog_adapter.py", "it looks for depl"),
    ("banterhearts/monitoring/settings.py", "it looks for deployment/config now, and"),
    ("banterhearts/tests/test_deployment.py", "it looks for deployment/scripts/"),
    ("deployment/docker/docker-compose.yml", "compose reads .env"),
    ("deployment/docker/docker-compose.yml", "the compose project was named after"),
    ("pyproject.toml", "the wheel holds banterhearts.enterprise.scripts.generate_perf"),
    ("pyproject.toml", "the wheel no longer holds garbage.agents"),
]


@pytest.fixture
def repo(banterhearts: Banterhearts, tmp_path: Path) -> Repo:
    """The repository before, to write into."""
    return banterhearts.copy(tmp_path / "banterhearts")


@pytest.fixture
def performed(banterhearts: Banterhearts, tmp_path: Path) -> Repo:
    """The repository after, to write into."""
    return banterhearts.copy(tmp_path / "banterhearts", performed=True)


def test_the_policy_is_ours_and_names_no_place_that_is_not_there(
    banterhearts: Banterhearts, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = tomli.loads((ROOT / "policy.toml").read_text())
    theirs = tomli.loads(building.policy())
    assert theirs["migration"] == ours["migration"]
    for name, rule in theirs["rules"].items():
        assert not {"allow_empty", "exclude"} & rule.keys()
        assert rule.items() <= ours["rules"][name].items()
    assert len(theirs["rules"]) == 8
    checked = call(banterhearts.after, capsys, "check", "--all")
    assert checked.code == 0
    assert checked.out.startswith("No violations (")


def test_the_plan_forbids_nothing_and_names_all_that_is_left(
    banterhearts: Banterhearts, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(
        banterhearts.before, capsys, "migrate", "plan", "--output-format", "json"
    )
    plan = json.loads(answer.out)
    assert (answer.code, answer.err, plan["blockers"]) == (0, "", [])
    left = [tuple(item.values())[:4] for item in plan["undecided"]]
    assert left == UNDECIDED
    silent = plan["side_effects"]
    assert [one["path"] for one in silent] == [path for path, _said in SILENT]
    for one, (_path, said) in zip(silent, SILENT, strict=True):
        assert one["message"].startswith(said)
    assert plan["kept"] == ["reports/README.md"]


def test_every_line_of_the_checklist_holds(
    performed: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(performed, capsys, "migrate", "verify")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert [line[:4] for line in lines] == ["[x] "] * 10
    assert lines[0] == "[x] files moved: 56; commits that do nothing else: 2"
    assert lines[1] == f"[x] files of the tree before, kept byte for byte: {count()}"


def count() -> int:
    """The files of the old tree, its policy among them."""
    return len(building.FILES) + 1


def test_the_record_tells_what_the_patch_told(performed: Repo) -> None:
    text = (performed.path / "patches/patch_13.md").read_text()
    sections = [line for line in text.splitlines() if line.startswith("#")]
    assert sections == [
        "# patch-13: Major codebase refactoring & organization",
        "## Overview",
        "## Files moved",
        "### To `deployment/` (14 files)",
        "### To `garbage/` (30 files)",
        "### To `banterhearts/` (10 files)",
        "### To `docs/` (2 files)",
        "## New structure",
        "## Files added",
        "## References rewritten",
        "## Left for a person to decide",
        "## What changes silently",
        "## Validation checklist",
        "## How to verify and undo it",
    ]
    for path in building.FILES:
        if path.startswith(("banterhearts/agents/", "k8s/", "scripts/demo/")):
            assert f"- `{path}` -> `" in text
    assert "**Reason:** they push to Datadog and ClickHouse" in text
    assert "- `reports/README.md` already existed and was kept" in text
    commits = performed.out("log", "-3", "--format=%H", "HEAD~1").splitlines()
    assert all(commit in text for commit in commits)


def test_a_second_time_changes_nothing(
    performed: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(performed)
    answer = call(performed, capsys, "migrate", "apply")
    assert answer.code == 0
    assert answer.out == f"patch-13 is already performed, as commit {before[0]}\n"
    assert state(performed) == before


def test_it_is_taken_back_to_the_very_same(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(repo)
    assert call(repo, capsys, "migrate", "apply").code == 0
    assert state(repo) != before
    answer = call(repo, capsys, "migrate", "undo")
    assert (answer.code, answer.err) == (0, "")
    assert state(repo) == before
    assert repo.out("status", "--porcelain", "--ignored") == ""


HEALING = """\
'''Heals.'''

from banterhearts.agents.self_learning_healer import SelfLearningHealer

HEALER = SelfLearningHealer
"""
KEPT_CORE = "banterhearts/monitoring/healing.py"


def test_core_that_imports_what_is_archived_forbids_it(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    building.commit(repo, {KEPT_CORE: HEALING.encode()}, "core maintainer", "Heal")
    before = state(repo)
    answer = call(repo, capsys, "migrate", "plan")
    assert answer.code == 1
    assert answer.err.endswith("1 blocker; nothing was changed\n")
    told = answer.out.partition("blocks the migration:\n")[2].splitlines()
    assert told[0].startswith(f"  {KEPT_CORE}:3: no-garbage-imports: imports garbage/")
    assert [line.partition(":")[0] for line in told[1:4]] == [
        "    - port it",
        "    - move it too",
        "    - except it",
    ]
    refused = call(repo, capsys, "migrate", "apply")
    assert (refused.code, refused.out) == (2, "")
    assert f"{KEPT_CORE}:3" in refused.err
    assert state(repo) == before


@pytest.mark.parametrize(
    ("file", "more"),
    [
        pytest.param("HEALER = 'ported'\n", "", id="port-it"),
        pytest.param(
            HEALING,
            f'[[migration.move]]\nfrom = ["/{KEPT_CORE}"]\nto = "garbage/agents/"\n'
            'reason = "it heals nothing"\n',
            id="move-it-too",
        ),
        pytest.param(
            HEALING,
            f'[[exceptions]]\nrule = "no-garbage-imports"\npath = "{KEPT_CORE}"\n'
            'reason = "until 0.13"\n',
            id="except-it",
        ),
    ],
)
def test_each_way_out_leads_out(
    repo: Repo, capsys: pytest.CaptureFixture[str], file: str, more: str
) -> None:
    files = {KEPT_CORE: file, "policy.toml": f"{building.policy()}\n{more}"}
    encoded = {path: text.encode() for path, text in files.items()}
    building.commit(repo, encoded, "core maintainer", "A way out")
    assert call(repo, capsys, "migrate", "apply").code == 0
    assert call(repo, capsys, "migrate", "verify").code == 0


def test_the_hook_for_the_manual_stage_performs_it(
    banterhearts: Banterhearts, ready: object, tmp_path: Path
) -> None:
    workshop = banterhearts.workshop
    assert callable(ready)
    ready("pre-commit")
    repo = Repo(banterhearts.copy(tmp_path / "banterhearts").path, workshop.env)
    workshop.configure(repo, ["migrate-layout"])
    repo.commit("Hooks", "--no-verify")
    words = ("pre_commit", "run", "--hook-stage", "manual", "migrate-layout")
    for _time in range(2):
        said = workshop.call(repo, sys.executable, "-m", *words)
        assert said.rstrip().endswith("Passed")
        assert repo.out("log", "-1", "--format=%s").startswith("Record patch-13")
        assert repo.out("status", "--porcelain") == ""
    assert workshop.treeguard(repo, "migrate", "verify").count("[x]") == 10
    assert not (repo.path / "k8s").exists()
    assert (repo.path / CONFIG).exists()


ADAPTER = "banterhearts/storage/clickhouse_adapter.py"
ON_THE_BRANCH = {
    "banterhearts/storage/parquet.py": (
        "from ..monitoring import metrics\n"
        "from banterhearts.storage.clickhouse_adapter import TABLE\n\n"
        "print(metrics, TABLE)\n"
    ),
    "docs/kernels.md": (
        building.FILES["docs/kernels.md"].decode()
        + "\nStored by [this](../banterhearts/storage/parquet.py), see\n"
        "[how to install](../install.sh).\n"
    ),
    ADAPTER: building.FILES[ADAPTER].decode().replace('"benchmarks"', '"runs"'),
}


def test_a_branch_that_forked_before_is_carried_over(
    banterhearts: Banterhearts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = banterhearts.copy(tmp_path / "banterhearts", performed=True)
    repo.run(
        "switch", "-q", "-c", "feature", banterhearts.before.out("rev-parse", "HEAD~1")
    )
    encoded = {path: text.encode() for path, text in ON_THE_BRANCH.items()}
    building.commit(repo, encoded, "platform engineer", "Parquet")
    repo.run("switch", "-q", "main")
    building.commit(repo, {"NEWS.md": b"# News\n"}, "core maintainer", "Go on")
    answer = call(repo, capsys, "migrate", "rebase", "feature")
    assert answer.code == 0, answer.out
    repo.run("merge", "-q", "--no-edit", "feature")
    assert (
        repo.out("log", "-1", "--format=%an %s", "feature")
        == "Platform Engineer Parquet"
    )
    stored = (repo.path / "banterhearts/enterprise/storage/parquet.py").read_text()
    assert stored.startswith(
        "from ...monitoring import metrics\n"
        "from banterhearts.enterprise.storage.clickhouse_adapter import TABLE\n"
    )
    kernels = (repo.path / "docs/kernels.md").read_text()
    assert "(../banterhearts/enterprise/storage/parquet.py)" in kernels
    assert "(../deployment/scripts/install.sh)" in kernels
    moved = repo.path / ADAPTER.replace("storage", "enterprise/storage")
    assert 'TABLE = "runs"' in moved.read_text()
    assert not (repo.path / "banterhearts/storage").exists()
    assert call(repo, capsys, "check", "--all").code == 0


def test_what_comes_back_to_an_old_place_is_refused(
    performed: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    performed.write("scripts/demo/again.py", b"")
    performed.stage("scripts/demo/again.py")
    answer = call(performed, capsys, "check", "--output-format", "concise")
    assert answer.code == 1
    assert "scripts/demo/again.py" in answer.out
    assert "old-homes" in answer.out
