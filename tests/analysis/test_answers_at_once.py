"""What is said of files that are alike is what is said of each; Git's search the same
as reading."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.analysis import answers
from treeguard.analysis.answers import answer
from treeguard.analysis.query import FileQuery
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import FILES
from treeguard.analysis.tree_analysis import LINKS
from treeguard.analysis.tree_analysis import PROJECTS
from treeguard.analysis.tree_analysis import PYTHON_BY_NAME
from treeguard.analysis.tree_analysis import PYTHON_BY_SHEBANG
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import _without
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import queries_of
from treeguard.policy.patterns import Patterns
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules import own_findings
from treeguard.rules.exceptions import ALLOWING
from treeguard.rules.registry import load

POLICY = b"""\
[policy]
version = 1
[rules.zone]
kind = "forbidden"
zone = ["garbage/", "/old/*.py"]
references = true
indirect = true
reason = "x"
[rules.door]
kind = "isolated"
zone = ["/enterprise/"]
entrances = ["/tests/enterprise/", "!/tests/enterprise/x.py"]
owns = ["datadog"]
[rules.deployed]
kind = "placed"
files = ["Dockerfile*", "/k8s/"]
detect = ["dockerfile", "compose", "kubernetes", "helm", "terraform"]
under = ["deployment/"]
except = ["docs/"]
[rules.rows]
kind = "layers"
layers = ["/core/", ["/a/", "/b/"]]
"""
FOLDERS: tuple[str, ...] = (
    "",
    "garbage",
    "a",
    "a/garbage",
    "old",
    "enterprise",
    "tests/enterprise",
)
FOLDERS += ("deployment", "k8s", "docs/k8s", "templates", "core", "a.py", "cron.d")
NAMES = ("x", "", "Dockerfile", "compose", "setup", "main", ".env", ".", "Chart", "é")
ENDINGS = (
    "",
    ".py",
    ".PY",
    ".pyi",
    ".ipynb",
    ".yaml",
    ".tf",
    ".json",
    ".sh",
    ".",
    "..",
)
MODES = (0o100644, 0o100755, 0o120000, 0o160000)


def queries(analysis: TreeAnalysis) -> list[FileQuery]:
    policy = load(POLICY, "policy.toml", "test")
    by_rule = queries_of(policy.rules, policy, analysis.search_roots).values()
    unused = [
        query for rule in policy.rules for query in own_findings.pattern_queries(rule)
    ]
    every = [ALLOWING, *chain(*by_rule), *unused, PROJECTS, LINKS]
    every += [FILES, PYTHON_BY_NAME, PYTHON_BY_SHEBANG]
    named = {question.name: question for question in every}
    return list(named.values())


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    repo = make_repository(tmp_path_factory.mktemp("asking") / "repo")
    contents = {
        "import.py": b"import garbage.x\n",
        "plain.py": b"import os\n",
        "upper.py": b"import GARBAGE\n",
        "folded.py": "import \uff47arbage\n".encode(),
        "latin.py": b"# caf\xe9\n",
        "nul.py": b"x = 1\0\nimport datadog\n",
        "carriage.py": b"import os\rimport garbage\r",
        "no_end.py": b"import garbage",
        "long.py": b"x" * 100_000 + b" garbage",
        "put.py": b"importlib.import_module(x)\n",
        "walk.py": b"import sys\nsys.path.insert(0, x)\n",
        "walk_not.py": b"import sys\nsysXpath = 1\n",
        "escape.py": b"x = '\\u0067'\n",
        "word.yaml": b"services: garbage\n",
        "tool": b"#!/usr/bin/env python\nimport garbage\n",
        "Dockerfile": b"FROM x\n",
        "empty.py": b"",
    }
    for folder in ("", "a/", "core/", "garbage/", "a/garbage/"):
        for name, data in contents.items():
            repo.write(folder + name, data)
    repo.write(b"a/\xff\n.py", b"import garbage\n")
    repo.write(".gitattributes", b"*.py -diff binary\n")
    repo.run("config", "grep.patternType", "fixed")
    repo.run("add", "-A")
    repo.commit()
    return repo


def test_git_finds_what_reading_finds(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = Git(str(repo.path))
    tree = tree_snapshot(git, "HEAD")
    asked = queries(analyze(tree, ("",), Store(None)))
    read = answer(tree, asked, Store(None))
    monkeypatch.setattr(answers, "MANY_FILES", 1)
    assert answer(tree, asked, Store(None)) == read
    found = tree.search([b"garbage", b"sys.path"], [".py"])
    assert found is not None
    assert {path for path in found if "/" not in path} == {
        *("import.py", "folded.py", "latin.py", "carriage.py", "no_end.py"),
        *("long.py", "walk.py"),
    }
    assert "a/\udcff\n.py" in found
    git.close()


def test_what_git_cannot_read_is_not_passed_over(tmp_path: Path) -> None:
    repo = make_repository(tmp_path / "repo")
    repo.write("x.py", b"import garbage\n")
    repo.run("add", "-A")
    repo.commit()
    oid = repo.out("rev-parse", "HEAD:x.py")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    git = Git(str(repo.path))
    tree = tree_snapshot(git, "HEAD")
    assert tree.search([b"garbage"], [".py"]) is None
    git.close()


@given(
    st.sampled_from(FOLDERS),
    st.sampled_from(NAMES),
    st.sampled_from(ENDINGS),
    st.sampled_from(MODES),
    st.sampled_from(((), ("docs/",), ("x.py", "/a/"), ("*.py", "!x.py"))),
)
def test_what_is_alike_is_said_alike(
    folder: str, name: str, ending: str, mode: int, exclude: tuple[str, ...]
) -> None:
    from tests.support.memory import MemorySnapshot

    if not name + ending:
        return
    analysis = analyze(MemorySnapshot({"a/x.py": ""}), ("", "src"), Store(None))
    asked = queries(analysis)
    asked += [_without(question, Patterns(exclude)) for question in asked]
    path = f"{folder}/{name}{ending}" if folder else name + ending
    plain = [question._replace(alike=lambda _f, _e, _m: None) for question in asked]
    kinds = answers.kinds_of([(path, mode)])
    both = []
    for some in (asked, plain):
        by_name = answers.blank(some)
        to_read = answers.sort_out(kinds, some, by_name)
        names = [query.name for query in to_read.get(path, ())]
        both.append([*names, *(name for name, found in by_name.items() if found)])
    assert sorted(both[0]) == sorted(both[1])
