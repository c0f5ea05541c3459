"""Pipelines and kustomizations follow the moves: cases 26 and 27."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.test_references import after

REWRITTEN = {
    "26 filters keep their quotes and `!`": (
        ".github/workflows/ci.yml",
        "on:\n  push:\n    paths: ['k8s/**', \"!config/**\", '**/*.md', scripts]\n",
        "on:\n  push:\n    paths: ['deployment/kubernetes/**', "
        "\"!deployment/config/**\", '**/*.md', scripts]\n",
        ["3: scripts"],
    ),
    "26 inputs and hashes": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n    - uses: actions/cache@v4\r\n      with:\n"
        "        path: |\n          config\n          ~/.cache\n"
        "        key: a-${{ hashFiles('config/app.yaml', \"x\", 'k8s/**') }}\n",
        "jobs:\n  a:\n    steps:\n    - uses: actions/cache@v4\r\n      with:\n"
        "        path: |\n          deployment/config\n          ~/.cache\n"
        "        key: a-${{ hashFiles('deployment/config/app.yaml', \"x\", "
        "'deployment/kubernetes/**') }}\n",
        [],
    ),
    "26 what is torn, and an unknown input": (
        ".github/workflows/ci.yml",
        "on:\n  push:\n    paths: ['scripts/*.py']\njobs:\n  a:\n    steps:\n"
        "    - uses: x/y@v1\n      with: {odd: scripts/push.py}\n",
        "on:\n  push:\n    paths: ['scripts/*.py']\njobs:\n  a:\n    steps:\n"
        "    - uses: x/y@v1\n      with: {odd: scripts/push.py}\n",
        ["3: scripts/*.py", "8: scripts/push.py"],
    ),
    "26 filters in a text": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    steps:\n    - uses: dorny/paths-filter@v3\n      with:\n"
        "        filters: |\n          x:\n            - 'k8s/**'  # why\n"
        "            - added: config/app.yaml\n            - 'scripts/*.py'\n",
        "jobs:\n  a:\n    steps:\n    - uses: dorny/paths-filter@v3\n      with:\n"
        "        filters: |\n          x:\n            - 'deployment/kubernetes/**'"
        "  # why\n            - added: deployment/config/app.yaml\n"
        "            - 'scripts/*.py'\n",
        ["10: scripts/*.py"],
    ),
    "dependabot": (
        ".github/dependabot.yml",
        "updates:\n- directory: /config\n- directories: ['/k8s/*']\n",
        "updates:\n- directory: /deployment/config\n"
        "- directories: ['/deployment/kubernetes/*']\n",
        [],
    ),
    "gitlab": (
        ".gitlab-ci.yml",
        "job:\n  rules:\n  - changes: [config/**/*]\n"
        "  cache: {key: {files: [config/app.yaml]}}\n"
        "  artifacts: {paths: [config/app.yaml]}\n"
        "include:\n- local: /k8s/base/deployment.yaml\n",
        "job:\n  rules:\n  - changes: [deployment/config/**/*]\n"
        "  cache: {key: {files: [deployment/config/app.yaml]}}\n"
        "  artifacts: {paths: [deployment/config/app.yaml]}\n"
        "include:\n- local: /deployment/kubernetes/base/deployment.yaml\n",
        [],
    ),
    "27 kustomization": (
        "k8s/base/kustomization.yaml",
        "resources:\n- deployment.yaml\n- ../../scripts/common.py\n- https://x.y/z\n"
        "configMapGenerator:\n- files: [k=../../config/app.yaml, "
        "k=../../scripts/common.py]\npatches:\n- path: ../../Dockerfile\n"
        "- patch: |-\n    - path: /spec\n",
        "resources:\n- deployment.yaml\n- ../../../scripts/common.py\n- https://x.y/z\n"
        "configMapGenerator:\n- files: [k=../../config/app.yaml, "
        "k=../../../scripts/common.py]\npatches:\n- path: ../../docker/Dockerfile\n"
        "- patch: |-\n    - path: /spec\n",
        [],
    ),
    "chart": (
        "charts/Chart.yaml",
        "dependencies:\n- repository: file://../config\n- repository: https://x.y/z\n",
        "dependencies:\n- repository: file://../deployment/config\n"
        "- repository: https://x.y/z\n",
        [],
    ),
}


# Plain words that are a folder by their key, and patterns: text, result, listed.
WORDS = {
    "azure": ("azure-pipelines.yml", "pr: {paths: {include: [@]}}\n", None),
    "sparse checkout": (
        ".github/workflows/a.yml",
        "jobs: {a: {steps: [{uses: x/y, with: {sparse-checkout: @}}]}}\n",
        None,
    ),
    "circleci": (".circleci/config.yml", "a: [{store_artifacts: {path: @}}]\n", None),
    "bake": ("docker-bake.hcl", 'target "a" {\n  context = "@"\n}\n', None),
    "bake, a Dockerfile in it": (
        "docker-bake.hcl",
        'target "a" {\n  context = "@"\n  dockerfile = "app.yaml"\n}\n',
        None,
    ),
    "task": ("Taskfile.yml", "tasks: {a: {dir: @, cmds: [cat app.yaml]}}\n", None),
    "dvc": ("dvc.yaml", "stages: {a: {wdir: @, deps: [app.yaml]}}\n", None),
    "lefthook": ("lefthook.yml", "a: {commands: {b: {root: @/}}}\n", None),
    "jenkins": ("Jenkinsfile", "dir('@') { sh 'cat app.yaml' }\n", None),
    "jenkins, nested": (
        "Jenkinsfile",
        "dir(path: '@') { dir('x') { sh 'y' } }\n",
        None,
    ),
    "cloud build": (
        "cloudbuild.yaml",
        "steps: [{name: gcr.io/cloud-builders/docker, args: [build, @]}]\n",
        None,
    ),
    "cloud build, kaniko": (
        "cloudbuild.yaml",
        "steps: [{name: 'gcr.io/cloud-builders/kubectl', args: [apply, -f, @]}]\n",
        None,
    ),
    "sonar": ("sonar-project.properties", "sonar.sources=@,x\n", None),
    "workspaces": ("package.json", '{"workspaces": ["@", "x"]}\n', None),
    "tsconfig": ("tsconfig.json", '{"include": ["@"]}\n', None),
    "pnpm": ("pnpm-workspace.yaml", "packages: ['@', '!x']\n", None),
    "mkdocs": ("mkdocs.yml", "watch: [@]\ndocs_dir: @\nnav: [{A: app.yaml}]\n", None),
    "readthedocs": (".readthedocs.yaml", "python: {install: [{path: @}]}\n", None),
    "bandit": ("pyproject.toml", "[tool.bandit]\nexclude_dirs = ['@']\n", "same"),
    "ruff": ("ruff.toml", "extend-exclude = ['@']\nsrc = ['@']\n", "src"),
    "coverage": (".coveragerc", "[run]\nsource = @\n", None),
    "tox": ("tox.ini", "[testenv]\ncommands = black {posargs:@ x}\n", None),
    "make": ("Makefile", "SRC = @ x\nlint:\n\tblack $(SRC)\n", None),
    "shell": ("up.sh", 'export SRC="@ x"\nruff check $SRC\n', None),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_plain_word_that_is_a_folder_follows(name: str) -> None:
    path, text, kind = WORDS[name]
    old, new = text.replace("@", "config"), text.replace("@", "deployment/config")
    if kind == "src":
        new = old.replace("src = ['config']", "src = ['deployment/config']")
    assert after(path, old) == (old if kind == "same" else new, [])


LISTED = {
    "a page that leaves docs_dir": (
        "mkdocs.yml",
        "docs_dir: scripts\nnav: [{A: demo/run.py}]\n",
        ["2: demo/run.py"],
    ),
    "a pattern without a slash, of another name": (
        "ruff.toml",
        "exclude = ['k8s']\n",
        [],
    ),
    "a pattern of modules": (
        "setup.cfg",
        "[options.packages.find]\ninclude = *.storage\n  banterhearts.s*\n",
        ["3: banterhearts.s*"],
    ),
    "a plain word in an input that is no folder": (
        ".github/workflows/a.yml",
        "jobs: {a: {steps: [{uses: x/y@v1, with: {name: config, odd: config}}]}}\n",
        [],
    ),
    "where a checkout goes": (
        ".github/workflows/a.yml",
        "jobs: {a: {steps: [{uses: actions/checkout@v4, with: {path: config}}]}}\n",
        [],
    ),
    "branches": (
        ".github/workflows/a.yml",
        "on: {push: {branches: [config/**], tags: ['config/*']}}\n",
        [],
    ),
    "branches of others": (
        "azure-pipelines.yml",
        "trigger: [config/x]\npr: {branches: {include: [config/*]}}\n",
        [],
    ),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_keys_hold_is_listed_or_stays(name: str) -> None:
    path, text, expected = LISTED[name]
    new, listed = after(path, text)
    assert listed == expected
    if name.startswith("a pattern without"):
        assert new == "exclude = ['deployment/kubernetes']\n"
    else:
        assert new == text


NAMES = {
    "mypy's overrides": (
        "pyproject.toml",
        "[[tool.mypy.overrides]]\nmodule = ['@.*']\n",
    ),
    "a section of mypy": ("mypy.ini", "[mypy-@.*]\nignore_errors = True\n"),
    "two names in one section": ("mypy.ini", "[mypy-@.*,x.*]\nignore_errors = True\n"),
    "packages.find": (
        "pyproject.toml",
        "[tool.setuptools.packages.find]\ninclude = ['@.*', '@']\n",
    ),
    "isort": ("ruff.toml", "[lint.isort]\nknown-first-party = ['@']\n"),
    "tach": ("tach.toml", "[[modules]]\npath = '@'\n"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_pattern_of_dotted_names_follows(name: str) -> None:
    path, text = NAMES[name]
    old, new = "banterhearts.storage", "banterhearts.enterprise.storage"
    assert after(path, text.replace("@", old)) == (text.replace("@", new), [])


@pytest.mark.parametrize("name", REWRITTEN)
def test_keys_of_a_format_follow(name: str) -> None:
    path, text, expected, told = REWRITTEN[name]
    assert after(path, text) == (expected, told)
