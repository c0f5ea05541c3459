"""Every row of known_keys.toml, with a file that it fits."""

from __future__ import annotations

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
    for path, text, _expected in ROWS:
        read = json_documents if path.endswith(".json") else yaml_documents
        for document in read(from_file(text)) or []:
            for scalar in values_by_path(document):
                row = keys_of(path).row_of(scalar)
                tested.add((row.at.pattern, row.files) if row else None)
    table = (PROJECT / "hooks/treeguard/languages/known_keys.toml").read_text()
    assert len(tested - {None}) == table.count("\n[[key]]\n")


def test_aliases_lead_to_a_text_by_every_path() -> None:
    text = "x: &p [a/**]\non: {push: {paths: *p}, pull_request: {paths: *p}}"
    found = list(spans(WORKFLOW, yaml_documents(from_file(text)) or []))
    assert {one.text for one in found} == {"a/**"}
