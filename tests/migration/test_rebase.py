"""`migrate rebase BRANCH`: what forked before the migration lands after it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands.calling import Answer
from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard import cli
from treeguard.repository.merge_tree import WRITE_TREE
from treeguard.repository.plumbing import Git

POLICY = """\
[policy]
version = 1

[rules.no-garbage]
kind = "forbidden"
zone = ["/garbage/"]
from = ["/core/y/"]

[migration]
id = "patch-13"
title = "Tidy up"
record = "patches/patch_13.md"
frozen = ["/CHANGELOG.md"]

[[migration.move]]
from = ["core/agents/"]
to = "garbage/agents/"
reason = "simulation"

[[migration.move]]
from = ["core/store/__init__.py", "core/store/db.py"]
to = "core/enterprise/store/"
reason = "paid"

[[migration.move]]
from = ["install.sh"]
to = "deployment/install.sh"
reason = "deployment"

[[migration.create]]
path = "garbage/README.md"
text = "# Archive\\n"

[[migration.create]]
path = "core/enterprise/__init__.py"
text = ""
"""
DB = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(8))
USE = "from core.store import db\n\n\n" + DB.replace("def f", "def g")
FILES = {
    "policy.toml": POLICY,
    "pyproject.toml": '[project]\nname = "core"\nversion = "1"\n',
    "CHANGELOG.md": "# Changes\n",
    "core/__init__.py": "",
    "core/agents/__init__.py": "",
    "core/agents/heal.py": "from core.store import db\nfrom . import plan\n",
    "core/agents/plan.py": "NAME = 'plan'\n",
    "core/store/__init__.py": "",
    "core/store/db.py": DB,
    "core/use.py": USE,
    "demo.py": "import core.agents.heal\n",
    "install.sh": "#!/bin/sh\necho one\necho two\necho three\n",
    "other.txt": "one\ntwo\nthree\nfour\nfive\n",
}

MEANWHILE = FILES["other.txt"].replace("five", "FIVE")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """`early` forks two commits before the migration, `feature` right before it."""
    repo = make_repository(tmp_path_factory.mktemp("rebase") / "repo")
    for path, text in FILES.items():
        repo.write(path, text)
    (repo.path / "install.sh").chmod(0o755)
    repo.stage()
    repo.commit("before")
    repo.run("branch", "early")
    repo.write("core/store/db.py", DB.replace("return 7", "return 70"))
    repo.write("other.txt", MEANWHILE)
    repo.write("core/late.py", "from core.agents import plan as p\n")
    repo.stage()
    repo.commit("meanwhile")
    repo.run("branch", "feature")
    migrate(repo)
    return repo


def migrate(repo: Repo) -> None:
    """Perform the migration, as a user does."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in repo.env.items():
            patch.setenv(name, value)
        patch.chdir(repo.path)
        assert cli.main(["migrate", "apply"]) == 0


@pytest.fixture
def repo(template: Repo, tmp_path: Path) -> Repo:
    """A copy of the template, on `main`."""
    shutil.copytree(template.path, tmp_path / "repo", symlinks=True)
    return Repo(tmp_path / "repo", template.env)


def branch_off(repo: Repo, branch: str, *steps: Callable[[Repo], None]) -> None:
    """Commit each of `steps` on `branch`, then go back to `main`."""
    repo.run("switch", "-q", branch)
    for step in steps:
        step(repo)
        repo.stage()
        repo.commit(step.__name__)
    repo.run("switch", "-q", "main")


def replaced(repo: Repo, path: str, old: str, new: str) -> None:
    text = (repo.path / path).read_text()
    assert old in text
    (repo.path / path).write_text(text.replace(old, new))


def edits_what_moved(repo: Repo) -> None:
    replaced(repo, "core/store/db.py", "return 0\n", "return 'mine'\n")
    replaced(repo, "install.sh", "echo two", "echo 2")


def edits_beside_an_import(repo: Repo) -> None:
    replaced(repo, "core/use.py", "return 5\n", "return 'mine'\n")


def deletes_what_moved(repo: Repo) -> None:
    repo.remove("core/agents/heal.py")


def renames_in_a_vacated_folder(repo: Repo) -> None:
    repo.run("mv", "core/agents/plan.py", "core/agents/scheme.py")
    repo.write("core/agents/heal.py", "from . import scheme\n")


def adds_to_a_vacated_folder(repo: Repo) -> None:
    repo.write("core/agents/deep/new.py", "from .. import plan\nimport core.use\n")


def adds_beside_files_that_moved_one_by_one(repo: Repo) -> None:
    repo.write("core/store/cache.py", "from . import db\n")


def imports_by_the_old_name(repo: Repo) -> None:
    repo.write("tool.py", "from core.store.db import f1\nimport core.agents.plan\n")


def adds_a_package_elsewhere(repo: Repo) -> None:
    repo.write("extra/__init__.py", "")
    repo.write("extra/x.py", "from core.store import db as d\n")


def touches_pyproject(repo: Repo) -> None:
    replaced(repo, "pyproject.toml", 'version = "1"', 'version = "2"')


def touches_what_is_frozen(repo: Repo) -> None:
    repo.write("CHANGELOG.md", "# Changes\n\n- core/agents/heal.py\n")


def ignores_a_revision(repo: Repo) -> None:
    repo.write(".git-blame-ignore-revs", "0" * 40)


Expected = Mapping[str, str | None]
NEW_DB = DB.replace("return 7", "return 70")
CASES: list[tuple[Callable[[Repo], None], Expected]] = [
    (
        edits_what_moved,
        {
            "core/store/db.py": None,
            "core/enterprise/store/db.py": NEW_DB.replace("n 0\n", "n 'mine'\n"),
            "deployment/install.sh": "#!/bin/sh\necho one\necho 2\necho three\n",
        },
    ),
    (
        edits_beside_an_import,
        {
            "core/use.py": USE.replace("core.store", "core.enterprise.store").replace(
                "return 5\n", "return 'mine'\n"
            )
        },
    ),
    (
        deletes_what_moved,
        {"core/agents/heal.py": None, "garbage/agents/heal.py": None},
    ),
    (
        renames_in_a_vacated_folder,
        {
            "core/agents/scheme.py": None,
            "garbage/agents/plan.py": None,
            "garbage/agents/scheme.py": "NAME = 'plan'\n",
            "garbage/agents/heal.py": "from . import scheme\n",
        },
    ),
    (
        adds_to_a_vacated_folder,
        {
            "core/agents/deep/new.py": None,
            "garbage/agents/deep/new.py": "from .. import plan\nimport core.use\n",
        },
    ),
    (
        adds_beside_files_that_moved_one_by_one,
        {
            "core/store/cache.py": None,
            "core/enterprise/store/cache.py": "from . import db\n",
        },
    ),
    (
        imports_by_the_old_name,
        {
            "tool.py": (
                "from core.enterprise.store.db import f1\nimport garbage.agents.plan\n"
            )
        },
    ),
    (
        adds_a_package_elsewhere,
        {"extra/x.py": "from core.enterprise.store import db as d\n"},
    ),
    (
        touches_pyproject,
        {"pyproject.toml": '[project]\nname = "core"\nversion = "2"\n'},
    ),
    (
        touches_what_is_frozen,
        {"CHANGELOG.md": "# Changes\n\n- core/agents/heal.py\n"},
    ),
]
needs_merging = pytest.mark.skipif(
    Git().version < WRITE_TREE,
    reason="this Git cannot merge in memory",
)


@pytest.mark.parametrize(
    ("step", "expected"), CASES, ids=[case[0].__name__ for case in CASES]
)
def test_the_branch_lands_in_the_new_layout(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    step: Callable[[Repo], None],
    expected: Expected,
) -> None:
    branch_off(repo, "feature", step)
    lands(repo, capsys, "feature", expected)
    assert repo.out("rev-parse", "feature^") == repo.out("rev-parse", "HEAD~2")


@needs_merging
def test_a_branch_that_forked_earlier_lands_there_too(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all of the changes above, one commit each."""
    apart = {deletes_what_moved}
    steps = [step for step, _expected in CASES if step not in apart]
    branch_off(repo, "early", *steps)
    expected = {
        path: text
        for step, found in CASES
        if step not in apart
        for path, text in found.items()
    }
    lands(repo, capsys, "early", {**expected, "other.txt": MEANWHILE})


def lands(
    repo: Repo, capsys: pytest.CaptureFixture[str], branch: str, expected: Expected
) -> None:
    answer = call(repo, capsys, "migrate", "rebase", branch)
    assert (answer.code, answer.err) == (0, "")
    assert "blocking findings: 0\n" in answer.out
    found = {path: content(repo, branch, path) for path in expected}
    assert found == expected
    old = repo.out("ls-tree", "-r", "--name-only", branch).split("\n")
    assert not [path for path in old if path.startswith(("core/agents", "core/store"))]
    lands_without_conflict(repo, branch)


def content(repo: Repo, commit: str, path: str) -> str | None:
    shown = repo.run("show", f"{commit}:{path}", check=False)
    return None if shown.returncode else shown.stdout.decode()


def lands_without_conflict(repo: Repo, branch: str) -> None:
    """The target has gone on, elsewhere: an ordinary merge goes through."""
    replaced(repo, "other.txt", "one\n", "ONE\n")
    replaced(repo, "core/enterprise/store/db.py", "return 3\n", "return 33\n")
    repo.run("commit", "-qam", "later")
    tip = repo.head()
    repo.run("merge", "-q", "--no-edit", branch)
    assert repo.out("rev-parse", "HEAD^1") == tip
    assert repo.out("status", "--porcelain") == ""


def test_what_the_rewrites_added_to_the_list_of_revisions_stays(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", ignores_a_revision)
    assert call(repo, capsys, "migrate", "rebase", "feature").code == 0
    rewrites = content(repo, "main", ".git-blame-ignore-revs")
    both = content(repo, "feature", ".git-blame-ignore-revs")
    assert both == "0" * 40 + "\n" + (rewrites or "")


def test_authors_dates_messages_and_order_stay(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", edits_what_moved, imports_by_the_old_name)
    repo.run("switch", "-q", "feature")
    somebody = {
        "GIT_AUTHOR_NAME": "Zoë Müller",
        "GIT_AUTHOR_EMAIL": "zoe@example.org",
        "GIT_AUTHOR_DATE": "2020-02-03T04:05:06-0730",
    }
    text = "Übermut\n\n  indented\n\n\nTrailer: yes\n"
    repo.run(
        *("-c", "i18n.commitEncoding=latin-1"),
        *("commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-"),
        env=somebody,
        input=text.encode("latin-1"),
    )
    repo.run("switch", "-q", "main")
    form = "--format=%an|%ae|%ad|%B"
    old = repo.run("log", form, "-3", "feature").stdout
    assert call(repo, capsys, "migrate", "rebase", "feature").code == 0
    assert repo.run("log", form, "-3", "feature").stdout == old
    assert "encoding latin-1" in repo.out("cat-file", "commit", "feature")
    assert repo.out("rev-parse", "feature~3") == repo.head()


def test_merges_keep_their_parents(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    repo.run("branch", "side", "feature")
    branch_off(repo, "side", adds_to_a_vacated_folder)
    branch_off(repo, "feature", touches_pyproject)
    repo.run("switch", "-q", "feature")
    repo.run("merge", "-q", "--no-ff", "-m", "both", "side")
    repo.run("switch", "-q", "main")
    answer = call(repo, capsys, "migrate", "rebase", "feature")
    assert "commits: 4\n" in answer.out
    assert len(repo.out("rev-list", "--parents", "-1", "feature").split()) == 3
    assert repo.out("rev-list", "--count", "main..feature") == "4"
    assert content(repo, "feature", "garbage/agents/deep/new.py") is not None
    lands_without_conflict(repo, "feature")


def test_branches_that_stand_on_each_other_still_do(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    """Carried over on different days, and with a date before and after the record's."""
    days = ("2020-01-01T00:00:00+0100", "2030-01-01T00:00:00+0100")
    own = [Repo(repo.path, {**repo.env, "GIT_COMMITTER_DATE": day}) for day in days]
    branch_off(own[0], "feature", edits_what_moved)
    branch_off(own[1], "feature", touches_pyproject)
    repo.run("branch", "second", "feature")
    branch_off(own[1], "second", imports_by_the_old_name)
    assert call(own[0], capsys, "migrate", "rebase", "feature").code == 0
    assert call(own[1], capsys, "migrate", "rebase", "second").code == 0
    assert repo.out("rev-parse", "second^") == repo.out("rev-parse", "feature")
    dates = repo.out("log", "-3", "--format=%cI", "feature").split("\n")
    record = repo.out("log", "-1", "--format=%cI", "main")
    assert dates == ["2030-01-01T00:00:00+01:00", record, record]


@needs_merging
def test_a_merge_of_the_other_side_is_absorbed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "early", edits_what_moved)
    repo.run("switch", "-q", "early")
    repo.run("merge", "-q", "--no-edit", "main~4")
    repo.run("switch", "-q", "main")
    branch_off(repo, "early", touches_pyproject)
    answer = call(repo, capsys, "migrate", "rebase", "early")
    assert "commits: 2\n" in answer.out
    assert "merges dropped, because they change nothing any more: 1\n" in answer.out
    assert repo.out("rev-parse", "early~2") == repo.head()
    lands_without_conflict(repo, "early")


def test_once_is_enough_and_one_command_takes_it_back(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    old = repo.out("rev-parse", "feature")
    first = call(repo, capsys, "migrate", "rebase", "feature")
    new = repo.out("rev-parse", "feature")
    assert old != new
    again = call(repo, capsys, "migrate", "rebase", "feature")
    assert again == Answer(0, "feature already has patch-13; nothing was changed\n", "")
    assert repo.out("rev-parse", "feature") == new
    back = first.out.partition("undo it:\n  git ")[2].split()
    repo.run(*back)
    assert repo.out("rev-parse", "feature") == old


def test_a_dry_run_tells_the_same_and_leaves_nothing(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    before = repo.out("for-each-ref"), repo.out("count-objects", "-v")
    words = ("migrate", "rebase", "feature", "--output-format", "json")
    dry = json.loads(call(repo, capsys, *words, "--dry-run").out)
    assert (repo.out("for-each-ref"), repo.out("count-objects", "-v")) == before
    real = json.loads(call(repo, capsys, *words).out)
    assert real["new"] == repo.out("rev-parse", "feature") == dry["new"]
    assert (dry["take_back"], dry["dry_run"]) == (None, True)
    assert real["commits"] == dry["commits"]
    assert real["state"] == "carried"
    assert real["blocking"] == 0


def contradicts(repo: Repo) -> None:
    replaced(repo, "core/store/db.py", "return 7\n", "return 'mine'\n")


def writes_what_is_created(repo: Repo) -> None:
    repo.write("garbage/README.md", "# Mine\n")


def stands_in_the_way(repo: Repo) -> None:
    repo.write("deployment/install.sh", "mine\n")


def a_file_for_a_folder(repo: Repo) -> None:
    repo.write("deployment", "mine\n")


REFUSED = [
    pytest.param(
        "early",
        contradicts,
        "core/enterprise/store/db.py: changed on the branch, and in another way before",
        "  git rebase ",
        marks=needs_merging,
    ),
    pytest.param(
        "feature",
        writes_what_is_created,
        "garbage/README.md: the migration wrote this file, and the branch has its own",
        "change these files on the branch",
        marks=needs_merging,
    ),
    pytest.param(
        "feature",
        stands_in_the_way,
        "deployment/install.sh: both install.sh and",
        "change these files on the branch",
    ),
    pytest.param(
        "feature",
        a_file_for_a_folder,
        "deployment: both a file and a folder belong there",
        "change these files on the branch",
    ),
]


@pytest.mark.parametrize(("branch", "step", "says", "hint"), REFUSED)
def test_a_conflict_is_told_and_changes_nothing(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    branch: str,
    step: Callable[[Repo], None],
    says: str,
    hint: str,
) -> None:
    branch_off(repo, branch, touches_pyproject, step)
    before = repo.out("for-each-ref")
    answer = call(repo, capsys, "migrate", "rebase", branch)
    assert answer.code == 1
    commit = repo.out("rev-parse", branch)[:12]
    assert f"  {commit} {says}" in answer.out
    assert hint in answer.out
    assert repo.out("for-each-ref") == before


def test_a_git_that_cannot_merge_in_memory_is_only_needed_for_a_merge(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A `git` that says it is an old one, and is the real one otherwise."""
    real = shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(
        "#!/bin/sh\nfor last; do :; done\n"
        f'[ "$last" = version ] || exec {real} "$@"\n'
        "echo git version 2.37.1\n"
    )
    (folder / "git").chmod(0o755)
    old = Repo(repo.path, {**repo.env, "PATH": f"{folder}:{repo.env['PATH']}"})
    branch_off(repo, "early", touches_pyproject)
    assert call(old, capsys, "migrate", "rebase", "early").code == 0
    repo.run("branch", "-f", "early", "refs/treeguard/patch-13/rebased/early")
    branch_off(repo, "early", contradicts)
    answer = call(old, capsys, "migrate", "rebase", "early")
    assert answer.code == 2
    assert "core/enterprise/store/db.py was changed on both sides" in answer.err
    assert "update Git to 2.38 or newer" in answer.err


def imports_what_is_archived(repo: Repo) -> None:
    repo.write("core/y/late.py", "import core.agents.plan\n")


def test_what_the_policy_says_of_the_result_is_told(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", imports_what_is_archived)
    answer = call(repo, capsys, "migrate", "rebase", "feature")
    assert answer.code == 1
    assert "blocking findings: 1\n" in answer.out
    assert "core/y/late.py:1: no-garbage imports garbage/agents/plan" in answer.out


def test_a_branch_without_a_commit_of_its_own_goes_to_the_record(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "migrate", "rebase", "feature")
    assert "commits: 0\n" in answer.out
    assert repo.out("rev-parse", "feature") == repo.head()


def on_it(repo: Repo) -> None:
    repo.run("switch", "-q", "feature")


def in_another_work_tree(repo: Repo) -> None:
    repo.run("worktree", "add", "-q", str(repo.path.parent / "second"), "feature")


def being_rebased(repo: Repo) -> None:
    repo.run("switch", "-q", "feature")
    stop = {"GIT_SEQUENCE_EDITOR": "sed -i -e 1ibreak"}
    repo.run("rebase", "-q", "-i", "HEAD~1", env=stop)


def halfway(repo: Repo) -> None:
    repo.run("branch", "-f", "feature", "main~1")


def unknown(repo: Repo) -> None:
    repo.run("branch", "-m", "feature", "renamed")


def on_what_has_no_migration(repo: Repo) -> None:
    repo.run("switch", "-q", "--detach", "feature")


NOT_BEGUN = [
    (on_it, "feature is checked out in ", ("--onto", "main")),
    (in_another_work_tree, "feature is checked out in ", ()),
    (being_rebased, "feature is checked out in ", ("--onto", "main")),
    (halfway, "feature has only a part of the migration", ()),
    (unknown, "there is no local branch feature", ()),
    (on_what_has_no_migration, "patch-13 is not performed in the history of HEAD", ()),
]


@pytest.mark.parametrize(
    ("spoil", "says", "words"), NOT_BEGUN, ids=[row[0].__name__ for row in NOT_BEGUN]
)
def test_it_is_refused_in_one_sentence(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Repo], None],
    says: str,
    words: tuple[str, ...],
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    spoil(repo)
    before = repo.out("for-each-ref")
    answer = call(repo, capsys, "migrate", "rebase", "feature", *words)
    assert answer.code == 2
    assert says in answer.err
    assert repo.out("for-each-ref") == before


def a_bare_clone(repo: Repo) -> Repo:
    place = repo.path.parent / "bare.git"
    repo.run("clone", "-q", "--bare", str(repo.path), str(place))
    return Repo(place, repo.env)


def a_linked_work_tree(repo: Repo) -> Repo:
    place = repo.path.parent / "linked"
    repo.run("worktree", "add", "-q", "--detach", str(place), "main")
    return Repo(place, repo.env)


@pytest.mark.parametrize("place", [a_bare_clone, a_linked_work_tree])
def test_no_work_tree_is_needed_or_touched(
    repo: Repo, capsys: pytest.CaptureFixture[str], place: Callable[[Repo], Repo]
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    elsewhere = place(repo)
    assert call(elsewhere, capsys, "migrate", "rebase", "feature").code == 0
    new = elsewhere.out("rev-parse", "feature^{tree}")
    assert elsewhere.out("rev-parse", "feature^") == repo.head()
    assert repo.out("status", "--porcelain") == ""
    call(repo, capsys, "migrate", "rebase", "feature")
    assert repo.out("rev-parse", "feature^{tree}") == new


def test_options_of_others_are_refused(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = call(repo, capsys, "migrate", "status", "feature")
    assert "BRANCH is an option of `migrate rebase`" in answer.err
    assert call(repo, capsys, "migrate", "rebase").code == 2
    words = ("migrate", "rebase", "feature", "--output-format", "markdown")
    assert call(repo, capsys, *words).code == 2


def test_from_a_branch_without_the_migration_onto_says_where_it_is(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    branch_off(repo, "feature", edits_what_moved)
    on_what_has_no_migration(repo)
    words = ("migrate", "rebase", "feature", "--onto", "main")
    assert call(repo, capsys, *words).code == 0
    assert repo.out("rev-parse", "feature^") == repo.out("rev-parse", "main")
