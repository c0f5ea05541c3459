"""Changes to make in a clone: of one commit, and histories of several."""

from __future__ import annotations

import os
from collections.abc import Callable

from tests.support.git import Repo
from tests.support.patch13 import Edit
from tests.support.patch13 import apply

A = "reports/gemma3/run_1.json"
B = "reports/llama3/run_1.json"
ODD = "reports/-o\n\t\"'dd"
Change = Callable[[Repo], object]
# A commit that no hook sees, not even the one that `--no-verify` does not skip.
UNGUARDED = ("-c", f"core.hooksPath={os.devnull}")


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


def unlink(path: str) -> Change:
    """Gone from the work tree, and nobody told Git."""
    return lambda repo: repo.remove(path)


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


def kept(name: str | bytes) -> Change:
    """A report with an odd name, which has landed before it is deleted."""

    def change(repo: Repo) -> None:
        repo.run("rm", "-q", "--", name)

    return change


REMOVE = git("rm", "-q", A)


def commit(repo: Repo, change: Change, *words: str) -> None:
    change(repo)
    repo.run(*UNGUARDED, "commit", "-q", "--allow-empty", "-m", "change", *words)


def deleting_branch(repo: Repo) -> None:
    """A branch `deletes` that deletes a report, and another commit on `main`."""
    repo.run("checkout", "-q", "-b", "deletes")
    commit(repo, REMOVE)
    repo.run("checkout", "-q", "main")


def merge(repo: Repo, *words: str) -> None:
    repo.run(*UNGUARDED, "merge", "-q", "--no-edit", *words)


def amend(repo: Repo) -> None:
    commit(repo, REMOVE)
    commit(repo, write("docs/README.md", "x\n"), "--amend")


def revert(repo: Repo) -> None:
    repo.run("revert", "--no-edit", "HEAD")


def cherry_pick(repo: Repo) -> None:
    deleting_branch(repo)
    repo.run("cherry-pick", "deletes")


def rebased(repo: Repo) -> None:
    """A branch `deletes` that was left behind by `main`."""
    deleting_branch(repo)
    commit(repo, write("docs/news.md", "x\n"))


def fast_forward(repo: Repo) -> None:
    deleting_branch(repo)
    merge(repo, "deletes")


def side_branch(repo: Repo, change: Change) -> None:
    repo.run("checkout", "-q", "-b", "side")
    commit(repo, change)
    repo.run("checkout", "-q", "main")


def evil(repo: Repo) -> None:
    side_branch(repo, write("docs/side.md", "x\n"))
    commit(repo, write("docs/main.md", "x\n"))
    merge(repo, "--no-commit", "--no-ff", "side")
    REMOVE(repo)


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


def removed_while_merging(repo: Repo) -> None:
    ours(repo)
    repo.run(*UNGUARDED, "merge", "-q", "--no-commit", "side")
    repo.run("rm", "-q", "-f", "reports/never.json")


def emptied_while_merging(repo: Repo) -> None:
    ours(repo)
    repo.run(*UNGUARDED, "merge", "-q", "--no-commit", "side")
    write("reports/never.json", "")(repo)


def moved_while_merging(repo: Repo) -> None:
    ours(repo)
    repo.run(*UNGUARDED, "merge", "-q", "--no-commit", "side")
    repo.run("mv", "reports/never.json", "reports/moved.json")


def octopus_of_reports(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, write(f"reports/{name}.json", f"{name}\n"))
    repo.run("checkout", "-q", "main")
    commit(repo, write("docs/main.md", "x\n"))


def modify_delete(repo: Repo) -> None:
    deleting_branch(repo)
    commit(repo, write(A, "{}\n"))
    repo.run("merge", "-q", "deletes", check=False)
    REMOVE(repo)


def octopus(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, write(f"docs/{name}.md", "x\n"))
    commit(repo, REMOVE)
    repo.run("checkout", "-q", "main")


def harmless_octopus(repo: Repo) -> None:
    for name in ("one", "two"):
        repo.run("checkout", "-q", "-b", name, "main")
        commit(repo, write(f"docs/{name}.md", "x\n"))
    repo.run("checkout", "-q", "main")


def add_and_delete(repo: Repo) -> None:
    commit(repo, write("reports/new.json", "{}\n"))
    commit(repo, git("rm", "-q", "reports/new.json"))


def delete_and_restore(repo: Repo) -> None:
    commit(repo, REMOVE)
    commit(repo, git("checkout", "-q", "HEAD~1", "--", A))


def rewind(repo: Repo) -> None:
    repo.run("reset", "-q", "--hard", "HEAD~1")
