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


@pytest.mark.parametrize("name", REWRITTEN)
def test_keys_of_a_format_follow(name: str) -> None:
    path, text, expected, told = REWRITTEN[name]
    assert after(path, text) == (expected, told)
