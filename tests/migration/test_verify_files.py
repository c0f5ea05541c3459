"""What verify measures of files that are not code: each of its lines can fail."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migration.rewrite.python_worlds import moved
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.context import MoveContext
from treeguard.migration.verify import Check
from treeguard.migration.verify import TreePair
from treeguard.migration.verify import check_data_files
from treeguard.migration.verify import check_references
from treeguard.migration.verify import check_rules
from treeguard.migration.verify import was_listed
from treeguard.policy.patterns import Patterns

CONFIG = {"config/": "deployment/config/"}


def both(
    files: Mapping[str, Content],
    moves: Mapping[str, str],
    edited: Mapping[str, Content],
    frozen: tuple[str, ...] = (),
) -> TreePair:
    """The trees around moves that were made, with `edited` by new path."""
    homes = {path: moved(path, moves) for path in files}
    later = {homes[path]: content for path, content in files.items()}
    before = analyze(MemorySnapshot(files), ("",), Store(None))
    after = analyze(MemorySnapshot({**later, **edited}), ("",), Store(None))
    gone = {old: new for old, new in homes.items() if old != new}
    folders = MoveContext(before, gone).folder_moves()
    return TreePair(before, after, gone, folders, Patterns(frozen))


READ: dict[str, tuple[dict[str, Content], dict[str, Content], Check]] = {
    "unchanged": ({"a.json": "{"}, {}, Check(True, "0 of 0")),
    "broken before": ({"a.json": "{"}, {"a.json": "{{"}, Check(True, "0 of 0")),
    "good": (
        {"a.json": "{}", "b.yml": "a: 1", "c.toml": "a = 1", "d.txt": "1"},
        {"a.json": "[]", "b.yml": "a: !x 2", "c.toml": "a = 2", "d.txt": "2"},
        Check(True, "3 of 3"),
    ),
    "json": (
        {"a.json": "{}"},
        {"a.json": "{"},
        Check(False, "0 of 1", ("a.json",)),
    ),
    "yaml": (
        {"a.yml": "a: 1", "b.yaml": "b: 1"},
        {"a.yml": "a: [", "b.yaml": "b: 2"},
        Check(False, "1 of 2", ("a.yml",)),
    ),
    "toml": (
        {"a.toml": "a=1"},
        {"a.toml": "a=1 1"},
        Check(False, "0 of 1", ("a.toml",)),
    ),
    "a notebook": (
        {"n.ipynb": "{}"},
        {"n.ipynb": ""},
        Check(False, "0 of 1", ("n.ipynb",)),
    ),
}


@pytest.mark.parametrize("name", READ)
def test_what_was_changed_can_be_read(name: str) -> None:
    files, edited, expected = READ[name]
    found = check_data_files(both(files, {}, edited))
    assert (
        found.text == f"changed JSON, YAML and TOML that can be read: {expected.text}"
    )
    assert (found.holds, found.details) == (expected.holds, expected.details)


def test_frozen_files_are_not_asked() -> None:
    pair = both({"a.json": "{}"}, {}, {"a.json": "{"}, frozen=("a.json",))
    assert check_data_files(pair).holds


def test_a_folder_that_nothing_is_left_in_is_not_asked_for() -> None:
    files = {
        "src/lamp/__init__.py": "",
        "pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['src']\n",
        "pytest.ini": "[pytest]\ntestpaths = src/lamp\n",
    }
    pair = both(files, {"src/lamp/": "lamp/"}, {"pytest.ini": "[pytest]\n"})
    found = check_references(pair)
    assert not found.holds
    assert found.details == ("pytest.ini: no longer leads to lamp",)


def test_the_folder_of_a_file_is_named_by_a_dot() -> None:
    text = "services: {a: {build: x, volumes: ['./checks:/checks']}}\n"
    files = {"checks/a.sh": "", "compose.yml": text}
    moves = {"checks/": "deployment/", "compose.yml": "deployment/compose.yml"}
    after = {"deployment/compose.yml": text.replace("./checks", ".")}
    assert check_references(both(files, moves, after)).holds


def test_what_a_plan_leaves_to_a_person_is_known() -> None:
    files = {
        "scripts/run.sh": "",
        "web/scripts/run.sh": "",
        "web/scripts/all.sh": "bash scripts/run.sh\ncp config/app.yaml x\n",
        "config/app.yaml": "",
    }
    pair = both(files, {"scripts/": "tools/", **CONFIG}, {})
    assert was_listed(pair, "web/scripts/all.sh", "scripts/run.sh")
    assert not was_listed(pair, "web/scripts/all.sh", "config/app.yaml")
    assert not was_listed(pair, "web/scripts/all.sh", "other/un.sh")


HELD = [
    pytest.param('D="infra"\nterraform -chdir="$D" init\n', "a.sh", "infra", 2),
    pytest.param("D = infra\nall:\n\tls $(D)/x.tf\n", "Makefile", "infra/x.tf", 3),
    pytest.param("D=infra\ncat ${D}/x.tf\n", "run.sh", "infra/x.tf", 2),
]


@pytest.mark.parametrize(("text", "path", "target", "line"), HELD)
def test_what_a_plan_lists_may_be_a_variable(
    text: str, path: str, target: str, line: int
) -> None:
    pair = both({path: text, "infra/x.tf": ""}, {"infra/": "deploy/infra/"}, {})
    assert was_listed(pair, path, target, {line})
    assert not was_listed(pair, path, "other.txt", {9})


WORKFLOW = ".github/workflows/ci.yml"
TREE: dict[str, Content] = {"config/app.yaml": "a: 1\n", "other/x.py": ""}
RULED: dict[str, tuple[dict[str, Content], dict[str, Content], tuple[str, ...]]] = {
    "nothing": ({}, {}, ()),
    "all followed": (
        {
            ".gitignore": "config/secret\n",
            ".gitattributes": "config/*.yaml eol=lf\n",
            ".github/CODEOWNERS": "/config/ @ops\n",
            WORKFLOW: "on:\n  push:\n    paths: ['config/**', '!config/x']\n",
            "r.toml": 'exclude = ["config/*.yaml"]\n',
        },
        {
            ".gitignore": "config/secret\ndeployment/config/secret\n",
            ".gitattributes": "deployment/config/*.yaml eol=lf\n",
            ".github/CODEOWNERS": "/deployment/config/ @ops\n",
            WORKFLOW: "on:\n  push:\n    paths: ['deployment/config/**']\n",
            "r.toml": 'exclude = ["deployment/config/*.yaml"]\n',
        },
        (),
    ),
    "for others as well": (
        {"r.toml": 'exclude = ["*/*.yaml"]\n', "z/a.yaml": ""},
        {},
        (),
    ),
    "for others still": (
        {"r.toml": 'exclude = ["[co]*/*.[xpy]*"]\n'},
        {},
        (),
    ),
    "left to a person": (
        {
            "r.toml": 'exclude = ["config/*.yaml"]\n',
            "deployment/config/other.yaml": "",
        },
        {},
        (),
    ),
    "ignore": (
        {".gitignore": "config/secret\n"},
        {},
        (".gitignore:1: config/secret does not cover deployment/config/secret",),
    ),
    "attributes": (
        {".gitattributes": "config/*.yaml eol=lf\n"},
        {},
        (".gitattributes:1: config/*.yaml eol=lf no longer holds for config/app.yaml",),
    ),
    "owners": (
        {"CODEOWNERS": "* @all\n/config/ @ops # why\n"},
        {},
        ("deployment/config/app.yaml: owned by @all, before by @ops",),
    ),
    "nobody's": (
        {"docs/CODEOWNERS": "/config/ @ops\n"},
        {},
        ("deployment/config/app.yaml: owned by nobody, before by @ops",),
    ),
    "an image": (
        {"Dockerfile": "FROM x\nCOPY config/app.yaml /a\n", ".dockerignore": "dep*\n"},
        {"Dockerfile": "FROM x\nCOPY deployment/config/app.yaml /a\n"},
        (".dockerignore:1: .dockerignore hides deployment/config/app.yaml",),
    ),
    "a filter": (
        {WORKFLOW: "on:\n  push:\n    paths: ['config/**', 'src/**']\n"},
        {},
        (f"{WORKFLOW}: config/** matched deployment/config/app.yaml, and",),
    ),
    "a pattern": (
        {"r.toml": 'exclude = ["config/*.yaml", "other/*.py"]\n'},
        {},
        ("r.toml: config/*.yaml matched deployment/config/app.yaml, and",),
    ),
}


@pytest.mark.parametrize("name", RULED)
def test_rules_are_for_what_moved(name: str) -> None:
    files, edited, expected = RULED[name]
    found = check_rules(both({**TREE, **files}, CONFIG, edited))
    count = len(expected)
    assert found.holds == (not expected)
    assert found.text == f"rules that no longer match files that moved: {count}"
    assert len(found.details) == count
    for detail, begin in zip(found.details, expected, strict=True):
        assert detail.startswith(begin)
