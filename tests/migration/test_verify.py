"""Verify: what is measured, in any clone, and that each line can fail."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import clone_repository
from tests.support.git import make_repository
from treeguard.migration.verify import linked_paths

POLICY = """\
[policy]
version = 1

[rules.old-homes]
kind = "vacated"
reason = "moved for good"

[migration]
id = "patch-13"
title = "Tidy up"
record = "patches/patch_13.md"

[[migration.move]]
from = ["pkg/storage/"]
to = "pkg/enterprise/storage/"
reason = "adapters"

[[migration.create]]
path = "pkg/enterprise/README.md"
text = "# Enterprise\\n"
"""
FILES = {
    "policy.toml": POLICY,
    "pkg/__init__.py": "",
    "pkg/storage/__init__.py": "",
    "pkg/storage/db.py": "NAME = 1\n",
    "use.py": "from pkg.storage import db\n\nprint(db.NAME)\n",
    "README.md": "[all](docs/)\n",
    "docs/page.md": "# Page\n",
    "compose.yml": "services:\n  a:\n    volumes: ['./docs:/docs']\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A package that a policy moves, and who imports it."""
    repo = make_repository(tmp_path / "repo")
    for path, text in FILES.items():
        repo.write(path, text)
    repo.stage()
    repo.commit("before")
    return repo


def test_the_whole_way_by_command(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    before = repo.head()
    done = call(repo, capsys, "migrate", "apply")
    assert (done.code, done.err) == (0, "")
    assert (
        "files moved: 2, files edited: 1, references rewritten: 1, files created: 1"
        in done.out
    )
    tip = repo.head()
    again = call(repo, capsys, "migrate", "apply")
    assert (again.code, repo.head()) == (0, tip)
    assert again.out == f"patch-13 is already performed, as commit {tip}\n"
    verified = call(repo, capsys, "migrate", "verify")
    assert verified.code == 0
    assert "[x] imports that lead to the same content: 1 of 1\n" in verified.out
    assert "[x] files of the tree before, kept byte for byte: 8\n" in verified.out
    assert "performed on" in call(repo, capsys, "migrate", "status").out
    assert call(repo, capsys, "check", "--all").code == 0
    undone = call(repo, capsys, "migrate", "undo")
    assert undone.out == f"patch-13 is undone: HEAD is {before}\n"
    nothing = call(repo, capsys, "migrate", "undo")
    assert nothing.out == "patch-13: nothing to undo\n"
    assert repo.out("status", "--porcelain") == ""


def test_it_runs_in_a_folder_that_moves_away(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(repo, capsys, "migrate", "apply", folder="pkg/storage").code == 0
    assert repo.out("status", "--porcelain") == ""


def test_a_clone_can_verify_and_says_how_to_take_back(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(repo, capsys, "migrate", "apply")
    clone = clone_repository(repo, tmp_path / "clone")
    assert call(clone, capsys, "migrate", "verify").code == 0
    refused = call(clone, capsys, "migrate", "undo")
    assert refused.code == 2
    assert "git revert --no-edit" in refused.err


def by_hand(repo: Repo, *steps: Mapping[str, str | None]) -> None:
    """Commits that claim to be the migration's: moves, rewrites, the record."""
    for kind, step in zip(("move", "rewrite", "record"), steps, strict=True):
        if kind == "record":
            step = {**step, ".git-blame-ignore-revs": f"{repo.head()}\n"}
        for path, text in step.items():
            if text is None:
                repo.run("rm", "-q", path)
            else:
                repo.write(path, text)
                repo.stage(path)
        repo.commit(f"by hand\n\nTreeguard-Migration: patch-13 {kind}")


MOVED: dict[str, str | None] = {
    "pkg/storage/__init__.py": None,
    "pkg/storage/db.py": None,
    "pkg/enterprise/storage/__init__.py": "",
    "pkg/enterprise/storage/db.py": "NAME = 1\n",
}
NEW_USE = "from pkg.enterprise.storage import db\n\nprint(db.NAME)\n"
RECORD: dict[str, str | None] = {"patches/patch_13.md": "# Patch 13\n"}


@pytest.mark.parametrize(
    ("moves", "rewrites", "says"),
    [
        pytest.param(
            {**MOVED, "more.py": "x = 1\n"},
            {"use.py": NEW_USE},
            "[ ] files moved: 2; commits that do nothing else: 1\n      more.py",
            id="a-move-that-adds",
        ),
        pytest.param(
            {**MOVED, "pkg/enterprise/storage/db.py": "NAME = 2\n"},
            {"use.py": NEW_USE},
            "[ ] files of the tree before, kept byte for byte",
            id="a-move-that-edits",
        ),
        pytest.param(
            MOVED,
            {"use.py": "from pkg.enterprise.storage import (db\n"},
            "[ ] changed Python files that compile: 0 of 1\n      use.py",
            id="a-rewrite-that-does-not-compile",
        ),
        pytest.param(
            MOVED,
            {"other.py": ""},
            "use.py: no longer leads to pkg/enterprise/storage/db.py",
            id="an-import-that-was-forgotten",
        ),
        pytest.param(
            {**MOVED, "docs/page.md": None, "manual/page.md": "# Page\n"},
            {"use.py": NEW_USE, "README.md": "[all](manuals/)\n"},
            "[ ] links that lead to the same content: 0 of 1\n"
            "      README.md: no longer leads to manual",
            id="a-link-to-a-folder-that-was-forgotten",
        ),
        pytest.param(
            {**MOVED, "docs/page.md": None, "manual/page.md": "# Page\n"},
            {"use.py": NEW_USE, "README.md": "[all](manual/)\n"},
            "[ ] uses in other files that lead to the same content: 0 of 1\n"
            "      compose.yml: no longer leads to manual",
            id="a-folder-of-a-compose-file-that-was-forgotten",
        ),
        pytest.param(
            MOVED,
            {"use.py": NEW_USE, "pkg/storage/again.py": ""},
            "[ ] blocking findings: 1\n      pkg/storage/again.py",
            id="a-policy-that-does-not-hold",
        ),
    ],
)
def test_a_line_that_does_not_hold_is_shown(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    moves: dict[str, str | None],
    rewrites: dict[str, str | None],
    says: str,
) -> None:
    by_hand(repo, moves, rewrites, RECORD)
    answer = call(repo, capsys, "migrate", "verify")
    assert answer.code == 1
    assert says in answer.out


def test_a_name_that_only_the_own_folder_knows_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make_repository(tmp_path / "repo")
    policy = POLICY.replace("pkg/enterprise/storage/", "engine/lib/")
    policy = policy.replace("pkg/storage/", "lib/")
    inside = "from lib.db import NAME\n"
    files = {"policy.toml": policy, "lib/__init__.py": "", "lib/db.py": "NAME = 1\n"}
    files |= {"lib/core.py": inside, "use.py": "import lib.core\n"}
    for path, text in files.items():
        repo.write(path, text)
    repo.stage()
    repo.commit("before")
    inner = {path: text for path, text in files.items() if path.startswith("lib/")}
    moved: dict[str, str | None] = dict.fromkeys(inner)
    moved |= {f"engine/{path}": text for path, text in inner.items()}
    by_hand(repo, moved, {"use.py": "import engine.lib.core\n"}, RECORD)
    answer = call(repo, capsys, "migrate", "verify")
    assert answer.code == 1
    assert "engine/lib/core.py: no longer leads to engine/lib/db.py" in answer.out


@pytest.mark.parametrize("shim", ["pkg/storage/db.py", "pkg/storage/__init__.py"])
def test_a_file_that_is_created_at_an_old_place_is_a_shim(
    repo: Repo, capsys: pytest.CaptureFixture[str], shim: str
) -> None:
    before = repo.head()
    text = "from pkg.enterprise.storage.db import *"
    create = f"[[migration.create]]\npath = '{shim}'\ntext = '{text}'\n"
    repo.write("policy.toml", POLICY + create)
    repo.stage()
    repo.commit("with a shim")
    assert call(repo, capsys, "migrate", "apply").code == 0
    assert (repo.path / shim).read_text() == text
    assert (repo.path / "use.py").read_text() == NEW_USE
    for command in (("migrate", "verify"), ("check", "--all")):
        answer = call(repo, capsys, *command)
        assert answer.code == 0, answer.out
    call(repo, capsys, "migrate", "undo")
    assert repo.out("diff", "--name-only", before) == "policy.toml"
    assert repo.out("status", "--porcelain") == ""


def test_a_name_that_hides_a_submodule_does_not_lead_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repo = make_repository(tmp_path / "repo")
    hiding = {
        "pkg/__init__.py": "from .storage import storage\n",
        "pkg/storage/__init__.py": "def storage(): ...\n",
        "use.py": "from pkg import storage\n",
        "policy.toml": POLICY.replace('enterprise/storage/"', 'storing/"'),
    }
    for path, text in hiding.items():
        repo.write(path, text)
    repo.stage()
    repo.commit("before")
    assert call(repo, capsys, "migrate", "apply").code == 0
    answer = call(repo, capsys, "migrate", "verify")
    assert (answer.code, "content: 1 of 1" in answer.out) == (0, True), answer.out


def test_what_is_done_well_by_hand_holds(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    by_hand(repo, MOVED, {"use.py": NEW_USE}, RECORD)
    answer = call(repo, capsys, "migrate", "verify")
    assert answer.code == 0, answer.out


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        ("[a](b.md)", {"docs/b.md"}),
        ("![a](img/x.png)", {"docs/img/x.png"}),
        ('[a](../README.md#top "title")', {"README.md"}),
        ("[a](/LICENSE?raw=1)", {"LICENSE"}),
        ("[a](<with space.md>)", {"docs/with space.md"}),
        ("[a](with%20space.md)", {"docs/with space.md"}),
        ("[a]: other.md 'title'\n", {"docs/other.md"}),
        ("<img src=\"x.png\"><a href='y.md'>", {"docs/x.png", "docs/y.md"}),
        ("[a](img_(1).png)", {"docs/img_(1).png"}),
        ("[a](https://example.org/b.md) [b](#here) [c](mailto:a@example.org)", set()),
        ("`[a](b.md)`", set()),
        ("```\n[a](b.md)\n```\n", set()),
        ("[a](../../out.md)", set()),
    ],
)
def test_links(text: str, targets: set[str]) -> None:
    assert linked_paths("docs/page.md", text.encode()) == targets


def test_a_squashed_migration_is_known_by_its_record(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    base = repo.head()
    call(repo, capsys, "migrate", "apply")
    repo.run("reset", "--soft", base)
    squashed = repo.commit("Squashed")
    said = "patches/patch_13.md exists, but the history has no commits of patch-13"
    assert said in call(repo, capsys, "migrate", "status").out
    for word in ("apply", "verify"):
        answer = call(repo, capsys, "migrate", word)
        assert (answer.code, answer.out) == (2, "")
        assert said in answer.err
        assert "`git log -- patches/patch_13.md`" in answer.err
    assert repo.head() == squashed


def test_a_rebased_migration_has_to_name_its_new_rewrites(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    base = repo.head()
    call(repo, capsys, "migrate", "apply")
    tip = repo.head()
    repo.run("reset", "-q", "--hard", base)
    repo.write("NEWS.md", "# News\n")
    repo.stage("NEWS.md")
    repo.commit("Meanwhile")
    repo.run("cherry-pick", "--allow-empty", f"{base}..{tip}")
    answer = call(repo, capsys, "migrate", "verify")
    assert answer.code == 1
    rewrite = repo.out("rev-parse", "HEAD~1")
    command = f"echo {rewrite} >> .git-blame-ignore-revs"
    assert (
        "[ ] commits of rewrites that .git-blame-ignore-revs names: 0 of 1\n"
        f"      {command}\n"
    ) in answer.out
    repo.write(".git-blame-ignore-revs", f"{rewrite}\n")
    repo.stage()
    repo.commit("As they are called now")
    assert call(repo, capsys, "migrate", "verify").code == 0
