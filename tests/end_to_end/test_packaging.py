"""What an installation holds: our one package, and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import treeguard
from tests.support.project import copy_project


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of what is on disk, as pip does for a hook runner."""
    folder = tmp_path_factory.mktemp("wheel")
    source = copy_project(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True)
    [built] = folder.glob("*.whl")
    return built


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_only_our_package_is_installed(wheel: Path) -> None:
    top_level = {name.split("/")[0] for name in names(wheel)}
    assert {name for name in top_level if not name.endswith(".dist-info")} == {
        "treeguard"
    }


def test_every_module_is_installed(wheel: Path) -> None:
    source = Path(treeguard.__file__).parent
    modules = {
        f"treeguard/{path.relative_to(source).as_posix()}"
        for path in source.rglob("*.py")
    }
    assert {name for name in names(wheel) if name.endswith(".py")} == modules


def test_types_are_declared(wheel: Path) -> None:
    assert "treeguard/py.typed" in names(wheel)
    assert "treeguard/languages/known_keys.toml" in names(wheel)


def test_the_version_is_the_packages_own(wheel: Path) -> None:
    assert wheel.name.startswith(f"treeguard-{treeguard.__version__}-")
