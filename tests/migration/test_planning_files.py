"""Which files are opened because something in them may refer to what moves."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.planning.files_to_open import files_to_open
from treeguard.migration.planning.files_to_open import sought

LOOKS = "import pkgutil\nfor m in pkgutil.iter_modules(__path__): __import__(m.name)\n"


@pytest.mark.parametrize(
    ("path", "text", "opened"),
    [
        pytest.param("q/a.py", "import p.tool\n", True, id="its-name"),
        pytest.param("q/a.py", "import p.toolbox\n", False, id="a-longer-name"),
        pytest.param("q/a.py", LOOKS, False, id="looks-around-elsewhere"),
        pytest.param("p/a.py", LOOKS, True, id="looks-around-where-it-was"),
        pytest.param("p/a.py", "import os\n", False, id="nothing-beside-it"),
    ],
)
def test_opened(path: str, text: str, opened: bool) -> None:
    files = {"p/__init__.py": "", "p/tool.py": "", "q/__init__.py": "", path: text}
    world = a_world(files, {"p/tool.py": "q/kit.py"})
    files_by_path = dict(world.before.snapshot.files())
    found = files_to_open(world, files_by_path, sought(world))
    assert (path in dict(found)) is opened
