"""Files that exist, and the many ways in which one does not."""

from __future__ import annotations

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.judging import knowledge
from tests.support.memory import Content
from tests.support.memory import Executable
from tests.support.memory import Submodule
from tests.support.memory import Symlink
from treeguard.rules.required import Required
from treeguard.rules.required import lost

Files = dict[str, Content]

SILENT: dict[str, tuple[str, Files]] = {
    "a file": ("a/README.md", {"a/README.md": "x"}),
    "an empty file": ("a/README.md", {"a/README.md": ""}),
    "an executable": ("run", {"run": Executable(b"x")}),
    "a leading slash": ("/a", {"a": ""}),
    "a leading dot": ("./a", {"a": ""}),
    "a folder": ("docs/", {"docs/a": ""}),
    "a submodule is a folder": ("vendor/", {"vendor": Submodule("1" * 40)}),
    "a link to a file": ("a", {"a": Symlink("b/../c"), "b/x": "", "c": ""}),
    "a link to a link": ("x/a", {"x/a": Symlink("../b"), "b": Symlink("c"), "c": ""}),
    "a linked folder": ("a/c", {"a": Symlink("b"), "b/c": ""}),
    "a link to a folder": ("a/", {"a": Symlink("./b/"), "b/c": ""}),
}

LOUD: dict[str, tuple[str, Files, str]] = {
    "nothing": ("a", {"b": ""}, "is required but does not exist"),
    "no folder": ("a/", {"b": ""}, "is required but does not exist"),
    "a folder for a file": ("a", {"a/b": ""}, "is a folder, but a file is required"),
    "a file for a folder": ("a/", {"a": ""}, "is a file, but a folder is required"),
    "a submodule for a file": (
        "a",
        {"a": Submodule("1" * 40)},
        "is a folder, but a file is required",
    ),
    "a link to nothing": (
        "a",
        {"a": Symlink("b")},
        "is required but is a symbolic link to nothing in this tree",
    ),
    "a link out of the tree": (
        "d/a",
        {"d/a": Symlink("../../etc/passwd"), "etc/passwd": ""},
        "is required but is a symbolic link to nothing in this tree",
    ),
    "an absolute link": (
        "a",
        {"a": Symlink("/b"), "b": ""},
        "is required but is a symbolic link to nothing in this tree",
    ),
    "a link to itself": (
        "a",
        {"a": Symlink("a")},
        "is required but is a symbolic link to nothing in this tree",
    ),
    "a link through a file": (
        "a",
        {"a": Symlink("b/c"), "b": ""},
        "is required but is a symbolic link to nothing in this tree",
    ),
    "another case": (
        "d/README.md",
        {"d/readme.md": ""},
        "is required but does not exist; d/readme.md does",
    ),
    "the same name elsewhere": (
        "README.md",
        {"docs/README.md": ""},
        "is required but does not exist",
    ),
}


def said(written: str, files: Files) -> list[tuple[str, str]]:
    rule = a_rule("required", Required(files=(written,)))
    return [(f.path, f.message) for f in judge(a_policy(rule), files)]


@pytest.mark.parametrize(("written", "files"), SILENT.values(), ids=SILENT)
def test_says_nothing(written: str, files: Files) -> None:
    assert said(written, files) == []


@pytest.mark.parametrize(("written", "files", "message"), LOUD.values(), ids=LOUD)
def test_says_what_is_missing(written: str, files: Files, message: str) -> None:
    assert said(written, files) == [(written, message)]


def test_each_missing_file_is_a_finding_with_what_to_type() -> None:
    rule = a_rule("required", Required(files=("a", "b", "c d", "e/F")))
    found = judge(a_policy(rule), {"b": "", "e/f": ""})
    fixes = [(f.path, f.fix.commands) for f in found if f.fix]
    assert fixes == [
        ("a", ("git add a",)),
        ("c d", ("git add 'c d'",)),
        ("e/F", ("git mv e/f e/F",)),
    ]


@pytest.mark.parametrize("path", ["a/README.md", "a/"])
def test_what_was_there_is_brought_back(path: str) -> None:
    policy = a_policy(a_rule("required", Required(files=(path,))))
    old: Files = {"a/README.md": "x"}
    (finding,) = judge(policy, {"b": ""}, old)
    told = lost(finding, knowledge(old, "HEAD"))
    name = path.rstrip("/")
    assert told.fix is not None
    assert told.fix.summary == f"restore {name}"
    assert told.fix.commands == (
        f"git restore --source=HEAD --staged --worktree -- {name}",
    )
    assert lost(finding, knowledge({"b": ""}, "HEAD")) == finding
