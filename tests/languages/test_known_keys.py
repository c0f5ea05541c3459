"""Every row of known_keys.toml, with a file that it fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.project import ROOT as PROJECT
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.known_keys import keys_of
from treeguard.languages.known_keys import spans
from treeguard.languages.source_text import from_file
from treeguard.languages.spans import ANYWHERE
from treeguard.languages.spans import FOLDERS
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import UNSURE
from treeguard.languages.spans import USES
from treeguard.languages.toml_ini import ini_spans
from treeguard.languages.toml_ini import ini_texts
from treeguard.languages.toml_ini import toml_spans
from treeguard.languages.toml_ini import toml_strings
from treeguard.languages.yaml_tree import Scalar
from treeguard.languages.yaml_tree import json_documents
from treeguard.languages.yaml_tree import values_by_path
from treeguard.languages.yaml_tree import yaml_documents

WORKFLOW = ".github/workflows/ci.yml"
# A file, a text, and what is found in it: kind, text, base.
ROWS = [
    ("a.yml", "a: {working-directory: src}", [(PATH, "src", ANYWHERE)]),
    ("a.yml", "a: {run: x/y.sh, script: [x/z.sh], env: {PATH: x}}", []),
    ("a.yml", "variables: x/y", []),
    (".gitlab-ci.yml", "a: {local: /ci/x.yml}", [(PATH, "ci/x.yml", ANYWHERE)]),
    (".gitlab-ci.yml", "a:\n  local: >\n    /x/y.yml\n", [(PATH, "x/y.yml", ANYWHERE)]),
    ("azure.yaml", "a: {requirements: [x/y]}", []),
    (".gitlab-ci.yml", "include: [a/b.yml]", [(PATH, "a/b.yml", ANYWHERE)]),
    (".gitlab-ci.yml", "include: [[a/b.yml], {x: y}]", [(PATH, "a/b.yml", ANYWHERE)]),
    (WORKFLOW, "jobs: {a: {uses: ./b/c.yml}}", [(PATH, "./b/c.yml", ANYWHERE)]),
    (WORKFLOW, "steps: [{uses: actions/checkout@v4}]", []),
    ("action.yml", "runs: {main: dist/x.js}", [(PATH, "dist/x.js", ANYWHERE)]),
    ("action.yml", "runs: {image: 'docker://a/b'}", []),
    (
        WORKFLOW,
        "- uses: docker/build-push-action@v6\n  with: {file: /a/Dockerfile}",
        [(PATH, "a/Dockerfile", ANYWHERE)],
    ),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with:\n    filters: |\n      x: ['a/**', {added: b/c}]\n",
        [(GLOB, "a/**", ROOT), (GLOB, "b/c", ROOT)],
    ),
    (WORKFLOW, "- uses: a/b@v1\n  with: {args: x/y.sh}", []),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with:\n    path: |\n      a/b\n      !c\n\n      d: e",
        [(GLOB, "a/b", ROOT), (GLOB, "c", ROOT)],
    ),
    (
        WORKFLOW,
        "- uses: a/b@v1\n  with: {odd: x/y, word: x, key: 'a-${{ b/c }}'}",
        [(UNSURE, "x/y", ROOT)],
    ),
    (WORKFLOW, "- with: {path: a/b}", []),
    (
        WORKFLOW,
        "on: {push: {paths: ['!a/**'], paths-ignore: b}}",
        [(GLOB, "a/**", ROOT), (GLOB, "b", ROOT)],
    ),
    ("other/a.yml", "on: {push: {paths: ['a/**']}}", []),
    (
        ".github/dependabot.yml",
        "updates: [{directory: /a}, {directories: [/b/*]}]",
        [(FOLDERS, "/a", ROOT), (FOLDERS, "/b/*", ROOT)],
    ),
    (
        "k8s/kustomization.yaml",
        "resources: [a.yaml, ../b, '..', 'https://x.y/z', \"---\\nkind: A\"]",
        [(PLACE, "a.yaml", OWN), (PLACE, "../b", OWN), (PLACE, "..", OWN)],
    ),
    (
        "Kustomization",
        "patches: [{path: a/b.yaml}, {patch: [{path: /spec/x}]}]",
        [(PLACE, "a/b.yaml", OWN)],
    ),
    (
        "kustomization.yml",
        "secretGenerator: [{envs: [a/b.env], files: ['k=c/d', e/f]}]",
        [(PLACE, "a/b.env", OWN), (PLACE, "c/d", OWN), (PLACE, "e/f", OWN)],
    ),
    (
        "charts/Chart.yaml",
        "dependencies: [{repository: 'file://../a'}, {repository: 'https://x.y/z'}]",
        [(PLACE, "../a", OWN)],
    ),
    (
        ".pre-commit-config.yaml",
        "hooks: [{additional_dependencies: [./a/b, requests]}]",
        [(PATH, "./a/b", ANYWHERE)],
    ),
    (".vscode/launch.json", '[{"module": "a.b"}]', [(STRING, "a.b", ANYWHERE)]),
    (
        "devcontainer.json",
        '{"program": "${workspaceFolder}/a/b.py", "dockerFile": ["c/Dockerfile"]}',
        [(PATH, "a/b.py", ANYWHERE), (PATH, "c/Dockerfile", ANYWHERE)],
    ),
]


# TOML and INI: commands are read by the shell's reader.
SETTINGS = [
    ("pyproject.toml", "[project.scripts]\na = 'old.x:y'", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools]\npackages = ['old.x']", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools.dynamic]\na = {attr = 'old.x'}", ["old.x"]),
    ("pyproject.toml", "[tool.setuptools.dynamic]\na = {file = 'old/x'}", ["old/x"]),
    (
        "pyproject.toml",
        "[tool.hatch.build.hooks.vcs]\nversion-file = 'old/x'",
        ["old/x"],
    ),
    ("pyproject.toml", "[tool.setuptools_scm]\nwrite_to = 'old/x'", ["old/x"]),
    ("setup.cfg", "[versioneer]\nversionfile_source = old/_v.py", ["old/_v.py"]),
    ("setup.cfg", "[semantic_release]\nversion_variable = old/v.py:v", ["old/v.py"]),
    ("pyproject.toml", "[tool.uv.workspace]\nmembers = ['old/x']", ["old/x"]),
    ("pyproject.toml", "[tool.setuptools.package-dir]\na = 'old'", ["old"]),
    ("pyproject.toml", "[tool.hatch.build.targets.x]\npackages = ['old']", ["old"]),
    ("pyproject.toml", "[tool.hatch.build.force-include]\na = 'old/x'", ["old/x"]),
    ("pyproject.toml", "[tool.poetry.dependencies]\na = {path = 'old'}", ["old"]),
    ("pyproject.toml", "[tool.poetry.scripts]\na = 'old/x.py:y'", ["old/x.py"]),
    ("setup.cfg", "[entry_points]\na = old.x:y", ["old.x"]),
    ("setup.cfg", "[metadata]\na = file: old/x, old/y", ["old/x", "old/y"]),
    ("setup.cfg", "[metadata]\nversion = attr: old.x", ["old.x"]),
    ("setup.cfg", "[options]\npy_modules = old.x\n  old.y", ["old.x", "old.y"]),
    ("setup.cfg", "[tool:pytest]\naddopts = -q -p old.x", ["old.x"]),
    ("pytest.ini", "[pytest]\ntestpaths = old/x old/y", ["old/x", "old/y"]),
    ("pytest.ini", "[pytest]\npythonpath = old/x", ["old/x"]),
    ("mypy.ini", "[mypy]\nmypy_path = old/x, old/y", ["old/x", "old/y"]),
    ("pyproject.toml", "[tool.ruff]\nsrc = ['old/x']", ["old/x"]),
    ("ruff.toml", "src = ['old/x']", ["old/x"]),
    ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = old.x", ["old.x"]),
    ("setup.cfg", "[mypy]\nplugins = old.x, old/y.py", ["old.x", "old/y.py"]),
    ("pyproject.toml", "[tool.pylint.main]\nload-plugins = ['old.x']", ["old.x"]),
    ("tox.ini", "[flake8:local-plugins]\na =\n X = old.x:Y\n Z = old.z", None),
    ("pyproject.toml", "[tool.poe.tasks.a]\nscript = 'old.x:y'", ["old.x"]),
    ("pyproject.toml", "[tool.pdm.scripts]\na = 'python old/x.py'", ["old/x.py"]),
    ("pyproject.toml", "[tool.hatch.envs.a.scripts]\nb = 'old/x.sh'", ["old/x.sh"]),
    ("pyproject.toml", "[tool.cibuildwheel]\nbefore-all = 'old/x.sh'", ["old/x.sh"]),
    ("tox.toml", "[env_run_base]\ncommands = [['old/x.sh']]", ["old/x.sh"]),
    ("tasks.toml", "[tasks.a]\nrun = 'old/x.sh'", ["old/x.sh"]),
    (
        "pyproject.toml",
        '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ncommands = old/x.sh\n"""',
        ["old/x.sh"],
    ),
    ("fly.toml", "[build]\ndockerfile = 'old/Dockerfile'", ["old/Dockerfile"]),
    ("fly.toml", "[processes]\na = 'python old/x.py'", ["old/x.py"]),
    ("tox.ini", "[testenv:a]\ncommands_pre = old/x.sh", ["old/x.sh"]),
    ("tox.ini", "[testenv]\nsetenv =\n  PYTHONPATH=old", ["old"]),
    ("tox.ini", "[testenv]\nchangedir = old/x", ["old/x"]),
    ("tox.ini", "[testenv]\ndeps =\n  -r old/x.txt", ["old/x.txt"]),
    ("alembic.ini", "[alembic]\nscript_location = old/x", ["old/x"]),
    ("alembic.ini", "[alembic]\nscript_location = old.x:y", ["old.x"]),
    ("uwsgi.ini", "[uwsgi]\nmodule = old.x:y", ["old.x"]),
    ("a.conf", "[program:a]\ndirectory = old/x", ["old/x"]),
    ("a.conf", "[program:a]\ncommand = python old/x.py", ["old/x.py"]),
    ("a.service", "[Service]\nExecStart=python -m old.x", ["old.x"]),
    ("a.service", "[Service]\nEnvironment=PYTHONPATH=old", ["old"]),
]


@pytest.mark.parametrize(("path", "text", "expected"), SETTINGS)
def test_a_row_of_settings(path: str, text: str, expected: list[str] | None) -> None:
    read = toml_spans if path.endswith(".toml") else ini_spans
    found = sorted({one for one in read(from_file(text), path) if one.kind in USES})
    assert [one.text for one in found] == (expected or ["old.x", "old.z"])
    for one in found:
        assert text[one.start : one.end] == one.text


def strings_of(path: str, text: str) -> Iterator[Scalar]:
    """Yield the strings of a file, as the table compares them."""
    if path.endswith(".toml"):
        return (one.at for one in toml_strings(from_file(text)) if not one.is_key)
    if path.endswith((".ini", ".cfg", ".conf", ".service")):
        return (one for one in ini_texts(from_file(text)) if not one.is_key)
    read = json_documents if path.endswith(".json") else yaml_documents
    found = read(from_file(text)) or []
    return (one for document in found for one in values_by_path(document))


@pytest.mark.parametrize(("path", "text", "expected"), ROWS)
def test_a_row_finds_what_its_key_holds(
    path: str, text: str, expected: list[tuple[str, str, str]]
) -> None:
    read = json_documents if path.endswith(".json") else yaml_documents
    found = list(spans(path, read(from_file(text)) or []))
    assert [(one.kind, one.text, one.base) for one in found] == expected
    for one in found:
        assert text[one.start : one.end] == one.text


def test_every_row_has_a_file_here() -> None:
    tested = set()
    for path, text in [row[:2] for row in (*ROWS, *SETTINGS)]:
        for scalar in strings_of(path, text):
            row = keys_of(path).row_of(scalar)
            tested.add((row.at, row.files, row.value) if row else None)
    table = (PROJECT / "hooks/treeguard/languages/known_keys.toml").read_text()
    assert len(tested - {None}) == table.count("\n[[key]]\n")


def test_aliases_lead_to_a_text_by_every_path() -> None:
    text = "x: &p [a/**]\non: {push: {paths: *p}, pull_request: {paths: *p}}"
    found = list(spans(WORKFLOW, yaml_documents(from_file(text)) or []))
    assert {one.text for one in found} == {"a/**"}
