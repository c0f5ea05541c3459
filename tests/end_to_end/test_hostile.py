"""Nothing that a repository holds runs, leads out of it, or steers a terminal."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.hostile import ZEROS
from tests.end_to_end.hostile import Ended
from tests.end_to_end.hostile import Trapped
from tests.end_to_end.hostile import sane
from tests.end_to_end.hostile import tool_call
from tests.end_to_end.hostile import trap
from tests.end_to_end.hostile import treeguard
from tests.end_to_end.support import Workshop
from tests.support.git import Repo
from tests.support.git import make_repository
from tests.support.patch13 import AGENT
from tests.support.patch13 import FILES
from tests.support.patch13 import build

COMMANDS = (
    "check",
    "check --all",
    "check --worktree",
    "check HEAD",
    "check HEAD~..HEAD",
    "check HEAD~...HEAD",
    "check --policy-from HEAD",
    "check --output-format json",
    "check --fix",
    "hook pre-commit",
    "hook pre-merge-commit",
    "hook pre-commit --kind preserved",
    "hook check-policy",
    "imports",
    "imports HEAD",
    "explain reports/README.md",
    f"explain {AGENT}",
    "explain no-garbage-imports",
    "policy check",
    "policy show",
    "policy diff HEAD~ HEAD",
    "audit",
    "audit --each-commit",
    "restore reports/gemma3/run_1.json",
    "cache info",
    "init",
    "agent-hook --instructions",
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Trapped:
    return trap(tmp_path_factory.mktemp("template"))


@pytest.fixture
def trapped(template: Trapped, tmp_path: Path) -> Trapped:
    """A fresh copy: some commands write into the work tree."""
    shutil.copytree(template.repo.path, tmp_path / "repo", symlinks=True)
    template.ran.unlink(missing_ok=True)
    return template._replace(repo=Repo(tmp_path / "repo", template.repo.env))


def look(workshop: Workshop, trapped: Trapped, line: str, stdin: bytes = b"") -> Ended:
    ended = treeguard(
        workshop,
        trapped.repo,
        *line.split(),
        stdin=stdin,
        PYTHONPATH=".",
        PYTHONSTARTUP="policy.py",
        PYTHONHOME="",
        PATH=f".:{trapped.repo.env['PATH']}",
    )
    assert not trapped.ran.exists(), f"{line}: something of theirs ran"
    assert sane(ended), ended
    return ended


@pytest.mark.parametrize("line", COMMANDS)
def test_nothing_of_theirs_runs(
    workshop: Workshop, trapped: Trapped, line: str
) -> None:
    look(workshop, trapped, line)


@pytest.mark.parametrize("ahead", [0, 1000], ids=["now", "racy"])
def test_nothing_of_theirs_runs_in_a_repair(
    workshop: Workshop, tmp_path: Path, ahead: int
) -> None:
    """--fix moves files and rewrites what refers to them: Git itself would filter.

    Of a file that is not older than the index Git compares the content, filtered.
    """
    script = "docker build -f Dockerfile .\n"
    extra = {"Dockerfile": "FROM x\n", "scripts/build.sh": script}
    trapped = trap(tmp_path, extra)
    for path in extra:
        then = time.time() + ahead
        os.utime(trapped.repo.path / path, (then, then))
    ended = look(workshop, trapped, "check --fix")
    assert (trapped.repo.path / "deployment" / "Dockerfile").exists(), ended
    assert "rewrote the references in scripts/build.sh" in ended.err


@pytest.mark.parametrize("setting", ["merge.renormalize", "merge.renames"])
def test_nothing_of_theirs_runs_in_a_merge(
    workshop: Workshop, tmp_path: Path, setting: str
) -> None:
    """A...B is merged in memory, by Git's own driver or not at all."""
    trapped = trap(tmp_path, {"docs/both.md": "one\ntwo\nthree\n"}, diverged=True)
    with open(trapped.repo.path / ".git/config", "a", encoding="utf-8") as file:
        file.write(f"[merge]\n\t{setting.partition('.')[2]} = true\n")
    look(workshop, trapped, "check main...topic")
    look(workshop, trapped, "check main...topic --policy-from main")


def test_the_traps_work(trapped: Trapped) -> None:
    """Plain Git springs them: the tests above would see it."""
    trapped.repo.run("status", check=False)
    assert trapped.ran.exists()


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Bash", {"command": "git add -A && ./git commit -m x"}),
        ("Bash", {"command": "rm reports/llama3/run_1.json"}),
        ("Write", {"file_path": AGENT, "content": "import garbage.agents\n"}),
        ("Edit", {"file_path": AGENT, "old_string": "from", "new_string": "from"}),
    ],
)
def test_nothing_of_theirs_runs_for_an_agent(
    workshop: Workshop, trapped: Trapped, tool: str, given: dict[str, str]
) -> None:
    stdin = tool_call(trapped.repo, tool, **given)
    look(workshop, trapped, "agent-hook", stdin)


def test_nothing_of_theirs_runs_on_a_push(workshop: Workshop, trapped: Trapped) -> None:
    new = (trapped.repo.path / ".git/refs/heads/main").read_text().strip()
    line = f"refs/heads/main {new} refs/heads/main {ZEROS}\n".encode()
    look(workshop, trapped, "hook pre-push origin url", line)


def test_nothing_of_theirs_runs_on_the_server(
    workshop: Workshop, trapped: Trapped, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(trapped.repo.path / ".git", bare)
    config = bare / "config"
    config.write_text(config.read_text().replace("bare = false", "bare = true"))
    new = (bare / "refs/heads/main").read_text().strip()
    served = trapped._replace(repo=Repo(bare, trapped.repo.env))
    for old, ref in ((ZEROS, "refs/heads/topic"), (new, "refs/heads/main")):
        look(workshop, served, "receive", f"{old} {new} {ref}\n".encode())
    look(workshop, served, "receive", f"{new} {ZEROS} refs/heads/main\n".encode())


@pytest.mark.parametrize("how", ["file", "folder", "dangling", "loop"])
@pytest.mark.parametrize("line", ["check", "check --worktree", "policy check"])
def test_a_policy_that_is_a_link_is_not_read(
    workshop: Workshop, tmp_path: Path, how: str, line: str
) -> None:
    repo = build(tmp_path / "repo")
    secret = tmp_path / "secret"
    secret.write_text("root:SECRET:0\n")
    targets = {"file": str(secret), "folder": "/", "loop": "policy.toml"}
    repo.link("policy.toml", targets.get(how, "nowhere"))
    repo.stage()
    ended = treeguard(workshop, repo, *line.split())
    assert ended.code == 2
    assert "SECRET" not in ended.out + ended.err


def test_links_do_not_lead_out(workshop: Workshop, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("import SECRET\nimport garbage.agents\n")
    (outside / "Dockerfile").write_text("FROM secret\n")
    repo = build(tmp_path / "repo")
    repo.link("docs/one.py", str(outside / "secret.py"))
    repo.link("docs/two.py", "../../outside/secret.py")
    repo.link("docs/three", str(outside))
    repo.link("docs/root", "/")
    repo.link("docs/self", "self")
    repo.write("docs/user.py", "from docs.three import secret\nimport docs.root.etc\n")
    repo.stage()
    for line in ("check", "check --worktree", "imports", "check --all"):
        ended = treeguard(workshop, repo, *line.split())
        assert ended.code == 0, ended
        assert "SECRET" not in ended.out + ended.err
    shutil.rmtree(repo.path / "reports")
    repo.link("reports", "/")
    for line in ("check --worktree", "check"):
        repo.stage()
        ended = treeguard(workshop, repo, *line.split())
        assert ended.code == 1
        assert "reports-kept" in ended.out


NASTY = "\x1b]0;owned\x07\x1b[31m\u202etxt.exe\u2066\x00"[:-1]
FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_steers_a_terminal(
    workshop: Workshop, tmp_path: Path, name: str, color: str
) -> None:
    reason = "a\\u001b[2Jb\\u202ec\\r\\n::error::d\\u0007"
    policy = FILES["policy.toml"].replace(
        "deployment assets live in deployment/.", reason
    )
    policy = policy.replace("[rules.core-shape]", '[rules."core\\u001b[1m-shape"]')
    plain = build(tmp_path / "repo", {"policy.toml": policy})
    policy = policy.replace("core\\u001b[1m-shape", "core-shape")
    for path in (f"{NASTY}/Dockerfile", f"banterhearts/{NASTY}.py", f"docs/{NASTY}.py"):
        plain.write(path, f"import garbage.agents  # {NASTY}\n")
    plain.write("docs/bad.py", f"import garbage.agents; '{NASTY}\n")
    plain.stage()
    words = ("check", "--output-format", name, "--color", color)
    ended = treeguard(workshop, plain, *words)
    assert ended.code == 2  # the rule's id is none
    assert_harmless(ended)
    plain.write("policy.toml", policy)
    plain.stage()
    ended = treeguard(workshop, plain, *words)
    assert ended.code == 1, ended.err
    assert_harmless(ended, allowed="\x1b[" if color == "always" else "")
    for line in ("explain docs/bad.py", f"explain banterhearts/{NASTY}.py", "imports"):
        assert_harmless(treeguard(workshop, plain, *line.split(" ", 1)))


def assert_harmless(ended: Ended, allowed: str = "") -> None:
    said = ended.out + ended.err
    assert "\x1b]" not in said
    assert "\x1b[31m\u202e" not in said
    assert "\x1b[2J" not in said
    for char in "\x07\x08\u202e\u2066\u2028\r\x9b":
        assert char not in said
    assert allowed or "\x1b" not in said


def test_a_linked_store_is_not_followed(workshop: Workshop, tmp_path: Path) -> None:
    """The store lies in .git, which an archive can bring along."""
    repo = build(tmp_path / "repo")
    victim = tmp_path / "victim"
    victim.write_text("precious\n")
    os.makedirs(repo.path / ".git" / "treeguard")
    os.symlink(victim, repo.path / ".git" / "treeguard" / "facts.sqlite")
    ended = treeguard(workshop, repo, "check", "--all")
    assert ended.code == 0, ended
    assert victim.read_text() == "precious\n"


def _shout(repo: Repo) -> None:
    repo.write("policy.toml", "[policy]\nversion = 1\nrules = 3\n")


def _bytes(repo: Repo) -> None:
    repo.write("policy.toml", bytes(range(256)))


@pytest.mark.parametrize("make", [_shout, _bytes])
def test_a_policy_of_nonsense_is_refused(
    workshop: Workshop, tmp_path: Path, make: Callable[[Repo], None]
) -> None:
    repo = make_repository(tmp_path / "repo")
    make(repo)
    repo.stage()
    ended = treeguard(workshop, repo, "check")
    assert sane(ended)
    assert ended.code == 2
