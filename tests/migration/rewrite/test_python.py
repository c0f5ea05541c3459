"""Rows of the migration's table of cases, and what every spelling becomes."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

FILES = {
    "B/__init__.py": "",
    "B/core/__init__.py": "",
    "B/core/util.py": "",
    "B/observability/__init__.py": "",
    "B/observability/m.py": "",
    "B/observability/exporters.py": "",
    "B/storage/__init__.py": "",
    "B/storage/db.py": "class DB: ...\n",
    "B/storage_utils.py": "",
    "B/agents/__init__.py": "",
    "B/agents/x.py": "",
    "B/old_manager.py": "",
    "scripts/common.py": "",
    "B/here/stays.py": "",
    "B/here/goes.py": "",
    "lib/alone.py": "",
}
MOVES = {
    "B/observability/": "B/enterprise/observability/",
    "B/storage/": "B/enterprise/storage/",
    "B/agents/": "garbage/agents/",
    "B/old_manager.py": "garbage/old_manager.py",
    "scripts/push.py": "B/enterprise/scripts/push.py",
    "lib/alone.py": "B/core/alone.py",
    "B/here/goes.py": "B/core/goes.py",
}
KEPT = "B/core/u.py"
INSIDE = "B/observability/y.py"


def become(path: str, text: str | bytes) -> tuple[str, list[tuple[int, str]]]:
    data = text.encode() if isinstance(text, str) else text
    world = a_world({**FILES, path: data}, MOVES)
    new, left = rewritten(world, path)
    return new.decode(), [(item.line, item.why) for item in left]


SAME = [
    pytest.param(INSIDE, "from ..storage.db import DB\n", id="row-2-both-move"),
    pytest.param(INSIDE, "from . import exporters\n", id="row-3-own-package"),
    pytest.param(INSIDE, "from .exporters import x, y\n", id="own-sibling"),
    pytest.param(
        KEPT,
        'import B.storage_utils\nx = "B.storage2"\ny = xB.storage\n',
        id="row-8-longer-names",
    ),
    pytest.param(
        KEPT, "def f(B):\n    return B.storage\n", id="row-9-a-parameter-shadows"
    ),
    pytest.param(KEPT, "import os, json\nfrom typing import Any\n", id="others"),
    pytest.param(
        KEPT,
        "# see B.core.util and B.storage_utils, B/storage_utils.py, me@B.storage\n"
        '"""B, core.storage, x.B.storage, https://x/B/storage, storage."""\n',
        id="prose-about-others",
    ),
    pytest.param(KEPT, "from B import *\n", id="a-star-of-what-stays"),
]


@pytest.mark.parametrize(("path", "text"), SAME)
def test_nothing_is_changed(path: str, text: str) -> None:
    assert become(path, text) == (text, [])


CHANGED = [
    pytest.param(
        "B/observability/__init__.py",
        "from ..core import util\n",
        "from ...core import util\n",
        id="row-1-one-level-deeper",
    ),
    pytest.param(
        KEPT,
        "def f():\n    from ..observability import m\n    return m\n",
        "def f():\n    from ..enterprise.observability import m\n    return m\n",
        id="row-4-relative-and-lazy",
    ),
    pytest.param(
        KEPT,
        "from B import observability, core as c  # k\n",
        "from B import core as c  # k\nfrom B.enterprise import observability\n",
        id="row-5-split",
    ),
    pytest.param(
        KEPT,
        "from B import (\n observability as o, # a\n storage,\n)\n",
        "from B.enterprise import (\n observability as o, # a\n storage,\n)\n",
        id="row-6-both-move-together",
    ),
    pytest.param(
        KEPT,
        "\ufeffimport B.storage.db, os; print(B.storage.db.X)\r\n",
        "\ufeffimport B.enterprise.storage.db, os; "
        "print(B.enterprise.storage.db.X)\r\n",
        id="row-7-bom-crlf-semicolon",
    ),
    pytest.param(
        KEPT,
        "import B.storage.db\n\n\ndef f(B):\n    return B.storage.db\n",
        "import B.enterprise.storage.db\n\n\ndef f(B):\n    return B.storage.db\n",
        id="row-9-body-shadowed-beside-an-import",
    ),
    pytest.param(
        KEPT,
        "from B \\\n  import storage\n",
        "from B.enterprise \\\n  import storage\n",
        id="row-10-continuation",
    ),
    pytest.param(
        KEPT,
        "from importlib import import_module\nimport_module('B.storage.db')\n"
        'patch("B.storage.db.DB")\n',
        "from importlib import import_module\n"
        "import_module('B.enterprise.storage.db')\n"
        'patch("B.enterprise.storage.db.DB")\n',
        id="row-11-strings",
    ),
    pytest.param(
        KEPT,
        "from B.agents.x import X\n",
        "from garbage.agents.x import X\n",
        id="row-14-the-text-alone",
    ),
    pytest.param(
        "B/old_manager.py",
        "from B.agents import x\nfrom .agents.x import Y\n",
        "from garbage.agents import x\nfrom .agents.x import Y\n",
        id="row-15-archived-together",
    ),
    pytest.param(
        "B/old_manager.py",
        "from .core import util\nfrom . import core, agents\n",
        "from B.core import util\nfrom . import agents\nfrom B import core\n",
        id="out-of-its-package",
    ),
    pytest.param(
        KEPT,
        "import B.agents.x\nB.agents.x.run(B.core)\n",
        "import B, garbage.agents.x\ngarbage.agents.x.run(B.core)\n",
        id="the-old-first-name-is-needed",
    ),
    pytest.param(
        KEPT,
        "import B.agents.x as ax\nax.run()\n",
        "import garbage.agents.x as ax\nax.run()\n",
        id="as",
    ),
    pytest.param(
        KEPT,
        "from B.agents.x import *\n",
        "from garbage.agents.x import *\n",
        id="star",
    ),
    pytest.param(
        KEPT,
        "from..storage import db\nfrom ..agents import(x)\n",
        "from..enterprise.storage import db\nfrom garbage.agents import(x)\n",
        id="no-blanks",
    ),
    pytest.param(
        "B/agents/z.py",
        "from..core import util\nfrom ..import storage\n",
        "from B.core import util\nfrom B.enterprise import storage\n",
        id="blanks-where-words-would-meet",
    ),
    pytest.param(
        KEPT,
        "if True: from B import storage, core\n",
        "if True: from B import core; from B.enterprise import storage\n",
        id="split-after-a-colon",
    ),
    pytest.param(
        KEPT,
        "class A:\n\tfrom B import (\n\t\tcore,  # stays\n\t\tstorage,  # goes\n\t)",
        "class A:\n\tfrom B import (\n\t\tcore,  # stays\n\t)\n"
        "\tfrom B.enterprise import storage  # goes",
        id="split-keeps-comments-and-the-missing-newline",
    ),
    pytest.param(
        KEPT,
        "from B import core, storage, agents\r\nx = 1\r\n",
        "from B import core\r\nfrom B.enterprise import storage\r\n"
        "from garbage import agents\r\nx = 1\r\n",
        id="split-in-three",
    ),
    pytest.param(
        KEPT,
        'def f():\n    """:class:`~B.storage.db.DB`, :mod:`x <B.agents>`."""\n',
        'def f():\n    """:class:`~B.enterprise.storage.db.DB`, '
        ':mod:`x <garbage.agents>`."""\n',
        id="roles-in-a-docstring",
    ),
    pytest.param(
        "B/__init__.py",
        "from .storage.db import DB as DB\nfrom . import storage\n__all__ = ['DB']\n",
        "from .enterprise.storage.db import DB as DB\n"
        "from .enterprise import storage\n__all__ = ['DB']\n",
        id="re-exports",
    ),
    pytest.param(
        "lib/run.py",
        "print('B.storage.db:main', 'B.storage.db.DB')\n",
        "print('B.enterprise.storage.db:main', 'B.enterprise.storage.db.DB')\n",
        id="an-entry-point",
    ),
    pytest.param(
        KEPT,
        "import os\nos.system('python -m B.storage.db --x B.storagedbx')\n",
        "import os\nos.system('python -m B.enterprise.storage.db --x B.storagedbx')\n",
        id="a-command",
    ),
    pytest.param(
        KEPT,
        "if TYPE_CHECKING:\n    import B.storage.db\ndef f(x: B.storage.db.DB): ...\n",
        "if TYPE_CHECKING:\n    import B.enterprise.storage.db\n"
        "def f(x: B.enterprise.storage.db.DB): ...\n",
        id="type-checking",
    ),
]


@pytest.mark.parametrize(("path", "old", "new"), CHANGED)
def test_it_leads_where_it_led(path: str, old: str, new: str) -> None:
    assert become(path, old) == (new, [])


def test_latin_1_stays_latin_1() -> None:
    data = "# coding: latin-1\nx = 'é'; import B.storage.db as ü\n".encode("latin-1")
    world = a_world({**FILES, KEPT: data}, MOVES)
    new, left = rewritten(world, KEPT)
    assert new == data.replace(b"B.storage", b"B.enterprise.storage")
    assert left == []


LEFT = [
    pytest.param(
        KEPT,
        'from importlib import import_module\nimport_module(f"B.{n}")\n'
        'import_module("B." + n)\nimport_module(".db", package=pkg)\n',
        [2, 3, 4],
        id="row-12-put-together",
    ),
    pytest.param(
        KEPT,
        '# from B.storage import db\n"""See B.storage\n\nand B/agents/x.py."""\n',
        [1, 2, 4],
        id="prose",
    ),
    pytest.param(
        KEPT,
        "exec('import os\\nimport B.agents.x')\n"
        "code = f'from B.agents.x import {name}'\n",
        [1, 2],
        id="code-in-a-string",
    ),
    pytest.param(
        KEPT,
        "x = r'^B\\.agents\\.x$'\ny = '(B\\\\.agents\\\\.x)?'\n",
        [1, 2],
        id="a-regular-expression",
    ),
    pytest.param(
        "scripts/push.py", "import common\n", [1], id="row-17-a-scripts-own-folder"
    ),
    pytest.param(
        KEPT, "from B.storage import db\ndef (:\n", [1], id="row-45-no-python"
    ),
    pytest.param(KEPT, "print 'x'\nimport B.agents.x\n", [2], id="row-45-python-2"),
    pytest.param(
        KEPT,
        "import B.agents.x\ngarbage = 1\n",
        [1],
        id="the-new-first-name-is-taken",
    ),
]


PUSH = "scripts/push.py"


AT_RUN_TIME = [
    pytest.param(KEPT, "__import__(sys.argv[1])\n", [], id="a-name-from-elsewhere"),
    pytest.param(
        KEPT,
        "import logging\nlog = logging.getLogger(__name__)\n"
        "if __name__ == '__main__':\n    __import__(name)\n",
        [],
        id="its-own-name-for-something-else",
    ),
    pytest.param(
        KEPT,
        "for n in ('core', 'util', '__init__.py'): __import__(n)\n",
        [],
        id="names-of-what-stays",
    ),
    pytest.param(
        "B/observability/y.py",
        "import importlib\nimportlib.import_module(name, __package__)\n",
        [],
        id="beside-it-all-moves-together",
    ),
    pytest.param(
        "B/core/u.py",
        "for m in pkgutil.iter_modules(__path__): __import__(m.name)\n",
        [],
        id="beside-it-all-stays",
    ),
    pytest.param(
        KEPT, "for n in ('db', 'util'): __import__(pkg + n)\n", [1], id="one-part"
    ),
    pytest.param(KEPT, "__import__(f'{pkg}.db')\n", [1], id="the-end"),
    pytest.param(KEPT, "__import__('%s.storage.%s' % (a, b))\n", [1], id="the-middle"),
    pytest.param(
        "B/here/__init__.py",
        "for m in pkgutil.iter_modules(__path__): __import__(m.name)\n",
        [1],
        id="something-beside-it-leaves",
    ),
    pytest.param(
        "B/here/goes.py",
        "import importlib\nimportlib.import_module('.' + x, __package__)\n",
        [2],
        id="it-leaves-what-is-beside-it",
    ),
]


@pytest.mark.parametrize(("path", "text", "lines"), AT_RUN_TIME)
def test_an_import_at_run_time_is_listed_where_it_may_concern_the_moves(
    path: str, text: str, lines: list[int]
) -> None:
    new, left = become(path, text)
    assert new == text
    assert [line for line, _why in left] == lines


UPWARDS = (
    "import sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '..'))\n"
)
HEAD = "import os\nfrom pathlib import Path\n"
PLACES = [
    pytest.param(
        'x = Path(__file__).resolve().parents[1] / "B"\n',
        'x = Path(__file__).resolve().parents[3] / "B"\n',
        [],
        id="row-18-parents",
    ),
    pytest.param(
        'x = Path(__file__).parents[1] / "B" / "storage"\n',
        'x = Path(__file__).parents[1] / "B" / "storage"\n',
        [3],
        id="what-it-leads-to-moves-as-well",
    ),
    pytest.param(
        UPWARDS,
        UPWARDS,
        [4],
        id="row-19-a-path-for-imports",
    ),
    pytest.param("print(__file__)\n", "print(__file__)\n", [], id="no-path"),
]


@pytest.mark.parametrize(("old", "new", "lines"), PLACES)
def test_paths_from_the_files_own_place(old: str, new: str, lines: list[int]) -> None:
    text, left = become(PUSH, HEAD + old)
    assert text == HEAD + new
    assert [line for line, _why in left] == lines


STAYS = "B/core/u.py"
LED = "HERE = os.path.dirname(__file__)\n"
FOLLOWED = [
    pytest.param(
        'x = os.path.join(os.path.dirname(__file__), "../storage")\n',
        'x = os.path.join(os.path.dirname(__file__), "../enterprise/storage")\n',
        [],
        id="one-literal",
    ),
    pytest.param(
        LED + "x = os.path.join(HERE, '..', 'storage', 'db.py')\n",
        LED + "x = os.path.join(HERE, '..', 'enterprise/storage', 'db.py')\n",
        [],
        id="one-of-many-literals",
    ),
    pytest.param(
        'X = Path(__file__).parent.parent / "storage"\nx = X / "db.py"\n',
        'X = Path(__file__).parent.parent / "enterprise/storage"\nx = X / "db.py"\n',
        [],
        id="what-is-built-upon-an-edited-path",
    ),
    pytest.param(
        "x = os.path.dirname(__file__) + '/../storage/'\n",
        "x = os.path.dirname(__file__) + '/../enterprise/storage/'\n",
        [],
        id="put-together-by-plus",
    ),
    pytest.param(
        LED + "x = os.path.join(HERE, '../sto' 'rage')\n",
        LED + "x = os.path.join(HERE, '../sto' 'rage')\n",
        [4],
        id="no-plain-literal",
    ),
    pytest.param(
        LED + "x = os.path.join(HERE, '../storage', name)\n",
        LED + "x = os.path.join(HERE, '../storage', name)\n",
        [4],
        id="the-end-is-known-at-run-time",
    ),
    pytest.param(
        "x = Path(__file__).parents[1] / 'here'\n",
        "x = Path(__file__).parents[1] / 'here'\n",
        [3],
        id="a-folder-that-some-files-leave",
    ),
    pytest.param(
        LED + "x = os.path.join(HERE, '..', name), os.path.join(HERE, 'util.py')\n",
        LED + "x = os.path.join(HERE, '..', name), os.path.join(HERE, 'util.py')\n",
        [],
        id="what-stays",
    ),
]


@pytest.mark.parametrize(("old", "new", "lines"), FOLLOWED)
def test_a_file_that_stays_finds_what_moved(
    old: str, new: str, lines: list[int]
) -> None:
    text, left = become(STAYS, HEAD + old)
    assert text == HEAD + new
    assert [line for line, _why in left] == lines


@pytest.mark.parametrize(
    ("moves", "lines"),
    [
        pytest.param({"src/p/a.py": "src/p/q/a.py"}, [], id="further-below"),
        pytest.param({"src/b.py": "src/p/b.py"}, [2], id="from-it-to-below"),
        pytest.param({"src/p/a.py": "lib/a.py"}, [2], id="out-of-it"),
    ],
)
def test_a_folder_that_something_moves_in(
    moves: dict[str, str], lines: list[int]
) -> None:
    text = "from pathlib import Path\nSRC = Path(__file__).parent.parent / 'src'\n"
    files = {"src/p/a.py": "", "src/p/c.py": "", "src/b.py": "", "docs/conf.py": text}
    data, undecided = rewritten(a_world(files, moves), "docs/conf.py")
    assert data.decode() == text
    assert [one.line for one in undecided] == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("x = form['vote']\n", [], id="index"),
        pytest.param("x = {'id': 1, 'vote': 2}\n", [], id="key"),
        pytest.param("x = ['vote']\n", [1], id="list"),
        pytest.param("x = form['kit']\n", [1], id="a-package"),
    ],
)
def test_a_key_that_is_spelled_like_a_folder(text: str, lines: list[int]) -> None:
    files = {"vote/app.py": "", "kit/__init__.py": "", "x.py": text}
    moves = {"vote/": "services/vote/", "kit/": "services/kit/"}
    data, undecided = rewritten(a_world(files, moves), "x.py")
    assert data.decode() == text
    assert [one.line for one in undecided] == lines


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("import lib.zz\n", "import engine.lib.zz\n"),
        ("from lib.zz import X\n", "from engine.lib.zz import X\n"),
        ("from lib import zz\n", "from engine.lib import zz\n"),
    ],
)
def test_importers_of_what_is_compiled_follow_it(old: str, new: str) -> None:
    files: dict[str, str | bytes] = {"lib/__init__.py": "", "run.py": old}
    files["lib/zz.pyc"] = b"\xcb\r\r\n"
    data, undecided = rewritten(a_world(files, {"lib/": "engine/lib/"}), "run.py")
    assert (data.decode(), undecided) == (new, [])


MAILS = {"back/app/utils.py": "", "back/app/mails/a.html": "", "back/b.txt": ""}
WHOLE, ALONE = {"back/": "services/back/"}, {"back/app/utils.py": "lib/utils.py"}
BUILT = [
    pytest.param('(Path(__file__).parent / "mails" / name)', WHOLE, [], id="joined"),
    pytest.param("Path(__file__).parents[1] / name", WHOLE, [], id="up-and-inside"),
    pytest.param('f"{os.path.dirname(__file__)}/mails/{x}"', WHOLE, [], id="f-string"),
    pytest.param('Path(__file__).parent / "made.json"', WHOLE, [], id="untracked"),
    pytest.param('Path(__file__).parents[1] / "b.txt"', WHOLE, [], id="known"),
    pytest.param("Path(__file__).parents[2] / name", WHOLE, [3], id="it-leaves"),
    pytest.param('Path(__file__).parent / "mails" / name', ALONE, [3], id="alone"),
    pytest.param('Path(__file__).parent / "made.json"', ALONE, [3], id="alone-too"),
    pytest.param('Path(__file__).with_name("b.txt")', ALONE, [3], id="beside-it"),
]


@pytest.mark.parametrize(("path", "moves", "lines"), BUILT)
def test_what_is_built_without_leaving_the_folder_that_moves_is_as_it_was(
    path: str, moves: dict[str, str], lines: list[int]
) -> None:
    files = {**MAILS, "back/app/utils.py": f"{HEAD}x = {path}\n"}
    text, left = rewritten(a_world(files, moves), "back/app/utils.py")
    assert text.decode() == files["back/app/utils.py"]
    assert sorted({item.line for item in left}) == lines


OPENED = 'x = open("lib/data/app.yaml"), "lib/data/other.yaml", f"lib/data/{x}"\n'


@pytest.mark.parametrize(
    ("dockerfile", "new", "lines"),
    [
        ("COPY . /app\n", OPENED.replace("lib/data/app", "data/app"), [1]),
        ("COPY lib/data/ /app/lib/data\n", OPENED, [1]),
    ],
    ids=["row-20-the-image-follows", "row-20-the-image-keeps-the-old-layout"],
)
def test_a_path_of_a_data_file(dockerfile: str, new: str, lines: list[int]) -> None:
    files = {
        **FILES,
        KEPT: OPENED,
        "lib/data/app.yaml": "",
        "lib/data/other.txt": "",
        "Dockerfile": f"FROM x\n{dockerfile}",
    }
    text, left = rewritten(a_world(files, {"lib/data/": "data/"}), KEPT)
    assert text.decode() == new
    assert sorted({item.line for item in left}) == lines


def test_a_path_inside_what_moves_together_is_kept() -> None:
    text = "import os\nx = os.path.join(os.path.dirname(__file__), 'm.py')\n"
    assert become("B/observability/y.py", text) == (text, [])


@pytest.mark.parametrize(
    ("package", "text", "lines"),
    [
        ("", "import p as x\nx.s.run()\n", [2]),
        ("", "from q import p\nprint(p.s)\n", []),
        ("from . import s\n", "import p as x\nx.s.run()\n", []),
        ("", "import p as x, p.s\nx.t.run()\n", []),
        ("", "import p.s as s\ns.run()\n", []),
        ("", "import p.s\np.s.run()\n", []),
    ],
    ids=["alias", "another", "re-exported", "what-stays", "imported", "by-its-name"],
)
def test_a_module_that_is_reached_through_its_package(
    package: str, text: str, lines: list[int]
) -> None:
    files = {"p/__init__.py": package, "p/s.py": "", "p/t.py": "", "run.py": text}
    world = a_world(files, {"p/s.py": "p/deep/s.py"}, created=("p/deep/__init__.py",))
    _new, left = rewritten(world, "run.py")
    assert [one.line for one in left] == lines


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = \"__import__('B.agents.x')\"\n", "code"),
        ("x = 'from B.agents.x import y'\n", "code"),
        ("x = 'import B.agents.x'\n", "code"),
        ("# taken from B.agents.x\n", "a name"),
    ],
)
def test_code_in_a_string_is_listed_as_such(text: str, why: str) -> None:
    new, [(line, listed)] = become(KEPT, text)
    assert (new, line) == (text, 1)
    assert listed.startswith(why)


def test_a_literal_may_be_the_name_of_a_whole_package() -> None:
    files = {"p/__init__.py": "x.__module__ = 'p'\ny = 'pp', 'a p', 'os'\nz = 'p*'\n"}
    new, left = rewritten(a_world(files, {"p/": "q/"}), "p/__init__.py")
    assert new == files["p/__init__.py"].encode()
    assert [(one.line, one.text) for one in left] == [(1, "p"), (3, "p")]


@pytest.mark.parametrize(("path", "text", "lines"), LEFT)
def test_what_cannot_be_decided_is_listed(
    path: str, text: str, lines: list[int]
) -> None:
    new, left = become(path, text)
    assert new == text
    assert [line for line, _why in left] == lines
