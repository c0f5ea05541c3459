"""Random cycles of imports: the simulation predicts what Python does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from hypothesis import Phase
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.warnings.import_cycles import Modules
from treeguard.migration.warnings.import_cycles import first_failure

FILES = (
    "a/__init__.py",
    "a/m.py",
    "a/n.py",
    "a/b/__init__.py",
    "a/b/m.py",
    "c/__init__.py",
    "c/m.py",
    "top.py",
)
# Imports each module in a process of its own, and prints those that cannot be.
_EACH = """
import os, sys
sys.path.insert(0, ".")
for name in sys.argv[1:]:
    child = os.fork()
    if not child:
        try:
            __import__(name)
        except ImportError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(name)
"""


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@st.composite
def sources(draw: st.DrawFn, path: str) -> str:
    """Two names and some imports, in any order."""
    lines = ["one = 1", "def two(): ..."]
    for target in draw(st.lists(st.sampled_from(FILES), max_size=3)):
        name = dotted(target)
        package, _, last = name.rpartition(".")
        ways = [
            f"import {name}",
            f"from {name} import one",
            f"from {name} import two as t",
            f"from {name} import *",
            f"def f():\n    from {name} import two",
            f"class K:\n    from {name} import one",
        ]
        ways += [f"from {package} import {last}"] if package else []
        ways += [f"from . import {last}"] if package == dotted(path) else []
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(ways)))
    return "\n".join(lines) + "\n"


@given(st.tuples(*map(sources, FILES)))
@settings(max_examples=60, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_python_fails_where_it_is_predicted(texts: tuple[str, ...]) -> None:
    files = dict(zip(FILES, texts, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(text)
        command = [sys.executable, "-I", "-S", "-B", "-c", _EACH, *map(dotted, FILES)]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True
        )
    modules = Modules(analyze(MemorySnapshot(files), ("",), Store(None)))
    predicted = [p for p in FILES if first_failure(modules, p) is not None]
    assert list(map(dotted, predicted)) == done.stdout.split()
