"""One table: the same change at every gate that can see it, with the same answer.

The numbers are those of the list of adversarial cases that this guard was built from.
A gate's answer is whether the change is let through, and the ids of the rules that it
names.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.end_to_end.conftest import once
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit
from tests.support.patch13 import apply

A = "reports/gemma3/run_1.json"
B = "reports/llama3/run_1.json"
POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n"
)
IDS = (*re.findall(r"\[rules\.(.+)\]", POLICY), "exceptions", "unreadable-source")
Change = Callable[[Repo], object]


class Answer(NamedTuple):
    """What a gate says."""

    accepted: bool
    rules: frozenset[str]


class Row(NamedTuple):
    """A change, and what every gate must say to it."""

    change: Change
    accepted: bool
    rules: frozenset[str] = frozenset()


def denied(change: Change, *rules: str) -> Row:
    return Row(change, False, frozenset(rules))


def lost(change: Change) -> Row:
    return denied(change, "reports-kept")


def allowed(change: Change, *rules: str) -> Row:
    return Row(change, True, frozenset(rules))


def edit(change: Edit) -> Change:
    return lambda repo: apply(repo, change)


def git(*words: str | bytes) -> Change:
    return lambda repo: repo.run(*words)


def both(*changes: Change) -> Change:
    return lambda repo: [change(repo) for change in changes]


def write(path: str | bytes, text: str | bytes) -> Change:
    def change(repo: Repo) -> None:
        repo.write(path, text)
        repo.run("add", "-f", "--", path)

    return change


def move(source: str, target: str) -> Change:
    def change(repo: Repo) -> None:
        os.makedirs(os.path.dirname(repo.full(target)), exist_ok=True)
        repo.run("mv", source, target)

    return change


def link(path: str, target: str) -> Change:
    def change(repo: Repo) -> None:
        repo.link(path, target)
        repo.run("add", "-f", "--", path)

    return change


def submodule(path: str) -> Change:
    def change(repo: Repo) -> None:
        repo.run("rm", "-rq", "--", path)
        entry = f"160000,{repo.head()},{path}"
        repo.run("update-index", "--add", "--cacheinfo", entry)

    return change


REMOVE = git("rm", "-q", A)
ODD = "reports/-o\n\t\"'dd"


def kept(name: str | bytes) -> Change:
    """A report with an odd name, which has landed before it is deleted."""

    def change(repo: Repo) -> None:
        repo.run("rm", "-q", "--", name)

    return change


WAIVER = (
    '\n[[exceptions]]\nrule = "enterprise-isolated"\nreason = "for now"\n'
    'path = "banterhearts/monitoring/metrics.py"\n'
)
LOOSE = POLICY.replace('kind = "isolated"', 'kind = "isolated"\nseverity = "warning"')
ISOLATED = VIOLATIONS["isolated"].write

# Changes of one commit: every gate sees them, that of the commit itself as well.
COMMITS: dict[str, Row] = {
    "1 rm": lost(REMOVE),
    "6 mv out": lost(move(A, "archive/run_1.json")),
    "7 mv within": allowed(move(A, "reports/llama3/run_2.json")),
    "8 mv and rewrite": lost(
        both(move(A, "reports/moved.json"), write("reports/moved.json", "other\n" * 9))
    ),
    "9 copy elsewhere": lost(
        both(write("garbage/x.json", '{"tokens_per_second": 42.1}\n'), REMOVE)
    ),
    "10 truncate": lost(write(A, "")),
    "11 one newline": allowed(write(A, "\n"), "reports-kept"),
    "12 symlink": lost(link(A, "../llama3/run_1.json")),
    "13 gitlink": lost(submodule(A)),
    "14 pointer": lost(write(A, POINTER)),
    "14 pointer with filter": allowed(
        both(write(".gitattributes", "*.json filter=lfs\n"), write(A, POINTER))
    ),
    "15 file to folder": lost(both(REMOVE, write(f"{A}/b", "x\n"))),
    "16 folder to file": denied(
        both(git("rm", "-rq", "reports"), write("reports", "x\n")),
        "reports-kept",
        "readmes",
    ),
    "16 folder to symlink": denied(
        both(git("rm", "-rq", "reports"), link("reports", "nowhere")),
        "reports-kept",
        "readmes",
    ),
    "16 folder to submodule": denied(submodule("reports"), "reports-kept", "readmes"),
    "17 chmod": allowed(git("update-index", "--chmod=+x", A)),
    "18 edit": allowed(write(A, "{}\n")),
    "19 add": allowed(write("reports/new.json", "{}\n")),
    "21 case": lost(move(A, "Reports/gemma3/run_1.json")),
    "22 odd name": lost(kept(ODD)),
    "23 not UTF-8": lost(both(write(b"docs/\xff\xfe.md", "x\n"), REMOVE)),
    "24 file named HEAD": lost(
        both(write("HEAD", "x\n"), git("branch", "reports"), REMOVE)
    ),
    "54 expired waiver": denied(
        edit(
            Edit({"policy.toml": f"{POLICY}{WAIVER}expires = 2026-01-01\n", **ISOLATED})
        ),
        "enterprise-isolated",
        "exceptions",
    ),
    "55 no policy": denied(git("rm", "-q", "policy.toml")),
    "55 bad policy": denied(write("policy.toml", "[rules.x]\n")),
    "tightened": allowed(
        write(
            "policy.toml",
            POLICY.replace("references = true", "references = true\nindirect = true"),
        )
    ),
    **{f"breaks {kind}": Row(edit(e), False) for kind, e in VIOLATIONS.items()},
    **{f"keeps {kind}": allowed(edit(e)) for kind, e in KEPT.items()},
}
# One commit that loosens the law that it breaks: a commit is bound by its own.
LAWS: dict[str, Row] = {
    "52 looser law": denied(
        edit(Edit({"policy.toml": LOOSE, **ISOLATED})), "enterprise-isolated"
    ),
    "53 own waiver": denied(
        edit(Edit({"policy.toml": POLICY + WAIVER, **ISOLATED})), "enterprise-isolated"
    ),
}


def commit(repo: Repo, change: Change, *words: str) -> None:
    change(repo)
    repo.commit("change", "--no-verify", *words)


def deleting_branch(repo: Repo) -> None:
    """A branch `deletes` that deletes a report, and another commit on `main`."""
    repo.run("checkout", "-q", "-b", "deletes")
    commit(repo, REMOVE)
    repo.run("checkout", "-q", "main")


def merge(repo: Repo, *words: str) -> None:
    repo.run("merge", "-q", "--no-verify", "--no-edit", *words)


def amend(repo: Repo) -> None:
    commit(repo, REMOVE)
    commit(repo, write("docs/README.md", "x\n"), "--amend")


def revert(repo: Repo) -> None:
    repo.run("revert", "--no-edit", "HEAD")


def cherry_pick(repo: Repo) -> None:
    deleting_branch(repo)
    repo.run("cherry-pick", "deletes")


def fast_forward(repo: Repo) -> None:
    deleting_branch(repo)
    merge(repo, "deletes")


def no_ff(repo: Repo) -> None:
    deleting_branch(repo)
    merge(repo, "--no-ff", "deletes")


def side_branch(repo: Repo, change: Change) -> None:
    repo.run("checkout", "-q", "-b", "side")
    commit(repo, change)
    repo.run("checkout", "-q", "main")


def evil(repo: Repo) -> None:
    side_branch(repo, write("docs/side.md", "x\n"))
    commit(repo, write("docs/main.md", "x\n"))
    merge(repo, "--no-commit", "--no-ff", "side")
    commit(repo, REMOVE)


def foxtrot(repo: Repo) -> None:
    """Mainline becomes the second parent, and what it had is dropped."""
    repo.run("checkout", "-q", "-b", "side", "HEAD~1")
    commit(repo, write("docs/side.md", "x\n"))
    merge(repo, "-s", "ours", "main")
    repo.run("branch", "-f", "main", "side")
    repo.run("checkout", "-q", "main")


def ours(repo: Repo) -> None:
    side_branch(repo, write("reports/never.json", "{}\n"))
    commit(repo, write("docs/main.md", "x\n"))
    merge(repo, "-s", "ours", "side")


def modify_delete(repo: Repo) -> None:
    deleting_branch(repo)
    commit(repo, write(A, "{}\n"))
    repo.run("merge", "-q", "deletes", check=False)
    commit(repo, REMOVE)


def octopus(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, write(f"docs/{name}.md", "x\n"))
    commit(repo, REMOVE)
    repo.run("checkout", "-q", "main")
    merge(repo, "one", "two")


def harmless_octopus(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, write(f"docs/{name}.md", "x\n"))
    repo.run("checkout", "-q", "main")
    merge(repo, "one", "two")


def add_and_delete(repo: Repo) -> None:
    commit(repo, write("reports/new.json", "{}\n"))
    commit(repo, git("rm", "-q", "reports/new.json"))


def delete_and_restore(repo: Repo) -> None:
    commit(repo, REMOVE)
    repo.run("checkout", "-q", "HEAD~1", "--", A)
    repo.commit("back", "--no-verify")


def rewind(repo: Repo) -> None:
    repo.run("reset", "-q", "--hard", "HEAD~1")


# What only several commits, or a merge, can do: a commit hook sees none of these whole.
HISTORIES: dict[str, Row] = {
    "27 amend of a deletion": lost(amend),
    "28 revert of an addition": lost(revert),
    "29 cherry-pick": lost(cherry_pick),
    "30 fast-forward": lost(fast_forward),
    "31 no-ff": lost(no_ff),
    "32 evil merge": lost(evil),
    "33 foxtrot": lost(foxtrot),
    "34 ours, never landed": allowed(ours),
    "35 modify and delete": lost(modify_delete),
    "36 octopus": lost(octopus),
    "36 octopus, harmless": allowed(harmless_octopus),
    "37 add and delete": allowed(add_and_delete),
    "38 delete and restore": allowed(delete_and_restore),
    "43 rewind": lost(rewind),
}


class Place(NamedTuple):
    """A clone whose `origin` is bare; both have the hooks that a gate needs."""

    repo: Repo
    workshop: Workshop

    def attempt(self, *words: str) -> Answer:
        return answer(self.repo.run(*words, check=False))

    def treeguard(self, *words: str) -> Answer:
        import subprocess

        command = [self.workshop.python, "-I", "-m", "treeguard", *words]
        return answer(
            subprocess.run(
                command,
                cwd=self.repo.path,
                env=self.repo.env,
                capture_output=True,
                check=False,
            )
        )


def answer(done: object) -> Answer:
    code = getattr(done, "returncode", 0)
    text = (getattr(done, "stdout", b"") + getattr(done, "stderr", b"")).decode()
    assert "bug in treeguard" not in text, text
    named = (name for name in IDS if re.search(rf": {name} ", text))
    return Answer(code == 0, frozenset(named))


def make_places(folder: Path, workshop: Workshop) -> None:
    """A template: `origin.git`, and `clone` beside it, with a report added last."""
    folder.mkdir()
    repo = Repo(folder / "clone", workshop.env)
    shutil.copytree(workshop.template, repo.path, symlinks=True)
    write(ODD, "odd\n")(repo)
    repo.commit("odd")
    write("reports/last.json", "last\n")(repo)
    repo.commit("last")
    repo.run("clone", "-q", "--bare", "--template=", ".", str(folder / "origin.git"))
    repo.run("remote", "add", "origin", "../origin.git")
    repo.run("fetch", "-q", "origin")


@pytest.fixture
def place(tmp_path: Path, shared: Path, workshop: Workshop) -> Place:
    template = once(shared / "gates", lambda path: make_places(path, workshop))
    shutil.copytree(template, tmp_path / "gates", symlinks=True)
    return Place(Repo(tmp_path / "gates/clone", workshop.env), workshop)


def server(place: Place) -> Repo:
    return Repo(place.repo.path.parent / "origin.git", place.workshop.env)


def at_commit(place: Place, change: Change) -> Answer:
    place.workshop.treeguard(place.repo, "install")
    change(place.repo)
    return place.attempt("commit", "-qm", "change")


def at_hard_commit(place: Place, change: Change) -> Answer:
    place.workshop.treeguard(place.repo, "install", "--hard")
    change(place.repo)
    return place.attempt("commit", "-qm", "change", "--no-verify")


def landed(place: Place, change: Change) -> None:
    change(place.repo)
    if place.repo.out("diff", "--cached", "--name-only"):
        place.repo.commit("change", "--no-verify")


def at_push(place: Place, change: Change) -> Answer:
    landed(place, change)
    place.workshop.treeguard(place.repo, "install")
    return place.attempt("push", "-q", "-f", "origin", "HEAD:refs/heads/main")


def at_range(place: Place, change: Change) -> Answer:
    landed(place, change)
    return place.treeguard("check", "origin/main..HEAD", "--policy-from", "origin/main")


def at_receive(place: Place, change: Change) -> Answer:
    landed(place, change)
    place.workshop.treeguard(server(place), "install", "--server")
    return place.attempt("push", "-q", "-f", "origin", "HEAD:refs/heads/main")


Gate = Callable[[Place, Change], Answer]
COMMIT_GATES: dict[str, Gate] = {"commit": at_commit, "hard commit": at_hard_commit}
TIP_GATES: dict[str, Gate] = {
    "push": at_push,
    "range": at_range,
    "receive": at_receive,
}


@pytest.mark.parametrize("gate", [*COMMIT_GATES, *TIP_GATES])
@pytest.mark.parametrize("name", COMMITS)
def test_a_change_of_one_commit(name: str, gate: str, place: Place) -> None:
    row = COMMITS[name]
    found = {**COMMIT_GATES, **TIP_GATES}[gate](place, row.change)
    if name.startswith("breaks "):
        assert not found.accepted
        assert found.rules == broken_rules(place, name)
    elif "54" in name and gate in TIP_GATES:
        # The waiver has not landed: to the law in force there is none.
        assert found == Answer(False, frozenset({"enterprise-isolated"}))
    else:
        assert found == Answer(row.accepted, row.rules)


def broken_rules(place: Place, name: str) -> frozenset[str]:
    kind = name.removeprefix("breaks ")
    lines = re.findall(r"\[rules\.(.+)\]\nkind = \"(.+)\"", POLICY)
    return frozenset(rule for rule, its_kind in lines if its_kind == kind)


@pytest.mark.parametrize("gate", TIP_GATES)
@pytest.mark.parametrize("name", LAWS)
def test_a_law_that_has_not_landed(name: str, gate: str, place: Place) -> None:
    row = LAWS[name]
    assert TIP_GATES[gate](place, row.change) == Answer(row.accepted, row.rules)


@pytest.mark.parametrize("gate", TIP_GATES)
@pytest.mark.parametrize("name", HISTORIES)
def test_a_history(name: str, gate: str, place: Place) -> None:
    row = HISTORIES[name]
    assert TIP_GATES[gate](place, row.change) == Answer(row.accepted, row.rules)
