"""Which files are opened because something in them may refer to what moves."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from treeguard.migration.plan.files_to_open import NameSearch
from treeguard.migration.plan.files_to_open import files_to_open
from treeguard.migration.plan.files_to_open import search_names

LOOKS = "import pkgutil\nfor m in pkgutil.iter_modules(__path__): __import__(m.name)\n"


@pytest.mark.parametrize(
    ("path", "text", "opened"),
    [
        pytest.param("q/a.py", "import p.tool\n", True, id="its-name"),
        pytest.param("q/a.py", "import p.toolbox\n", False, id="a-longer-name"),
        pytest.param("q/a.py", LOOKS, False, id="looks-around-elsewhere"),
        pytest.param("p/a.py", LOOKS, True, id="looks-around-where-it-was"),
        pytest.param("p/a.py", "import os\n", False, id="nothing-beside-it"),
        pytest.param("setup.py", "setup(packages=find_packages())\n", True, id="finds"),
        pytest.param("x/pyproject.toml", "[project]\n", True, id="finds-by-itself"),
        pytest.param("docs/conf.py", "sys.path.append('..')\n", True, id="sphinx"),
        pytest.param("docs/other.py", "sys.path.append('..')\n", False, id="a-script"),
    ],
)
def test_opened(path: str, text: str, opened: bool) -> None:
    files = {"p/__init__.py": "", "p/tool.py": "", "q/__init__.py": "", path: text}
    context = a_world(files, {"p/tool.py": "q/kit.py"})
    files_by_path = dict(context.before.snapshot.files())
    found = files_to_open(context, files_by_path, search_names(context))
    assert (path in dict(found)) is opened


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        pytest.param("p/web/a.js", True, id="it-moves"),
        pytest.param("q/web/a.js", False, id="it-stays"),
        pytest.param("p/web/a.c", False, id="told-from-elsewhere"),
    ],
)
def test_what_tells_from_its_own_folder_is_opened_where_it_moves(
    path: str, opened: bool
) -> None:
    """Git has found no word in it: what it imports stays, by a name that stays."""
    files = {"shared/a.js": "", path: "import x from '../../shared/a'\n"}
    context = a_world(files, {"p/": "deep/down/"} if path.startswith("p/") else {})
    words = NameSearch(frozenset({"p"}), frozenset())
    found = files_to_open(context, dict(context.before.snapshot.files()), words)
    assert (path in dict(found)) is opened
