"""`treeguard check --fix`: moves, what follows them, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.calling import Answer
from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.patch13 import POLICY
from tests.support.patch13 import Edit
from tests.support.patch13 import apply
from tests.support.patch13 import build

AGAIN = "scripts/demo/again.py"
WORKFLOW = """\
on: push
jobs:
  b:
    steps:
      - run: docker build -f ./Dockerfile .  # ./Dockerfile
      - run: |
          cd scripts/demo
          python again.py
"""
FOLLOWED = WORKFLOW.replace(
    "-f ./Dockerfile .", "-f ./deployment/Dockerfile ."
).replace("cd scripts/demo", "cd garbage/demo")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    policy = POLICY.replace("references = true\n", "")
    return build(tmp_path / "repo", {"policy.toml": policy})


def _fix(repo: Repo, capsys: pytest.CaptureFixture[str], *words: str) -> Answer:
    return call(repo, capsys, "check", "--fix", "--output-format", "concise", *words)


def _staged(repo: Repo) -> list[str]:
    return repo.out("diff", "--cached", "--no-renames", "--name-status").splitlines()


def test_moves_and_references_are_staged_and_nothing_else(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(
        repo,
        Edit(
            {"Dockerfile": "FROM x\n", AGAIN: "", ".github/workflows/ci.yml": WORKFLOW}
        ),
    )
    repo.commit()
    repo.write("docs/README.md", "edited, not staged")
    repo.write("untracked", "")
    answer = _fix(repo, capsys)
    assert answer.code == 0
    assert answer.err == (
        "moved Dockerfile to deployment/Dockerfile\n"
        f"moved {AGAIN} to garbage/demo/again.py\n"
        "rewrote the references in .github/workflows/ci.yml\n"
        "references that may still point at the old path:\n"
        "  .github/workflows/ci.yml:5: ./Dockerfile\n"
    )
    assert _staged(repo) == [
        "M\t.github/workflows/ci.yml",
        "D\tDockerfile",
        "A\tdeployment/Dockerfile",
        "A\tgarbage/demo/again.py",
        f"D\t{AGAIN}",
    ]
    text = (repo.path / ".github/workflows/ci.yml").read_text()
    assert text == FOLLOWED
    assert repo.out("show", ":.github/workflows/ci.yml") == FOLLOWED.rstrip("\n")
    assert repo.out("diff", "--name-only") == "docs/README.md"


def test_python_that_imports_the_old_path_is_rewritten(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    user = "import os\nimport scripts.demo.again\n"
    apply(repo, Edit({AGAIN: "", "tools/use.py": user}))
    answer = _fix(repo, capsys)
    assert "rewrote the references in tools/use.py\n" in answer.err
    text = "import os\nimport garbage.demo.again\n"
    assert (repo.path / "tools/use.py").read_text() == text
    assert repo.out("show", ":tools/use.py") == text.rstrip("\n")


def test_what_only_a_person_can_decide_is_listed_and_left(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    user = "name = input()\nopen('scripts/demo/' + name)\n\n# scripts/demo/again.py\n"
    apply(repo, Edit({AGAIN: "", "tools/use.py": user}))
    answer = _fix(repo, capsys, "--quiet")
    assert answer.err.startswith("references that may still point at the old path:\n")
    assert "  tools/use.py:4: scripts/demo/again.py\n" in answer.err
    last = user.splitlines()[-1]
    assert (repo.path / "tools/use.py").read_text().endswith(f"{last}\n")


def test_paths_in_a_file_that_moves_are_rewritten(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    compose = "services:\n  app:\n    env_file: settings.env\n    image: x\n"
    apply(repo, Edit({"docker-compose.dev.yml": compose, "settings.env": "A=1\n"}))
    answer = _fix(repo, capsys, "--quiet")
    home = "deployment/docker/docker-compose.dev.yml"
    assert answer.err == ""
    moved = compose.replace("settings.env", "../../settings.env")
    assert (repo.path / home).read_text() == moved
    assert repo.out("show", f":{home}") == moved.rstrip("\n")


def test_a_frozen_file_is_listed_and_left(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    history = "[1](scripts/demo/again.py)\n"
    apply(repo, Edit({AGAIN: "", "CHANGELOG.md": history}))
    answer = _fix(repo, capsys, "--quiet")
    assert "  CHANGELOG.md:1: scripts/demo/again.py\n" in answer.err
    assert (repo.path / "CHANGELOG.md").read_text() == history


def test_a_link_to_what_moves_follows(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, Edit({AGAIN: ""}))
    repo.link("again", AGAIN)
    repo.stage()
    assert _fix(repo, capsys).code == 0
    assert (repo.path / "again").readlink().as_posix() == "garbage/demo/again.py"
    assert repo.out("diff", "--name-only") == ""


def test_no_dockerfile_copies_from_outside_of_its_context(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    dockerfile = "FROM x\nCOPY install.sh /\n"
    apply(repo, Edit({"deployment/app/Dockerfile": dockerfile, "install.sh": "true\n"}))
    repo.commit()
    answer = _fix(repo, capsys)
    text = (repo.path / "deployment/app/Dockerfile").read_text()
    assert answer.code == 0
    assert "../" not in text
    assert "COPY deployment/" in text


def test_a_folder_moves_as_a_whole(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, Edit({"k8s/a.yaml": "a: 1\n", "k8s/b/c.yaml": "c: 1\n"}))
    assert _fix(repo, capsys).code == 0
    staged = _staged(repo)
    assert "A\tdeployment/k8s/b/c.yaml" in staged
    assert not (repo.path / "k8s").exists()


def test_nothing_to_move(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    answer = _fix(repo, capsys)
    assert (answer.code, answer.err) == (0, "--fix: no finding proposes a move\n")
    assert _staged(repo) == []


def test_only_the_chosen_rule_is_fixed(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, Edit({"Dockerfile": "FROM x\n", AGAIN: ""}))
    _fix(repo, capsys, "--rule", "old-homes")
    assert "A\tDockerfile" in _staged(repo)
    assert "A\tgarbage/demo/again.py" in _staged(repo)


def _edited(repo: Repo) -> None:
    repo.write("Dockerfile", "FROM y\n")


def _removed(repo: Repo) -> None:
    repo.remove("Dockerfile")


def _edited_reference(repo: Repo) -> None:
    repo.write("Makefile", "b:\n\tdocker build -f Dockerfile .\n# edited\n")


def _taken_on_disk(repo: Repo) -> None:
    repo.write("deployment/Dockerfile", "untracked")


def _linked_out(repo: Repo) -> None:
    repo.run("rm", "-rq", "--cached", "deployment")
    (repo.path / "deployment").rename(repo.path.parent / "elsewhere")
    repo.link("deployment", "../elsewhere")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        pytest.param(_edited, "differ from the index: Dockerfile", id="edited"),
        pytest.param(_removed, "differ from the index: Dockerfile", id="removed"),
        pytest.param(
            _edited_reference, "differ from the index: Makefile", id="reference edited"
        ),
        pytest.param(
            _taken_on_disk, "deployment/Dockerfile already exists", id="taken"
        ),
        pytest.param(
            _linked_out, "deployment is a symbolic link", id="a link is no folder"
        ),
    ],
)
def test_refused_before_anything_is_touched(
    prepare: object, said: str, repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    makefile = "b:\n\tdocker build -f Dockerfile .\n"
    apply(repo, Edit({"Dockerfile": "FROM x\n", "Makefile": makefile, AGAIN: ""}))
    assert callable(prepare)
    prepare(repo)
    before = repo.out("status", "--porcelain")
    answer = _fix(repo, capsys)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert repo.out("status", "--porcelain") == before


def test_a_move_that_git_refuses_takes_the_others_back(
    repo: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(repo, Edit({"Dockerfile": "FROM x\n", AGAIN: ""}))
    repo.run("update-index", "--skip-worktree", AGAIN)
    repo.remove(AGAIN)
    before = repo.out("status", "--porcelain")
    answer = _fix(repo, capsys)
    assert (answer.code, answer.out) == (2, "")
    assert "nothing was moved" in answer.err
    assert repo.out("status", "--porcelain") == before
    assert (repo.path / "Dockerfile").read_text() == "FROM x\n"
