"""A module that could have two names after a move ends with the one that works.

CPython is the judge: a program that runs in the old tree runs in the new one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from treeguard.migration.context import MoveContext
from treeguard.migration.warnings.collect import side_effects

LIB = {
    "lib/__init__.py": "",
    "lib/util.py": "U = 1\n",
    "lib/core.py": "from lib.util import U\n",
}
TO_ENGINE = {"lib/": "engine/lib/"}


def tree_after(world: MoveContext) -> dict[str, bytes]:
    """Every file at its new place, rewritten."""
    files = world.before.snapshot.files()
    return {world.where(path): rewritten(world, path)[0] for path, _entry in files}


def outcome(place: Path, files: Mapping[str, bytes], program: str) -> tuple[int, str]:
    """How a program ends that is started in the root of a tree."""
    for path, data in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)
    command = [sys.executable, "-B", program]
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


class Case(NamedTuple):
    """`becomes` holds what the moved files say afterwards, by their new paths."""

    files: dict[str, str]
    moves: dict[str, str]
    program: str
    becomes: dict[str, str]


USE = "from lib.core import U\nassert U == 1\n"
OUTSIDE = {
    "a package that a file outside imports": Case(
        {**LIB, "use.py": USE},
        TO_ENGINE,
        "use.py",
        {"engine/lib/core.py": "from engine.lib.util import U\n"},
    ),
    "a plain import, and its uses": Case(
        {**LIB, "lib/core.py": "import lib.util\nU = lib.util.U\n", "use.py": USE},
        TO_ENGINE,
        "use.py",
        {"engine/lib/core.py": "import engine.lib.util\nU = engine.lib.util.U\n"},
    ),
    "a name that a call imports": Case(
        {
            **LIB,
            "lib/core.py": "import importlib\n"
            'U = importlib.import_module("lib.util").U\n',
            "use.py": USE,
        },
        TO_ENGINE,
        "use.py",
        {
            "engine/lib/core.py": "import importlib\n"
            'U = importlib.import_module("engine.lib.util").U\n'
        },
    ),
    "a name in a string": Case(
        {
            **LIB,
            "lib/core.py": "from pkgutil import resolve_name as find\n"
            'U = find(["lib.util.U"][0])\n',
            "use.py": USE,
        },
        TO_ENGINE,
        "use.py",
        {
            "engine/lib/core.py": "from pkgutil import resolve_name as find\n"
            'U = find(["engine.lib.util.U"][0])\n'
        },
    ),
    "modules without a package": Case(
        {
            "one.py": "from two import X\n",
            "two.py": "X = 1\n",
            "use.py": "import one\nassert one.X == 1\n",
        },
        {"one.py": "tools/one.py", "two.py": "tools/two.py"},
        "use.py",
        {"tools/one.py": "from tools.two import X\n"},
    ),
    "one that an entry point names": Case(
        {
            **LIB,
            "pyproject.toml": '[project.scripts]\nx = "lib.core:main"\n',
            "use.py": "import runpy\nrunpy.run_module('lib.core')\n",
        },
        TO_ENGINE,
        "use.py",
        {
            "engine/lib/core.py": "from engine.lib.util import U\n",
            "pyproject.toml": '[project.scripts]\nx = "engine.lib.core:main"\n',
        },
    ),
}
INSIDE = {
    "a script that moves along, and nobody else": Case(
        {**LIB, "run.py": f"{USE}if __name__ == '__main__':\n    pass\n"},
        {**TO_ENGINE, "run.py": "engine/run.py"},
        "engine/run.py",
        {"engine/lib/core.py": "from lib.util import U\n"},
    ),
    "a file outside that finds it by its own search path": Case(
        {
            **LIB,
            "bin/use.py": "import sys\nfrom pathlib import Path\n"
            'sys.path.insert(0, str(Path(__file__).parent.parent / "engine"))\n'
            "sys.path.insert(0, str(Path(__file__).parent.parent))\n"
            "import lib.core\n",
        },
        TO_ENGINE,
        "bin/use.py",
        {"engine/lib/core.py": "from lib.util import U\n"},
    ),
    "a module that finds its neighbour by its own search path": Case(
        {
            "one.py": "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n"
            "from two import X\n",
            "two.py": "X = 1\n",
            "use.py": "import one\nassert one.X == 1\n",
        },
        {"one.py": "tools/one.py", "two.py": "tools/two.py"},
        "use.py",
        {
            "tools/one.py": "import os, sys\n"
            "sys.path.insert(0, os.path.dirname(__file__))\nfrom two import X\n"
        },
    ),
}


@pytest.mark.parametrize("name", [*OUTSIDE, *INSIDE])
def test_the_name_that_works_is_written(name: str, tmp_path: Path) -> None:
    case = {**OUTSIDE, **INSIDE}[name]
    world = a_world(case.files, case.moves)
    before = {path: text.encode() for path, text in case.files.items()}
    now = tree_after(world)
    assert {path: now[path].decode() for path in case.becomes} == case.becomes
    started = next(o for o in case.files if world.where(o) == case.program)
    assert outcome(tmp_path / "before", before, started) == (0, "")
    assert outcome(tmp_path / "after", now, case.program) == (0, "")


def test_a_script_inside_and_a_test_outside_are_listed_once() -> None:
    files = {
        **LIB,
        "run.py": "#!/usr/bin/env python\nimport lib.core\n",
        "tests/test_lib.py": "from lib import core\n",
    }
    world = a_world(files, {**TO_ENGINE, "run.py": "engine/run.py"})
    assert rewritten(world, "lib/core.py") == (b"from lib.util import U\n", [])
    assert world.after is not None
    [one] = side_effects(world, world.after)
    assert one.path == "engine"
    assert one.message.startswith(
        "engine/run.py imports `lib` from its own folder, for tests/test_lib.py it is "
        "`engine.lib` now"
    )


@pytest.mark.parametrize(
    ("files", "moves"),
    [
        ({**LIB, "tests/test_lib.py": "import lib.core\n"}, TO_ENGINE),
        (
            {"run.py": "#!/usr/bin/python\nimport help_\n", "help_.py": ""}
            | {"tests/test_a.py": "import help_\n"},
            {"run.py": "tools/run.py", "help_.py": "tools/help_.py"},
        ),
    ],
    ids=["no-script", "only-the-script-has-a-neighbour"],
)
def test_one_name_for_all_is_not_listed(
    files: dict[str, str], moves: dict[str, str]
) -> None:
    world = a_world(files, moves)
    assert world.after is not None
    assert side_effects(world, world.after) == ()


@pytest.mark.parametrize(
    ("old", "moves", "roots", "new"),
    [
        ("slicer.core", {"slicer/": "src/cutter/"}, ("src", ""), "cutter.core"),
        ("slicer.core", {"slicer/": "src/cutter/"}, ("", "src"), "cutter.core"),
        ("slicer.core", {"slicer/": "src/slicer/"}, ("", "src"), "slicer.core"),
        ("slicer.core", {"slicer/": "src/cutter/"}, ("",), "src.cutter.core"),
        ("src.slicer.core", {"src/slicer/": "src/cutter/"}, ("", "src"), None),
        ("slicer.core", {"src/slicer/": "lib/cutter/"}, ("src", "lib"), "cutter.core"),
        ("slicer.core", {"src/slicer/": "cutter/"}, ("src", ""), "cutter.core"),
    ],
)
def test_a_new_name_begins_at_the_root_that_the_module_moves_to(
    old: str, moves: dict[str, str], roots: tuple[str, ...], new: str | None
) -> None:
    new = new or "src.cutter.core"
    [folder] = moves
    files = {f"{folder}__init__.py": "", f"{folder}core.py": "go = 1\n"}
    files["tests/test_a.py"] = f"from {old} import go\n"
    world = a_world(files, moves, roots)
    assert rewritten(world, "tests/test_a.py") == (
        f"from {new} import go\n".encode(),
        [],
    )
