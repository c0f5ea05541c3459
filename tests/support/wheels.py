"""Build a wheel of a project with the backend that it names: no network, no pip."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import tomli

# The module of each backend, by its distribution.
BACKENDS = {
    "setuptools": "setuptools.build_meta",
    "hatchling": "hatchling.build",
    "flit_core": "flit_core.buildapi",
    "poetry": "poetry.core.masonry.api",
    "uv_build": "uv_build",
    "pdm": "pdm.backend",
}
_HOOK = (
    "import importlib, sys; b = importlib.import_module(sys.argv[1]);"
    "print(b.build_wheel(sys.argv[2]))"
)
_LEGACY = "setuptools.build_meta:__legacy__"


def write_project(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a project."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def built_wheel(folder: Path) -> set[str] | str:
    """Return the names in the wheel of the project in `folder`, without metadata; or
    the last line of what the backend says if it builds none."""
    out = folder.parent / f"{folder.name}-wheels"
    out.mkdir(exist_ok=True)
    config = folder / "pyproject.toml"
    document = tomli.loads(config.read_text()) if config.exists() else {}
    backend = document.get("build-system", {}).get("build-backend", _LEGACY)
    module, _, inner = backend.partition(":")
    hook = _HOOK
    if inner:
        hook = hook.replace("(sys.argv[1])", f"(sys.argv[1]).{inner}")
    done = subprocess.run(
        [sys.executable, "-c", hook, module, str(out)],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": os.pathsep.join(_programs())},
    )
    if done.returncode:
        return (done.stderr.strip() or done.stdout).splitlines()[-1]
    [wheel] = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    return {name for name in names if ".dist-info/" not in name and name[-1] != "/"}


def _programs() -> list[str]:
    """uv_build runs a program that is beside the interpreter."""
    return [str(Path(sys.executable).parent), *os.environ["PATH"].split(os.pathsep)]
