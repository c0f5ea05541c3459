"""This project itself, as the tests hand it to pip and to the hook runners."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEEDED = (
    "hooks",
    "pyproject.toml",
    "setup.py",
    "LICENSE",
    "README.md",
    ".pre-commit-hooks.yaml",
)


def copy_project(target: Path) -> Path:
    """Copy what an installation needs into `target`, without build leftovers."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    target.mkdir(parents=True)
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        elif source.exists():
            shutil.copy2(source, target / name)
    return target
