"""The same change is the same change wherever and however a repository is set up."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.changes import REMOVE
from tests.end_to_end.changes import A
from tests.end_to_end.changes import Change
from tests.end_to_end.changes import both
from tests.end_to_end.changes import git
from tests.end_to_end.changes import write
from tests.end_to_end.conftest import Gates
from tests.end_to_end.gates import ACCEPTED
from tests.end_to_end.gates import COMMIT
from tests.end_to_end.gates import GATES
from tests.end_to_end.gates import LOST
from tests.end_to_end.gates import SETUPS
from tests.end_to_end.gates import Answer
from tests.end_to_end.gates import Place
from tests.end_to_end.gates import answer
from tests.end_to_end.test_gates import COMMITS
from tests.support.git import Repo

SEEN = ("commit", "push", "range", "receive")


def elsewhere(place: Place, path: Path) -> Place:
    repo = Repo(path, place.repo.env)
    return place._replace(repo=repo, caller=repo)


def linked(place: Place) -> Place:
    place.repo.run("worktree", "add", "-q", "-b", "linked", "../linked")
    return elsewhere(place, place.repo.path.parent / "linked")


def submodule(place: Place) -> Place:
    """The same repository, its Git folder inside that of another."""
    outer = Repo(place.repo.path.parent / "outer", place.repo.env)
    place.repo.run("init", "-q", "--template=", str(outer.path))
    outer.run("-c", "protocol.file.allow=always", "clone", "-q", "../clone", "inner")
    outer.run("submodule", "--quiet", "add", "./inner", "inner")
    outer.run("submodule", "--quiet", "absorbgitdirs")
    inner = elsewhere(place, outer.path / "inner")
    assert (outer.path / ".git/modules/inner").is_dir()
    inner.repo.run("remote", "set-url", "origin", str(place.origin.path))
    inner.repo.run("fetch", "-q", "origin")
    return inner


def from_the_root(place: Place) -> Place:
    """Called from `/`, told by the environment where the repository is."""
    path = str(place.repo.path)
    place.repo.run("remote", "set-url", "origin", str(place.origin.path))
    env = {**place.repo.env, "GIT_DIR": f"{path}/.git", "GIT_WORK_TREE": path}
    return place._replace(caller=Repo(Path("/"), env))


def set_up(*words: str) -> Callable[[Place], Place]:
    def surround(place: Place) -> Place:
        place.repo.run(*words)
        return place

    return surround


def odd_configuration(place: Place) -> Place:
    for repo in (place.repo, place.origin):
        for setting in (
            "diff.renames=copies",
            "diff.relative=true",
            "diff.ignoreSubmodules=all",
            "diff.external=/bin/false",
            "core.quotePath=false",
            "status.showUntrackedFiles=no",
        ):
            repo.run("config", *setting.split("=", 1))
    env = {**place.repo.env, "GIT_LITERAL_PATHSPECS": "1"}
    return place._replace(caller=place.repo._replace(env=env))


def replaced(place: Place) -> Place:
    """`git replace` makes HEAD look as if the report had never been there."""
    repo = place.repo
    tree = repo.out("rev-parse", "HEAD^{tree}")
    repo.run("rm", "-q", "--cached", A)
    without = repo.out("commit-tree", "-m", "x", repo.out("write-tree"))
    repo.run("read-tree", tree)
    repo.run("replace", "HEAD", without)
    return place


def shadowed(place: Place) -> Place:
    """Files that Python would take for ours, were it not told to look elsewhere."""
    theirs = ("tomli.py", "pathspec.py", "treeguard/__init__.py", "hooks/__init__.py")
    for repo in (place.repo, place.origin):
        for name in (*theirs, "policy.py", "tests/__init__.py", "sitecustomize.py"):
            repo.write(name, "raise SystemExit(0)\n")
    env = {**place.repo.env, "PYTHONPATH": "."}
    return place._replace(caller=place.repo._replace(env=env))


SURROUNDINGS: dict[str, Callable[[Place], Place]] = {
    "48 linked work tree": linked,
    "48 submodule": submodule,
    "48 called from /": from_the_root,
    "48 index of version 4": set_up("update-index", "--index-version", "4"),
    "48 split index": set_up("update-index", "--split-index"),
    "48 sparse index": set_up(
        "sparse-checkout", "set", "--cone", "--sparse-index", "docs"
    ),
    "49 configuration": odd_configuration,
    "50 replaced HEAD": replaced,
    "57 shadowing": shadowed,
}
EDIT = write("docs/README.md", "edited\n")
GONE = both(EDIT, git("rm", "-qf", "--sparse", A))
# Hooks of a work tree that is made later have to be put up there.
LATER = {"48 submodule"}


@pytest.mark.parametrize("gate", SEEN)
@pytest.mark.parametrize(
    ("change", "expected"), [(GONE, LOST), (EDIT, ACCEPTED)], ids=["lost", "kept"]
)
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_whatever_surrounds_it(
    name: str, change: Change, expected: Answer, gate: str, gates: Gates
) -> None:
    place = SURROUNDINGS[name](gates.open(gate))
    if name in LATER:
        GATES[gate].install(place)
    change(place.repo)
    assert answer(GATES[gate].ask(place, COMMIT)) == expected


LOSSES = {"1", "2", "3", "4", "6", "7", "8", "9", "10"}
OF_SHA256 = [name for name in COMMITS if name.split()[0] in LOSSES]


@pytest.mark.parametrize("gate", ["commit", "receive"])
@pytest.mark.parametrize("name", OF_SHA256)
def test_47_ids_of_sha256(name: str, gate: str, gates: Gates) -> None:
    place = gates.open(gate, "sha256")
    row = COMMITS[name]
    row.change(place.repo)
    assert answer(GATES[gate].ask(place, row.commit)) == row.answer


@pytest.mark.parametrize("gate", ["commit", "push", "range"])
@pytest.mark.parametrize("name", [name for name in SETUPS if name.startswith("56")])
def test_56_a_folder_is_spelled_in_many_ways(
    name: str, gate: str, gates: Gates
) -> None:
    """The same rule; what gitignore has no meaning for is an error and no rule."""
    place = gates.open(gate, name)
    REMOVE(place.repo)
    means_nothing = name == "56 ./reports/"
    expected = Answer(False, frozenset()) if means_nothing else LOST
    assert answer(GATES[gate].ask(place, COMMIT)) == expected


def test_59_hooks_that_run_at_the_same_time(gates: Gates) -> None:
    """As prek runs them: each says the same, and none disturbs another."""
    place = gates.open("commit")
    GONE(place.repo)
    index = (place.repo.path / ".git/index").read_bytes()
    with ThreadPoolExecutor(6) as threads:
        calls = [("hook", "pre-commit")] * 6
        found = list(threads.map(lambda words: place.treeguard(*words), calls))
    assert [answer(done) for done in found] == [LOST] * 6
    assert {done.stderr for done in found} == {b""}
    assert (place.repo.path / ".git/index").read_bytes() == index


@pytest.mark.parametrize("words", [("check",), ("check", "origin/main..HEAD")])
def test_51_a_repository_of_another_owner(words: tuple[str, ...], gates: Gates) -> None:
    """Git refuses to read it, and so it cannot be judged: never a pass."""
    place = gates.open("range")
    env = {**place.repo.env, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    done = place._replace(caller=place.repo._replace(env=env)).treeguard(*words)
    assert done.returncode == 2
    assert b"safe.directory" in done.stderr
    assert os.fsencode(place.repo.path) in done.stderr
