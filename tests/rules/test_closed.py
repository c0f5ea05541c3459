"""Which children a closed folder may have."""

from __future__ import annotations

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.memory import Content
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.findings import Finding
from treeguard.policy.patterns import Patterns
from treeguard.rules.closed import Closed

Files = dict[str, Content]
CORE = ("__init__.py", "agent/", "tests/")

SILENT: dict[str, tuple[tuple[str, ...], Files]] = {
    "all expected": (CORE, {"c/__init__.py": "", "c/agent/x": "", "c/tests/y/z": ""}),
    "some expected": (CORE, {"c/agent/x": ""}),
    "no such folder": (CORE, {"d/x": ""}),
    "anything below an expected folder": (CORE, {"c/agent/deep/er/x.so": ""}),
    "a name without a slash is either": (("a",), {"c/a/b": ""}),
    "a pattern": (("*.py",), {"c/a.py": ""}),
    "a submodule that is listed by name": (
        ("agent",),
        {"c/agent": Submodule("1" * 40)},
    ),
    "a submodule that a pattern lists": (("a*",), {"c/agent": Submodule("1" * 40)}),
    "everything but": (("*", "!secret/"), {"c/a": "", "c/b/c": ""}),
    "anchored": (("/agent/",), {"c/agent/x": ""}),
}

LOUD: dict[str, tuple[tuple[str, ...], Files, list[str]]] = {
    "a file": (CORE, {"c/x.py": "", "c/agent/x": ""}, ["c/x.py"]),
    "a folder, once": (CORE, {"c/new/a": "", "c/new/b/c": ""}, ["c/new/"]),
    "a file named as a folder": (CORE, {"c/agent": ""}, ["c/agent"]),
    "a link named as a folder": (CORE, {"c/agent": Symlink("../a")}, ["c/agent"]),
    "a hidden file": (CORE, {"c/.env": ""}, ["c/.env"]),
    "another case": (CORE, {"c/Agent/x": ""}, ["c/Agent/"]),
    "a longer name": (CORE, {"c/agents/x": ""}, ["c/agents/"]),
    "a pattern for files below": (("*.py",), {"c/sub/a.py": ""}, ["c/sub/"]),
    "taken back": (("*", "!secret/"), {"c/secret/a": ""}, ["c/secret/"]),
    "a child's name deeper": (CORE, {"c/x/agent/y": ""}, ["c/x/"]),
    "an unexpected submodule": (CORE, {"c/sub": Submodule("1" * 40)}, ["c/sub"]),
    "a submodule for a folder": (CORE, {"c/agent": Submodule("1" * 40)}, ["c/agent"]),
    "a submodule for a pattern of folders": (
        ("a*/",),
        {"c/agent": Submodule("1" * 40), "c/area/x": ""},
        ["c/agent"],
    ),
    "in order": (CORE, {"c/z": "", "c/b/x": "", "c/a": ""}, ["c/a", "c/b/", "c/z"]),
}


def found(children: tuple[str, ...], files: Files, folder: str = "c/") -> list[Finding]:
    rule = a_rule("closed", Closed(folder=folder, children=Patterns(children)))
    return judge(a_policy(rule), files)


@pytest.mark.parametrize(("children", "files"), SILENT.values(), ids=SILENT)
def test_says_nothing(children: tuple[str, ...], files: Files) -> None:
    assert found(children, files) == []


@pytest.mark.parametrize(("children", "files", "paths"), LOUD.values(), ids=LOUD)
def test_names_each_unexpected_child(
    children: tuple[str, ...], files: Files, paths: list[str]
) -> None:
    assert [finding.path for finding in found(children, files)] == paths


@pytest.mark.parametrize("folder", ["c", "c/", "./c/", "/c"])
def test_any_spelling_of_the_folder(folder: str) -> None:
    (finding,) = found(CORE, {"c/x.py": ""}, folder)
    assert finding.message == (
        "the file x.py is not listed in `children`, and c/ is closed"
    )


@pytest.mark.parametrize("folder", ["", ".", "./", "/"])
def test_the_root_can_be_closed(folder: str) -> None:
    files: Files = {"agent/x": "", "x.py": "", "other/y": ""}
    assert [f.path for f in found(CORE, files, folder)] == ["other/", "x.py"]


def test_what_the_policy_never_looks_at_is_no_child() -> None:
    rule = a_rule("closed", Closed(folder="c", children=Patterns(CORE)))
    policy = a_policy(rule, exclude=["c/build/", "*.log"])
    files: Files = {
        "c/build/x": "",
        "c/a.log": "",
        "c/logs/x/b.log": "",
        "c/z/a.log": "",
    }
    assert judge(policy, files) == []
    assert [f.path for f in judge(policy, files | {"c/z/a": ""})] == ["c/z/"]


def test_the_fix_names_the_expected_spelling() -> None:
    (finding,) = found(CORE, {"c/Agent/x": ""})
    assert finding.fix is not None
    assert finding.fix.summary.startswith("rename it to agent/, or add")
