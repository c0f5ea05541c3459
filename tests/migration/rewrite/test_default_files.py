"""Files that a command reads without naming them, and those that a tool refuses."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

TREE = {
    "compose.yaml": "name: x\nservices: {a: {image: x}}\n",
    "ci/compose.ci.yaml": "services: {b: {image: x}}\n",
}
MOVES = {"compose.yaml": "deployment/compose.yaml"}
UP = "docker compose up -d\n"
JOB = "jobs:\n  a:\n    steps:\n      - run: docker compose up\n"


def after(files: dict[str, str], path: str) -> tuple[str, list[str]]:
    """The new text of a file, and why what is listed of it is."""
    tree = {one: text.encode() for one, text in {**TREE, **files}.items()}
    data, undecided = rewritten(a_world(tree, MOVES), path)
    return data.decode(), [one.why for one in undecided]


# The environment names another file, which `-f` would win over.
NAMED = {
    "workflow": (".github/workflows/a.yml", f"env: {{COMPOSE_FILE: ci/c.yml}}\n{JOB}"),
    "job": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    env:\n      COMPOSE_FILE: ci/compose.ci.yaml\n    steps:\n"
        "      - run: docker compose up\n",
    ),
    "step": (
        ".github/workflows/a.yml",
        f"{JOB}        env: {{COMPOSE_FILE: ci/compose.ci.yaml}}\n",
    ),
    "GitLab": (
        ".gitlab-ci.yml",
        "variables:\n  COMPOSE_FILE: ci/c.yml\na:\n  script: [docker compose up]\n",
    ),
    "export": ("up.sh", f"export COMPOSE_FILE=ci/compose.ci.yaml\n{UP}"),
    "assigned": (
        "up.sh",
        f"COMPOSE_FILE=ci/compose.ci.yaml\nexport COMPOSE_FILE\n{UP}",
    ),
    "before the command": ("up.sh", f"COMPOSE_FILE=ci/compose.ci.yaml {UP}"),
    "env": ("up.sh", f"env COMPOSE_FILE=ci/compose.ci.yaml {UP}"),
    "Makefile": ("Makefile", f"export COMPOSE_FILE = ci/compose.ci.yaml\nup:\n\t{UP}"),
}


@pytest.mark.parametrize("name", NAMED)
def test_a_compose_file_that_the_environment_names_is_none_by_default(
    name: str,
) -> None:
    path, text = NAMED[name]
    assert after({path: text}, path)[0] == text


def test_a_dotenv_names_it_as_well() -> None:
    files = {".env": "A=b\nCOMPOSE_FILE=ci/compose.ci.yaml\n", "up.sh": UP}
    assert after(files, "up.sh") == (UP, [])


def test_what_another_job_sets_is_listed() -> None:
    text = f"{UP}\n# later: COMPOSE_FILE=x docker compose up\n"
    assert after({"up.sh": text}, "up.sh") == (
        text,
        ["COMPOSE_FILE may name another file"],
    )


DOTENV = [
    (UP, "docker compose -f deployment/compose.yaml --env-file .env up -d\n"),
    (
        "cd ci\ncd ..\ndocker-compose up\n",
        "cd ci\ncd ..\ndocker-compose -f deployment/compose.yaml --env-file .env up\n",
    ),
    (
        "docker compose --env-file a.env up\n",
        "docker compose -f deployment/compose.yaml --env-file a.env up\n",
    ),
    (
        "docker compose --project-directory . up\n",
        "docker compose -f deployment/compose.yaml --project-directory . up\n",
    ),
]


@pytest.mark.parametrize(("text", "expected"), DOTENV)
def test_a_dotenv_that_stays_is_named_too(text: str, expected: str) -> None:
    assert after({".env": "A=b\n", "up.sh": text}, "up.sh") == (expected, [])


def test_without_a_dotenv_none_is_named() -> None:
    expected = "docker compose -f deployment/compose.yaml up -d\n"
    assert after({"up.sh": UP}, "up.sh") == (expected, [])


ACTION = """\
jobs:
  a:
    steps:
      - uses: docker/build-push-action@v6
        with:
"""
BUILDS = [
    (
        "          context: .\n          push: true\n",
        "          file: deployment/Dockerfile\n          context: .\n"
        "          push: true\n",
    ),
    (
        "          push: true\n",
        "          file: deployment/Dockerfile\n          push: true\n",
    ),
    (
        "          {push: true, context: .}\n",
        "          {push: true, file: deployment/Dockerfile, context: .}\n",
    ),
    ("          file: other/Dockerfile\n", "          file: other/Dockerfile\n"),
    ("          context: web\n", "          context: web\n"),
    ("          context: https://x/y.git\n", "          context: https://x/y.git\n"),
    (
        "          context: ${{ matrix.dir }}\n",
        "          context: ${{ matrix.dir }}\n",
    ),
]


@pytest.mark.parametrize(("text", "expected"), BUILDS)
def test_an_action_that_reads_the_dockerfile_of_its_context(
    text: str, expected: str
) -> None:
    path = ".github/workflows/a.yml"
    files = {"Dockerfile": "", "web/Dockerfile": "", path: ACTION + text}
    tree = {one: content.encode() for one, content in files.items()}
    world = a_world(tree, {"Dockerfile": "deployment/Dockerfile"})
    data, undecided = rewritten(world, path)
    assert (data.decode(), undecided) == (ACTION + expected, [])


def kustomization(keys: str, moves: dict[str, str]) -> tuple[str, list[str]]:
    path = "k8s/base/kustomization.yaml"
    tree = {path: keys, "k8s/base/a.env": "", "k8s/base/s.yaml": "", "k8s/b/x.yaml": ""}
    world = a_world({one: text.encode() for one, text in tree.items()}, moves)
    data, undecided = rewritten(world, path)
    return data.decode(), [one.why for one in undecided]


REFUSED = [
    "configMapGenerator: [{name: a, files: [a.env]}]\n",
    "configMapGenerator: [{name: a, files: [key=a.env]}]\n",
    "secretGenerator: [{name: a, envs: [a.env]}]\n",
    "resources: [a.env]\n",
    "patches: [{path: a.env}]\n",
]


@pytest.mark.parametrize("text", REFUSED)
def test_kustomize_refuses_files_of_other_folders(text: str) -> None:
    why = "kustomize refuses ../../config/a.env: a file must be in or below this folder"
    moves = {"k8s/base/a.env": "config/a.env"}
    assert kustomization(text, moves) == (text, [why])


def test_kustomize_takes_folders_from_anywhere_and_files_from_below() -> None:
    text = "resources: [../b, a.env]\n"
    moves = {"k8s/b/": "apps/b/", "k8s/base/a.env": "k8s/base/env/a.env"}
    assert kustomization(text, moves) == ("resources: [../../apps/b, env/a.env]\n", [])


@pytest.mark.parametrize("source", ["package*.json", "*.py", "p?.txt", "package[a-z]*"])
def test_a_pattern_in_a_folder_that_moves_as_one_stays(source: str) -> None:
    text = f"FROM node\nCOPY {source} ./\n"
    names = ("package.json", "packages.json", "a.py", "p1.txt")
    tree = {"result/Dockerfile": text, **{f"result/{name}": "" for name in names}}
    world = a_world(
        {one: content.encode() for one, content in tree.items()},
        {"result/": "services/result/"},
    )
    assert rewritten(world, "result/Dockerfile") == (text.encode(), [])
