"""Old homes stay empty once the migration is done, and new ones may be full."""

from __future__ import annotations

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.memory import Content
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.findings import Finding
from treeguard.policy.model import Create
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.model import Policy
from treeguard.policy.patterns import Patterns
from treeguard.rules.vacated import Vacated

Files = dict[str, Content]
Moves = list[tuple[str, str]]
RECORD = "patches/patch_13.md"

PATCH_13: Moves = [
    ("banterhearts/agents/", "garbage/agents/"),
    ("Dockerfile", "deployment/docker/Dockerfile"),
    ("docker-compose*.yml", "deployment/docker/"),
    ("k8s/", "deployment/kubernetes/"),
    ("docs/setup.md", "docs/enterprise/"),
]

SILENT: dict[str, tuple[Moves, Files]] = {
    "all in their new homes": (
        PATCH_13,
        {
            "garbage/agents/a.py": "",
            "deployment/docker/Dockerfile": "",
            "deployment/docker/docker-compose.yml": "",
            "docs/enterprise/setup.md": "",
        },
    ),
    "a source is no name at any depth": (PATCH_13, {"docker/Dockerfile": ""}),
    "a glob of names is one of the root": (PATCH_13, {"a/docker-compose.yml": ""}),
    "a longer name": (PATCH_13, {"k8s-notes/x": "", "Dockerfile.dev": ""}),
    "another file of the folder": (PATCH_13, {"docs/other.md": ""}),
    "the new home below the old": ([("docs/", "docs/old/")], {"docs/old/a/b": ""}),
    "another move's new home below the old": (
        [("docs/", "archive/docs/"), ("wiki/", "docs/wiki/")],
        {"docs/wiki/a": "", "archive/docs/b": ""},
    ),
    "an exact new home below the old": ([("a/", "b/"), ("x", "a/x")], {"a/x": ""}),
    "what the migration creates": ([("a/", "b/")], {"a/README.md": ""}),
    "a glob into a folder beside": (
        [("src/**/*.sql", "src/sql/")],
        {"src/sql/a.sql": ""},
    ),
}

LOUD: dict[str, tuple[Moves, str, str]] = {
    "below an old folder": (
        PATCH_13,
        "banterhearts/agents/x/a.py",
        "garbage/agents/x/a.py",
    ),
    "an old file": (PATCH_13, "Dockerfile", "deployment/docker/Dockerfile"),
    "a glob": (
        PATCH_13,
        "docker-compose.ci.yml",
        "deployment/docker/docker-compose.ci.yml",
    ),
    "a file into a folder": (PATCH_13, "docs/setup.md", "docs/enterprise/setup.md"),
    "beside the new home": ([("docs/", "docs/old/")], "docs/a", "docs/old/a"),
    "moved up": ([("a/b/", "a/")], "a/b/c", "a/c"),
    "a folder without a slash": ([("old", "new/")], "old/a/b", "new/old/a/b"),
    "folders by a glob": ([("sim_*/", "garbage/")], "sim_1/a/b", "garbage/sim_1/a/b"),
    "files by a deep glob": ([("a/**/*.sql", "sql/")], "a/b/c.sql", "sql/c.sql"),
}


def vacated(moves: Moves) -> Policy:
    migration = Migration(
        id="patch-13",
        title="",
        record=RECORD,
        frozen=Patterns(),
        moves=tuple(Move((source,), to, "", 1) for source, to in moves),
        creates=(Create("a/README.md", "", None, 1),),
        line=1,
    )
    return a_policy(a_rule("vacated", Vacated()), migration=migration)


def found(moves: Moves, files: Files, *, record: bool = True) -> list[Finding]:
    return judge(vacated(moves), {**files, RECORD: ""} if record else files)


@pytest.mark.parametrize(("moves", "files"), SILENT.values(), ids=SILENT)
def test_says_nothing(moves: Moves, files: Files) -> None:
    assert found(moves, files) == []


@pytest.mark.parametrize(("moves", "path", "home"), LOUD.values(), ids=LOUD)
def test_names_the_new_home(moves: Moves, path: str, home: str) -> None:
    (finding,) = found(moves, {path: "x"})
    assert (finding.path, finding.target) == (path, home)
    assert finding.fix is not None
    assert finding.fix.commands[-1] == f"git mv {path} {home}"


@pytest.mark.parametrize(("moves", "path", "home"), LOUD.values(), ids=LOUD)
def test_says_nothing_before_the_migration(moves: Moves, path: str, home: str) -> None:
    assert found(moves, {path: "x"}, record=False) == []


def test_a_link_for_a_record_is_none() -> None:
    files: Files = {"k8s/a": "", RECORD: Symlink("x")}
    assert found(PATCH_13, files, record=False) == []


def test_a_policy_without_a_migration_says_nothing() -> None:
    assert judge(a_policy(a_rule("vacated", Vacated())), {"a": ""}) == []


def test_links_and_every_file_of_a_folder_count() -> None:
    files: Files = {"k8s/b": Symlink("x"), "k8s/a": "", "k8s/c/d": ""}
    assert [f.path for f in found(PATCH_13, files)] == ["k8s/a", "k8s/b", "k8s/c/d"]


def test_a_submodule_in_the_place_of_an_old_folder_counts() -> None:
    (finding,) = found(PATCH_13, {"k8s": Submodule("1" * 40)})
    assert (finding.path, finding.target) == ("k8s", "deployment/kubernetes")


@pytest.mark.parametrize("source", ["k8s/", "k8[s]/"], ids=["folder", "glob"])
def test_a_link_in_the_place_of_an_old_folder_counts(source: str) -> None:
    files: Files = {"k8s": Symlink("deployment/kubernetes")}
    (finding,) = found([(source, "deployment/kubernetes/")], files)
    assert (finding.path, finding.target) == ("k8s", None)
    assert finding.fix is not None
    assert finding.fix.commands == ("git --literal-pathspecs rm -- k8s",)


def test_a_link_that_moved_as_a_file_is_moved_on() -> None:
    (finding,) = found(PATCH_13, {"Dockerfile": Symlink("x")})
    assert finding.target == "deployment/docker/Dockerfile"


def test_a_file_where_a_folder_was_is_another_thing() -> None:
    assert found(PATCH_13, {"k8s": "notes"}) == []


def test_nothing_is_moved_onto_what_is_there() -> None:
    files: Files = {"k8s/a": "x", "deployment/kubernetes/a": "y"}
    (finding,) = found(PATCH_13, files)
    assert finding.target is None
    assert finding.fix is not None
    assert finding.fix.commands == ()
    assert "deployment/kubernetes/a exists already" in finding.fix.summary


def test_the_same_content_in_both_places_is_removed_from_the_old() -> None:
    (finding,) = found(PATCH_13, {"k8s/a": "x", "deployment/kubernetes/a": "x"})
    assert finding.fix is not None
    assert finding.fix.commands == ("git --literal-pathspecs rm -- k8s/a",)


def test_two_files_for_one_home_get_one_command() -> None:
    files: Files = {"a/x/c.sql": "1", "a/y/c.sql": "2"}
    targets = [f.target for f in found([("a/**/*.sql", "sql/")], files)]
    assert targets == ["sql/c.sql", None]


def test_a_missing_folder_is_made_first() -> None:
    (finding,) = found(PATCH_13, {"k8s/a": "x"})
    assert finding.fix is not None
    assert finding.fix.commands == (
        "mkdir -p deployment/kubernetes",
        "git mv k8s/a deployment/kubernetes/a",
    )


def test_the_record_does_not_go_away_unnoticed() -> None:
    policy = vacated([("a/", "b/")])
    (finding,) = judge(policy, {"a/x": "1"}, {"b/x": "1", RECORD: "done"})
    assert finding.path == RECORD
    assert "does not apply" in finding.message
    assert finding.fix is not None
    assert finding.fix.commands[0].endswith(RECORD)


def test_the_record_that_comes_is_no_loss() -> None:
    policy = vacated([("a/", "b/")])
    assert judge(policy, {"b/x": "1", RECORD: "done"}, {"a/x": "1"}) == []
