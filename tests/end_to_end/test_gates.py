"""One table: the same change at every gate that can see it, with the same answer.

The numbers are those of the list of adversarial cases that this guard was built from.
A gate's answer is whether the change is let through, and the ids of the rules that it
names; which findings these are, with path and fingerprint, stands in `findings.json`
(`python -m tests.end_to_end.recorded` writes it). What surrounds a repository is in
`test_gate_surroundings`, other refs than one branch in `test_gate_refs`, changes of the
policy in `test_gate_law`, what only a list of each commit shows in
`tests/commands/test_audit.py`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from tests.end_to_end.changes import ODD
from tests.end_to_end.changes import REMOVE
from tests.end_to_end.changes import UNGUARDED
from tests.end_to_end.changes import A
from tests.end_to_end.changes import B
from tests.end_to_end.changes import Change
from tests.end_to_end.changes import add_and_delete
from tests.end_to_end.changes import amend
from tests.end_to_end.changes import both
from tests.end_to_end.changes import cherry_pick
from tests.end_to_end.changes import delete_and_restore
from tests.end_to_end.changes import deleting_branch
from tests.end_to_end.changes import edit
from tests.end_to_end.changes import emptied_while_merging
from tests.end_to_end.changes import evil
from tests.end_to_end.changes import fast_forward
from tests.end_to_end.changes import foxtrot
from tests.end_to_end.changes import git
from tests.end_to_end.changes import harmless_octopus
from tests.end_to_end.changes import kept
from tests.end_to_end.changes import link
from tests.end_to_end.changes import modify_delete
from tests.end_to_end.changes import move
from tests.end_to_end.changes import moved_while_merging
from tests.end_to_end.changes import octopus
from tests.end_to_end.changes import octopus_of_reports
from tests.end_to_end.changes import ours
from tests.end_to_end.changes import rebased
from tests.end_to_end.changes import removed_while_merging
from tests.end_to_end.changes import revert
from tests.end_to_end.changes import rewind
from tests.end_to_end.changes import submodule
from tests.end_to_end.changes import unlink
from tests.end_to_end.changes import write
from tests.end_to_end.conftest import Gates
from tests.end_to_end.gates import COMMIT
from tests.end_to_end.gates import COMMIT_GATES
from tests.end_to_end.gates import GATES
from tests.end_to_end.gates import HARD_GATES
from tests.end_to_end.gates import RUNNER_GATES
from tests.end_to_end.gates import TIP_GATES
from tests.end_to_end.gates import Answer
from tests.end_to_end.gates import Done
from tests.end_to_end.gates import Gate
from tests.end_to_end.gates import answer
from tests.end_to_end.gates import marks
from tests.end_to_end.hostile import tool_call
from tests.end_to_end.hostile import treeguard
from tests.end_to_end.recorded import FINDINGS
from tests.end_to_end.support import Workshop
from tests.support.patch13 import KEPT
from tests.support.patch13 import POLICY
from tests.support.patch13 import VIOLATIONS
from tests.support.patch13 import Edit

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n"
)


class Row(NamedTuple):
    """A change, what every gate must say to it, and how it is committed: `git ...`."""

    change: Change
    answer: Answer
    commit: tuple[str, ...] = COMMIT
    setup: str = "plain"


def denied(change: Change, *rules: str) -> Row:
    return Row(change, Answer(False, frozenset(rules)))


def lost(change: Change, *commit: str) -> Row:
    return denied(change, "reports-kept")._replace(commit=commit or COMMIT)


def allowed(change: Change, *rules: str, commit: tuple[str, ...] = COMMIT) -> Row:
    return Row(change, Answer(True, frozenset(rules)), commit)


WAIVER = (
    '\n[[exceptions]]\nrule = "enterprise-isolated"\nreason = "for now"\n'
    'path = "banterhearts/monitoring/metrics.py"\n'
)
MERGE = ("merge", "-q", "--no-edit")
LOOSE = POLICY.replace('kind = "isolated"', 'kind = "isolated"\nseverity = "warning"')
ISOLATED = VIOLATIONS["isolated"].write


def rules_of(kind: str) -> frozenset[str]:
    """The rules of a kind: what breaks the one breaks the other."""
    lines = re.findall(r"\[rules\.(.+)\]\nkind = \"(.+)\"", POLICY)
    return frozenset(rule for rule, its_kind in lines if its_kind == kind)


# Changes of one commit: every gate sees them, that of the commit itself as well.
COMMITS: dict[str, Row] = {
    "1 rm": lost(REMOVE),
    "2 rm and commit all": lost(unlink(A), *COMMIT, "-a"),
    "3 only this path": lost(
        both(write("docs/README.md", "x\n"), unlink(A)), *COMMIT, "--only", A
    ),
    "4 include": lost(
        both(write("docs/README.md", "x\n"), unlink(A)), *COMMIT, "--include", A
    ),
    "5 not staged": allowed(both(write("docs/README.md", "x\n"), unlink(A))),
    "6 mv out": lost(move(A, "archive/run_1.json")),
    "7 mv within": allowed(move(A, "reports/llama3/run_2.json")),
    "8 mv and rewrite": lost(
        both(move(A, "reports/moved.json"), write("reports/moved.json", "other\n" * 9))
    ),
    "9 copy elsewhere": lost(
        both(write("garbage/x.json", '{"tokens_per_second": 42.1}\n'), REMOVE)
    ),
    "10 truncate": lost(write(A, "")),
    "11 one newline": lost(write(A, "\n")),
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
    "20 intent to add": lost(both(git("rm", "-q", "--cached", A), git("add", "-N", A))),
    "21 case": lost(move(A, "Reports/gemma3/run_1.json")),
    "22 odd name": lost(kept(ODD)),
    "23 not UTF-8": lost(both(write(b"docs/\xff\xfe.md", "x\n"), REMOVE)),
    "24 file named HEAD": lost(
        both(write("HEAD", "x\n"), git("branch", "reports"), REMOVE)
    ),
    "25 literal star": lost(
        git("--literal-pathspecs", "rm", "-q", "re*ports/a")
    )._replace(setup="25"),
    "25 literal star, another folder": allowed(REMOVE)._replace(setup="25"),
    "26 first commit": allowed(lambda repo: None)._replace(setup="unborn"),
    "27 amend": lost(REMOVE, "commit", "-q", "--amend", "--no-edit"),
    "31 no-ff": lost(deleting_branch, *MERGE, "--no-ff", "deletes"),
    "32 evil merge": lost(evil, *COMMIT),
    # What the other side had added is lost by the merge, wherever it has landed.
    "34 ours": lost(ours, *MERGE, "-s", "ours", "side"),
    "34 removed while merging": lost(removed_while_merging, *COMMIT),
    "34 emptied while merging": lost(emptied_while_merging, *COMMIT),
    "34 moved while merging": allowed(moved_while_merging),
    "35 modify and delete": lost(modify_delete, *COMMIT),
    "36 octopus": lost(octopus, *MERGE, "one", "two"),
    "36 octopus, ours": lost(octopus_of_reports, *MERGE, "-s", "ours", "one", "two"),
    "36 octopus, harmless": allowed(harmless_octopus, commit=(*MERGE, "one", "two")),
    "54 expired waiver": denied(
        edit(
            Edit({"policy.toml": f"{POLICY}{WAIVER}expires = 2026-01-01\n", **ISOLATED})
        ),
        "enterprise-isolated",
        "exceptions",
    ),
    "55 no policy": denied(git("rm", "-q", "policy.toml")),
    "55 bad policy": denied(write("policy.toml", "[rules.x]\n")),
    "55 empty policy": denied(write("policy.toml", "")),
    "55 byte order mark": denied(write("policy.toml", f"\ufeff{POLICY}")),
    "55 unknown key": denied(write("policy.toml", f"{POLICY}\n[rule]\n")),
    "55 wrong type": denied(
        write("policy.toml", POLICY.replace("version = 1", 'version = "1"'))
    ),
    "tightened": allowed(
        write(
            "policy.toml",
            POLICY.replace("references = true", "references = true\nindirect = true"),
        )
    ),
    **{
        f"breaks {kind}": denied(edit(e), *rules_of(kind))
        for kind, e in VIOLATIONS.items()
    },
    **{f"keeps {k}": allowed(edit(e)) for k, e in KEPT.items()},
}
# Imports and layout, by how they may be written: committed like the rows above.
X = "banterhearts/ai_agent/x.py"


def imports(text: str, *rules: str) -> Row:
    return denied(write(X, text), *(rules or ("no-garbage-imports",)))


PROBES: dict[str, Row] = {
    "import": imports("import garbage\n"),
    "relative": denied(
        write("x.py", "from . import garbage\n"),
        "no-garbage-imports",
        "unreadable-source",
    ),
    # Not a warning: the name is written there, as in an import.
    "importlib": imports(
        "import importlib\nimportlib.import_module('garbage.agents')\n"
    ),
    "string and comment": allowed(write(X, "# import garbage\nT = 'some garbage'\n")),
    "garbage_utils": allowed(write(X, "import garbage_utils\n")),
    "TYPE_CHECKING": imports(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import garbage\n"
    ),
    "syntax error": imports("def (:\n", "unreadable-source"),
    "deleted importer": allowed(
        git("rm", "-q", "banterhearts/tests/enterprise/test_datadog.py")
    ),
    "untracked": allowed(
        both(
            lambda repo: repo.write(X, "import garbage\n"),
            write("docs/README.md", "x\n"),
        )
    ),
    "staged": denied(
        both(write(X, "import garbage\n"), lambda repo: repo.write(X, "")),
        "no-garbage-imports",
    ),
    "on disk": allowed(
        both(write(X, ""), lambda repo: repo.write(X, "import garbage\n"))
    ),
    "adapters": denied(
        write(
            "banterhearts/enterprise/storage/clickhouse_adapter.py",
            "import banterhearts.enterprise.observability.datadog_adapter\n",
        ),
        "enterprise-isolated",
    ),
    "target moves": denied(
        both(
            git("mv", "banterhearts/monitoring/metrics.py", "garbage/metrics.py"),
            write(X, "from garbage.metrics import NAME\n"),
        ),
        "no-garbage-imports",
    ),
    "exempt folder": allowed(write("docs/examples/Dockerfile", "FROM x\n"))._replace(
        setup="exempt"
    ),
}
COMMITS.update({f"probe: {name}": row for name, row in PROBES.items()})
# One commit that loosens the law that it breaks.
LAWS: dict[str, Row] = {
    "52 looser law": denied(
        edit(Edit({"policy.toml": LOOSE, **ISOLATED})), "enterprise-isolated"
    ),
    "53 own waiver": denied(
        edit(Edit({"policy.toml": POLICY + WAIVER, **ISOLATED})), "enterprise-isolated"
    ),
}
# What only several commits, or a merge, can do: a commit hook sees none of these whole.
HISTORIES: dict[str, Row] = {
    "27 amend of a deletion": lost(amend),
    "28 revert of an addition": lost(revert),
    "29 cherry-pick": lost(cherry_pick),
    "30 fast-forward": lost(fast_forward),
    "33 foxtrot": lost(foxtrot),
    "37 add and delete": allowed(add_and_delete),
    "38 delete and restore": allowed(delete_and_restore),
    "43 rewind": lost(rewind),
}

# What neither --no-verify nor another way to make a commit skips (29, and section 2.1).
HARD: dict[str, Row] = {
    "commit": lost(REMOVE, *COMMIT, "--no-verify"),
    "commit all": lost(unlink(A), *COMMIT, "--all", "--no-verify"),
    "amend": lost(REMOVE, "commit", "-q", "--amend", "--no-edit", "--no-verify"),
    "merge": lost(deleting_branch, *MERGE, "--no-ff", "--no-verify", "deletes"),
    "28 revert": lost(lambda repo: None, "revert", "--no-edit", "HEAD"),
    "29 cherry-pick": lost(deleting_branch, "cherry-pick", "deletes"),
    "29 rebase": lost(rebased, "rebase", "-q", "main", "deletes"),
    "29 rebase -i": lost(
        rebased, "-c", "sequence.editor=true", "rebase", "-qi", "main", "deletes"
    ),
    "harmless": allowed(
        both(deleting_branch, move(B, "reports/llama3/second.json")),
        commit=(*COMMIT, "--no-verify"),
    ),
    # Git runs no hook at all for these (githooks(5)).
    "29 rebase --apply": allowed(
        rebased, commit=("rebase", "-q", "--apply", "main", "deletes")
    ),
    "30 fast-forward": allowed(deleting_branch, commit=(*MERGE, "deletes")),
}

# What a gate cannot see, and why.
BLIND = {
    ("26 first commit", "range"): "there is nothing yet to compare with",
    ("26 first commit", "pull request"): "there is nothing yet to compare with",
    ("43 rewind", "pull request"): "to merge an older commit lands nothing",
    ("43 rewind", "push under prek"): "it calls no hook for a rewind",
    ("23 not UTF-8", "commit under pre-commit"): "it crashes, and so refuses",
}


def at_gate(gates: Gates, gate: str, row: Row, *, is_history: bool = False) -> Done:
    place = gates.open(gate, row.setup)
    row.change(place.repo)
    return GATES[gate].ask(place, () if is_history else row.commit)


def cases(rows: dict[str, Row], *gates: dict[str, Gate]) -> list[tuple[str, str]]:
    """Every row at every gate that can see it."""
    every = [gate for group in gates for gate in group]
    return [(row, gate) for row in rows for gate in every if (row, gate) not in BLIND]


@pytest.mark.parametrize(("name", "gate"), cases(COMMITS, COMMIT_GATES, TIP_GATES))
def test_a_change_of_one_commit(name: str, gate: str, gates: Gates) -> None:
    row = COMMITS[name]
    done = at_gate(gates, gate, row)
    if "54" in name and gate in TIP_GATES:
        # The waiver has not landed: to the law in force there is none.
        name, row = "53 own waiver", LAWS["53 own waiver"]
    assert answer(done) == row.answer
    assert marks(done) == FINDINGS[name]


@pytest.mark.parametrize("gate", COMMIT_GATES)
def test_what_heads_own_side_had_removed_is_no_loss_of_a_merge(
    gate: str, gates: Gates
) -> None:
    place = gates.open(gate)
    ours(place.repo)
    REMOVE(place.repo)
    place.repo.run(*UNGUARDED, *COMMIT)
    assert GATES[gate].ask(place, (*MERGE, "side")).returncode == 0


@pytest.mark.parametrize(
    ("name", "gate"), cases(LAWS, COMMIT_GATES, TIP_GATES, RUNNER_GATES)
)
def test_a_law_that_has_not_landed(name: str, gate: str, gates: Gates) -> None:
    done = at_gate(gates, gate, LAWS[name])
    assert answer(done) == LAWS[name].answer
    assert marks(done) == FINDINGS[name]


@pytest.mark.parametrize(("name", "gate"), cases(HISTORIES, TIP_GATES, RUNNER_GATES))
def test_a_history(name: str, gate: str, gates: Gates) -> None:
    row = HISTORIES[name]
    done = at_gate(gates, gate, row, is_history=True)
    assert answer(done) == row.answer
    assert marks(done) == FINDINGS[name]


@pytest.mark.parametrize("gate", HARD_GATES)
@pytest.mark.parametrize("name", HARD)
def test_a_commit_that_skips_the_others(name: str, gate: str, gates: Gates) -> None:
    assert answer(at_gate(gates, gate, HARD[name])) == HARD[name].answer


@pytest.mark.parametrize(
    ("name", "gate"), [case for case in BLIND if case[1] in RUNNER_GATES]
)
def test_what_a_runner_does_not_show(name: str, gate: str, gates: Gates) -> None:
    """The documents say so; the day it does show it, they can say more."""
    done = at_gate(gates, gate, HISTORIES[name], is_history=True)
    assert answer(done).accepted


def test_a_name_that_stops_pre_commit(gates: Gates) -> None:
    done = at_gate(gates, "commit under pre-commit", COMMITS["23 not UTF-8"])
    assert not answer(done).accepted


# Rows as a coding agent would do them: what it runs, or the file that it writes.
CALLS: dict[str, dict[str, str]] = {
    "1 rm": {"command": f"git rm -q {A}"},
    "2 rm and commit all": {"command": f"rm {A} && git commit -am x"},
    "6 mv out": {"command": f"mkdir -p archive && git mv {A} archive/run_1.json"},
    "7 mv within": {"command": f"git mv {A} reports/llama3/run_2.json"},
    "10 truncate": {"command": f": > {A}"},
    "18 edit": {"file_path": A, "content": "{}\n"},
    "19 add": {"file_path": "reports/new.json", "content": "{}\n"},
    "21 case": {"command": f"git mv {A} Reports/run_1.json"},
    "55 no policy": {"command": "git rm -q policy.toml"},
    "55 bad policy": {"file_path": "policy.toml", "content": "[rules.x]\n"},
    "probe: import": {"file_path": X, "content": "import garbage\n"},
    "probe: string and comment": {"file_path": X, "content": "# import garbage\n"},
    "breaks placed": {"file_path": "Dockerfile", "content": "FROM x\n"},
}


@pytest.mark.parametrize("name", CALLS)
def test_a_coding_agent_hears_the_same(
    name: str, gates: Gates, workshop: Workshop
) -> None:
    repo = gates.open("range").repo
    tool = "Bash" if "command" in CALLS[name] else "Write"
    ended = treeguard(
        workshop, repo, "agent-hook", stdin=tool_call(repo, tool, **CALLS[name])
    )
    expected = COMMITS[name].answer
    assert ended.code == (0 if expected.accepted else 2), ended
    assert all(rule in ended.err for rule in expected.rules), ended
