"""The cases that the migration was built against, as far as they are Python's.

Numbers are those of the list of cases; letters are the kinds of references: each row
has the bytes before, the bytes after, and the lines that are listed. Where we do
it better than the case asked, the row says so.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.memory import Content

FILES: dict[str, Content] = {
    "B/__init__.py": "",
    "B/core/__init__.py": "",
    "B/core/util.py": "",
    "B/observability/__init__.py": "",
    "B/observability/m.py": "",
    "B/observability/exporters.py": "",
    "B/storage/__init__.py": "",
    "B/storage/db.py": "class DB: ...\n",
    "B/storage/clickhouse_adapter.py": "",
    "B/storage/cli.py": "",
    "B/storage_utils.py": "",
    "B/agents/__init__.py": "",
    "B/agents/x.py": "",
    "B/agents/self_learning_healer.py": "class X: ...\n",
    "B/live_pipeline_manager.py": "",
    "B/monitoring/__init__.py": "",
    "scripts/common.py": "",
    "scripts/push_benchmarks.py": "",
    "reports/README.md": "",
    "config/app.yaml": "",
}
MOVES = {
    "B/observability/": "B/enterprise/observability/",
    "B/storage/": "B/enterprise/storage/",
    "B/agents/": "garbage/agents/",
    "B/live_pipeline_manager.py": "garbage/live_pipeline_manager.py",
    "scripts/push_benchmarks.py": "B/enterprise/scripts/push_benchmarks.py",
    "config/": "deployment/config/",
}
KEPT, PUSH = "B/core/u.py", "scripts/push_benchmarks.py"
INIT, INNER = "B/observability/__init__.py", "B/observability/y.py"
MANAGER = "B/live_pipeline_manager.py"


class Case(NamedTuple):
    """`after` None: the bytes stay; `listed` are the lines of what is left."""

    path: str
    before: str
    after: str | None = None
    listed: tuple[int, ...] = ()


CASES = {
    "1 a relative import out of what moves deeper": Case(
        INIT, "from ..core import util\n", "from ...core import util\n"
    ),
    "2 both move": Case(INIT, "from ..storage.db import DB\n"),
    "3 its own package": Case(INIT, "from . import exporters\n"),
    "4 a lazy relative import": Case(
        KEPT,
        "def f():\n    from ..observability import m\n",
        "def f():\n    from ..enterprise.observability import m\n",
    ),
    "5 one of two names": Case(
        KEPT,
        "from B import observability, core as c  # k\n",
        "from B import core as c  # k\nfrom B.enterprise import observability\n",
    ),
    "6 all names of a statement": Case(
        KEPT,
        "from B import (\n observability as o, # a\n storage,\n)\n",
        "from B.enterprise import (\n observability as o, # a\n storage,\n)\n",
    ),
    "7 byte order mark, CRLF, one line": Case(
        KEPT,
        "\ufeffimport B.storage.db, os; print(B.storage.db.X)\r\n",
        "\ufeffimport B.enterprise.storage.db, os; "
        "print(B.enterprise.storage.db.X)\r\n",
    ),
    "8 names that only begin so": Case(
        KEPT, 'import B.storage_utils\nx = "B.storage2"\ny = xB.storage\n'
    ),
    "9 a parameter of the same name": Case(
        KEPT,
        "import B.storage.db\ndef f(B): return B.storage\n",
        "import B.enterprise.storage.db\ndef f(B): return B.storage\n",
    ),
    "10 a continued line": Case(
        KEPT,
        "from B \\\n  import storage\n",
        "from B.enterprise \\\n  import storage\n",
    ),
    "11 strings that are names": Case(
        KEPT,
        'import_module("B.storage.db")\npatch("B.storage.db.DB")\n',
        'import_module("B.enterprise.storage.db")\npatch("B.enterprise.storage.db.DB")\n',
    ),
    "12 names put together": Case(
        KEPT,
        "from importlib import import_module\n"
        'import_module(f"B.{n}")\nimport_module("B." + n)\n'
        'import_module(".db", package=pkg)\n',
        None,
        (2, 3, 4),
    ),
    "13 the configuration of loggers": Case(
        "log.yaml",
        "loggers: {B.observability: {level: DEBUG}}\n",
        "loggers: {B.enterprise.observability: {level: DEBUG}}\n",
    ),
    # That the plan is forbidden is shown in tests/end_to_end/test_patch13.py.
    "14 live code that imports what is archived": Case(
        "B/monitoring/a.py",
        "from B.agents.self_learning_healer import X\n",
        "from garbage.agents.self_learning_healer import X\n",
    ),
    "15 archived together": Case(
        MANAGER, "from B.agents import x\n", "from garbage.agents import x\n"
    ),
    "16 the core that imports an adapter": Case(
        "B/monitoring/x.py",
        "import B.storage.clickhouse_adapter as c\n",
        "import B.enterprise.storage.clickhouse_adapter as c\n",
    ),
    "17 a script without its neighbour": Case(PUSH, "import common\n", None, (1,)),
    "18 parents[n] to what stays": Case(
        PUSH,
        "from pathlib import Path\n"
        'R = Path(__file__).resolve().parents[1] / "reports"\n',
        "from pathlib import Path\n"
        'R = Path(__file__).resolve().parents[3] / "reports"\n',
    ),
    "19 an edit of sys.path": Case(
        PUSH,
        "import os, sys\n"
        'sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))\n',
        None,
        (2,),
    ),
    "20 a path from the root": Case(
        KEPT, 'open("config/app.yaml")\n', 'open("deployment/config/app.yaml")\n'
    ),
    "28 names in pyproject.toml": Case(
        "pyproject.toml",
        "[tool.setuptools.package-data]\n"
        '"B.observability" = [\n  "*.json",  # b\n  "*.a",\n]\n'
        '[project.scripts]\nz="B.core.util:main"\nx="B.storage.cli:main"\n'
        "[tool.x]\nexclude='^B/agents/'\n",
        "[tool.setuptools.package-data]\n"
        '"B.enterprise.observability" = [\n  "*.json",  # b\n  "*.a",\n]\n'
        '[project.scripts]\nz="B.core.util:main"\nx="B.enterprise.storage.cli:main"\n'
        "[tool.x]\nexclude='^garbage/agents/'\n",
    ),
    # The folder with `*.pyc` only is listed: tests/migration/test_git_cases.py
    "44 a test of what left its compiled files": Case(
        "tests/test_x.py", "import B.agents.x\n", "import garbage.agents.x\n"
    ),
    "45 a syntax error": Case(KEPT, "from B.storage import db\ndef (:\n", None, (1,)),
    "45 Python 2": Case(KEPT, "print 'x'\nimport B.agents.x\n", None, (2,)),
}


# Letters: the kinds of references and what each of them may be.
CASES |= {
    "a import with an alias": Case(
        KEPT,
        "import B.storage.db as d, os\n",
        "import B.enterprise.storage.db as d, os\n",
    ),
    "a import of the package, used by another import": Case(
        KEPT,
        "import B\nimport B.storage.db\nB.storage.db.X, B.core\n",
        "import B\nimport B.enterprise.storage.db\nB.enterprise.storage.db.X, B.core\n",
    ),
    "a the first name changes and is needed": Case(
        KEPT,
        "import B.agents.x\nB.agents.x.run(B.core)\n",
        "import B, garbage.agents.x\ngarbage.agents.x.run(B.core)\n",
    ),
    "b a star": Case(
        KEPT, "from B.agents.x import *\n", "from garbage.agents.x import *\n"
    ),
    "b __all__ and a re-export": Case(
        "B/__init__.py",
        "from .storage.db import DB as DB\n__all__ = ['DB', 'storage']\n",
        "from .enterprise.storage.db import DB as DB\n__all__ = ['DB', 'storage']\n",
        (2,),  # `import *` looks for B.storage
    ),
    "c relative, out of the package": Case(
        MANAGER,
        "from .core import util\nfrom .agents.x import Y\n",
        "from B.core import util\nfrom .agents.x import Y\n",
    ),
    "d for type checkers": Case(
        KEPT,
        "if TYPE_CHECKING:\n    from B.storage.db import DB\n"
        "    import B.storage\ndef f(x: B.storage.db.DB): ...\n",
        "if TYPE_CHECKING:\n    from B.enterprise.storage.db import DB\n"
        "    import B.enterprise.storage\ndef f(x: B.enterprise.storage.db.DB): ...\n",
    ),
    "d an annotation in a string": Case(
        KEPT,
        "import B.storage.db\n"
        'def f(x: "B.storage.db.DB", y: "list[B.storage.db.DB]") -> "B.core": ...\n',
        "import B.enterprise.storage.db\n"
        'def f(x: "B.enterprise.storage.db.DB", '
        'y: "list[B.enterprise.storage.db.DB]") -> "B.core": ...\n',
    ),
    "d a type comment": Case(
        KEPT,
        "import B.storage.db\nx = []  # type: list[B.storage.db.DB]\n"
        "y = []  # type: ignore[B.x]\n",
        "import B.enterprise.storage.db\n"
        "x = []  # type: list[B.enterprise.storage.db.DB]\n"
        "y = []  # type: ignore[B.x]\n",
    ),
    "d types that are cast to, bound, and no types": Case(
        KEPT,
        "import B.storage.db\n"
        'cast("B.storage.db.DB", x), TypeVar("T", bound="B.storage.db.DB")\n'
        "def f(a, b):\n    # type: (B.storage.db.DB, int) -> B.core\n    pass\n"
        'y: Optional["B.storage.db.DB"]\n'
        'z: Annotated["B.storage.db.DB", "B.core.util"]\n'
        'w: Literal["B.core.util"]\n',
        "import B.enterprise.storage.db\n"
        'cast("B.enterprise.storage.db.DB", x), '
        'TypeVar("T", bound="B.enterprise.storage.db.DB")\n'
        "def f(a, b):\n    # type: (B.enterprise.storage.db.DB, int) -> B.core\n"
        "    pass\n"
        'y: Optional["B.enterprise.storage.db.DB"]\n'
        'z: Annotated["B.enterprise.storage.db.DB", "B.core.util"]\n'
        'w: Literal["B.core.util"]\n',
    ),
    "d the first name of a type changes": Case(
        KEPT,
        "import B.agents.x\ndef f(x: 'B.agents.x.X | B.core') -> None: ...\n",
        "import B, garbage.agents.x\n"
        "def f(x: 'garbage.agents.x.X | B.core') -> None: ...\n",
    ),
    "d a docstring": Case(
        KEPT,
        'def f():\n    """See :class:`B.storage.db.DB` and ``B.core``."""\n',
        'def f():\n    """See :class:`B.enterprise.storage.db.DB` and ``B.core``."""\n',
    ),
    "e patch, monkeypatch, getLogger": Case(
        KEPT,
        'monkeypatch.setattr("B.storage.db.DB", None)\n'
        'logging.getLogger("B.observability")\nmock.patch("B.storage.db.DB.run")\n',
        'monkeypatch.setattr("B.enterprise.storage.db.DB", None)\n'
        'logging.getLogger("B.enterprise.observability")\n'
        'mock.patch("B.enterprise.storage.db.DB.run")\n',
    ),
    "e dictConfig": Case(
        KEPT,
        'dictConfig({"loggers": {"B.storage": {"class": "B.storage.db.DB"}}})\n',
        'dictConfig({"loggers": {"B.enterprise.storage": '
        '{"class": "B.enterprise.storage.db.DB"}}})\n',
    ),
    "e celery, Django and uvicorn": Case(
        KEPT,
        'app.autodiscover_tasks(["B.storage"])\nINSTALLED_APPS = ["B.agents.x", "os"]\n'
        'uvicorn.run("B.storage.db:app", port=1)\n',
        'app.autodiscover_tasks(["B.enterprise.storage"])\n'
        'INSTALLED_APPS = ["garbage.agents.x", "os"]\n'
        'uvicorn.run("B.enterprise.storage.db:app", port=1)\n',
    ),
    "f python -m": Case(
        KEPT,
        'os.system("python -m B.storage.db --x B.y")\n'
        'subprocess.run([sys.executable, "-m", "B.agents.x"])\n',
        'os.system("python -m B.enterprise.storage.db --x B.y")\n'
        'subprocess.run([sys.executable, "-m", "garbage.agents.x"])\n',
    ),
    "h parents[n] to what moves as well": Case(
        "B/core/u.py",
        "from pathlib import Path\n"
        'C = Path(__file__).parents[2] / "config" / "app.yaml"\n',
        "from pathlib import Path\n"
        'C = Path(__file__).parents[2] / "deployment/config" / "app.yaml"\n',
    ),
    "h dirname of dirname": Case(
        PUSH,
        "import os\nR = os.path.dirname(os.path.dirname(__file__))\n",
        None,
        (2,),
    ),
    "i a script beside a script": Case(
        "scripts/other.py", "import push_benchmarks\n", None, (1,)
    ),
    # Better than "a finding for every notebook": its code is spliced inside the JSON.
    "j a notebook": Case(
        "n.ipynb",
        '{"cells": [{"cell_type": "code", "source": ["import B.storage.db\\n", "1"]}]}',
        '{"cells": [{"cell_type": "code", "source": '
        '["import B.enterprise.storage.db\\n", "1"]}]}',
    ),
    "j the magics of a notebook": Case(
        "n.ipynb",
        '{"cells": [{"cell_type": "code", "source": ["!python -m B.storage.db"]}]}',
        None,
        (1,),
    ),
}


def left_of(path: str, data: Content) -> tuple[bytes, tuple[int, ...]]:
    new, listed = rewritten(a_world({**FILES, path: data}, MOVES), path)
    return new, tuple(sorted({one.line for one in listed}))


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    after = case.before if case.after is None else case.after
    assert left_of(case.path, case.before) == (after.encode(), case.listed)


def test_case_45_utf_16_is_listed_and_never_edited() -> None:
    data = "import B.storage.db\n".encode("utf-16")
    assert left_of(KEPT, data) == (data, (1,))


def test_case_45_a_large_notebook() -> None:
    """Better than "never edited": what is spliced is read again, whatever its size."""
    big = '{"cells": [{"cell_type": "code", "source": ["import B.storage"], "outputs": '
    big += '["' + "A" * 5_000_000 + '"]}]}'
    new, listed = left_of("n.ipynb", big)
    assert (new.decode(), listed) == (
        big.replace("B.storage", "B.enterprise.storage"),
        (),
    )
