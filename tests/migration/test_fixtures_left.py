"""Tests that leave their fixtures: each row is judged by pytest itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from treeguard.languages.python.fixtures import fixtures
from treeguard.languages.python.parse import parse
from treeguard.migration.warnings.fixtures_left import lost_fixtures

DB = "import pytest\n\n\n@pytest.fixture\ndef db():\n    return 1\n"
OTHER = DB.replace("1", "2")
USE = "def test_a(db):\n    assert db == 1\n"
AUTO = (
    "import os\n\nimport pytest\n\n\n@pytest.fixture(autouse=True)\n"
    "def env(monkeypatch):\n    monkeypatch.setenv('X1', '1')\n"
)
UNIT = {"tests/unit/": "unit_tests/"}

FOUND = [
    pytest.param(
        {"tests/conftest.py": DB, "tests/unit/test_a.py": USE}, {"tests/": "t/"}
    ),
    pytest.param({"conftest.py": DB, "tests/unit/test_a.py": USE}, UNIT),
    pytest.param({"tests/unit/conftest.py": DB, "tests/unit/test_a.py": USE}, UNIT),
    pytest.param({"tests/conftest.py": DB, "tests/unit/test_a.py": DB + USE}, UNIT),
    pytest.param(
        {
            "tests/conftest.py": DB,
            "tests/unit/test_a.py": "def test_a(tmp_path):\n    assert tmp_path\n",
        },
        UNIT,
    ),
    pytest.param(
        {
            "tests/conftest.py": DB,
            "tests/unit/test_a.py": "import pytest\n\n\n"
            "@pytest.mark.parametrize('db', [1])\n" + USE,
        },
        UNIT,
    ),
    pytest.param(
        {
            "tests/conftest.py": DB,
            "tests/unit/test_a.py": "def test_a(db=1):\n    assert db == 1\n",
        },
        UNIT,
    ),
    pytest.param(
        {
            "conftest.py": "pytest_plugins = ['shared']\n",
            "shared.py": DB,
            "tests/unit/test_a.py": USE,
        },
        UNIT,
    ),
]
LOST = [
    pytest.param({"tests/conftest.py": DB, "tests/unit/test_a.py": USE}, UNIT, "db"),
    pytest.param(
        {
            "tests/conftest.py": "import pytest\n\n\n@pytest.fixture(name='db')\n"
            "def _db():\n    return 1\n",
            "tests/unit/test_a.py": "class TestA:\n    def test_a(self, db):\n"
            "        assert db == 1\n",
        },
        UNIT,
        "db",
    ),
    pytest.param(
        {
            "tests/conftest.py": AUTO,
            "tests/unit/test_a.py": "import os\n\n\n"
            "def test_a():\n    assert os.environ['X1'] == '1'\n",
        },
        UNIT,
        "env",
    ),
    pytest.param(
        {
            "tests/conftest.py": DB,
            "tests/unit/test_a.py": "import pytest\n\n\n"
            "@pytest.mark.usefixtures('db')\ndef test_a():\n    pass\n",
        },
        UNIT,
        "db",
    ),
    pytest.param(
        {"tests/conftest.py": DB, "tests/unit/test_a.py": USE},
        {"tests/conftest.py": "helpers/conftest.py"},
        "db",
    ),
    pytest.param(
        {"conftest.py": OTHER, "tests/conftest.py": DB, "tests/unit/test_a.py": USE},
        UNIT,
        "db",
    ),
    pytest.param(
        {
            "tests/conftest.py": "from shared import db\n",
            "shared.py": DB,
            "tests/unit/test_a.py": USE,
        },
        UNIT,
        "db",
    ),
    pytest.param(
        {
            "tests/conftest.py": "from shared import *\n",
            "shared.py": DB,
            "tests/unit/test_a.py": USE,
        },
        UNIT,
        "db",
    ),
    pytest.param(
        {
            "tests/conftest.py": DB,
            "tests/unit/conftest.py": "import pytest\n\n\n@pytest.fixture\n"
            "def user(db):\n    return db\n",
            "tests/unit/test_a.py": "def test_a(user):\n    assert user == 1\n",
        },
        UNIT,
        "db",
    ),
]


def passes(folder: Path, files: Mapping[str, str]) -> bool:
    """Return whether pytest is content with these files."""
    for name, text in {"pytest.ini": "[pytest]\npythonpath = .\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    plain = (*("-p", "no:cacheprovider"), *("-p", "no:xdist"), "-q")
    run = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", *plain], cwd=folder, capture_output=True
    )
    return run.returncode == 0


@pytest.mark.parametrize(("files", "moves"), FOUND)
def test_it_finds_what_it_asks_for(
    files: dict[str, str], moves: dict[str, str], tmp_path: Path
) -> None:
    world = a_world(files, moves)
    assert world.after is not None
    assert list(lost_fixtures(world, world.after)) == []
    now = {moved(path, moves): text for path, text in files.items()}
    assert passes(tmp_path, now)


@pytest.mark.parametrize(("files", "moves", "name"), LOST)
def test_it_loses_a_fixture(
    files: dict[str, str], moves: dict[str, str], name: str, tmp_path: Path
) -> None:
    world = a_world(files, moves)
    assert world.after is not None
    [effect] = lost_fixtures(world, world.after)
    assert effect.path.startswith("tests/")
    assert effect.message.startswith(f"{name} of tests/conftest.py is asked for")
    now = {moved(path, moves): text for path, text in files.items()}
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    assert passes(tmp_path / "before", files)
    assert not passes(tmp_path / "after", now)


def test_many_tests_of_a_folder_are_told_once() -> None:
    files = {f"tests/unit/test_{n}.py": USE for n in "abc"}
    world = a_world({"tests/conftest.py": DB, **files}, UNIT)
    assert world.after is not None
    [effect] = lost_fixtures(world, world.after)
    assert "(and 2 more files of tests/unit)" in effect.message


def test_a_plain_function_asks_for_nothing() -> None:
    found = fixtures(
        parse("def helper(db):\n    pass\n\n\ndef test_a(x, *, y):\n    0\n")
    )
    assert sorted(found.asked) == ["x", "y"]
    assert not found.defined
