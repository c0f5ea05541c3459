"""Real Python files: every standard library on this machine, and what is installed."""

from __future__ import annotations

import functools
import os
import sysconfig
from importlib import resources

from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.decode import decode

# Large packages by many authors; pyproject.toml declares them for this corpus alone.
PACKAGES = (
    "django",
    "faker",
    "kubernetes",
    "networkx",
    "sqlalchemy",
    "stripe",
    "sympy",
    "twisted",
)
LARGEST = 20_000
STEP_BETWEEN_PARSERS = 50
_SKIPPED = {"__pycache__", ".git"}


@functools.cache
def files() -> list[str]:
    """Return the corpus in a fixed order, without copies and very large files."""
    seen: set[tuple[str, int]] = set()
    found = []
    for root in _roots():
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(set(folders) - _SKIPPED)
            for name in sorted(names):
                path = os.path.join(folder, name)
                size = os.path.getsize(path) if name.endswith(".py") else LARGEST
                # The same module of two Pythons counts once where it has not changed.
                key = (path.rpartition("/lib/python")[2].partition("/")[2], size)
                if size < LARGEST and key not in seen:
                    seen.add(key)
                    found.append(path)
    return found


def text(path: str) -> str | None:
    """The text of one file; None where it is not in the encoding that it declares."""
    with open(path, "rb") as file:
        try:
            return decode(file.read())
        except UnreadableError:
            return None


def _roots() -> list[str]:
    """List `PACKAGES`, then all of this Python, then its neighbours on the machine."""
    paths = sysconfig.get_paths()
    named = [str(resources.files(name)) for name in PACKAGES]
    own = [*named, paths["purelib"], paths["platlib"], paths["stdlib"]]
    home = os.path.dirname(os.path.dirname(os.path.dirname(paths["stdlib"])))
    near = []
    for name in sorted(os.listdir(home)) if os.path.isdir(home) else []:
        library = os.path.join(home, name, "lib")
        if os.path.isdir(library) and name[:1].isdigit():
            near.append(library)
    return list(dict.fromkeys(os.path.realpath(path) for path in [*own, *near]))
