from __future__ import annotations

import pytest

from tests.languages.expect import uses

WORKFLOW = ".github/workflows/ci.yml"

SILENT = [
    ("filters", "on: {push: {paths: ['old/**', '!old/x.py']}}"),
    ("comment", "steps:\n- run: true\n  # run: python old/x.py"),
    ("name", "steps:\n- name: python old/x.py"),
    ("printed", "steps:\n- run: echo python old/x.py"),
    ("other action", "steps:\n- uses: old/action@v1"),
    ("key of a cache", "steps:\n- with: {key: \"${{ hashFiles('old/x.py') }}\"}"),
    ("root", "steps:\n- {working-directory: ., run: make}"),
    ("artifact", "steps:\n- uses: actions/upload-artifact@v4\n  with: {path: old/x}"),
]
SAYS = [
    ("run", "steps:\n- run: python old/x.py", ["old/x.py"]),
    ("block", "steps:\n- run: |\n    set -e\n    python -m old.x", ["m old.x"]),
    ("folded", "steps:\n- run: >-\n    python\n    old/x.py", ["old/x.py"]),
    ("quoted", "steps:\n- run: 'python ''old/x.py'''", ["old/x.py"]),
    ("escaped", 'steps:\n- run: "python \\"old/x.py\\""', ["old/x.py"]),
    ("folder", "steps:\n- working-directory: old\n  run: python x.py", None),
    ("out of a folder", "steps:\n- {working-directory: a, run: ../old/x.sh}", None),
    ("default", "defaults: {run: {working-directory: a}}\njobs:\n  x:\n    steps:\n"
     "    - run: python b.py\n    - {working-directory: c, run: python d.py}", None),
    ("cd", "steps:\n- run: cd scripts && python ../old/x.py", None),
    ("each step for itself", "steps:\n- run: cd a\n- run: ./b.sh", ["/a", "./b.sh"]),
    ("expression", "steps:\n- run: ${{ github.workspace }}/old/x.sh", ["old/x.sh"]),
    ("action", "steps:\n- uses: ./old/action", ["./old/action"]),
    ("workflow", "jobs: {a: {uses: ./old/w.yml}}", ["./old/w.yml"]),
    ("build", "steps:\n- uses: docker/build-push-action@v5\n"
     "  with: {context: ., file: old/Dockerfile}", ["old/Dockerfile"]),
    ("environment", "env: {PYTHONPATH: old}", ["old"]),
    ("Python", "steps:\n- shell: python\n  run: |\n    import old.x", ["m old.x"]),
    ("image of an action", "runs: {using: docker, image: old/Dockerfile}", None),
    ("alias", "a: &a {run: old/x.sh}\nb: *a\nc: *a", ["old/x.sh"]),
    ("two documents", "run: old/x.sh\n---\nrun: old/y.sh", ["old/x.sh", "old/y.sh"]),
    ("template", "{{- if .x }}\nimage: old/x\nrun: python old/y.py", ["old/y.py"]),
    ("broken", "steps: [\n- run: python old/x.py\n  # python old/y.py", ["old/x.py"]),
]  # fmt: skip
SEVERAL = {
    "folder": ["old", "/old/x.py"],
    "out of a folder": ["a", "/old/x.sh"],
    "default": ["a", "/a/b.py", "c", "/c/d.py"],
    "cd": ["/scripts", "/old/x.py"],
    "image of an action": ["old/Dockerfile"],
}


@pytest.mark.parametrize("text", [s for _, s in SILENT], ids=[i for i, _ in SILENT])
def test_a_mention_is_no_use(text: str) -> None:
    assert uses(WORKFLOW, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, found or SEVERAL[name]) for name, text, found in SAYS],
    ids=[name for name, _, _ in SAYS],
)
def test_what_a_workflow_uses(text: str, expected: list[str]) -> None:
    assert uses(WORKFLOW, text) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".gitlab-ci.yml", "include: old/ci.yml", ["old/ci.yml"]),
        (".gitlab-ci.yml", "include: [{local: /old/ci.yml}]", ["old/ci.yml"]),
        (".gitlab-ci.yml", "a: {script: [cd old, ./x.sh]}", ["/old", "/old/x.sh"]),
        (".gitlab-ci.yml", "a: {rules: [{changes: [old/x]}]}", []),
        (".gitlab-ci.yml", "a: {script: !reference [b, c]}", []),
        (".circleci/config.yml", "run: {command: python old/x.py}", ["old/x.py"]),
        ("azure-pipelines.yml", "- bash: old/x.sh\n  workingDirectory: a", None),
        ("Taskfile.yml", "tasks: {a: {cmds: [python old/x.py]}}", ["old/x.py"]),
        ("k8s/a.yml", "command: [python, -m]\nargs: [old.x]", ["m old.x"]),
        ("k8s/a.yml", "env: [{name: PYTHONPATH, value: old}]", ["old"]),
        ("mkdocs.yml", "nav: [old/x.md]\nexclude_docs: old/", []),
        (".pre-commit-config.yaml", "hooks: [{id: x, files: ^old/}]", []),
        (".pre-commit-config.yaml", "- {entry: old/x, language: pygrep}", []),
        (".pre-commit-config.yaml", "- {entry: old/x, language: script}", ["old/x"]),
        (".pre-commit-config.yaml", "- {entry: python, args: [-m, old.x]}", None),
    ],
)
def test_other_pipelines(path: str, text: str, expected: list[str] | None) -> None:
    several = {"azure-pipelines.yml": ["/a/old/x.sh", "a"]}
    assert uses(path, text) == (
        several.get(path, ["m old.x"]) if expected is None else expected
    )
