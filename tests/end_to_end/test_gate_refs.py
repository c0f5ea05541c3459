"""Pushes of more, or of other, than one branch, and pull requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.end_to_end.changes import REMOVE
from tests.end_to_end.changes import UNGUARDED
from tests.end_to_end.changes import A
from tests.end_to_end.changes import Change
from tests.end_to_end.changes import add_and_delete
from tests.end_to_end.changes import commit
from tests.end_to_end.changes import delete_and_restore
from tests.end_to_end.changes import deleting_branch
from tests.end_to_end.changes import git
from tests.end_to_end.changes import merge
from tests.end_to_end.changes import write
from tests.end_to_end.conftest import Gates
from tests.end_to_end.gates import ACCEPTED
from tests.end_to_end.gates import LOST
from tests.end_to_end.gates import PUSH
from tests.end_to_end.gates import Answer
from tests.end_to_end.gates import Place
from tests.end_to_end.gates import answer
from tests.support.git import Repo
from tests.support.git import clone_repository

KEPT = Answer(False, frozenset({"policy"}))
Prepare = Callable[[Repo], object]


def two_branches(repo: Repo) -> None:
    repo.run("checkout", "-q", "-b", "clean")
    commit(repo, write("docs/clean.md", "x\n"))
    repo.run("checkout", "-q", "main")
    deleting_branch(repo)


def feature_branch(repo: Repo) -> None:
    repo.run("branch", "feature")
    repo.run("push", "-q", "--no-verify", "origin", "feature")


def tags(repo: Repo) -> None:
    deleting_branch(repo)
    repo.run("tag", "light", "deletes")
    repo.run("tag", "-m", "x", "annotated", "deletes")
    repo.run("tag", "blob", f"HEAD:{A}")


def old_base(repo: Repo, *, deletes: bool) -> None:
    repo.run("checkout", "-q", "-b", "old", "main~1")
    commit(repo, REMOVE if deletes else write("docs/old.md", "x\n"))


def merged(repo: Repo, *more: Change) -> None:
    """A branch `work` whose merge of another branch drops the report of that one."""
    repo.run("checkout", "-q", "-b", "side", "main")
    commit(repo, write("reports/side.json", "{}\n"))
    repo.run("checkout", "-q", "-b", "work", "main")
    commit(repo, write("docs/work.md", "x\n"))
    merge(repo, "-s", "ours", "side")
    for change in more:
        commit(repo, change)


def merged_before(repo: Repo) -> None:
    """That merge is on the server; what is pushed now only comes after it."""
    merged(repo)
    repo.run("push", "-q", "--no-verify", "origin", "work")
    repo.run("checkout", "-q", "-b", "next")
    commit(repo, write("docs/next.md", "x\n"))


def pushed_before(repo: Repo) -> None:
    """The branch was pushed before it made the merge."""
    repo.run("checkout", "-q", "-b", "work", "main")
    commit(repo, write("docs/first.md", "x\n"))
    repo.run(*UNGUARDED, "push", "-q", "origin", "work")
    repo.run("checkout", "-q", "-b", "side", "main")
    commit(repo, write("reports/side.json", "{}\n"))
    repo.run("checkout", "-q", "work")
    repo.run(*UNGUARDED, "merge", "-q", "--no-commit", "side")
    commit(repo, git("rm", "-q", "-f", "reports/side.json"))


BACK = write("reports/side.json", "{}\n")
# What is pushed, after what; the answer of every gate that is shown all of it.
REFS: dict[str, tuple[Prepare, tuple[str, ...], Answer]] = {
    "42 two branches, one deletes": (two_branches, ("clean", "deletes"), LOST),
    "42 the other way round": (two_branches, ("deletes", "clean"), LOST),
    "44 protected branch": (lambda repo: None, (":main",), KEPT),
    "44 feature branch": (feature_branch, (":feature",), ACCEPTED),
    "45 tags": (tags, ("light", "annotated", "blob"), ACCEPTED),
    "34 a merge that drops a report": (merged, ("work",), LOST),
    "34 the same, pushed before": (pushed_before, ("work",), LOST),
    "34 and it is back": (lambda repo: merged(repo, BACK), ("work",), ACCEPTED),
    "46 old base": (lambda repo: old_base(repo, deletes=False), ("old",), ACCEPTED),
    "46 old base, deletes": (lambda repo: old_base(repo, deletes=True), ("old",), LOST),
}
# A runner calls a hook once for a push, with the first ref that has commits to push.
UNSEEN = {"42 two branches, one deletes", "44 protected branch"}


@pytest.mark.parametrize("gate", ["push", "receive"])
@pytest.mark.parametrize("name", REFS)
def test_a_push_of_refs(name: str, gate: str, gates: Gates) -> None:
    prepare, refs, expected = REFS[name]
    place = gates.open(gate)
    prepare(place.repo)
    assert answer(place.git(*PUSH, *refs)) == expected


def test_a_merge_that_has_landed_is_not_checked_again(gates: Gates) -> None:
    place = gates.open("receive")
    hook = place.origin.path / "hooks/pre-receive"
    hook.rename(place.origin.path / "off")
    merged_before(place.repo)
    (place.origin.path / "off").rename(hook)
    assert answer(place.git(*PUSH, "next")) == ACCEPTED


@pytest.mark.parametrize("runner", ["pre-commit", "prek"])
@pytest.mark.parametrize("name", REFS)
def test_a_push_of_refs_under_a_runner(name: str, runner: str, gates: Gates) -> None:
    prepare, refs, expected = REFS[name]
    place = gates.open(f"push under {runner}")
    prepare(place.repo)
    found = answer(place.git(*PUSH, *refs))
    assert found == (ACCEPTED if name in UNSEEN else expected)


def behind(repo: Repo) -> None:
    """A branch without news of `main`, which gained a report meanwhile."""
    commit(repo, write("reports/new.json", "{}\n"))
    repo.run("push", "-q", "origin", "main")
    repo.run("checkout", "-q", "-b", "work", "main~1")
    commit(repo, write("docs/work.md", "x\n"))


def criss_cross(repo: Repo, *, deletes: bool) -> None:
    """Two branches that merged each other: two merge bases, one without a report."""
    repo.run("checkout", "-q", "-b", "work", "main~1")
    commit(repo, write("docs/work.md", "x\n"))
    repo.run("branch", "first")
    merge(repo, "main")
    repo.run("checkout", "-q", "main")
    merge(repo, "first")
    repo.run("push", "-q", "origin", "main")
    repo.run("checkout", "-q", "work")
    assert len(repo.out("merge-base", "--all", "work", "main").split()) == 2
    gone = git("rm", "-q", "reports/last.json")
    commit(repo, gone if deletes else write("docs/more.md", "x\n"))


PULLS: dict[str, tuple[Prepare, Answer]] = {
    "37 add and delete": (add_and_delete, ACCEPTED),
    "38 delete and restore": (delete_and_restore, ACCEPTED),
    "39 main went on": (behind, ACCEPTED),
    "41 criss-cross": (lambda repo: criss_cross(repo, deletes=False), ACCEPTED),
    "41 criss-cross, deletes": (lambda repo: criss_cross(repo, deletes=True), LOST),
}


@pytest.mark.parametrize("name", PULLS)
def test_a_pull_request(name: str, gates: Gates) -> None:
    prepare, expected = PULLS[name]
    place = gates.open("range")
    prepare(place.repo)
    assert judged(place, "origin/main...HEAD") == expected
    # What CI checks out is the merge that its server made of the two.
    place.repo.run("checkout", "-q", "-B", "merged", "origin/main")
    merge(place.repo, "--no-ff", "-")
    assert judged(place, "HEAD^1..HEAD") == expected


def judged(place: Place, ends: str) -> Answer:
    return answer(place.treeguard("check", ends, "--policy-from", "origin/main"))


@pytest.mark.parametrize("gate", ["push", "receive"])
def test_41_criss_cross_is_pushed(gate: str, gates: Gates) -> None:
    """To `main` it comes as a merge: its tip is compared with that of `main`."""
    place = gates.open(gate)
    place.repo.run("config", "core.hooksPath", "/dev/null")
    criss_cross(place.repo, deletes=True)
    place.repo.run("config", "--unset", "core.hooksPath")
    merge(place.repo, "main")
    assert answer(place.git(*PUSH, "HEAD:refs/heads/main")) == LOST


def test_40_a_shallow_clone_cannot_tell(gates: Gates) -> None:
    """Its first commit has no parent to compare with: told, with what to type."""
    place = gates.open("range")
    behind(place.repo)
    place.repo.run("push", "-q", "origin", "work")
    shallow = clone_repository(
        place.origin, place.origin.path.parent / "shallow", "--depth=1", "-b", "work"
    )
    shallow.run("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    there = place._replace(repo=shallow, caller=shallow)
    done = there.treeguard("check", "origin/main...HEAD")
    assert done.returncode == 2
    assert b"git fetch --unshallow" in done.stderr
