"""The files of Python projects follow: requirements, versions, places of packages."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

# Files, moves, the file that is read, its new text, and the lines that are listed.
Row = tuple[Mapping[str, str], Mapping[str, str], str, str, list[str]]
LAMP = {"lamp/__init__.py": "", "lamp/a.py": ""}
SRC = {"lamp/": "src/lamp/"}
LISTS = {
    "requirements/base.txt": "",
    "constraints.txt": "",
    "libs/x/pyproject.toml": "",
}
DEEPER = {"requirements/": "deploy/pip/requirements/"}


def project(text: str, moves: Mapping[str, str], new: str, left: list[str]) -> Row:
    return {**LAMP, "pyproject.toml": text}, moves, "pyproject.toml", new, left


REQUIREMENTS: dict[str, Row] = {
    "pip looks in two folders": (
        {
            **LISTS,
            "requirements/dev.txt": "-r base.txt\n-c ../constraints.txt\n"
            "-e ./libs/x\n./libs/x[all] ; python_version > '3'\n",
        },
        DEEPER,
        "requirements/dev.txt",
        "-r base.txt\n-c ../../../constraints.txt\n-e ./libs/x\n"
        "./libs/x[all] ; python_version > '3'\n",
        [],
    ),
    "a folder that is installed moves": (
        {**LISTS, "requirements/dev.in": "-e libs/x[all]\nlibs/x\n-e ../libs/x\n"},
        {"libs/": "packages/"},
        "requirements/dev.in",
        "-e packages/x[all]\npackages/x\n-e ../packages/x\n",
        [],
    ),
    "a list in the root moves into a folder": (
        {**LISTS, "dev-requirements.txt": "-r requirements/base.txt\n-e ./libs/x\n"},
        {"dev-requirements.txt": "requirements/dev.txt"},
        "dev-requirements.txt",
        "-r base.txt\n-e ./libs/x\n",
        [],
    ),
    "both folders have it": (
        {**LISTS, "requirements/libs/x/a": "", "requirements/dev.txt": "-e ./libs/x\n"},
        {"libs/": "packages/"},
        "requirements/dev.txt",
        "-e ./libs/x\n",
        ["1: ./libs/x"],
    ),
    "of a pyproject.toml": (
        {
            **LISTS,
            "pyproject.toml": "[tool.setuptools.dynamic]\n"
            "dependencies = {file = ['requirements/base.txt']}\n"
            "[tool.uv.sources]\nx = {path = 'libs/x', editable = true}\n"
            "[tool.poetry.dependencies]\nx = {path = './libs/x', develop = true}\n",
        },
        {**DEEPER, "libs/": "packages/"},
        "pyproject.toml",
        "[tool.setuptools.dynamic]\n"
        "dependencies = {file = ['deploy/pip/requirements/base.txt']}\n"
        "[tool.uv.sources]\nx = {path = 'packages/x', editable = true}\n"
        "[tool.poetry.dependencies]\nx = {path = './packages/x', develop = true}\n",
        [],
    ),
    "what pip-compile wrote": (
        {
            **LISTS,
            "requirements/dev.txt": "#   pip-compile --output-file=requirements/dev.txt"
            " requirements/base.txt\nx==1\n    # via -r requirements/base.txt\n",
        },
        DEEPER,
        "requirements/dev.txt",
        "#   pip-compile --output-file=requirements/dev.txt"
        " requirements/base.txt\nx==1\n    # via -r requirements/base.txt\n",
        [
            "1: requirements/base.txt",
            "1: requirements/dev.txt",
            "3: requirements/base.txt",
        ],
    ),
}
VERSIONS: dict[str, Row] = {
    "hatch writes it": project(
        "[tool.hatch.build.hooks.vcs]\nversion-file = 'lamp/_version.py'\n",
        SRC,
        "[tool.hatch.build.hooks.vcs]\nversion-file = 'src/lamp/_version.py'\n",
        [],
    ),
    "setuptools-scm writes it": project(
        "[tool.setuptools_scm]\nversion_file = 'lamp/_version.py'\n",
        {"lamp/": "light/"},
        "[tool.setuptools_scm]\nversion_file = 'light/_version.py'\n",
        [],
    ),
    "hatch reads it": project(
        "[tool.hatch.version]\npath = 'lamp/a.py'\n",
        SRC,
        "[tool.hatch.version]\npath = 'src/lamp/a.py'\n",
        [],
    ),
    "setuptools reads it, by its name": project(
        "[tool.setuptools.dynamic]\nversion = {attr = 'lamp.a.VERSION'}\n",
        {"lamp/": "light/"},
        "[tool.setuptools.dynamic]\nversion = {attr = 'light.a.VERSION'}\n",
        [],
    ),
    "commitizen and semantic release": project(
        "[tool.commitizen]\nversion_files = ['lamp/a.py:VERSION']\n"
        "[tool.semantic_release]\nversion_variables = ['lamp/a.py:VERSION']\n",
        SRC,
        "[tool.commitizen]\nversion_files = ['src/lamp/a.py:VERSION']\n"
        "[tool.semantic_release]\nversion_variables = ['src/lamp/a.py:VERSION']\n",
        [],
    ),
    "bump-my-version": project(
        "[[tool.bumpversion.files]]\nfilename = 'lamp/a.py'\n",
        SRC,
        "[[tool.bumpversion.files]]\nfilename = 'src/lamp/a.py'\n",
        [],
    ),
    "bumpversion": (
        {**LAMP, ".bumpversion.cfg": "[bumpversion:file:lamp/a.py]\nx = 1\n"},
        SRC,
        ".bumpversion.cfg",
        "[bumpversion:file:src/lamp/a.py]\nx = 1\n",
        [],
    ),
    "versioneer": (
        {**LAMP, "setup.cfg": "[versioneer]\nversionfile_source = lamp/_v.py\n"},
        SRC,
        "setup.cfg",
        "[versioneer]\nversionfile_source = src/lamp/_v.py\n",
        [],
    ),
    "it is written elsewhere": project(
        "[tool.setuptools_scm]\nwrite_to = 'build/_version.py'\n",
        SRC,
        "[tool.setuptools_scm]\nwrite_to = 'build/_version.py'\n",
        [],
    ),
}
ROWS = {**REQUIREMENTS, **VERSIONS}


@pytest.mark.parametrize("name", ROWS)
def test_a_file_of_a_project_follows(name: str) -> None:
    files, moves, path, new, left = ROWS[name]
    data, undecided = rewritten(a_world(files, moves, ("", "src")), path)
    assert data.decode() == new
    assert [f"{one.line}: {one.text}" for one in undecided] == left
