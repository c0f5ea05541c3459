"""Patch 13 performed: everything leads where it led, by other readers than ours."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Banterhearts
from tests.end_to_end.patch13_readers import Reference
from tests.end_to_end.patch13_readers import deployed
from tests.end_to_end.patch13_readers import files
from tests.end_to_end.patch13_readers import import_faults
from tests.end_to_end.patch13_readers import links
from tests.end_to_end.patch13_readers import module_of
from tests.end_to_end.patch13_readers import own_tests
from tests.support.banterhearts import building
from tests.support.git import Repo
from tests.support.git import clone_repository

# Files that the migration may not touch keep what they said of the old places.
FROZEN = ("CHANGELOG.md", "patches/patch_11.md", "patches/patch_12.md")


@pytest.fixture(scope="module")
def plan(banterhearts: Banterhearts) -> Any:
    said = banterhearts.workshop.treeguard(
        banterhearts.before, "migrate", "plan", "--output-format", "json"
    )
    return json.loads(said)


@pytest.fixture(scope="module")
def moves(plan: Any) -> dict[str, str]:
    """Old path to new path, as the plan says."""
    return {move["old"]: move["new"] for move in plan["moves"]}


@pytest.fixture(scope="module")
def clones(
    banterhearts: Banterhearts, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Repo, Repo]:
    """A fresh clone of the repository before, and of the one after."""
    place = tmp_path_factory.mktemp("clones")
    return (
        clone_repository(banterhearts.before, place / "before"),
        clone_repository(banterhearts.after, place / "after"),
    )


def test_every_module_that_moved_can_be_imported(
    clones: tuple[Repo, Repo], moves: dict[str, str]
) -> None:
    old, new = clones
    modules = {path: to for path, to in moves.items() if path.endswith(".py")}
    assert len(modules) == 26
    assert import_faults(old.path, map(module_of, modules)) == {}
    assert import_faults(new.path, map(module_of, modules.values())) == {}


def test_the_tests_of_the_repository_pass_before_and_after(
    clones: tuple[Repo, Repo],
) -> None:
    said = [own_tests(repo.path).split(" in ")[0] for repo in clones]
    assert said == ["Ran 13 tests", "Ran 13 tests"]


def dangling(top: Path, found: set[Reference]) -> set[Reference]:
    return {one for one in found if not (top / one.target).exists()}


def test_every_link_leads_to_the_same_place(
    clones: tuple[Repo, Repo], moves: dict[str, str]
) -> None:
    old, new = (set(links(repo.path)) for repo in clones)
    assert dangling(clones[0].path, old) == set()
    assert {one.path for one in dangling(clones[1].path, new)} == set(FROZEN[:2])
    assert carried(old, moves) == lasting(new, clones[0])


def test_what_deploys_names_the_same_things(
    clones: tuple[Repo, Repo], moves: dict[str, str]
) -> None:
    old, new = (set(deployed(repo.path)) for repo in clones)
    assert len(old) == 12
    assert dangling(clones[0].path, old) == set()
    assert dangling(clones[1].path, new) == set()
    assert carried(old, moves) == lasting(new, clones[0])


def carried(found: set[Reference], moves: dict[str, str]) -> set[Reference]:
    """The references as they should be in the new tree."""
    folders = {
        **moves,
        "config": "deployment/config",
        "k8s/base": "deployment/kubernetes/base",
    }
    folders["banterhearts/observability/dashboards"] = (
        "banterhearts/enterprise/observability/dashboards"
    )
    return {
        Reference(folders.get(one.path, one.path), folders.get(one.target, one.target))
        for one in found
        if one.path not in FROZEN
    }


def lasting(found: set[Reference], old: Repo) -> set[Reference]:
    """Those in files that were there before, and are not frozen."""
    created = {"docs/ai_agent/README.md", "patches/patch_13.md"}
    return {one for one in found if one.path not in {*created, *FROZEN}}


def blobs(repo: Repo, *paths: str) -> dict[str, str]:
    """Mode and blob of every file of HEAD, by path."""
    lines = repo.run("ls-tree", "-r", "-z", "HEAD", "--", *paths).stdout.split(b"\0")
    pairs = (line.decode().split("\t") for line in lines if line)
    return {path: entry for entry, path in pairs}


def test_reports_are_the_very_same(banterhearts: Banterhearts) -> None:
    old, new = (blobs(repo, "reports") for repo in banterhearts[:2])
    assert old == new
    assert len(old) == 7


def test_the_rooms_have_what_the_patch_says(
    banterhearts: Banterhearts, moves: dict[str, str]
) -> None:
    counts = {
        room: sum(1 for new in moves.values() if new.startswith(room))
        for room in (
            "garbage/agents/",
            "garbage/demo/",
            "garbage/streamlit/",
            "garbage/deployment/",
            "garbage/docs/",
            "garbage/",
            "banterhearts/enterprise/scripts/",
            "docs/enterprise/",
        )
    }
    # The agents are 4 modules, and the empty file that makes them a package.
    assert list(counts.values()) == [5, 9, 3, 6, 5, 30, 3, 2]
    after = blobs(banterhearts.after)
    assert not moves.keys() & after.keys()
    for path in ("garbage", "banterhearts/enterprise", "deployment", "docs/ai_agent"):
        assert f"{path}/README.md" in after
    assert after["deployment/scripts/install.sh"].startswith("100755")


def test_history_reaches_the_first_commit_of_every_moved_file(
    banterhearts: Banterhearts, moves: dict[str, str]
) -> None:
    first = first_commits(banterhearts.before)
    reached = {}
    for old, new in moves.items():
        if building.FILES[old]:
            log = banterhearts.after.out("log", "--follow", "--format=%H", "--", new)
            reached[old] = log.splitlines()[-1]
    assert len(reached) == 54
    assert reached == {old: first[old] for old in reached}


def first_commits(repo: Repo) -> dict[str, str]:
    """The commit that added each file."""
    options = ("--diff-filter=A", "--no-renames", "--name-only", "--format=commit %H")
    found, commit = {}, ""
    for line in repo.out("log", *options).splitlines():
        if line.startswith("commit "):
            commit = line[7:]
        elif line:
            found[line] = commit
    return found


def authors(repo: Repo, path: str, *options: str) -> list[tuple[str, str]]:
    """The author and the commit of each line."""
    said = repo.out("blame", "--line-porcelain", *options, "--", path).splitlines()
    names = [line[7:] for line in said if line.startswith("author ")]
    commits = [line[:40] for line in said if line[40:41] == " " and line[:1] != "\t"]
    return list(zip(names, commits, strict=True))


def edited(plan: Any) -> Iterator[tuple[str, str]]:
    for edit in plan["edits"]:
        yield edit["path"], edit["new_path"]


def test_blame_names_who_wrote_each_line(banterhearts: Banterhearts, plan: Any) -> None:
    looked = 0
    options = ("--ignore-revs-file", ".git-blame-ignore-revs")
    for old, new in edited(plan):
        before = authors(banterhearts.before, old)
        after = authors(banterhearts.after, new, *options)
        if len(before) == len(after):
            looked += 1
            assert after == before, new
    assert looked > 45


def test_a_squashed_migration_is_what_the_commits_are_for(
    banterhearts: Banterhearts, tmp_path: Path
) -> None:
    """The reason why it is not one commit: a small page is not found again."""
    repo = banterhearts.copy(tmp_path / "repo", performed=True)
    base = banterhearts.before.head()
    repo.run("reset", "--soft", base)
    repo.commit("Squashed")
    log = repo.out(
        "log", "--follow", "--format=%s", "--", "garbage/docs/openai-integration.md"
    )
    assert log == "Squashed"


def test_nothing_else_lies_around(clones: tuple[Repo, Repo]) -> None:
    assert sorted(blobs(clones[1])) == files(clones[1].path)
    status = subprocess.run(
        ["git", "status", "--porcelain"], cwd=clones[1].path, capture_output=True
    )
    assert status.stdout == b""


def test_what_is_not_rewritten_keeps_its_bytes(banterhearts: Banterhearts) -> None:
    """A byte order mark, line endings of DOS, modes, images."""
    top = banterhearts.after.path
    server = top / "banterhearts/enterprise/observability/mcp_datadog.py"
    old = building.FILES["banterhearts/observability/mcp_datadog.py"]
    assert server.read_bytes().startswith(b"\xef\xbb\xbffrom banterhearts.enterprise.")
    assert server.read_bytes().count(b"\r\n") == old.count(b"\n")
    powershell = (top / "deployment/scripts/install.ps1").read_bytes()
    assert powershell.count(b"\r\n") == powershell.count(b"\n") == 2
    before, after = (blobs(repo) for repo in banterhearts[:2])
    images = [path for path in before if path.endswith((".png", ".pkl", ".csv"))]
    assert len(images) == 4
    assert all(before[path] == after[path] for path in images)
    executable = [path for path, entry in after.items() if entry.startswith("100755")]
    assert len(executable) == len(building.EXECUTABLE)


def test_a_secret_stays_ignored_and_attributes_stay(banterhearts: Banterhearts) -> None:
    repo = banterhearts.after
    for path in ("config/secrets.yaml", "config/production.yaml"):
        assert repo.out("check-ignore", path, f"deployment/{path}").count("\n") == 1
    asked = ("check-attr", "linguist-language", "eol", "text", "--")
    for old, new in (
        ("k8s/base/service.yaml", "deployment/kubernetes/base/service.yaml"),
        ("install.ps1", "deployment/scripts/install.ps1"),
    ):
        said = banterhearts.before.out(*asked, old).replace(old, new)
        assert repo.out(*asked, new) == said
