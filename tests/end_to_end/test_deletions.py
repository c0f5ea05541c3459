"""Every way to lose a preserved file that a commit can meet, as one table.

The numbers are those of the list of adversarial cases that this guard was built from;
what only a push or a pull request meets is not here.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.end_to_end.support import Guarded
from tests.end_to_end.support import Outcome

Guard = Callable[..., Guarded]
Attempt = Callable[[Guarded], Outcome]

A = "reports/gemma3/run_1.json"
B = "reports/llama3/run_1.json"
LFS = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 12345\n"
)


def remove(guarded: Guarded) -> Outcome:
    guarded.repo.run("rm", "-q", A)
    return guarded.commit()


def remove_with_all(guarded: Guarded) -> Outcome:
    guarded.repo.remove(A)
    return guarded.git("commit", "-am", "x")


def remove_one_path_only(guarded: Guarded) -> Outcome:
    guarded.repo.remove(A)
    guarded.repo.write("docs/README.md", "# Staged\n")
    guarded.repo.run("add", "docs/README.md")
    return guarded.git("commit", "-m", "x", A)


def remove_with_include(guarded: Guarded) -> Outcome:
    guarded.repo.remove(A)
    return guarded.git("commit", "-m", "x", "-i", A)


def remove_unstaged(guarded: Guarded) -> Outcome:
    guarded.repo.remove(A)
    guarded.repo.write("docs/README.md", "# Staged\n")
    guarded.repo.run("add", "docs/README.md")
    return guarded.commit()


def move(source: str, target: str) -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        (guarded.repo.path / target).parent.mkdir(parents=True, exist_ok=True)
        guarded.repo.run("mv", source, target)
        return guarded.commit()

    return attempt


def move_and_rewrite(guarded: Guarded) -> Outcome:
    guarded.repo.run("mv", A, "reports/gemma3/moved.json")
    guarded.repo.write("reports/gemma3/moved.json", '{"quite": "another"}\n' * 9)
    return guarded.git("commit", "-am", "x")


def remove_and_copy_elsewhere(guarded: Guarded) -> Outcome:
    data = (guarded.repo.path / A).read_bytes()
    guarded.repo.write("garbage/run_1.json", data)
    guarded.repo.run("rm", "-q", A)
    guarded.repo.stage("garbage")
    return guarded.commit()


def write(path: str, text: str, attributes: str = "") -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        if attributes:
            guarded.repo.write(".gitattributes", attributes)
        guarded.repo.write(path, text)
        guarded.repo.stage()
        return guarded.commit()

    return attempt


def write_pointer(guarded: Guarded) -> Outcome:
    """A pointer under filter=lfs, staged as the filter would, without running it."""
    guarded.repo.write(".gitattributes", "reports/** filter=lfs -text\n")
    guarded.repo.run("config", "filter.lfs.clean", "cat")
    guarded.repo.write(A, LFS)
    guarded.repo.stage()
    return guarded.commit()


def become_link(path: str, target: str) -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        guarded.repo.run("rm", "-q", "-r", path)
        guarded.repo.link(path, target)
        guarded.repo.stage()
        return guarded.commit()

    return attempt


def become_submodule(path: str) -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        guarded.repo.run("rm", "-q", "-r", "--cached", path)
        entry = f"160000,{guarded.repo.head()},{path}"
        guarded.repo.run("update-index", "--add", "--cacheinfo", entry)
        return guarded.commit()

    return attempt


def become_file(path: str) -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        guarded.repo.run("rm", "-q", "-r", path)
        guarded.repo.write(path, "now a file\n")
        guarded.repo.stage()
        return guarded.commit()

    return attempt


def become_folder(guarded: Guarded) -> Outcome:
    guarded.repo.run("rm", "-q", A)
    guarded.repo.write(f"{A}/inner.json", "{}\n")
    guarded.repo.stage()
    return guarded.commit()


def change_mode(guarded: Guarded) -> Outcome:
    guarded.repo.run("update-index", "--chmod=+x", A)
    return guarded.commit()


def intend_to_add(guarded: Guarded) -> Outcome:
    guarded.repo.run("rm", "-q", "--cached", A)
    guarded.repo.run("add", "-N", A)
    return guarded.commit()


def remove_odd_name(name: str) -> Attempt:
    def attempt(guarded: Guarded) -> Outcome:
        path = f"reports/{name}"
        guarded.repo.write(path, "odd\n")
        guarded.repo.stage()
        assert guarded.commit().accepted
        guarded.repo.run("rm", "-q", "--", path)
        return guarded.commit()

    return attempt


def add_undecodable_name(guarded: Guarded) -> Outcome:
    guarded.repo.write(b"docs/caf\xe9.md", "x\n")
    guarded.repo.stage()
    guarded.repo.run("rm", "-q", A)
    return guarded.commit()


def remove_among_confusing_names(guarded: Guarded) -> Outcome:
    guarded.repo.write("HEAD", "x\n")
    guarded.repo.stage()
    assert guarded.commit().accepted
    guarded.repo.run("branch", "reports")
    return remove(guarded)


def remove_from_literal_folder(guarded: Guarded) -> Outcome:
    policy = (guarded.repo.path / "policy.toml").read_text()
    literal = policy.replace('paths = ["reports/"]', "paths = ['re\\*ports/']")
    assert literal != policy
    guarded.repo.write("policy.toml", literal)
    guarded.repo.write("re*ports/a.json", "{}\n")
    guarded.repo.stage()
    assert guarded.commit().accepted
    guarded.repo.run("rm", "-q", "--", A)
    assert guarded.commit().accepted
    guarded.repo.run("--literal-pathspecs", "rm", "-q", "--", "re*ports/a.json")
    return guarded.commit()


def first_commit(guarded: Guarded) -> Outcome:
    guarded.repo.run("checkout", "-q", "--orphan", "fresh")
    guarded.repo.run("rm", "-q", "--cached", A)
    return guarded.commit()


def amend_with_deletion(guarded: Guarded) -> Outcome:
    guarded.repo.run("rm", "-q", A)
    return guarded.git("commit", "--amend", "--no-edit")


def amend_unguarded_deletion(guarded: Guarded) -> Outcome:
    guarded.repo.run("rm", "-q", A)
    assert guarded.commit(None, "--no-verify").accepted
    return guarded.git("commit", "--amend", "-m", "again")


def branch(guarded: Guarded, name: str, *args: str) -> None:
    """A branch on which `git ARGS` is committed unguarded; back on main."""
    guarded.repo.run("checkout", "-q", "-b", name, "main")
    guarded.repo.run(*args)
    guarded.repo.commit(name, "--no-verify", "-a")
    guarded.repo.run("checkout", "-q", "main")


def merge_deleting_branch(guarded: Guarded) -> Outcome:
    branch(guarded, "side", "rm", "-q", A)
    return guarded.git("merge", "--no-ff", "--no-edit", "side")


def evil_merge(guarded: Guarded) -> Outcome:
    branch(guarded, "side", "mv", "docs/README.md", "docs/index.md")
    guarded.repo.run("merge", "-q", "--no-ff", "--no-commit", "side")
    return remove(guarded)


def merge_drops_what_never_landed(guarded: Guarded) -> Outcome:
    guarded.repo.run("checkout", "-q", "-b", "side")
    guarded.repo.write("reports/new.json", "{}\n")
    guarded.repo.stage()
    assert guarded.commit().accepted
    guarded.repo.run("checkout", "-q", "main")
    return guarded.git("merge", "-s", "ours", "--no-edit", "side")


def conflict_resolved_to_delete(guarded: Guarded) -> Outcome:
    branch(guarded, "side", "rm", "-q", A)
    guarded.repo.write(A, '{"tokens_per_second": 43.0}\n')
    guarded.repo.stage()
    assert guarded.commit().accepted
    assert not guarded.git("merge", "--no-edit", "side").accepted
    return remove(guarded)


def octopus(guarded: Guarded, *args: str) -> Outcome:
    branch(guarded, "one", "mv", "docs/README.md", "docs/index.md")
    branch(guarded, "two", *args)
    return guarded.git("merge", "--no-edit", "one", "two")


def clean_octopus(guarded: Guarded) -> Outcome:
    return octopus(guarded, "mv", "scripts/ollama/bench.py", "scripts/ollama/run.py")


def deleting_octopus(guarded: Guarded) -> Outcome:
    return octopus(guarded, "rm", "-q", A)


DENIED: dict[str, Attempt] = {
    "1-rm": remove,
    "2-rm-then-commit-all": remove_with_all,
    "3-commit-only-this-path": remove_one_path_only,
    "4-commit-include": remove_with_include,
    "6-moved-out": move(A, "archive/run_1.json"),
    "8-moved-and-rewritten": move_and_rewrite,
    "9-removed-and-copied-elsewhere": remove_and_copy_elsewhere,
    "10-truncated": write(A, ""),
    "12-becomes-a-link": become_link(A, "../llama3/run_1.json"),
    "13-becomes-a-submodule": become_submodule(A),
    "14-becomes-an-lfs-pointer": write(A, LFS),
    "15-becomes-a-folder": become_folder,
    "16-folder-becomes-a-file": become_file("reports"),
    "16-folder-becomes-a-link": become_link("reports", "docs"),
    "16-folder-becomes-a-submodule": become_submodule("reports"),
    "20-intent-to-add": intend_to_add,
    "21-case-only": move("reports", "Reports"),
    "22-newline": remove_odd_name("a\nb.json"),
    "22-tab": remove_odd_name("a\tb.json"),
    "22-quote": remove_odd_name('a"b.json'),
    "22-leading-dash": remove_odd_name("-b.json"),
    "23-undecodable-name-beside-it": add_undecodable_name,
    "24-confusing-names": remove_among_confusing_names,
    "25-literal-star": remove_from_literal_folder,
    "27-amend": amend_with_deletion,
    "31-merge-of-a-deleting-branch": merge_deleting_branch,
    "32-evil-merge": evil_merge,
    "35-conflict-resolved-to-delete": conflict_resolved_to_delete,
    "36-octopus-that-deletes": deleting_octopus,
}

ACCEPTED: dict[str, Attempt] = {
    "5-unstaged": remove_unstaged,
    "7-moved-within": move(A, "reports/gemma3/first.json"),
    "11-one-newline": write(A, "\n"),
    "14-lfs-pointer-under-the-filter": write_pointer,
    "17-mode-only": change_mode,
    "18-edited": write(A, '{"tokens_per_second": 44.0}\n'),
    "19-added": write("reports/gemma3/run_2.json", "{}\n"),
    "26-first-commit": first_commit,
    "27-amend-of-an-unguarded-deletion": amend_unguarded_deletion,
    "34-ours-drops-what-never-landed": merge_drops_what_never_landed,
    "36-octopus": clean_octopus,
}


@pytest.mark.parametrize("attempt", DENIED.values(), ids=DENIED)
def test_a_loss_is_refused(guard: Guard, attempt: Attempt) -> None:
    outcome = attempt(guard("native"))
    assert not outcome.accepted
    assert "reports-kept" in outcome.output, outcome.output
    assert "Traceback" not in outcome.output


@pytest.mark.parametrize("attempt", ACCEPTED.values(), ids=ACCEPTED)
def test_no_loss_is_accepted(guard: Guard, attempt: Attempt) -> None:
    outcome = attempt(guard("native"))
    assert outcome.accepted, outcome.output


def test_a_copy_elsewhere_is_not_called_a_move(guard: Guard) -> None:
    outcome = remove_and_copy_elsewhere(guard("native"))
    assert "rename" not in outcome.output


def test_a_terminal_sees_names_escaped(guard: Guard) -> None:
    outcome = remove_odd_name("a\nb\x1b[31m.json")(guard("native"))
    assert "\x1b" not in outcome.output
    assert "a\nb" not in outcome.output
    assert os.linesep in outcome.output
