"""Files that live below one folder: which are misplaced, and where they should go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import with_options
from tests.support.memory import Content
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.findings import Finding
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.model import PolicyException
from treeguard.policy.patterns import Patterns
from treeguard.rules.placed import Placed

Files = dict[str, Content]
KINDS = ("dockerfile", "compose", "kubernetes", "helm", "terraform")
NAMES = ("Dockerfile*", "docker-compose*.y*ml", "/k8s/", "/install.*", "/config/")
BUILD = "FROM a\nRUN b\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"

PATCH_13 = Migration(
    id="patch-13",
    title="",
    record="patches/patch_13.md",
    frozen=Patterns(),
    moves=(
        Move(("Dockerfile",), "deployment/docker/Dockerfile", "", 1),
        Move(("k8s/",), "deployment/kubernetes/", "", 2),
        Move(("scripts/old/",), "garbage/scripts/", "", 3),
    ),
    creates=(),
    line=1,
)

SILENT: dict[str, Files] = {
    "below under": {"deployment/Dockerfile": BUILD, "deployment/x/y": BUILD},
    "excepted": {"docs/examples/Dockerfile": BUILD, "docs/examples/pod.yaml": POD},
    "other files": {"Makefile": "all:\n", "src/docker.py": "FROM = 1\n"},
    "an anchored folder elsewhere": {"src/k8s/a.py": "", "tests/config/a": ""},
    "an anchored file elsewhere": {"scripts/install.sh": ""},
    "a workflow": {".github/workflows/ci.yml": "jobs:\n  a:\n    services:\n"},
    "the contents of a link": {"build.image": Symlink(BUILD)},
    "a link below under": {"deployment/k8s": Symlink("kubernetes")},
}

LOUD: dict[str, tuple[Files, list[str]]] = {
    "at the root": ({"Dockerfile": BUILD}, ["Dockerfile"]),
    "deep": ({"a/b/Dockerfile.dev": ""}, ["a/b/Dockerfile.dev"]),
    "by content": ({"a/build.image": BUILD}, ["a/build.image"]),
    "an empty one by its name": ({"infra/main.tf": ""}, ["infra/main.tf"]),
    "a link by its name": ({"Dockerfile": Symlink("x")}, ["Dockerfile"]),
    "a link for a folder": (
        {"k8s": Symlink("deployment/k8s"), "deployment/k8s/a": ""},
        ["k8s"],
    ),
    "a submodule by its name": ({"config": Submodule("1" * 40)}, ["config"]),
    "under's name deeper": ({"a/deployment/x": BUILD}, ["a/deployment/x"]),
    "a folder, once": ({"k8s/a": "", "k8s/b/c": ""}, ["k8s/"]),
    "folders beside files": (
        {"k8s/a": "", "config/b": "", "Dockerfile": ""},
        ["Dockerfile", "config/", "k8s/"],
    ),
    "a whole chart": (
        {"web/Chart.yaml": CHART, "web/values.yaml": "a: 1", "web/templates/x": POD},
        ["web/"],
    ),
    "a chart at the root": ({"Chart.yaml": CHART, "values.yaml": ""}, ["Chart.yaml"]),
    "manifests one by one": (
        {"ops/a.yaml": POD, "ops/b.yaml": POD, "ops/c": "x"},
        ["ops/a.yaml", "ops/b.yaml"],
    ),
}

HOMES: dict[str, tuple[Files, str, str | None]] = {
    "the basename": ({}, "a/Dockerfile", "deployment/Dockerfile"),
    "the subfolder that is there": (
        {"deployment/docker/x": ""},
        "a/Dockerfile",
        "deployment/docker/Dockerfile",
    ),
    "the migration's word": ({}, "Dockerfile", "deployment/docker/Dockerfile"),
    "the migration's word for a folder": ({}, "k8s/a.yaml", "deployment/kubernetes/"),
    "not where it is taken": (
        {"deployment/Dockerfile": ""},
        "a/Dockerfile",
        "deployment/a/Dockerfile",
    ),
    "not where a folder is": (
        {"deployment/Dockerfile/x": ""},
        "a/Dockerfile",
        "deployment/a/Dockerfile",
    ),
    "not below a file": (
        {"deployment/Dockerfile": "", "deployment/a": ""},
        "a/Dockerfile",
        None,
    ),
    "a script": (
        {"deployment/scripts/x": ""},
        "install.sh",
        "deployment/scripts/install.sh",
    ),
    "a folder": ({}, "config/a", "deployment/config/"),
    "manifests, with the other usual name": (
        {"deployment/k8s/x": ""},
        "pod.yaml",
        "deployment/k8s/pod.yaml",
    ),
}


def found(files: Files, *, migration: Migration | None = PATCH_13) -> list[Finding]:
    return judge(a_policy(a_rule("placed", OPTIONS), migration=migration), files)


OPTIONS = Placed(
    files=Patterns(NAMES),
    detect=KINDS,
    under=Patterns(["/deployment/"]),
    exempt=Patterns(["docs/examples/"]),
)


@pytest.mark.parametrize("files", SILENT.values(), ids=SILENT)
def test_says_nothing(files: Files) -> None:
    assert found(files) == []


@pytest.mark.parametrize(("files", "paths"), LOUD.values(), ids=LOUD)
def test_names_what_is_misplaced(files: Files, paths: list[str]) -> None:
    assert [finding.path for finding in found(files)] == paths


@pytest.mark.parametrize(("others", "path", "home"), HOMES.values(), ids=HOMES)
def test_proposes_a_free_home(others: Files, path: str, home: str | None) -> None:
    content = POD if path.endswith(".yaml") else BUILD
    (finding,) = found({**others, path: content})
    assert finding.target == home
    assert finding.fix is not None
    assert bool(finding.fix.commands) == (home is not None)


def test_the_fix_can_be_typed() -> None:
    (finding,) = found({"a/Dockerfile": BUILD})
    assert finding.message == "is a Dockerfile and belongs below /deployment/"
    assert finding.fix is not None
    assert finding.fix.commands == (
        "mkdir -p deployment",
        "git mv a/Dockerfile deployment/Dockerfile",
    )


def test_two_files_never_share_a_home() -> None:
    files: Files = {"a/Dockerfile": BUILD, "b/Dockerfile": BUILD}
    targets = [finding.target for finding in found(files)]
    assert targets == ["deployment/Dockerfile", "deployment/b/Dockerfile"]


def test_a_folder_that_came_back_is_merged_file_by_file() -> None:
    files: Files = {"k8s/a": "", "k8s/b": "", "deployment/kubernetes/c": ""}
    (finding,) = found(files)
    assert finding.message == "belongs below /deployment/ (2 files)"
    assert finding.fix is not None
    assert finding.fix.commands == (
        "git mv k8s/a deployment/kubernetes/a",
        "git mv k8s/b deployment/kubernetes/b",
    )


def test_a_folder_that_would_overwrite_goes_beside() -> None:
    files: Files = {"k8s/a": "", "deployment/kubernetes/a": ""}
    (finding,) = found(files)
    assert finding.fix is not None
    assert finding.fix.commands == ("git mv k8s deployment/k8s",)


def test_another_file_in_a_misplaced_folder_is_another_finding() -> None:
    (one,) = found({"k8s/a": ""})
    (two,) = found({"k8s/a": "", "k8s/b": ""})
    (edited,) = found({"k8s/a": "x"})
    assert one.subject != two.subject
    assert one.subject == edited.subject


EXCEPTION = PolicyException("placed-rule", Patterns(["k8s/a"]), None, "why", None, 1)


def test_a_folder_is_split_where_a_part_is_spoken_of() -> None:
    files: Files = {"k8s/a": "", "k8s/b": ""}
    rule = a_rule("placed", OPTIONS)
    excluding = a_rule("placed", OPTIONS, exclude=["k8s/a"])
    policies = [
        a_policy(rule, exceptions=[EXCEPTION]),
        a_policy(excluding),
    ]
    for policy in policies:
        assert [f.path for f in judge(policy, files)] == ["k8s/a", "k8s/b"]
    assert [f.path for f in judge(a_policy(rule, exclude=["k8s/a"]), files)] == [
        "k8s/b"
    ]


def test_a_pattern_for_under_gets_no_invented_home() -> None:
    options = with_options(OPTIONS, under=Patterns(["deploy*/"]))
    (finding,) = judge(a_policy(a_rule("placed", options)), {"Dockerfile": BUILD})
    assert finding.target is None
    assert finding.fix is not None
    assert finding.fix.summary == "move it to a free path below deploy*/"


parts = st.sampled_from(["a", "k8s", "config", "deployment", "docs", "examples"])
names = st.sampled_from(["Dockerfile", "x.yaml", "build.image", "notes"])
paths = st.builds(lambda f, n: "/".join((*f, n)), st.lists(parts, max_size=3), names)
trees = st.dictionaries(paths, st.sampled_from(["", BUILD, POD]), max_size=6)


@settings(deadline=None)
@given(trees)
def test_every_misplaced_file_is_in_one_finding_and_moves_to_a_lawful_place(
    files: dict[str, str],
) -> None:
    said = found(dict(files))
    below = [
        path
        for finding in said
        for path in files
        if path == finding.path or path.startswith(finding.path.rstrip("/") + "/")
    ]
    assert sorted(below) == sorted(path for path in files if is_misplaced(path, files))
    homes = [finding.target for finding in said if finding.target]
    assert len(set(homes)) == len(homes)
    for home in homes:
        assert home.startswith("deployment/")
        assert home not in files


def is_misplaced(path: str, files: dict[str, str]) -> bool:
    if path.startswith(("deployment/", "docs/examples/")):
        return False
    by_name = path.rpartition("/")[2] == "Dockerfile"
    by_folder = path.startswith(("k8s/", "config/"))
    return by_name or by_folder or bool(files[path])


def test_a_link_is_removed_and_not_moved() -> None:
    """Elsewhere it would lead to something else."""
    files: Files = {"k8s": Symlink("deployment/k8s")}
    (finding,) = judge(a_policy(a_rule("placed", OPTIONS)), files)
    assert finding.target is None
    assert finding.fix is not None
    assert finding.fix.commands == ("git --literal-pathspecs rm -- k8s",)
