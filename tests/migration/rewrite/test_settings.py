"""Configuration of tools: paths, patterns, expressions and dotted names."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

TREE = {
    "banterhearts/__init__.py": b"",
    "banterhearts/observability/__init__.py": b"",
    "banterhearts/observability/datadog.py": b"",
    "banterhearts/core.py": b"",
    "config/app.yaml": b"",
    "docs/a.md": b"",
    "docs/b.md": b"",
    "docs/guide/x.md": b"",
    "docs/more/y.md": b"",
    "scripts/demo/run.py": b"",
    "scripts/demo/all.sh": b"",
    "scripts/keep.py": b"",
    "push.py": b"",
}
MOVES = {
    "banterhearts/observability/": "banterhearts/enterprise/observability/",
    "config/": "deployment/config/",
    "docs/a.md": "docs/enterprise/a.md",
    "scripts/demo/": "garbage/demo/",
    "push.py": "banterhearts/enterprise/scripts/push.py",
    "docs/guide/": "docs/more/",
}


def after(path: str, text: str) -> tuple[str, list[str]]:
    data, told = rewritten(a_world({**TREE, path: text.encode()}, MOVES), path)
    return data.decode(), [f"{one.line}: {one.text}" for one in told]


REWRITTEN = {
    "28 keys and values": (
        "pyproject.toml",
        "[tool.setuptools.package-data]\n"
        '"banterhearts.observability" = [\n  "*.json",  # kept\n]\n'
        '"banterhearts" = ["*.txt"]\n'
        "[tool.ruff.lint.per-file-ignores]\n"
        '"scripts/demo/**" = ["E501"]\n'
        "[[tool.mypy.overrides]]\n"
        'module = ["banterhearts.observability.*", "datadog.*"]\n'
        "[tool.coverage.run]\nomit = ['scripts/demo/*', \"push.py\"]\n"
        "[tool.pytest.ini_options]\n"
        'filterwarnings = ["ignore::Warning"]\n',
        "[tool.setuptools.package-data]\n"
        '"banterhearts.enterprise.observability" = [\n  "*.json",  # kept\n]\n'
        '"banterhearts" = ["*.txt"]\n'
        "[tool.ruff.lint.per-file-ignores]\n"
        '"garbage/demo/**" = ["E501"]\n'
        "[[tool.mypy.overrides]]\n"
        'module = ["banterhearts.enterprise.observability.*", "datadog.*"]\n'
        "[tool.coverage.run]\nomit = ['garbage/demo/*', "
        '"banterhearts/enterprise/scripts/push.py"]\n'
        "[tool.pytest.ini_options]\n"
        'filterwarnings = ["ignore::Warning"]\n',
    ),
    "28 expressions": (
        ".pre-commit-config.yaml",
        "exclude: '^scripts/demo/'\nrepos:\n- repo: x\n  hooks:\n  - id: y\n"
        "    files: ^(config/.*\\.yaml|scripts/demo/run\\.py|push\\.py)$\n",
        "exclude: '^garbage/demo/'\nrepos:\n- repo: x\n  hooks:\n  - id: y\n"
        "    files: ^(deployment/config/.*\\.yaml|garbage/demo/run\\.py"
        "|banterhearts/enterprise/scripts/push\\.py)$\n",
    ),
    "28 an expression over lines": (
        ".pre-commit-config.yaml",
        "repos:\n- hooks:\n  - exclude: |\n      (?x)^(\n        config/.*|\n"
        "        scripts/demo/run\\.py\n      )$\n    files: x\n",
        "repos:\n- hooks:\n  - exclude: |\n      (?x)^(\n"
        "        deployment/config/.*|\n        garbage/demo/run\\.py\n      )$\n"
        "    files: x\n",
    ),
    "an editor's workspace": (
        ".vscode/launch.json",
        '{"module": "banterhearts.observability.datadog", // it\n'
        ' "program": "${workspaceFolder}/push.py",\n'
        ' "cwd": "${workspaceFolder}/scripts/demo"}\n',
        '{"module": "banterhearts.enterprise.observability.datadog", // it\n'
        ' "program": "${workspaceFolder}/banterhearts/enterprise/scripts/push.py",\n'
        ' "cwd": "${workspaceFolder}/garbage/demo"}\n',
    ),
    "setup.cfg": (
        "setup.cfg",
        "[options.package_data]\nbanterhearts.observability = *.json\n"
        "[mypy-banterhearts.observability.*]\nignore_errors = True\n"
        "[flake8]\nper-file-ignores =\n    scripts/demo/run.py:E501\n"
        "    # scripts/demo/run.py is noted\n"
        "[tool:pytest]\naddopts = --cov=banterhearts.observability -q\n",
        "[options.package_data]\nbanterhearts.enterprise.observability = *.json\n"
        "[mypy-banterhearts.enterprise.observability.*]\nignore_errors = True\n"
        "[flake8]\nper-file-ignores =\n    garbage/demo/run.py:E501\n"
        "    # scripts/demo/run.py is noted\n"
        "[tool:pytest]\naddopts = --cov=banterhearts.enterprise.observability -q\n",
    ),
    "manifest": (
        "MANIFEST.in",
        "recursive-include config *.yaml\ninclude config/app.yaml\n"
        "recursive-include scripts/demo *.sh\n",
        "recursive-include deployment/config *.yaml\n"
        "include deployment/config/app.yaml\n"
        "recursive-include garbage/demo *.sh\n",
    ),
    "13 logging": (
        "logging.yaml",
        "loggers:\n  banterhearts.observability:\n    level: DEBUG\n"
        "  'banterhearts.observability.datadog': {level: INFO}\n"
        "  banterhearts.core: {level: INFO}\nfile: config/app.yaml\n",
        "loggers:\n  banterhearts.enterprise.observability:\n    level: DEBUG\n"
        "  'banterhearts.enterprise.observability.datadog': {level: INFO}\n"
        "  banterhearts.core: {level: INFO}\nfile: config/app.yaml\n",
    ),
    "a dotted name among the words of a command": (
        "k8s.yaml",
        "args: ['-m', banterhearts.observability.datadog]\n",
        "args: ['-m', banterhearts.enterprise.observability.datadog]\n",
    ),
    "what is made in a folder that moves": (
        "pyproject.toml",
        "[tool.ruff]\n"
        'exclude = ["config/_version.py", "!config/made/", "out/x.py"]\n'
        "[tool.coverage.run]\n"
        'omit = ["scripts/demo/_pb2.py", "scripts/demo/made/*.py", "*/x.py"]\n'
        "[tool.pyright]\n"
        'exclude = ["banterhearts/observability/_version.py", "scripts/_version.py"]\n',
        "[tool.ruff]\n"
        'exclude = ["deployment/config/_version.py", "!deployment/config/made/", '
        '"out/x.py"]\n'
        "[tool.coverage.run]\n"
        'omit = ["garbage/demo/_pb2.py", "garbage/demo/made/*.py", "*/x.py"]\n'
        "[tool.pyright]\n"
        'exclude = ["banterhearts/enterprise/observability/_version.py", '
        '"scripts/_version.py"]\n',
    ),
    "what is made there, in INI": (
        ".coveragerc",
        "[run]\nomit =\n    scripts/demo/_version.py\n    scripts/demo/*\n"
        "    config/gen/*.py\n[report]\ninclude = config/*, scripts/keep.py\n",
        "[run]\nomit =\n    garbage/demo/_version.py\n    garbage/demo/*\n"
        "    deployment/config/gen/*.py\n[report]\n"
        "include = deployment/config/*, scripts/keep.py\n",
    ),
    "what is made there, in CI": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n    - uses: actions/upload-artifact@v4\n"
        "      with:\n        path: |\n          config/out/**\n          dist/\n",
        "jobs:\n  a:\n    steps:\n    - uses: actions/upload-artifact@v4\n"
        "      with:\n        path: |\n          deployment/config/out/**\n"
        "          dist/\n",
    ),
    "line endings": (
        "ruff.toml",
        '\ufeffexclude = ["scripts/demo"]  # \u00e9\r\n',
        '\ufeffexclude = ["garbage/demo"]  # \u00e9\r\n',
    ),
}


# A comment, and a key of a format that nobody knows.
LEFT = {"setup.cfg": ["8: scripts/demo/run.py"], "13 logging": ["6: config/app.yaml"]}


@pytest.mark.parametrize("name", REWRITTEN)
def test_what_names_a_moved_place_follows(name: str) -> None:
    path, text, expected = REWRITTEN[name]
    assert after(path, text) == (expected, LEFT.get(name, []))


TOLD = {
    "some of a pattern": ("ruff.toml", 'exclude = ["docs/*.md"]\n', ["1: docs/*.md"]),
    "a pattern that would mean more": (
        "pyproject.toml",
        '[tool.typos.files]\nextend-exclude = ["docs/guide/"]\n',
        ["2: docs/guide/"],
    ),
    "an expression that cannot follow": (
        ".pre-commit-config.yaml",
        "exclude: ^(docs/[ab]\\.md)$\n",
        ["1: ^(docs/[ab]\\.md)$"],
    ),
    "a pattern that still matches": ("ruff.toml", 'exclude = ["**/demo/*.py"]\n', []),
    "a path of the machine": ("app.ini", "[x]\ndir = /config/app.yaml\n", []),
    "prose": ("pyproject.toml", '[project]\ndescription = "config or docs"\n', []),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_cannot_follow_is_told(name: str) -> None:
    path, text, told = TOLD[name]
    assert after(path, text) == (text, told)


def test_our_own_policy_is_written_for_the_new_tree() -> None:
    text = '[rules.x]\nkind = "forbidden"\nzone = ["scripts/demo/"]\n'
    assert after("policy.toml", text) == (text, [])
