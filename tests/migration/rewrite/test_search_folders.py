"""Folders in which modules are looked up, after the modules have left them.

Scripts are run by CPython before and after.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.wheels import write_project
from treeguard.migration.warnings.shipped import left_search_folders

Files = Mapping[str, str]
ROOTS = ("", "src")
FLAT = {"lamp/__init__.py": "", "lamp/cli.py": "print('on')\n", "tests/a.py": ""}
SRC = {f"src/{path}": text for path, text in FLAT.items() if path.startswith("lamp")}
TO_SRC, TO_FLAT = {"lamp/": "src/lamp/"}, {"src/lamp/": "lamp/"}
USE = "import lamp.cli\n"
OS = "import os\nimport sys\n"
PATHLIB = "import sys\nfrom pathlib import Path\n"


def script(head: str, *lines: str) -> str:
    return "\n".join([head.rstrip(), *lines, USE])


# What adds the folder, before and after.
TO_SRC_SCRIPTS = {
    "join": (OS, 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))'),
    "abspath": (
        OS,
        'sys.path.append(os.path.abspath(os.path.join(__file__, "..", "..")))',
    ),
    "dirname of dirname": (
        OS,
        "sys.path[0:0] = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]",
    ),
    "parents": (
        PATHLIB,
        "sys.path.insert(0, str(Path(__file__).resolve().parents[1]))",
    ),
    "parent of parent": (PATHLIB, "sys.path.append(str(Path(__file__).parent.parent))"),
    "a name": (
        PATHLIB + "ROOT = Path(__file__).resolve().parent.parent\n",
        "sys.path.insert(0, str(ROOT))",
    ),
    "a name of a text": (
        OS + "ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n",
        "sys.path.insert(0, ROOT)",
    ),
}
TO_FLAT_SCRIPTS = {
    "join": (
        OS,
        'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "src"))',
    ),
    "one literal": (
        OS,
        'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../src"))',
    ),
    "path": (
        PATHLIB,
        'sys.path.append(str(Path(__file__).resolve().parent.parent / "src"))',
    ),
}


def printed(folder: Path, files: Files) -> str:
    """Return what the script prints, or the last line of its error."""
    write_project(folder, files)
    command = [sys.executable, "-I", "scripts/tool.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.stdout + "".join(done.stderr.splitlines()[-1:])


def after(files: Files, moves: Files) -> tuple[dict[str, str], list[str]]:
    world, made, told = a_world(files, moves, ROOTS), {}, []
    for path in files:
        data, undecided = rewritten(world, path)
        made[moved(path, moves)] = data.decode()
        told += [f"{one.path}:{one.line}: {one.text}" for one in undecided]
    return made, told


@pytest.mark.parametrize(
    ("files", "moves", "lines"),
    [
        *((FLAT, TO_SRC, lines) for lines in TO_SRC_SCRIPTS.values()),
        *((SRC, TO_FLAT, lines) for lines in TO_FLAT_SCRIPTS.values()),
    ],
    ids=[*TO_SRC_SCRIPTS, *(f"{name}, to flat" for name in TO_FLAT_SCRIPTS)],
)
def test_a_script_finds_what_it_found(
    files: Files, moves: Files, lines: tuple[str, str], tmp_path: Path
) -> None:
    files = {**files, "scripts/tool.py": script(*lines)}
    assert printed(tmp_path / "old", files) == "on\n"
    made, told = after(files, moves)
    assert told == []
    assert printed(tmp_path / "new", made) == "on\n"


UP = 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))'
LISTED = {
    "it needs both": (
        {**FLAT, "tests/__init__.py": ""},
        script(OS, UP, "import tests.a"),
        '3: os.path.join(os.path.dirname(__file__), "..")',
    ),
    "two packages go to two folders": (
        {**FLAT, "bulb/__init__.py": ""},
        script(OS, UP, "import bulb"),
        '3: os.path.join(os.path.dirname(__file__), "..")',
    ),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_has_no_single_answer_is_listed(name: str) -> None:
    files, text, line = LISTED[name]
    moves = {**TO_SRC, "bulb/": "lib/bulb/"}
    world = a_world({**files, "scripts/tool.py": text}, moves, (*ROOTS, "lib"))
    data, undecided = rewritten(world, "scripts/tool.py")
    assert data.decode() == text
    assert [f"{one.line}: {one.text}" for one in undecided] == [line]


CONF = "import os\nimport sys\n\nsys.path.insert(0, os.path.abspath('{}'))\n"


@pytest.mark.parametrize(
    ("moves", "folder", "expected"),
    [
        ({"docs/": "documentation/"}, "..", ".."),
        ({"docs/": "site/docs/"}, "..", "../.."),
        ({**TO_SRC, "docs/": "documentation/"}, "..", "../src"),
        ({**TO_SRC, "docs/": "site/docs/"}, "..", "../../src"),
        ({"docs/conf.py": "docs/source/conf.py"}, "../lib", "../../lib"),
    ],
)
def test_what_sphinx_imports_by_from_another_folder(
    moves: dict[str, str], folder: str, expected: str
) -> None:
    files = {**FLAT, "lib/x.py": "", "docs/index.rst": ""}
    world = a_world({**files, "docs/conf.py": CONF.format(folder)}, moves, ROOTS)
    data, undecided = rewritten(world, "docs/conf.py")
    assert data.decode() == CONF.format(expected)
    assert undecided == []


def test_what_is_put_together_is_listed_in_a_source_that_moves() -> None:
    text = "import os\nimport sys\nsys.path.append(os.path.join('..', 'lib'))\n"
    world = a_world({"lib/x.py": "", "docs/conf.py": text}, {"docs/": "a/docs/"})
    data, [told] = rewritten(world, "docs/conf.py")
    assert (data.decode(), told.line) == (text, 3)


def test_what_sphinx_imports_by() -> None:
    made, told = after({**FLAT, "docs/conf.py": CONF.format("..")}, TO_SRC)
    assert made["docs/conf.py"] == CONF.format("../src")
    assert told == []


def test_what_pytest_imports_by() -> None:
    text = "import os\nimport sys\n\nsys.path.insert(0, {})\n"
    here = "os.path.dirname(__file__)"
    made, told = after({**FLAT, "conftest.py": text.format(here)}, TO_SRC)
    assert made["conftest.py"] == text.format(f'os.path.join({here}, "src")')
    assert told == []


SILENT = {
    "another folder": "sys.path.insert(0, os.path.dirname(__file__) + '/x')",
    "a folder that keeps it": "sys.path.insert(0, os.path.dirname(__file__))",
}


@pytest.mark.parametrize("name", SILENT)
def test_other_folders_stay(name: str) -> None:
    text = script(OS, SILENT[name])
    files = {**FLAT, "scripts/tool.py": text, "scripts/x/bulb.py": ""}
    made, told = after(files, TO_SRC)
    assert made["scripts/tool.py"] == text
    assert told == []


PYTEST = "[tool.pytest.ini_options]\npythonpath = {}\n"
MYPY = "[tool.mypy]\nmypy_path = {}\n"
ISORT = "[tool.isort]\nsrc_paths = {}\n"
PYRIGHT = "[tool.pyright]\nextraPaths = {}\n"
KEYS = {
    "a list": ("pyproject.toml", PYTEST, '["."]', '[".", "src"]'),
    "single quotes": ("pyproject.toml", PYTEST, "['.', 'x']", "['.', 'src', 'x']"),
    "a text": ("pyproject.toml", PYTEST, '"."', '". src"'),
    "it is there": ("pyproject.toml", PYTEST, '[".", "src"]', '[".", "src"]'),
    "an ini file": ("pytest.ini", "[pytest]\npythonpath = {}\n", ".", ". src"),
    "mypy": ("mypy.ini", "[mypy]\nmypy_path = {}\n", ".", ".:src"),
    "mypy, a list": (
        "pyproject.toml",
        "[tool.mypy]\nmypy_path = {}\n",
        '["."]',
        '[".", "src"]',
    ),
    "ruff": ("pyproject.toml", "[tool.ruff]\nsrc = {}\n", '["."]', '[".", "src"]'),
    "isort": (
        "pyproject.toml",
        "[tool.isort]\nsrc_paths = {}\n",
        '["."]',
        '[".", "src"]',
    ),
    "pyright": (
        "pyproject.toml",
        "[tool.pyright]\nextraPaths = {}\n",
        '["."]',
        '[".", "src"]',
    ),
    "ruff.toml": ("ruff.toml", "src = {}\n", '[".", "tests"]', '[".", "src", "tests"]'),
    "a variable": (".env", "PYTHONPATH={}\n", ".", ".:src"),
    "a variable of a command": (
        "Makefile",
        "run:\n\tPYTHONPATH={} python -m lamp.cli\n",
        ".:lib",
        ".:src:lib",
    ),
    "a variable that has it": ("run.sh", "export PYTHONPATH={}\n", "src:.", "src:."),
    "a variable of a workflow": (
        ".github/workflows/ci.yml",
        "jobs:\n  a:\n    env:\n      PYTHONPATH: {}\n    steps: []\n",
        ".",
        ".:src",
    ),
    "elsewhere": ("pyproject.toml", PYTEST, '["tests"]', '["tests"]'),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_of_search_folders(name: str) -> None:
    path, text, old, new = KEYS[name]
    files = {**FLAT, "noxfile.py": "", path: text.format(old)}
    made, told = after(files, TO_SRC)
    assert made[path] == text.format(new)
    assert told == []


def test_a_folder_that_nothing_is_left_in_is_replaced() -> None:
    files = {**SRC, "pytest.ini": "[pytest]\npythonpath = src\n"}
    made, told = after(files, TO_FLAT)
    assert made["pytest.ini"] == "[pytest]\npythonpath = .\n"
    assert told == []


COMMANDS = {
    "a Makefile": (
        "Makefile",
        "run:\n\tpython -m lamp.cli\n",
        ["Makefile:2: lamp.cli"],
    ),
    "a script": ("run.sh", "uvicorn lamp.cli:app\n", ["run.sh:1: lamp.cli"]),
    "it installs": ("Makefile", "a:\n\tpip install -e .\n\tpython -m lamp.cli\n", []),
    "it runs what is installed": ("run.sh", "poetry run python -m lamp.cli\n", []),
    "it says where": ("run.sh", "export PYTHONPATH=lib\npython -m lamp.cli\n", []),
    "another module": ("Makefile", "run:\n\tpython -m pytest\n", []),
    "an entry point": ("pyproject.toml", "[project.scripts]\na = 'lamp.cli:f'\n", []),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_finds_a_module_where_it_starts(name: str) -> None:
    path, text, wanted = COMMANDS[name]
    made, told = after({**FLAT, path: text}, TO_SRC)
    assert made[path] == text
    assert told == wanted


@pytest.mark.parametrize(
    ("files", "moves", "wanted"),
    [
        (
            {**FLAT, "run.py": USE, "other.py": ""},
            TO_SRC,
            [
                "src: lamp is found in src now, and no longer in the root: what is "
                "started there (run.py) and an editable install of the old layout do "
                "not find it"
            ],
        ),
        (
            SRC,
            TO_FLAT,
            [
                "src: lamp is found in the root now, and no longer in src: what is "
                "started there and an editable install of the old layout do not find it"
            ],
        ),
        (FLAT, {"lamp/": "light/"}, []),
        ({**FLAT, "lamp/bulb.py": ""}, {"lamp/bulb.py": "tests/bulb.py"}, []),
    ],
    ids=["to src", "to flat", "renamed", "a part of it"],
)
def test_a_folder_that_modules_leave(
    files: Files, moves: Files, wanted: list[str]
) -> None:
    world = a_world(files, moves, ROOTS)
    assert world.after is not None
    told = left_search_folders(world, world.after)
    assert [f"{one.path}: {one.message}" for one in told] == wanted


TESTS = {
    "app/__init__.py": "",
    "app/tests/core_tests.py": "",
    "app/tests/test_core.py": "",
    "app/test_more.py": "",
}
LEAVE = {"app/tests/": "tests/"}
DISCOVER = "python -m unittest discover {}\n"
FINDING = {
    "no test is left": (
        "Makefile",
        "test:\n\tpython -m unittest discover -s app -p '*tests.py'\n",
        ["2: app/tests/core_tests.py leaves it, and no test is left in it"],
    ),
    "one is left": (
        "run.sh",
        DISCOVER.format("-s app"),
        ["1: app/tests/test_core.py leaves it, and 1 more are left"],
    ),
    "by position": (
        "run.sh",
        DISCOVER.format("app 'core*.py'"),
        ["1: app/tests/core_tests.py leaves it, and no test is left in it"],
    ),
    "pytest": (
        "run.sh",
        "pytest -q app/\n",
        ["1: app/tests/test_core.py leaves it, and 1 more are left"],
    ),
    "testpaths": (
        "pytest.ini",
        "[pytest]\ntestpaths = app\n",
        ["2: app/tests/test_core.py leaves it, and 1 more are left"],
    ),
    "another folder has them": ("run.sh", "pytest app tests\n", []),
    "another path has them": (
        "pyproject.toml",
        '[tool.pytest.ini_options]\ntestpaths = ["app", "tests"]\n',
        [],
    ),
    "the root": ("run.sh", "pytest .\npython -m unittest discover\n", []),
    "another pattern": ("run.sh", DISCOVER.format("-s app -p 'check*.py'"), []),
    "another folder": ("run.sh", DISCOVER.format("-s lib"), []),
    "one file": ("run.sh", "pytest app/test_more.py::test_x\n", []),
}


@pytest.mark.parametrize("name", FINDING)
def test_tests_that_leave_where_they_are_looked_for(name: str) -> None:
    path, text, wanted = FINDING[name]
    world = a_world({**TESTS, "lib/test_x.py": "", path: text}, LEAVE, ROOTS)
    data, undecided = rewritten(world, path)
    assert data.decode() == text
    assert [f"{one.line}: {one.why}" for one in undecided] == wanted
