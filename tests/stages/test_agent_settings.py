"""What an agent cannot do to its own hooks, and the folders and links of its calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stages.calls import ALLOWED
from tests.stages.calls import after
from tests.stages.calls import shell
from tests.stages.calls import verdict
from tests.support.git import Repo
from tests.support.patch13 import build

REPORT = "reports/gemma3/run_1.json"
KEPT = "reports-kept"
HOOK = {"type": "command", "command": "treeguard agent-hook"}
CLAUDE: dict[str, Any] = {
    "hooks": {
        "PreToolUse": [{"matcher": "Bash|Write", "hooks": [HOOK]}],
        "PostToolUse": [{"matcher": "Bash", "hooks": [HOOK]}],
    }
}
CODEX = '[features]\nhooks = true\n[[hooks.PreToolUse]]\nmatcher = "Bash"\n'
CODEX += '[[hooks.PreToolUse.hooks]]\ntype = "command"\ncommand = "treeguard x"\n'


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    files = {
        ".claude/settings.json": json.dumps(CLAUDE),
        ".codex/config.toml": CODEX,
        ".gemini/settings.json": '{"hooksConfig": {"disabled": ["slow"]}}',
    }
    repo = build(tmp_path_factory.mktemp("agents") / "repo", files)
    for link, target in {
        "docs/report": f"../{REPORT}",
        "docs/reports": "../reports",
        "docs/hook": "../.git/hooks/pre-commit",
        "docs/away": "/tmp/away",
        "docs/new": "../banterhearts/ai_agent/x.py",
    }.items():
        (repo.path / link).symlink_to(target)
    repo.stage()
    repo.commit("links")
    return repo


def claude(**changed: object) -> str:
    return json.dumps({**CLAUDE, **changed})


OFF = "turns hooks off"
LOSES = "loses the hook"
SETTINGS = [
    (".claude/settings.local.json", '{"disableAllHooks": true}', OFF),
    (".claude/settings.local.json", '{"allowManagedHooksOnly": true}', OFF),
    (".claude/settings.local.json", '{"env": {"SKIP": "treeguard"}}', "skips the"),
    (".claude/settings.local.json", '{"env": {"HUSKY": "0"}}', "skips the hooks"),
    (".claude/settings.json", claude(disableAllHooks=True), OFF),
    (".claude/settings.json", "{}", LOSES),
    (".claude/settings.json", claude(hooks={}), LOSES),
    (".claude/settings.json", claude()[:-1], "no settings that can be read"),
    (".claude/settings.json", claude().replace("Bash|Write", "Read"), LOSES),
    (".claude/settings.json", claude().replace("treeguard", "true #"), LOSES),
    (".codex/config.toml", CODEX.replace("true", "false"), OFF),
    (".codex/config.toml", "[features]\ncodex_hooks = false\n", OFF),
    (".codex/config.toml", "[features]\nhooks = true\n", LOSES),
    (".codex/config.toml", "[features", "no settings that can be read"),
    (
        ".codex/config.toml",
        f'{CODEX}[shell_environment_policy]\nset = {{ SKIP = "treeguard" }}\n',
        "skips the hooks",
    ),
    (".gemini/settings.json", '{"hooksConfig": {"enabled": false}}', OFF),
    (".gemini/settings.json", '{"tools": {"enableHooks": false}}', OFF),
    (".gemini/settings.json", '{"hooksConfig": {"disabled": ["treeguard"]}}', OFF),
    (".github/hooks/guard.json", '{"version": 1, "disableAllHooks": true}', OFF),
    (".git/config.worktree", "[core]\nhooksPath = /x\n", "part of the guard"),
    (".git/worktrees/w/config.worktree", "x", "part of the guard"),
    (".git/modules/sub/config", "x", "part of the guard"),
    (".git/modules/sub/hooks/pre-commit", "x", "part of the guard"),
    ("~/.claude/settings.json", "{}", "part of the guard"),
    ("~/.codex/config.toml", "", "part of the guard"),
    ("~/.gitconfig", "[core]\nhooksPath = /x\n", "part of the guard"),
    # What it may set.
    (".claude/settings.local.json", '{"disableAllHooks": false}', ALLOWED),
    (".claude/settings.local.json", '{"env": {"DEBUG": "1", "SKIP": ""}}', ALLOWED),
    (".claude/settings.json", claude(permissions={"allow": ["Bash(ls)"]}), ALLOWED),
    (".claude/settings.json", json.dumps(CLAUDE, indent=2), ALLOWED),
    (".codex/config.toml", f'model = "o3"\n{CODEX}', ALLOWED),
    (".gemini/settings.json", '{"hooksConfig": {"disabled": []}}', ALLOWED),
    (".cursor/hooks.json", '{"version": 1, "hooks": {}}', ALLOWED),
    ("docs/settings.json", '{"disableAllHooks": true}', ALLOWED),
    (".git/refs/heads/config", "x", ALLOWED),
    ("~/notes.md", "x", ALLOWED),
]


@pytest.mark.parametrize(("path", "content", "told"), SETTINGS)
def test_settings_of_agents(repo: Repo, path: str, content: str, told: str) -> None:
    said = verdict(repo, "Write", file_path=path, content=content)
    assert told in said
    assert bool(told) == bool(said)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("rm .claude/settings.json", "no settings"),
        ("git rm -q .codex/config.toml", "no settings"),
        ("mv .claude /tmp/", "no settings"),
        ("echo '{}' > .claude/settings.json", LOSES),
        ("rm .gemini/settings.json", ALLOWED),
    ],
)
def test_settings_that_a_command_names(repo: Repo, command: str, told: str) -> None:
    assert told in shell(repo, command)


def test_an_edit_of_settings_is_read_whole(repo: Repo) -> None:
    edit = {"file_path": ".codex/config.toml", "old_string": "hooks = true"}
    assert OFF in verdict(repo, "Edit", **edit, new_string="hooks = false")
    assert verdict(repo, "Edit", **edit, new_string="hooks = true # on") == ALLOWED


def test_settings_on_disk_are_looked_at_after_a_call(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo", {".claude/settings.json": json.dumps(CLAUDE)})
    assert after(repo, "make") == ALLOWED
    repo.write(".claude/settings.local.json", '{"disableAllHooks": true}')
    assert OFF in after(repo, "make")
    repo.write(".claude/settings.local.json", '{"env": {"SKIP": "mine"}}')
    assert after(repo, "make") == ALLOWED
    repo.write(".claude/settings.json", "{}")
    said = after(repo, "make")
    assert LOSES in said
    assert "git restore --source=HEAD -- .claude/settings.json" in said


LINKS = [
    ("docs/report", "", KEPT),
    ("docs/report", " \n", KEPT),
    ("docs/reports/gemma3/run_1.json", "", KEPT),
    ("docs/hook", "exit 0\n", "part of the guard"),
    ("docs/new", "import garbage.agents\n", "no-garbage-imports"),
    ("docs/report", '{"a": 3}\n', ALLOWED),
    ("docs/new", "import os\n", ALLOWED),
    ("docs/away", "", ALLOWED),
]


@pytest.mark.parametrize(("path", "content", "told"), LINKS)
def test_what_is_written_through_a_link(
    repo: Repo, path: str, content: str, told: str
) -> None:
    written = verdict(repo, "Write", file_path=path, content=content)
    printed = shell(repo, f"printf '%s' '{content}' > {path}")
    added = f"*** Add File: {path}\n+{content.rstrip()}"
    patched = verdict(
        repo,
        "apply_patch",
        command=f"*** Begin Patch\n{added}\n*** End Patch\n",
    )
    for said in (written, printed, patched):
        assert told in said
        assert bool(told) == bool(said)


def test_a_link_itself_may_go(repo: Repo) -> None:
    assert shell(repo, "rm docs/report") == ALLOWED
    text = "*** Begin Patch\n*** Delete File: docs/report\n*** End Patch\n"
    assert verdict(repo, "apply_patch", command=text) == ALLOWED


FOLDERS = [
    ({"command": ["rm", "-rf", "gemma3"], "workdir": "reports"}, KEPT),
    ({"command": "rm -rf gemma3", "workdir": "reports"}, KEPT),
    ({"cmd": "cd gemma3 && rm run_1.json", "workdir": "./reports/"}, KEPT),
    ({"command": ["bash", "-lc", "> run_1.json"], "workdir": "reports/gemma3"}, KEPT),
    ({"command": ["rm", "-rf", "../reports"], "workdir": "docs"}, KEPT),
    ({"command": ["rm", "-rf", "reports"], "workdir": "/tmp"}, ALLOWED),
    ({"command": ["rm", "-rf", "reports"], "workdir": ".."}, ALLOWED),
    ({"command": ["rm", "-rf", "reports"], "workdir": "docs"}, ALLOWED),  # a link
    ({"command": ["ls"], "workdir": None}, ALLOWED),
    ({"command": ["ls"], "workdir": ""}, ALLOWED),
]


@pytest.mark.parametrize(("given", "told"), FOLDERS)
def test_the_folder_of_the_call_counts(
    repo: Repo, given: dict[str, Any], told: str
) -> None:
    said = verdict(repo, "shell", **given)
    assert told in said
    assert bool(told) == bool(said)


def test_a_patch_is_relative_to_the_folder_of_the_call(repo: Repo) -> None:
    text = "*** Begin Patch\n*** Delete File: run_1.json\n*** End Patch\n"
    words = ["apply_patch", text]
    assert KEPT in verdict(repo, "shell", command=words, workdir="reports/gemma3")
    assert KEPT in verdict(repo, "apply_patch", input=text, workdir="reports/gemma3")
    absolute = text.replace("run_1", f"{repo.path}/reports/gemma3/run_1")
    assert KEPT in verdict(repo, "shell", command=["apply_patch", absolute])


def test_a_merge_that_dropped_what_it_merged_is_reported_after_the_call(
    tmp_path: Path,
) -> None:
    repo = build(tmp_path / "repo")
    repo.run("checkout", "-q", "-b", "side")
    repo.write("reports/side.json", "{}\n")
    repo.stage()
    repo.commit("side")
    repo.run("checkout", "-q", "main")
    repo.write("docs/main.md", "x\n")
    repo.stage()
    repo.commit("main")
    repo.run("merge", "-q", "-s", "ours", "--no-edit", "--no-verify", "side")
    assert "reports/side.json" in after(repo, "git merge -s ours side")
    repo.run("reset", "-q", "--hard", "HEAD~")
    repo.run("merge", "-q", "--no-edit", "side")
    assert after(repo, "git merge side") == ALLOWED
