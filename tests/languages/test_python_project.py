from __future__ import annotations

import pytest

from tests.languages.expect import uses

SILENT = [
    ("pyproject.toml", '[tool.ruff]\nexclude = ["old"]'),
    ("pyproject.toml", '[tool.pytest.ini_options]\nnorecursedirs = ["old"]'),
    ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "--ignore=old -k old"'),
    ("pyproject.toml", '[tool.coverage.run]\nomit = ["old/*"]'),
    ("pyproject.toml", '[[tool.mypy.overrides]]\nmodule = "old.*"'),
    ("pyproject.toml", '[project.scripts]\n# x = "old.x:main"'),
    ("pyproject.toml", '[project]\nname = "old.x"\nkeywords = ["old.x:main"]'),
    ("setup.cfg", "[flake8]\nexclude = old/x.py"),
    ("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    # x = old.x:main"),
    ("setup.py", '# "x = old.x:main"'),
    ("setup.py", "f = lambda: old.x\nx: old.y = old[a:b]"),
    ("tox.ini", "[testenv]\ncommands = echo old/x.py"),
    ("MANIFEST.in", "exclude old/x.py\nprune old\nglobal-exclude *.pyc"),
    ("package.json", '{"name": "old/x", "files": ["old/x.py"]}'),
    ("requirements/dev", "-r old/r.txt"),
    (
        "requirements/dev.in",
        "old @ https://x.y/old/x.py\n# -r old/x.py\n-e git+x://old",
    ),
    ("other/dev.txt", "-r old/r.txt"),
    ("README.md", "run `python old/x.py`"),
    (".gitignore", "old/"),
    (".dockerignore", "old/"),
    ("CODEOWNERS", "old/ @x"),
    ("notes.txt", "python old/x.py"),
    ("a.ipynb", '{"cells": ["!python old/x.py"]}'),
]
SAYS = [
    ("pyproject.toml", '[project.scripts]\nx = "old.x:main"', ["m old.x"]),
    ("pyproject.toml", "[project]\nscripts.x = 'old.x:main'", ["m old.x"]),
    ("pyproject.toml", '[project]\nscripts = {a = "old.x:a"}', ["m old.x"]),
    ("pyproject.toml", '[project.gui-scripts]\n"a.b" = "old.x:a"', ["m old.x"]),
    ("pyproject.toml", '[project.entry-points."a.b"]\nc = "old.x"', ["m old.x"]),
    ("pyproject.toml", '[tool.poetry.plugins."a"]\nc = "old.x:y"', ["m old.x"]),
    ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-p old.p"', ["m old.p"]),
    ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-p", "old.p"]', None),
    ("pyproject.toml", '[tool.pytest.ini_options]\ntestpaths = ["old/t"]', ["old/t"]),
    ("pyproject.toml", '[tool.mypy]\nplugins = ["old.p", "old/q.py"]', None),
    ("pyproject.toml", '[tool.poe.tasks]\na = "python old/x.py"', ["old/x.py"]),
    ("pyproject.toml", '[tool.poe.tasks.a]\nscript = "old.x:y"', ["m old.x"]),
    ("pyproject.toml", '[tool.hatch.envs.a.scripts]\nb = ["old/x.sh"]', ["old/x.sh"]),
    ("pyproject.toml", '[tool.setuptools.dynamic]\nversion = {attr = "old.v"}', None),
    ("pyproject.toml", '[tool.uv.sources]\na = {path = "old/a"}', ["old/a"]),
    ("pyproject.toml", 'x = [\n"broken\n[project.scripts]\ny = "old.x:y"', ["m old.x"]),
    ("tox.toml", '[env.a]\ncommands = [["python", "-m", "old.x"]]', ["m old.x"]),
    (
        "setup.cfg",
        "[options.entry_points]\na =\n    x = old.x:main\n    y = old.y",
        None,
    ),
    ("setup.cfg", "[tool:pytest]\naddopts = -p old.p", ["m old.p"]),
    ("tox.ini", "[testenv:a]\ncommands =\n    python old/x.py", ["old/x.py"]),
    ("tox.ini", "[testenv]\ndeps =\n    -r old/r.txt\n    pytest", ["old/r.txt"]),
    ("tox.ini", "[testenv]\nchangedir = old", ["old"]),
    ("alembic.ini", "[alembic]\nscript_location = old/m", ["old/m"]),
    ("a.service", "[Service]\nExecStart=python -m old.x", ["m old.x"]),
    ("supervisord.conf", "[program:a]\ncommand=python old/x.py", ["old/x.py"]),
    (
        "setup.py",
        'setup(entry_points={"a": ["x = old.x:main", "y=old.y:z [e]"]})',
        None,
    ),
    ("setup.py", 'E = """\n[console_scripts]\nx = old.x:main\n"""', ["m old.x"]),
    ("noxfile.py", 's.run("python", "-m", "old.x")', ["m old.x"]),
    ("noxfile.py", 's.install("-r", "old/r.txt")', ["old/r.txt"]),
    ("tasks.py", 'c.run("python old/x.py")', ["old/x.py"]),
    ("MANIFEST.in", "graft old\nrecursive-include older *.py", ["old", "older"]),
    ("requirements.txt", "-r old/r.txt\nrequests\n-e ./old\n./older", None),
    ("requirements/dev.in", "--constraint=old/c.txt", ["old/c.txt"]),
    ("x/requirements/dev.pip", "old/a.whl ; os_name == 'posix'", ["old/a.whl"]),
    ("dev-requirements.txt", "-e old/a[x,y]  # why", ["old/a"]),
    ("x/test_requirements.in", "--find-links old/wheels", ["old/wheels"]),
    (
        "package.json",
        '{"scripts": {"a": "cd old && python x.py"}}',
        ["old", "old/x.py"],
    ),
    ("launch.json", '{"program": "${workspaceFolder}/old/x.py"} // x', ["old/x.py"]),
    ("launch.json", '{"module": "old.x", "args": ["old/y"]}', ["m old.x"]),
    ("tasks.json", '{"command": "python", "args": ["old/x.py"]}', ["old/x.py"]),
    ("devcontainer.json", '{"postCreateCommand": "bash old/x.sh"}', ["old/x.sh"]),
    ("Makefile", "all:\n\tpython old/x.py", ["old/x.py"]),
    ("Makefile", "PY := python\nX = old/x.py\nall:\n\t@$(PY) $(X)", ["old/x.py"]),
    ("Makefile", "all:\n\tcd old && \\\n\t  ./x.sh\n\t./y.sh", None),
    ("Makefile", "all:\n\tfor f in old/a.py; do python $$f; done", ["old/a.py"]),
    ("Makefile", "all:\n\t-$(MAKE) -C old", ["old"]),
    ("Makefile", "-include old/a.mk", ["old/a.mk"]),
    ("Makefile", "V := $(shell python old/x.py)", ["old/x.py"]),
    ("Makefile", "export PYTHONPATH := old", ["old"]),
    ("Makefile", "all: ; python old/x.py", ["old/x.py"]),
    ("Makefile", "old: old/x.py\n\techo old/x.py\n.PHONY: old", []),
    ("justfile", "run x:\n    python old/x.py {{x}}", ["old/x.py"]),
]
SEVERAL = {
    'addopts = ["-p", "old.p"]': ["m old.p"],
    "plugins": ["m old.p", "old/q.py"],
    "attr": ["m old.v"],
    "y = old.y": ["m old.x", "m old.y"],
    "[e]": ["m old.x", "m old.y"],
    "./older": ["old/r.txt", "./old", "./older"],
    "./y.sh": ["old", "old/x.sh", "./y.sh"],
}


@pytest.mark.parametrize(("path", "text"), SILENT)
def test_a_mention_is_no_use(path: str, text: str) -> None:
    assert uses(path, text) == []


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (p, t, next(SEVERAL[k] for k in SEVERAL if k in t) if e is None else e)
        for p, t, e in SAYS
    ],
)
def test_what_a_project_uses(path: str, text: str, expected: list[str]) -> None:
    assert uses(path, text) == expected
