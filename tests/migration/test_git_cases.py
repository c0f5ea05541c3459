"""What a repository can be, and what can have happened: by command, on real Git.

The numbers are those of the list of cases that the migration was built against.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.calling import Answer
from tests.commands.calling import call
from tests.migration.acting import on_disk
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from tests.support.project import ROOT

POLICY = """\
[policy]
version = 1

[migration]
id = "patch-13"
title = "Tidy up"
record = "patches/patch_13.md"

[[migration.move]]
from = ["core/agents/"]
to = "garbage/agents/"
reason = "simulation"

[[migration.move]]
from = ["install.sh", "run.sh"]
to = "deployment/scripts/"
reason = "deployment"

[[migration.create]]
path = "deployment/README.md"
text = "# Deployment\\n"
"""
FILES = {
    "policy.toml": POLICY,
    "core/__init__.py": "",
    "core/agents/__init__.py": "",
    "core/agents/heal.py": "from . import plan\n",
    "core/agents/plan.py": "NAME = 1\n",
    "demo.py": "import core.agents.heal\n",
    "install.sh": "#!/bin/sh\necho one\n",
    "run.sh": "#!/bin/sh\necho two\n",
    ".gitignore": "*.log\n__pycache__/\n/deployment/local/\n",
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return filled(make_repository(tmp_path_factory.mktemp("cases") / "repo"))


def filled(repo: Repo, **more: str) -> Repo:
    for path, text in {**FILES, **more}.items():
        repo.write(path, text)
    (repo.path / "install.sh").chmod(0o755)
    repo.stage()
    repo.commit("before")
    return repo


@pytest.fixture
def repo(template: Repo, tmp_path: Path) -> Repo:
    """A package and two scripts that move, and one file that is edited."""
    shutil.copytree(template.path, tmp_path / "repo", symlinks=True)
    repo = Repo(tmp_path / "repo", template.env)
    repo.run("update-index", "-q", "--refresh")
    return repo


def apply(repo: Repo, capsys: Capture, *words: str) -> Answer:
    return call(repo, capsys, "migrate", "apply", *words)


def undo(repo: Repo, capsys: Capture) -> Answer:
    return call(repo, capsys, "migrate", "undo")


def there_and_back(repo: Repo, capsys: Capture, *words: str) -> None:
    """Apply leaves a clean tree, and undo the very state of before."""
    before = state(repo)
    dirty = repo.out("status", "--porcelain", "--no-branch", "-uno")
    done = apply(repo, capsys, *words)
    assert done.code == 0, done.err
    assert repo.out("status", "--porcelain", "--no-branch", "-uno") == dirty
    assert repo.out("fsck", "--no-dangling") == ""
    assert undo(repo, capsys).code == 0
    assert state(repo) == before


# What stands in the way.


def two_for_one_place(repo: Repo) -> None:
    repo.write("deployment/scripts/install.sh", "another\n")
    commit_all(repo)


def one_name_but_for_case(repo: Repo) -> None:
    repo.write("core/agents/a.md", "")
    repo.write("core/agents/A.md", "")
    commit_all(repo)


def an_ignored_file_at_the_place(repo: Repo) -> None:
    repo.write("policy.toml", POLICY.replace("deployment/scripts", "deployment/local"))
    commit_all(repo)
    repo.write("deployment/local/run.sh", "mine\n")


def a_submodule_inside(repo: Repo) -> None:
    entry = f"160000,{repo.head()},core/agents/sub"
    repo.run("update-index", "--add", "--cacheinfo", entry)
    repo.commit("submodule")


def a_moved_file_is_dirty(repo: Repo) -> None:
    repo.write("run.sh", "mine\n")


def a_rebase_is_in_progress(repo: Repo) -> None:
    stop = {"GIT_SEQUENCE_EDITOR": "sed -i -e 1ibreak"}
    repo.run("commit", "-q", "--allow-empty", "-m", "more")
    repo.run("rebase", "-q", "-i", "HEAD~1", env=stop)


def the_branch_in_another_work_tree(repo: Repo) -> None:
    second = str(repo.path.parent / "second")
    repo.run("worktree", "add", "-q", "--force", second, "main")


def head_is_detached(repo: Repo) -> None:
    repo.run("switch", "-q", "--detach")


def everything_moved_by_hand(repo: Repo) -> None:
    """As after a squash: the files and the record, and none of the commits."""
    repo.write("garbage/agents/x.py", "")
    repo.run("mv", "core/agents/plan.py", "garbage/agents/plan.py")
    repo.write("patches/patch_13.md", "# Squashed\n")
    commit_all(repo)


def outside_of_the_sparse_checkout(repo: Repo) -> None:
    repo.run("sparse-checkout", "set", "--cone", "nothing")


def commit_all(repo: Repo) -> None:
    repo.stage()
    repo.commit("more")


REFUSED = {
    "case-36-two-files-for-one-place": (
        two_for_one_place,
        "install.sh would move to deployment/scripts/install.sh: a file already exists",
    ),
    "case-36-names-that-only-case-tells-apart": (
        one_name_but_for_case,
        "garbage/agents/a.md and garbage/agents/A.md are the same path where case is",
    ),
    "case-38-an-ignored-file-at-the-place": (
        an_ignored_file_at_the_place,
        "deployment/local/run.sh already exists, and nothing is overwritten",
    ),
    "case-40-a-moved-file-is-dirty": (
        a_moved_file_is_dirty,
        "files of the plan have uncommitted changes: run.sh",
    ),
    "case-40-a-rebase-is-in-progress": (
        a_rebase_is_in_progress,
        "a rebase is in progress",
    ),
    "case-40-the-branch-in-another-work-tree": (
        the_branch_in_another_work_tree,
        "main is checked out in another work tree too",
    ),
    "a-submodule-in-a-folder-that-moves": (
        a_submodule_inside,
        "core/agents/sub is a submodule",
    ),
    "a-detached-head": (head_is_detached, "HEAD is detached"),
    "a-record-without-its-commits": (
        everything_moved_by_hand,
        "patches/patch_13.md exists, but the history has no commits of patch-13",
    ),
    "outside-of-the-sparse-checkout": (
        outside_of_the_sparse_checkout,
        "core/agents/__init__.py is outside of the sparse checkout",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused_and_nothing_is_changed(
    repo: Repo, capsys: Capture, spoil: Callable[[Repo], None], says: str
) -> None:
    spoil(repo)
    before = state(repo)
    answer = apply(repo, capsys)
    assert answer.code == 2
    assert says in answer.err
    assert state(repo) == before


def test_no_commit_yet(tmp_path: Path, capsys: Capture) -> None:
    repo = make_repository(tmp_path / "empty")
    repo.write("policy.toml", POLICY)
    for word in ("plan", "apply", "verify", "undo", "status"):
        answer = call(repo, capsys, "migrate", word)
        assert answer.code == 2
        assert "HEAD" in answer.err


# What a repository can be.


def odd_names(repo: Repo) -> None:
    """Case 37."""
    for name in (b"a b", b"q\"uo'te", b"new\nline", b"\xff\xfe.txt", b"-dash", b"\t"):
        repo.write(b"core/agents/" + name, name)
    repo.link("core/agents/top", "heal.py")
    repo.link(b"core/agents/to \xff", b"\xff\xfe.txt")
    (repo.path / "core/agents/-dash").chmod(0o755)
    commit_all(repo)


def index_version_4(repo: Repo) -> None:
    repo.run("update-index", "--index-version", "4")


def split_index(repo: Repo) -> None:
    repo.run("update-index", "--split-index")


def sparse_index(repo: Repo) -> None:
    repo.write("far/away/x.txt", "x")
    commit_all(repo)
    repo.run("sparse-checkout", "set", "--cone", "--sparse-index", "core")


def line_ends_of_windows(repo: Repo) -> None:
    repo.write(".gitattributes", "* text=auto eol=crlf\n")
    checked_out_anew(repo)
    assert (repo.path / "demo.py").read_bytes().endswith(b"\r\n")


def automatic_line_ends(repo: Repo) -> None:
    repo.run("config", "core.autocrlf", "true")
    checked_out_anew(repo)
    assert (repo.path / "demo.py").read_bytes().endswith(b"\r\n")


def attributes_that_move(repo: Repo) -> None:
    repo.write("core/agents/.gitattributes", "*.txt text eol=crlf\n*.bin -text\n")
    repo.write("core/agents/note.txt", "one\ntwo\n")
    repo.write("core/agents/raw.bin", b"\r\n\n\r")
    checked_out_anew(repo)
    assert (repo.path / "core/agents/note.txt").read_bytes() == b"one\r\ntwo\r\n"


def a_filter_that_follows(repo: Repo) -> None:
    """As LFS does it: what lies on disk is not what the repository has."""
    repo.run("config", "filter.turn.clean", "tr a-z n-za-m")
    repo.run("config", "filter.turn.smudge", "tr a-z n-za-m")
    repo.write(".gitattributes", "*.dat filter=turn\n")
    repo.write("core/agents/model.dat", "weights\n")
    commit_all(repo)
    assert repo.out("show", "HEAD:core/agents/model.dat") == "jrvtugf"


def the_mode_does_not_count(repo: Repo) -> None:
    repo.run("config", "core.fileMode", "false")
    (repo.path / "run.sh").chmod(0o755)


def links_are_plain_files(repo: Repo) -> None:
    """As on Windows: a link lies on disk as a file that holds its target."""
    repo.link("core/agents/top", "heal.py")
    commit_all(repo)
    repo.run("config", "core.symlinks", "false")
    repo.remove("core/agents/top")
    repo.run("checkout", "-q", "--", "core/agents/top")
    assert not os.path.islink(repo.full("core/agents/top"))


def settings_that_bend_what_git_says(repo: Repo) -> None:
    for name, value in {
        "color.ui": "always",
        "column.ui": "always",
        "core.abbrev": "4",
        "core.quotePath": "true",
        "core.splitIndex": "true",
        "core.untrackedCache": "true",
        "diff.external": "false",
        "diff.ignoreSubmodules": "all",
        "diff.mnemonicPrefix": "true",
        "diff.noprefix": "true",
        "diff.orderFile": os.devnull,
        "diff.relative": "true",
        "diff.renames": "copies",
        "feature.manyFiles": "true",
        "log.date": "relative",
        "log.showSignature": "true",
        "status.relativePaths": "true",
        "status.renames": "copies",
        "status.short": "true",
        "status.branch": "true",
        "status.showUntrackedFiles": "no",
    }.items():
        repo.run("config", name, value)


def checked_out_anew(repo: Repo) -> None:
    commit_all(repo)
    for path in repo.out("ls-files").split("\n"):
        repo.remove(path)
    repo.run("checkout", "-q", "-f", "HEAD", "--", ".")


FINE = [
    odd_names,
    index_version_4,
    split_index,
    sparse_index,
    line_ends_of_windows,
    automatic_line_ends,
    attributes_that_move,
    a_filter_that_follows,
    the_mode_does_not_count,
    links_are_plain_files,
    settings_that_bend_what_git_says,
]


@pytest.mark.parametrize("shape", FINE, ids=[shape.__name__ for shape in FINE])
def test_there_and_back(
    repo: Repo, capsys: Capture, shape: Callable[[Repo], None]
) -> None:
    shape(repo)
    there_and_back(repo, capsys)


def test_case_37_odd_names_keep_mode_and_content(repo: Repo, capsys: Capture) -> None:
    odd_names(repo)
    old = repo.run("ls-tree", "-r", "-z", "HEAD", "core/agents/").stdout
    apply(repo, capsys)
    new = repo.run("ls-tree", "-r", "-z", "HEAD", "garbage/agents/").stdout
    assert new == old.replace(b"\tcore/", b"\tgarbage/")
    assert os.readlink(repo.full(b"garbage/agents/to \xff")) == b"\xff\xfe.txt"
    assert repo.out("status", "--porcelain") == ""


@pytest.mark.parametrize("shape", [line_ends_of_windows, automatic_line_ends])
def test_an_edited_file_keeps_the_line_ends_of_the_disk(
    repo: Repo, capsys: Capture, shape: Callable[[Repo], None]
) -> None:
    shape(repo)
    assert apply(repo, capsys).code == 0
    assert (repo.path / "demo.py").read_bytes() == b"import garbage.agents.heal\r\n"
    blob = repo.run("cat-file", "blob", "HEAD:demo.py").stdout
    assert blob == b"import garbage.agents.heal\n"


def test_a_file_of_a_filter_that_has_to_be_edited_is_refused(
    repo: Repo, capsys: Capture
) -> None:
    repo.write(".gitattributes", "demo.py ident\n")
    repo.write("demo.py", "import core.agents.heal  # $Id$\n")
    checked_out_anew(repo)
    before = state(repo)
    answer = apply(repo, capsys)
    assert answer.code == 2
    assert "demo.py has to be edited, but is not on disk" in answer.err
    assert state(repo) == before


def test_a_repository_of_sha256(tmp_path: Path, capsys: Capture) -> None:
    repo = filled(make_repository(tmp_path / "r", "--object-format=sha256"))
    repo.run("switch", "-q", "-c", "feature")
    repo.write("core/agents/new.py", "from . import plan\n")
    commit_all(repo)
    repo.run("switch", "-q", "main")
    there_and_back(repo, capsys)
    assert apply(repo, capsys).code == 0
    assert call(repo, capsys, "migrate", "verify").code == 0
    assert call(repo, capsys, "migrate", "rebase", "feature").code == 0
    assert repo.out("cat-file", "-t", "feature:garbage/agents/new.py") == "blob"


# Again, and elsewhere.


def test_case_43_twice_is_once(repo: Repo, capsys: Capture) -> None:
    apply(repo, capsys)
    before, record = state(repo), repo.head()
    again = apply(repo, capsys)
    assert again == Answer(
        0, f"patch-13 is already performed, as commit {record}\n", ""
    )
    assert state(repo) == before
    assert undo(repo, capsys).code == 0
    old = state(repo)
    assert undo(repo, capsys) == Answer(0, "patch-13: nothing to undo\n", "")
    assert state(repo) == old


def test_case_43_a_file_that_came_later_stays(repo: Repo, capsys: Capture) -> None:
    old = repo.out("rev-parse", "HEAD^{tree}")
    apply(repo, capsys)
    repo.write("garbage/agents/later.py", "")
    commit_all(repo)
    repo.write("garbage/agents/untracked.py", "mine\n")
    answer = undo(repo, capsys)
    assert answer.code == 0
    assert "garbage/agents/later.py was added later: it stays" in answer.err
    changed = repo.out("diff", "--name-status", old, "HEAD")
    assert changed == "A\tgarbage/agents/later.py"
    assert (repo.path / "garbage/agents/untracked.py").read_text() == "mine\n"


def test_case_44_what_is_compiled_and_left_is_told(repo: Repo, capsys: Capture) -> None:
    repo.write("core/agents/__pycache__/heal.pyc", "x")
    answer = apply(repo, capsys)
    assert "core/agents holds compiled Python only" in answer.err
    assert "core/__pycache__" not in answer.err


def test_case_46_a_file_that_exists_is_kept(repo: Repo, capsys: Capture) -> None:
    repo.write("deployment/README.md", "mine\n")
    commit_all(repo)
    answer = apply(repo, capsys)
    assert "kept, because it already exists: deployment/README.md\n" in answer.out
    assert (repo.path / "deployment/README.md").read_text() == "mine\n"


def test_case_40_the_branch_moved_meanwhile(repo: Repo, capsys: Capture) -> None:
    """A commit that lands while a hook of ours is judging: nothing of it is lost."""
    hooks = repo.path.parent / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text(
        "#!/bin/sh\nunset GIT_INDEX_FILE\n"
        "new=$(git commit-tree -p HEAD -m mine 'HEAD^{tree}')\n"
        "git update-ref refs/heads/main $new\n"
    )
    (hooks / "pre-commit").chmod(0o755)
    repo.run("config", "core.hooksPath", "../hooks")
    disk = on_disk(repo)
    answer = apply(repo, capsys)
    assert answer.code == 2
    assert "main moved to " in answer.err
    assert repo.out("log", "-1", "--format=%s") == "mine"
    assert "interrupted" in call(repo, capsys, "migrate", "status").out
    assert undo(repo, capsys).code == 0
    assert repo.out("log", "-1", "--format=%s") == "mine"
    assert repo.out("status", "--porcelain") == ""
    assert on_disk(repo) == disk


def killed_while_a_hook_judges(repo: Repo) -> None:
    """SIGKILL between the files and the branch: from a hook, so the moment is sure."""
    hooks = repo.path.parent / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nkill -9 $PPID\n")
    (hooks / "pre-commit").chmod(0o755)
    repo.run("config", "core.hooksPath", "../hooks")
    ended = subprocess.run(
        [sys.executable, "-m", "treeguard", "migrate", "apply"],
        cwd=repo.path,
        env={**repo.env, "PYTHONPATH": str(ROOT / "hooks")},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    (hooks / "pre-commit").unlink()


@pytest.mark.parametrize("edited", [False, True], ids=["as-it-was", "edited-since"])
@pytest.mark.parametrize("way", ["apply", "undo"])
def test_case_39_a_kill_is_finished_or_taken_back(
    repo: Repo, capsys: Capture, way: str, edited: bool
) -> None:
    before = state(repo)
    killed_while_a_hook_judges(repo)
    assert "interrupted while" in call(repo, capsys, "migrate", "status").out
    if edited:
        repo.write("demo.py", "mine\n")
    answer = call(repo, capsys, "migrate", way)
    if edited:
        assert (repo.path / "demo.py").read_text() == "mine\n"
        assert answer.code == (0 if way == "apply" else 2)
        assert way == "apply" or "demo.py was changed since" in answer.err
    elif way == "undo":
        assert state(repo) == before
    else:
        assert "completed after an interruption" in answer.out
        assert repo.out("status", "--porcelain") == ""
        assert call(repo, capsys, "migrate", "verify").code == 0


def test_on_a_branch_that_has_the_record_already(repo: Repo, capsys: Capture) -> None:
    apply(repo, capsys)
    record = repo.head()
    repo.run("switch", "-q", "-c", "other")
    repo.run("commit", "-q", "--allow-empty", "-m", "more")
    assert record in apply(repo, capsys).out
    assert "of main, which is not HEAD" in undo(repo, capsys).err


def test_untracked_and_ignored_files_are_carried_there_and_back(
    repo: Repo, capsys: Capture
) -> None:
    repo.write("core/agents/notes/mine.txt", "untracked\n")
    repo.write("core/agents/trace.log", "ignored\n")
    before = on_disk(repo)
    assert apply(repo, capsys, "--carry").err == ""
    disk = on_disk(repo)
    assert {"garbage/agents/notes/mine.txt", "garbage/agents/trace.log"} <= disk.keys()
    assert not [path for path in disk if path.startswith("core/agents")]
    assert undo(repo, capsys).code == 0
    assert on_disk(repo) == before


@pytest.mark.parametrize("carry", [False, True], ids=["left", "carried"])
def test_files_that_were_ignored_and_are_not_any_more_are_told(
    repo: Repo, capsys: Capture, carry: bool
) -> None:
    """The ignore file moves away from them; carried along they keep it."""
    repo.write("core/agents/.gitignore", ".env\n")
    repo.stage()
    repo.commit("ignores a secret")
    repo.write("core/agents/.env", "KEY\n")
    told = apply(repo, capsys, *(["--carry"] if carry else [])).err
    exposed = (
        "`git add` would add them: 1 (add a rule to .gitignore)\n  core/agents/.env"
    )
    assert (exposed in told) is not carry
    assert (repo.out("status", "--porcelain") == "") is carry


def test_a_clone_without_a_journal_is_told_what_to_type(
    repo: Repo, tmp_path: Path, capsys: Capture
) -> None:
    old = repo.out("rev-parse", "HEAD^{tree}")
    apply(repo, capsys)
    clone = clone_repository(repo, tmp_path / "clone")
    answer = undo(clone, capsys)
    assert answer.code == 2
    assert "the migration was not performed in this work tree" in answer.err
    command = answer.err.partition("git revert")[2].split("\n")[0].split()
    clone.run("revert", *command)
    assert clone.out("rev-parse", "HEAD^{tree}") == old
    assert "not performed" in call(clone, capsys, "migrate", "status").out
    assert apply(clone, capsys).code == 0
    assert undo(clone, capsys).code == 0
