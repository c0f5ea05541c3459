"""Shell commands that agents type: what is plain before a call, and the state after it.

`harmful.txt` is refused before a call, `caught_after.txt` is really run, in a
repository of its own, and told to the agent afterwards, and `harmless.txt` passes.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.stages.calls import ALLOWED
from tests.stages.calls import after
from tests.stages.calls import shell
from tests.support.git import Repo
from tests.support.patch13 import build

REPORT = "reports/gemma3/run_1.json"
SKIPS = "skips the hooks"
KEPT = "reports-kept"

REFUSED = [
    # Hooks that are skipped.
    ("git commit --no-verify -m x", SKIPS),
    ("git commit -n -m x", SKIPS),
    ("git commit -anm x", SKIPS),
    ("git commit -m x --no-veri", SKIPS),
    ("git commit -m 'a; b' && git push --no-verify", SKIPS),
    ("git merge --no-verify topic", SKIPS),
    ("git am -n < patch", SKIPS),
    ("git -C . commit --no-verify", SKIPS),
    ("(cd docs && git commit -nm x)", SKIPS),
    ("bash -c 'git commit --no-verify -m x'", SKIPS),
    ('bash -lc "cd . && git commit -n -m x"', SKIPS),
    ("sh -c \"bash -c 'git commit -n'\"", SKIPS),
    ("sudo git commit --no-verify", SKIPS),
    ("env A=1 git commit --no-verify", SKIPS),
    ("time nice -n 5 git commit --no-verify", SKIPS),
    ("echo $(git commit --no-verify -m x)", SKIPS),
    ("if true; then git commit --no-verify; fi", SKIPS),
    ("f() { git commit --no-verify; }; f", SKIPS),
    ("g\\it comm'it' --no-\"verify\"", SKIPS),
    ("SKIP=treeguard git commit -m x", SKIPS),
    ("export SKIP=treeguard; git commit -m x", SKIPS),
    ("env SKIP=treeguard git commit -m x", SKIPS),
    ("PRE_COMMIT_ALLOW_NO_CONFIG=1 git commit -m x", SKIPS),
    ("HUSKY=0 git commit -m x", SKIPS),
    ("LEFTHOOK=false git commit -m x", SKIPS),
    ("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath git commit", SKIPS),
    ("git -c core.hooksPath=/dev/null commit -m x", "bypasses the hooks"),
    ("git -c alias.c='commit -n' c", "bypasses the hooks"),
    ("git config core.hooksPath /dev/null", "removes the hooks"),
    ("git config --global CORE.HOOKSPATH x", "removes the hooks"),
    ("git config --unset core.hooksPath", "removes the hooks"),
    ("pre-commit uninstall", "removes the hooks"),
    ("rm .git/hooks/pre-commit", "part of the guard"),
    ("chmod -x .git/hooks/pre-commit", "part of the guard"),
    ("echo > .git/hooks/pre-commit", "part of the guard"),
    ("mv .git/hooks /tmp", "part of the guard"),
    # Preserved files that are lost.
    (f"rm {REPORT}", KEPT),
    ("rm -rf reports", KEPT),
    ("rm -rf reports/", KEPT),
    ("rm -rf ./reports/gemma3", KEPT),
    ("rm -rf -- reports", KEPT),
    ("/bin/rm -r reports", KEPT),
    ("rm -rf .", KEPT),
    ("rm -rf *", KEPT),
    ("rm reports/*/run_?.json", KEPT),
    ("cd reports/gemma3; rm run_1.json", KEPT),
    ("cd docs && rm ../reports/gemma3/run_1.json", KEPT),
    (f"unlink {REPORT}", KEPT),
    (f"shred -u {REPORT}", KEPT),
    ("git rm -r reports", KEPT),
    (f"git rm --cached {REPORT}", KEPT),
    ("git rm -r :/reports", KEPT),
    ("git -C reports rm -r gemma3", KEPT),
    (f"mv {REPORT} docs/", KEPT),
    ("mv reports old_reports", KEPT),
    ("git mv reports/gemma3 garbage/", KEPT),
    (f"mv -t docs {REPORT}", KEPT),
    (f"> {REPORT}", KEPT),
    (f": > {REPORT}", KEPT),
    (f"python bench.py > {REPORT}", KEPT),
    (f"python bench.py &> {REPORT}", KEPT),
    # Files where none may be.
    ("mv deployment/docker/Dockerfile Dockerfile", "deployment-assets"),
    ("git mv deployment/docker/Dockerfile .", "deployment-assets"),
    ("echo 'FROM x' > Dockerfile", "deployment-assets"),
    ("cat > Dockerfile <<'EOF'\nFROM x\nEOF", "deployment-assets"),
    ("git mv deployment/README.md deployment/READ.md", "readmes"),
    ("rm -r deployment", "readmes"),
    ("mv banterhearts/optimization/kernel.py garbage/", "no-garbage-imports"),
    ("rm policy.toml", "policy.toml"),
    ("> policy.toml", "policy.toml"),
]


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Nothing of what is judged is ever run, so one repository serves for all."""
    place: Path = tmp_path_factory.mktemp("agents") / "repo"
    return build(place)


@pytest.mark.parametrize(("command", "told"), REFUSED, ids=[c for c, _ in REFUSED])
def test_refused(repo: Repo, command: str, told: str) -> None:
    assert told in shell(repo, command)


@pytest.mark.parametrize(
    "command",
    [
        "ls -la reports",
        "git status && git diff",
        "git commit -m 'never use --no-verify or -n'",
        "git commit -m x -- -n",
        "git commit -S -m x",
        "git commit -uno -m x",
        "git push -n origin main",
        "git merge -n topic",
        "git log -n 3",
        "git config core.hooksPath",
        "git config --get core.hooksPath",
        "git config user.name me",
        "HUSKY=1 SKIP= git commit -m x",
        "cat reports/gemma3/run_1.json > /tmp/copy.json",
        "cat < reports/gemma3/run_1.json",
        "python bench.py > reports/gemma3/run_2.json",
        "python bench.py >> reports/gemma3/run_1.json",
        "sed -i s/1/2/ reports/gemma3/run_1.json",
        "git mv reports/gemma3/run_1.json reports/llama3/gemma3.json",
        "mv reports/gemma3 reports/gemma3-4b",
        "cp reports/gemma3/run_1.json /tmp",
        "mkdir -p reports/new && touch reports/new/run.json",
        "rm -rf build dist node_modules",
        "rm -rf $TMPDIR",
        'T=$(mktemp); rm "$T"',
        "rm docs/$NAME",
        "rm scripts/ollama/bench.py",
        "find . -name '*.pyc' -delete",
        "find . -name __pycache__ -exec rm -rf {} +",
        "git ls-files '*.pyc' | xargs rm",
        "rm /tmp/reports/x.json",
        "rm -rf ../elsewhere/reports",
        "git rm -n -r reports",
        "git clean -nfd",
        "git clean -fd",
        "git restore --source=HEAD --staged --worktree -- reports/gemma3/run_1.json",
        "git checkout -- reports",
        "git checkout -b topic",
        "mv deployment/docker/Dockerfile deployment/Dockerfile",
        "cp deployment/docker/Dockerfile deployment/docker/Dockerfile.gpu",
        "touch banterhearts/ai_agent/tools.py garbage/demo/more.py",
        "cat > banterhearts/ai_agent/x.py <<'EOF'\nimport os\nEOF",
        "echo 'rm -rf reports'",
        "grep -rn 'rm -rf reports' docs",
        "python -c \"print(open('reports/gemma3/run_1.json').read())\"",
        "python -m pytest -q 2>&1 | tail -5",
        "make test",
        "",
        "if [ -f x ]; then echo y; fi",
        "((x = 1 << 2)); echo $((x))",
        "'",
        "$(",
    ],
)
def test_allowed(repo: Repo, command: str) -> None:
    assert shell(repo, command) == ALLOWED


def _listed(name: str) -> list[str]:
    """The commands of a file, one a line; four blanks in front go on with the last."""
    text = (Path(__file__).parent / "commands" / name).read_text("utf-8")
    lines = text.replace("\n    ", "\0").splitlines()
    return [line.replace("\0", "\n") for line in lines]


@pytest.mark.parametrize("command", _listed("harmless.txt"))
def test_what_agents_type_all_day_passes(repo: Repo, command: str) -> None:
    assert shell(repo, command) == ALLOWED


@pytest.mark.parametrize("command", _listed("harmful.txt"))
def test_no_way_round(repo: Repo, command: str) -> None:
    assert shell(repo, command)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["bash", "-lc", "rm -rf reports"], KEPT),
        (["rm", "-rf", "reports"], KEPT),
        (["git", "commit", "--no-verify"], SKIPS),
        (["cat", "reports/README.md"], ALLOWED),
        (["echo", "a > reports/gemma3/run_1.json"], ALLOWED),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_lists_of_words(repo: Repo, words: list[str], told: str) -> None:
    """As Codex's `shell` has them: no shell parses such words."""
    said = shell(repo, words)
    assert told in said
    assert bool(told) == bool(said)


def test_the_agents_folder_counts(repo: Repo) -> None:
    assert KEPT in shell(repo, "rm gemma3/run_1.json", folder="reports")
    assert KEPT in shell(repo, f"rm {repo.path}/{REPORT}", folder="docs")
    assert shell(repo, "rm reports/x", folder="docs") == ALLOWED


def test_nesting_ends(repo: Repo) -> None:
    command = "rm x"
    for _ in range(8):
        command = f"echo $({command})"
    assert "nested" in shell(repo, command)


def test_a_very_long_command_ends(repo: Repo) -> None:
    assert "too long" in shell(repo, "ls;" * 6000)
    assert shell(repo, "rm" + " x" * 20_000) == ALLOWED


def test_files_that_no_commit_has(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.write("reports/fresh.json", "{}")
    assert KEPT in shell(repo, "rm reports/fresh.json")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    return build(tmp_path_factory.mktemp("scratch") / "folder" / "repo")


@pytest.mark.parametrize("command", _listed("caught_after.txt"))
def test_what_only_the_result_shows_is_reported(scratch: Repo, command: str) -> None:
    start = scratch.out("rev-parse", "HEAD").strip()
    assert shell(scratch, command) == ALLOWED
    outside = str(scratch.path.parent)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=scratch.path,
        env={**scratch.env, "HOME": outside, "TMPDIR": outside},
        capture_output=True,
        check=False,
        timeout=60,
    )
    reported = after(scratch, command)
    scratch.run("reset", "-q", "--hard", start)
    scratch.run("clean", "-qfdx")
    assert reported, (done.returncode, done.stderr)
    assert "to repair it: " in reported or "to bring it back: " in reported


@pytest.mark.parametrize("command", _listed("harmless.txt")[:3])
def test_a_clean_work_tree_is_no_news(scratch: Repo, command: str) -> None:
    assert after(scratch, command) == ALLOWED


def test_what_is_reported_says_how_to_bring_it_back(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    (repo.path / REPORT).unlink()
    repo.write("Dockerfile", "FROM x\n")
    kept, placed = after(repo, "make").splitlines()
    assert kept.startswith(f"{REPORT}: [reports-kept] ")
    assert placed.startswith("Dockerfile: [deployment-assets] ")
    for line in (kept, placed):
        command = line.partition("to repair it: ")[2]
        subprocess.run(command, shell=True, cwd=repo.path, env=repo.env, check=True)
    assert after(repo, "make") == ALLOWED
    assert (repo.path / REPORT).is_file()


def test_many_findings_are_counted(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    for number in range(9):
        repo.write(f"banterhearts/new{number}.py", "")
    *shown, last = after(repo, "make").splitlines()
    assert len(shown) == 5
    assert last == "and 4 more: treeguard check --worktree lists them"


def test_after_a_call_before_the_first_commit(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.run("update-ref", "-d", "HEAD")
    assert after(repo, "make") == ALLOWED
    repo.write("Dockerfile", "FROM x\n")
    assert "deployment-assets" in after(repo, "make")


def test_a_branch_that_cannot_be_read_is_not_an_unborn_one(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    head = repo.out("symbolic-ref", "HEAD").strip()
    (repo.path / ".git" / head).write_text("0123456789" * 4 + "\n")
    for said in (after(repo, "make"), shell(repo, "touch x > y")):
        assert said != ALLOWED


def test_a_commit_past_the_hooks_is_checked(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.write("Dockerfile", "FROM x\n")
    repo.stage()
    repo.run("commit", "-q", "--no-verify", "-m", "x")
    assert "deployment-assets" in after(repo, "make release")
    repo.run("checkout", "-q", "-b", "other")
    assert after(repo, "git checkout -b other") == ALLOWED


def test_links_do_not_hide_what_is_kept(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.link("short", "reports")
    assert KEPT in shell(repo, "rm short/gemma3/run_1.json")
    assert shell(repo, "rm short") == ALLOWED
