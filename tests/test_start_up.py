"""What a commit pays for: the modules that a hook loads, read from `-X importtime`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import Repo
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build
from tests.support.project import ROOT

# Each costs more than it is worth on a commit, or belongs to another command.
HEAVY = (
    "asyncio",
    "concurrent",
    "dataclasses",
    "difflib",
    "email",
    "git",
    "gitdb",
    "hypothesis",
    "importlib.metadata",
    "inspect",
    "json",
    "libcst",
    "logging",
    "multiprocessing",
    "nbformat",
    "pathlib",
    "pathspec",
    "platform",
    "pre_commit",
    "prek",
    "pydoc",
    "random",
    "shutil",
    "tempfile",
    "tomlkit",
    "traceback",
    "unittest",
    "urllib",
    "xml",
    "yaml",
    "treeguard.migration",
    "treeguard.formats.json_report",
    "treeguard.formats.concise",
    "treeguard.languages.python.newer_grammar",
    "treeguard.policy.export",
    "treeguard.repository.history",
    "treeguard.repository.scratch",
    "treeguard.repository.worktree",
    "treeguard.admin.doctor",
    "treeguard.admin.install",
)
OTHERS = ("explain", "imports", "restore", "init", "policy", "install", "doctor", "fix")

# What runs `importlib.import_module` is not in the list of `-X importtime`.
PROGRAM = """\
import sys
from treeguard.cli import main
code = main(sys.argv[1:])
print("modules:", *sys.modules, file=sys.stderr)
raise SystemExit(code)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A commit of five Python files, staged, some of which import something."""
    repo = build(tmp_path_factory.mktemp("start_up") / "repo")
    source = "import os\n\nfrom banterhearts.monitoring import metrics\n"
    apply(repo, Edit({f"scripts/tool_{number}.py": source for number in range(5)}))
    return repo


def _loaded(repo: Repo, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-S", "-X", "importtime", "-c", PROGRAM, *words],
        cwd=repo.path,
        env={**repo.env, "PYTHONPATH": _path()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    named = {line.rpartition("|")[2].strip() for line in lines if "|" in line}
    listed = next(line for line in lines if line.startswith("modules:"))
    return named | set(listed.split()[1:])


def _path() -> str:
    """Our source and what it needs, without the `.pth` files of this environment."""
    import tomli

    return f"{ROOT / 'hooks'}:{Path(tomli.__file__).parents[1]}"


@pytest.mark.parametrize("when", ["first", "again"])
@pytest.mark.parametrize(
    "words",
    [("hook", "pre-commit"), ("hook", "pre-merge-commit"), ("check",)],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(words: tuple[str, ...], when: str, repo: Repo) -> None:
    store = repo.path / ".git/treeguard/facts.sqlite"
    if when == "first":
        store.unlink(missing_ok=True)
    loaded = _loaded(repo, *words)
    assert "treeguard.check" in loaded
    heavy = [
        name
        for name in loaded
        if any(name == one or name.startswith(f"{one}.") for one in HEAVY)
    ]
    assert sorted(heavy) == []


@pytest.mark.parametrize("words", [("hook", "pre-commit"), ("check",)], ids=" ".join)
def test_no_other_command_is_loaded(words: tuple[str, ...], repo: Repo) -> None:
    loaded = _loaded(repo, *words)
    assert f"treeguard.commands.{words[0]}" in loaded
    assert loaded.isdisjoint(f"treeguard.commands.{name}" for name in OTHERS)


def test_a_version_costs_next_to_nothing(repo: Repo) -> None:
    loaded = _loaded(repo, "--version")
    assert loaded.isdisjoint({"subprocess", "sqlite3", "tomli", "treeguard.check"})
