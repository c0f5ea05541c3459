"""Author, signature and hooks of the user's Git are respected."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.migration.acting import state
from tests.support.git import Repo
from tests.support.git import make_repository
from treeguard.repository.plumbing import Git

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

[[migration.create]]
path = "garbage/README.md"
text = "# Archive\\n"
"""
APPLY = ("migrate", "apply")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """One module that moves, and one that imports it."""
    repo = make_repository(tmp_path / "repo")
    repo.write("policy.toml", POLICY)
    repo.write("core/agents/heal.py", "from . import plan\n")
    repo.write("core/agents/plan.py", "NAME = 1\n")
    repo.write("demo.py", "import core.agents.heal\n")
    repo.stage()
    repo.commit("before")
    return repo


@pytest.mark.skipif(Git().version < (2, 34), reason="this Git does not sign with ssh")
@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")
def test_every_commit_is_signed_where_git_is_told_to_sign(
    repo: Repo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    subprocess.run(words, check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"tester@example.org {(tmp_path / 'key.pub').read_text()}")
    repo.run("switch", "-q", "-c", "feature")
    repo.write("core/agents/more.py", "")
    repo.stage()
    repo.commit("on the branch")
    repo.run("switch", "-q", "main")
    for name, value in {
        "commit.gpgSign": "true",
        "gpg.format": "ssh",
        "gpg.ssh.allowedSignersFile": str(allowed),
        "user.signingKey": str(key),
    }.items():
        repo.run("config", name, value)
    assert call(repo, capsys, *APPLY).code == 0
    assert call(repo, capsys, "migrate", "rebase", "feature").code == 0
    repo.run("verify-commit", "feature")
    repo.run("update-ref", "refs/remotes/origin/main", "HEAD")  # undo then commits
    assert call(repo, capsys, "migrate", "undo").code == 0
    made = repo.out("rev-list", "HEAD", "--not", "HEAD~4").split()
    assert len(made) == 4
    for commit in made:
        repo.run("verify-commit", commit)


def test_a_signature_that_fails_leaves_everything_as_it_was(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("config", "commit.gpgSign", "true")
    repo.run("config", "gpg.program", "false")
    before = state(repo)
    answer = call(repo, capsys, *APPLY)
    assert answer.code == 2
    assert "commit-tree" in answer.err
    assert state(repo) == before


def test_author_and_committer_are_those_of_the_configuration_and_environment(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    unset = {"GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"}
    env = {key: text for key, text in repo.env.items() if key not in unset}
    env["GIT_AUTHOR_NAME"] = "Zoë of the Environment"
    repo.run("config", "user.name", "Configured Name")
    repo.run("config", "user.email", "configured@example.org")
    repo.run("config", "i18n.commitEncoding", "latin-1")
    own = Repo(repo.path, env)
    assert call(own, capsys, *APPLY).code == 0
    form = "--format=%an <%ae> %cn <%ce>"
    who = own.out("-c", "i18n.logOutputEncoding=UTF-8", "log", "-3", form).split("\n")
    assert set(who) == {
        "Zoë of the Environment <configured@example.org> "
        "Configured Name <configured@example.org>"
    }


def test_without_a_name_nothing_begins(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("GIT_AUTHOR_", "GIT_COMMITTER_", "EMAIL")
    env = {k: text for k, text in repo.env.items() if not k.startswith(named)}
    repo.run("config", "user.useConfigOnly", "true")
    before = state(repo)
    answer = call(Repo(repo.path, env), capsys, *APPLY)
    assert answer.code == 2
    assert "Git does not know the author of the commits" in answer.err
    assert "git config user.name" in answer.err
    assert state(repo) == before


def hook(repo: Repo, name: str, script: str) -> None:
    """A hook in a folder that `core.hooksPath` names, beside the repository."""
    folder = repo.path.parent / "hooks"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    repo.run("config", "core.hooksPath", "../hooks")


def test_pre_commit_judges_the_whole_as_one_commit(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    hook(
        repo,
        "pre-commit",
        "git diff --cached --name-status --no-renames HEAD > ../seen\n"
        "cat garbage/agents/heal.py >> ../seen; git diff --quiet",
    )
    hook(repo, "post-commit", "git log -1 --format=%s >> ../after")
    old = repo.head()
    assert call(repo, capsys, *APPLY).code == 0
    seen = (repo.path.parent / "seen").read_text()
    listed = repo.out("diff", "--name-status", "--no-renames", old, "HEAD")
    assert seen == f"{listed}\nfrom . import plan\n"
    after = (repo.path.parent / "after").read_text()
    assert after == "Record patch-13: Tidy up\n"
    assert repo.out("status", "--porcelain") == ""


REFUSING = {
    "pre-commit": ("pre-commit", "echo no tabs please >&2; exit 3", "no tabs please"),
    "commit-msg": ("commit-msg", "echo a ticket is missing; exit 1", "a ticket"),
    "a-hook-that-stages": (
        "pre-commit",
        "echo x > new.txt; git add new.txt",
        "staged changes of its own",
    ),
    "a-hook-that-takes-the-line": (
        "commit-msg",
        'grep -v Treeguard "$1" > ../msg; cat ../msg > "$1"',
        'removed the line "Treeguard-Migration: patch-13 move"',
    ),
}


@pytest.mark.parametrize(
    ("name", "script", "says"), REFUSING.values(), ids=list(REFUSING)
)
def test_a_hook_that_refuses_is_heard(
    repo: Repo,
    capsys: pytest.CaptureFixture[str],
    name: str,
    script: str,
    says: str,
) -> None:
    hook(repo, name, script)
    before = state(repo)[:2]
    answer = call(repo, capsys, *APPLY)
    assert answer.code == 2
    assert says in answer.err
    assert state(repo)[:2] == before
    assert repo.out("status", "--porcelain") in ("", "?? new.txt")
    assert "not performed" in call(repo, capsys, "migrate", "status").out
    assert repo.out("for-each-ref", "refs/treeguard") == ""


def test_what_a_hook_has_edited_is_not_thrown_away(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a formatter does it: it edits files of the migration, and refuses."""
    hook(repo, "pre-commit", "echo '# new' >> demo.py; echo formatted; exit 1")
    before = state(repo)
    answer = call(repo, capsys, *APPLY)
    assert answer.code == 2
    assert answer.err.startswith("formatted\n")
    assert "demo.py was changed since the migration began" in answer.err
    assert "`git restore -- demo.py`; then `treeguard migrate status`" in answer.err
    told = call(repo, capsys, "migrate", "status").out
    assert "treeguard migrate undo      completes it" in told
    assert (repo.path / "demo.py").read_text().endswith("heal\n# new\n")
    repo.run("restore", "demo.py")
    assert call(repo, capsys, "migrate", "undo").code == 0
    assert state(repo) == before


def test_what_a_hook_has_edited_where_it_moved_to_is_told(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.write("core/agents/heal.py", "import core.agents.plan\n")
    repo.stage()
    repo.commit("more")
    hook(repo, "pre-commit", "echo '# new' >> garbage/agents/heal.py; exit 1")
    before = state(repo)[:2]
    answer = call(repo, capsys, *APPLY)
    assert "garbage/agents/heal.py was edited meanwhile: it stays\n" in answer.err
    assert state(repo)[:2] == before
    assert repo.out("status", "--porcelain") == "?? garbage/"


def test_hooks_that_judge_can_be_passed_by(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    hook(repo, "pre-commit", "exit 1")
    hook(repo, "commit-msg", "exit 1")
    hook(repo, "prepare-commit-msg", 'echo "Ticket: $2" >> "$1"')
    assert call(repo, capsys, *APPLY, "--no-verify").code == 0
    for message in repo.out("log", "-3", "--format=%(trailers)%x00").split("\0")[:-1]:
        assert "Ticket: message" in message
        assert "Treeguard-Migration: patch-13 " in message
    assert call(repo, capsys, "migrate", "verify").code == 0


def test_a_protected_branch_has_to_be_allowed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    repo.run("config", "--add", "treeguard.protected", "release/*")
    repo.run("config", "--add", "treeguard.protected", "main")
    before = state(repo)
    answer = call(repo, capsys, *APPLY)
    assert (answer.code, state(repo)) == (2, before)
    assert "main is protected by `git config treeguard.protected`" in answer.err
    assert call(repo, capsys, *APPLY, "--protected").code == 0
