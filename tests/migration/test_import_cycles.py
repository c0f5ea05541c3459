"""Which modules can no longer be imported first: each row is one tree and its moves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.warnings.import_cycles import import_cycles
from treeguard.plans import SideEffect

# As flask's: the package imports its command, which imports the package.
FLASK = {
    "f/__init__.py": "from .app import App\n",
    "f/app.py": "from .cli import Group\nfrom .g import x\nclass App: ...\n",
    "f/cli.py": "from .g import x\nclass Group: ...\n",
    "f/g.py": "x = 1\n",
    "c/__init__.py": "",
}
MOVE = {"f/cli.py": "c/cli.py"}


def listed(files: Mapping[str, str], moves: Mapping[str, str]) -> list[SideEffect]:
    world = a_world(files, moves)
    new = {world.where(path): rewritten(world, path)[0] for path in files}
    return list(import_cycles(world, analyze(MemorySnapshot(new), ("",), Store(None))))


def with_(**texts: str) -> dict[str, str]:
    return {**FLASK, **{f"f/{name}.py": text for name, text in texts.items()}}


SILENT = [
    pytest.param(with_(__init__=""), MOVE, id="the-package-ran-nothing"),
    pytest.param(with_(app="class App: ...\n"), MOVE, id="nothing-leads-back"),
    pytest.param(
        with_(app="def f():\n    from .cli import Group\nclass App: ...\n"),
        MOVE,
        id="what-leads-back-runs-later",
    ),
    pytest.param(
        with_(
            app="from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from .cli import Group\nclass App: ...\n"
        ),
        MOVE,
        id="only-a-type-checker-goes-back",
    ),
    pytest.param(
        with_(
            app="try:\n    from .cli import Group\nexcept ImportError:\n"
            "    Group = None\nclass App: ...\n"
        ),
        MOVE,
        id="the-error-is-caught",
    ),
    pytest.param(
        with_(cli="class Group: ...\nfrom .g import x\n"), MOVE, id="bound-before"
    ),
    pytest.param(
        with_(app="from . import cli\nclass App: ...\n"), MOVE, id="the-module-alone"
    ),
    pytest.param(
        with_(cli="def __getattr__(name): ...\nfrom .g import x\n"),
        MOVE,
        id="any-name-is-there",
    ),
    pytest.param(
        with_(cli="globals()['Group'] = 1\nfrom .g import x\n"), MOVE, id="in-globals"
    ),
    pytest.param(
        {**with_(cli="from n import *\nfrom .g import x\n"), "n.py": "Group = 1\n"},
        MOVE,
        id="a-star-may-have-brought-it",
    ),
    pytest.param(
        with_(
            cli="from .app import App\nclass Group: ...\n", __init__="from . import g"
        ),
        MOVE,
        id="it-never-worked",
    ),
    pytest.param(FLASK, {"f/cli.py": "f/command.py"}, id="renamed-in-its-package"),
    pytest.param(
        {**FLASK, "f/plain/x.py": ""},
        {"f/cli.py": "f/plain/cli.py"},
        id="into-a-plain-folder-of-it",
    ),
    pytest.param(FLASK, {"f/": "e/f/"}, id="the-package-moves-as-one"),
    pytest.param(
        {**FLASK, "c/__init__.py": "import f\n"}, MOVE, id="the-new-package-sees-to-it"
    ),
]


@pytest.mark.parametrize(("files", "moves"), SILENT)
def test_every_module_can_still_be_imported_first(
    files: dict[str, str], moves: dict[str, str]
) -> None:
    assert listed(files, moves) == []


LATER = "import it inside the function that uses it"
SPEAKS = [
    pytest.param(
        FLASK,
        MOVE,
        ("f/app.py", 1, "`Group`", "begin c/__init__.py with `import f`, which"),
        id="the-old-package-ran-first",
    ),
    pytest.param(
        FLASK,
        {"f/cli.py": "cli.py"},
        ("f/app.py", 1, "`Group`", LATER),
        id="no-package",
    ),
    pytest.param(
        with_(
            __init__="from . import app\n",
            app="x = 1\nfrom .cli import Group\n",
            cli="from .app import x\nclass Group: ...\n",
        ),
        {"f/cli.py": "c/cli.py", "f/app.py": "c/app.py"},
        ("c/app.py", 2, "`Group`", LATER),
        id="both-leave-it",
    ),
    pytest.param(
        {
            "a/__init__.py": "",
            "a/tool.py": "y = 1\n",
            "main.py": "from a.tool import y\nz = 1\n",
            "c/__init__.py": "from main import z\n",
        },
        {"a/tool.py": "c/tool.py"},
        ("c/__init__.py", 1, "`z`", LATER),
        id="the-new-package-runs-first",
    ),
]


@pytest.mark.parametrize(("files", "moves", "expected"), SPEAKS)
def test_the_statement_is_listed(
    files: dict[str, str],
    moves: dict[str, str],
    expected: tuple[str, int, str, str],
) -> None:
    [effect] = listed(files, moves)
    path, line, name, advice = expected
    assert (effect.path, effect.line) == (path, line)
    assert effect.message.startswith(f"{name} is not defined yet when ")
    assert effect.advice.startswith(advice)


def test_where_many_fail_at_one_place_it_is_listed_once() -> None:
    files = with_(
        __init__="from . import app\n",
        app="x = 1\nfrom .cli import Group\nfrom .d import z\n",
        cli="from .app import x\nclass Group: ...\n",
        d="from .cli import Group\nz = 1\n",
    )
    [effect] = listed(files, {"f/cli.py": "c/cli.py", "f/d.py": "c/d.py"})
    assert (effect.path, effect.line) == ("f/app.py", 2)
    assert "c/cli.py (like 1 more) is imported" in effect.message
