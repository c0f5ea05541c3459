"""A table of shell commands that agents type, and what becomes of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stages.calls import ALLOWED
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
    ("X=--no-verify; git commit $X -m x", SKIPS),
    ("G='git commit --no-verify'; $G -m x", SKIPS),
    ("eval 'git commit --no-verify'", SKIPS),
    ("bash <<'EOF'\ngit commit --no-verify\nEOF", SKIPS),
    ("echo 'git commit --no-verify' | sh", SKIPS),
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
    ("git -c core.hooksPath=/dev/null commit -m x", "gets round the hooks"),
    ("git -c alias.c='commit -n' c", "gets round the hooks"),
    ("git config core.hooksPath /dev/null", "takes the hooks away"),
    ("git config --global CORE.HOOKSPATH x", "takes the hooks away"),
    ("git config --unset core.hooksPath", "takes the hooks away"),
    ("pre-commit uninstall", "takes the hooks away"),
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
    ("rm reports/{gemma3,llama3}/run_1.json", KEPT),
    ("cd reports/gemma3; rm run_1.json", KEPT),
    ("cd docs && rm ../reports/gemma3/run_1.json", KEPT),
    ("rm reports/$NAME", KEPT),
    ('rm "$ROOT/reports/gemma3/run_1.json"', KEPT),
    ("D=reports; rm -rf $D", KEPT),
    ("rm -rf ${D:-reports}", KEPT),
    ("for f in reports/*/*.json; do rm $f; done", KEPT),
    ("for f in reports; do rm -rf $f/gemma3; done", KEPT),
    ("rm $(ls reports/gemma3/run_1.json)", KEPT),
    ("ls reports/gemma3/*.json | xargs rm", KEPT),
    ("find reports -name '*.json' | xargs -n1 rm -f", KEPT),
    ("find reports -name '*.json' | while read f; do rm $f; done", KEPT),
    ("find . -name '*.json' -delete", KEPT),
    ("find reports -type f -exec rm {} +", KEPT),
    (f"unlink {REPORT}", KEPT),
    (f"shred -u {REPORT}", KEPT),
    ("git rm -r reports", KEPT),
    (f"git rm --cached {REPORT}", KEPT),
    ("git rm 'reports/*.json'", KEPT),
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
    (f"python bench.py | tee {REPORT}", KEPT),
    (f"truncate -s 0 {REPORT}", KEPT),
    (f"dd if=/dev/null of={REPORT}", KEPT),
    (f"cp /dev/null {REPORT}", KEPT),
    (f"ln -sf /tmp/x {REPORT}", KEPT),
    ("rsync -a --delete empty/ reports/", KEPT),
    (f"python -c \"import os; os.remove('{REPORT}')\"", KEPT),
    (f"python3 - <<'E'\nimport os\nos.unlink('{REPORT}')\nE", KEPT),
    ("$TOOL reports/gemma3", KEPT),
    # Files where none may be.
    ("touch Dockerfile", "deployment-assets"),
    ("cp deployment/docker/Dockerfile .", "deployment-assets"),
    ("mv deployment/docker/Dockerfile Dockerfile", "deployment-assets"),
    ("git mv deployment/docker/Dockerfile .", "deployment-assets"),
    ("echo 'FROM x' > Dockerfile", "deployment-assets"),
    ("cat > Dockerfile <<'EOF'\nFROM x\nEOF", "deployment-assets"),
    ("curl -s example.org | tee Dockerfile.gpu", "deployment-assets"),
    ("touch banterhearts/new.py", "core-shape"),
    ("cp -r docs banterhearts/docs", "core-shape"),
    ("touch scripts/demo/again.py", "old-homes"),
    ("git mv deployment/README.md deployment/READ.md", "readmes"),
    ("rm -r deployment", "readmes"),
    (
        "cat > banterhearts/ai_agent/x.py <<'EOF'\nimport garbage.agents\nEOF",
        "no-garbage-imports",
    ),
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
        command = f"eval {command}"
    assert "nested" in shell(repo, command)


def test_asking_again_and_again_ends(repo: Repo) -> None:
    many = " ".join(f"docs{n}" for n in range(300))
    command = f"cp {many} x" + " | xargs rm y" * 300
    assert "too long to be judged" in shell(repo, command)


def test_a_long_text_that_is_piped_on_ends(repo: Repo) -> None:
    fed = "cat <<END" + " | xargs rm" * 300 + "\n" + "ab " * 100_000 + "\nEND\n"
    assert "too long to be judged" in shell(repo, fed)


def test_files_that_no_commit_has(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.write("reports/fresh.json", "{}")
    assert "git clean would delete reports/fresh.json" in shell(repo, "git clean -fd")
    assert shell(repo, "git clean -fd docs") == ALLOWED
    assert KEPT in shell(repo, "rm reports/fresh.json")


def test_edits_that_are_not_staged(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.write(REPORT, "edited")
    assert "not staged" in shell(repo, "git checkout -- reports")
    assert "not staged" in shell(repo, "git restore .")
    assert shell(repo, "git restore docs") == ALLOWED
    repo.stage(REPORT)
    assert shell(repo, "git checkout -- reports") == ALLOWED


@pytest.mark.parametrize(
    "command", ["git reset --hard", "git checkout -f main", "git switch -f main"]
)
def test_edits_that_go_with_a_branch(tmp_path: Path, command: str) -> None:
    repo = build(tmp_path / "repo")
    repo.write(REPORT, "edited")
    assert "not staged" in shell(repo, command)
    repo.run("checkout", "-q", "--", REPORT)
    repo.write("docs/guide.md", "edited")
    assert shell(repo, command) == ALLOWED


def test_links_do_not_hide_what_is_kept(tmp_path: Path) -> None:
    repo = build(tmp_path / "repo")
    repo.link("short", "reports")
    assert KEPT in shell(repo, "rm short/gemma3/run_1.json")
    assert shell(repo, "rm short") == ALLOWED
