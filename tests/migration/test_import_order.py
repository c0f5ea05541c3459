"""Which tool sorts the imports of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import make_repository
from treeguard.migration.warnings.import_order import sorting_command

RUFF, ISORT = "ruff check --select I --fix", "isort ."
CONFIGURED = {
    "ruff": ("pyproject.toml", "[tool.ruff.lint]\nselect = ['E', 'I']\n", RUFF),
    "ruff, older": ("pyproject.toml", "[tool.ruff]\nselect = ['I001']\n", RUFF),
    "ruff, all": ("ruff.toml", "[lint]\nselect = ['ALL']\n", RUFF),
    "ruff, besides": (".ruff.toml", "lint.extend-select = ['I']\n", RUFF),
    "ruff without it": ("pyproject.toml", "[tool.ruff.lint]\nselect = ['E']\n", ""),
    "isort": ("pyproject.toml", "[tool.isort]\nprofile = 'black'\n", ISORT),
    "isort's file": (".isort.cfg", "[settings]\nprofile = black\n", ISORT),
    "isort in setup.cfg": ("setup.cfg", "[isort]\nprofile = black\n", ISORT),
    "isort in tox.ini": ("tox.ini", "[tool:isort]\nprofile = black\n", ISORT),
    "none": ("pyproject.toml", "[project]\nname = 'x'\n", ""),
    "broken TOML": ("pyproject.toml", "[tool.isort", ""),
    "broken INI": ("setup.cfg", "isort", ""),
}


@pytest.mark.parametrize("name", CONFIGURED)
def test_what_sorts_imports(name: str) -> None:
    path, text, expected = CONFIGURED[name]
    found = sorting_command(lambda one: text.encode() if one == path else b"")
    assert found == expected


@pytest.mark.parametrize("use", ["import lib.core\n", "print(1)\n"])
def test_apply_says_it_where_imports_were_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], use: str
) -> None:
    repo = make_repository(tmp_path / "repo")
    files = {"lib/__init__.py": "", "lib/core.py": "", "use.py": use}
    policy = (
        "[policy]\nversion = 1\nroots = ['.']\n[migration]\nid = 'm'\nrecord = 'm.md'\n"
    )
    move = "[[migration.move]]\nfrom = ['/lib/']\nto = 'engine/lib/'\n"
    files |= {"ruff.toml": "[lint]\nselect = ['I']\n", "policy.toml": policy + move}
    for path, text in files.items():
        repo.write(path, text)
    repo.run("add", "-A")
    repo.commit()
    done = call(repo, capsys, "migrate", "apply")
    assert done.code == 0
    assert (f"`{RUFF}`" in done.err) == ("import" in use)
