"""A plan judged by what its moves can change forbids what a full judgement forbids."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.analysis.store import Store
from treeguard.migration.plan import planner as planning
from treeguard.migration.plan.planner import make_plan
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load

TODAY = datetime.date(2026, 1, 1)
FOLDERS = ("core", "edge", "old", "vault")
RULES = {
    "vault": 'kind = "forbidden"\nzone = ["vault/"]\nreferences = true',
    "alone": 'kind = "isolated"\nzone = ["edge/"]\nowns = ["json"]\nuses = ["core/"]',
    "rows": 'kind = "layers"\nlayers = ["core/", "edge/", "new/"]',
    "docker": 'kind = "placed"\nfiles = ["Dockerfile*"]\nunder = ["edge/"]\n'
    'detect = ["dockerfile"]',
    "shut": 'kind = "closed"\nfolder = "core"\nchildren = ["__init__.py", "a.py"]',
    "kept": 'kind = "preserved"\npaths = ["old/data/"]',
    "left": 'kind = "vacated"',
}
EXCEPTION = """
[[exceptions]]
rule = "vault"
path = "{path}"
reason = "known"
"""
MOVES = (
    ("old/", "new/"),
    ("old/", "vault/old/"),
    ("core/a.py", "vault/"),
    ("core/a.py", "new/a.py"),
    ("vault/", "old/vault/"),
    ("old/*.py", "new/"),
)
LINES = (
    "import vault.a",
    "from old import a",
    "from core.a import x",
    "import json",
    "from . import b",
    "from edge import b  # treeguard: allow[rows] it has to",
    "import new.a",
)
SOURCES = st.lists(st.sampled_from(LINES), max_size=3)
FILES = st.fixed_dictionaries(
    {f"{folder}/{name}.py": SOURCES for folder in FOLDERS for name in "ab"}
)


def _policy(rules: set[str], move: tuple[str, str], excepted: str | None) -> bytes:
    text = '[policy]\nversion = 1\nexisting = "warn"\nroots = ["."]\n'
    for name in sorted(rules):
        text += f'[rules.{name}]\n{RULES[name]}\nreason = "r"\n'
    if excepted is not None and "vault" in rules:
        text += EXCEPTION.format(path=excepted)
    text += '[migration]\nid = "p"\ntitle = "t"\nrecord = "record.md"\n'
    text += f'[[migration.move]]\nfrom = ["{move[0]}"]\nto = "{move[1]}"\nreason = "r"'
    return f"{text}\n".encode()


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return make_repository(tmp_path_factory.mktemp("in-part") / "repo")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    files=FILES,
    rules=st.sets(st.sampled_from(sorted(RULES)), min_size=1),
    move=st.sampled_from(MOVES),
    excepted=st.sampled_from([None, "core/", "edge/a.py", "old/", "**/b.py"]),
)
def test_both_plans_are_the_same(
    repo: Repo,
    files: dict[str, list[str]],
    rules: set[str],
    move: tuple[str, str],
    excepted: str | None,
) -> None:
    _write(repo, files, _policy(rules, move, excepted))
    git = Git(str(repo.path), repo.env)
    in_part, whole = _plan(git), _plan_by_all(git)
    git.close()
    assert in_part == whole


def _write(repo: Repo, files: dict[str, list[str]], policy: bytes) -> None:
    repo.run("read-tree", "--empty")
    repo.run("clean", "-ffdqx")
    for path, lines in files.items():
        repo.write(path, "".join(f"{line}\n" for line in lines))
        repo.write(f"{Path(path).parent}/__init__.py")
    repo.write("old/Dockerfile", "FROM scratch\nCOPY old/a.py vault/ /app/\n")
    repo.write("old/data/one.csv", "1,2\n")
    repo.write("run.sh", "#!/bin/sh\npython -m old.a\npython vault/b.py\n")
    repo.write("policy.toml", policy)
    repo.stage()
    repo.commit()


def _plan(git: Git) -> Plan:
    snapshot = tree_snapshot(git, "HEAD")
    entry = snapshot.entry("policy.toml")
    assert entry is not None
    policy = load(snapshot.read(entry.oid), "policy.toml", "HEAD")
    return make_plan(policy, snapshot, "HEAD", Store(None), today=TODAY)


def _plan_by_all(git: Git) -> Plan:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "can_be_judged_in_part", lambda _policy: False)
        return _plan(git)


def test_a_new_chain_needs_every_file(repo: Repo) -> None:
    lines = {f"{folder}/{name}.py": [""] for folder in FOLDERS for name in "ab"}
    lines |= {"edge/a.py": ["from core import b"], "core/b.py": ["from old import a"]}
    policy = _policy({"vault"}, ("old/", "vault/old/"), None)
    policy = policy.replace(b"references = true", b"indirect = true")
    _write(repo, lines, policy)
    git = Git(str(repo.path), repo.env)
    found = {blocker.path for blocker in _plan(git).blockers}
    git.close()
    assert {"core/b.py", "edge/a.py"} <= found
