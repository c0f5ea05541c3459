"""What a dotted name means: a submodule, what hides it in its package, or neither."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

HIDING = {
    "lib/__init__.py": "from .core import core\n",
    "lib/core.py": "def core():\n    return 42\n\n\ndef other():\n    return 7\n",
    "engine/__init__.py": "",
}
TO_ENGINE = {"lib/core.py": "engine/core.py"}
PROGRAMS = {
    "a patch": "from unittest import mock\nimport lib\n"
    'with mock.patch("lib.core", return_value=1):\n    assert lib.core() == 1\n',
    "an import by name": "from lib import core\nassert core() == 42\n",
    "an attribute": "import lib\nassert lib.core() == 42\n",
    "a patch of what is in the module": "from unittest import mock\nimport lib.core\n"
    "import sys\n"
    'with mock.patch("lib.core.other", return_value=1):\n'
    "    from lib.core import other\n    assert other() == 1\n",
    "a module by its name": "import importlib\n"
    'assert importlib.import_module("lib.core").other() == 7\n',
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_does_what_it_did(program: str, tmp_path: Path) -> None:
    files = {**HIDING, "use.py": program}
    world = a_world(files, TO_ENGINE)
    for path in files:
        new, left = rewritten(world, path)
        assert left == []
        place = tmp_path / world.where(path)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(new)
    done = subprocess.run(
        [sys.executable, "-B", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


MEANS_THE_PACKAGES = [
    "from lib import core\n",
    "from lib import core as c\n",
    "import lib\nx = lib.core\n",
    'patch("lib.core")\n',
    'monkeypatch.setattr("lib.core", fake)\n',
]


@pytest.mark.parametrize("text", MEANS_THE_PACKAGES)
def test_what_hides_a_submodule_stays(text: str) -> None:
    world = a_world({**HIDING, "use.py": text}, TO_ENGINE)
    assert rewritten(world, "use.py") == (text.encode(), [])


def test_it_follows_its_package() -> None:
    text = 'from lib import core\npatch("lib.core")\n'
    world = a_world(
        {**HIDING, "use.py": text}, {"lib/__init__.py": "new/__init__.py", **TO_ENGINE}
    )
    new, _left = rewritten(world, "use.py")
    assert new == b'from new import core\npatch("new.core")\n'


@pytest.mark.parametrize(
    ("init", "text"),
    [
        ("from .core import core\n", 'INCLUDE = ["lib.core"]\n'),
        ("from .core import core\n", "import lib.core as c\n"),
        ("def core(): ...\n", "from lib import core\n"),
        ("from . import core\nfrom .core import core\n", "from lib import core\n"),
        ("from .impl import run as core\n", "from lib import core\n"),
        ("core = None\n", 'INCLUDE = ["lib.core"]\n'),
    ],
)
def test_what_may_be_either_is_listed(init: str, text: str) -> None:
    files = {**HIDING, "lib/__init__.py": init, "lib/impl.py": "", "use.py": text}
    new, [left] = rewritten(a_world(files, TO_ENGINE), "use.py")
    assert new == text.encode()
    assert left.why == "lib/__init__.py binds `core` to something else"


MODULE = """\
from json import dumps as written
import os.path

LIMIT: int = 3
first, [second] = 1, (2,)


class Thing: ...


async def run(): ...


if LIMIT:
    late = 1
for each in ():
    pass
with open(__file__) as opened:
    pass
try:
    import tomllib
except ImportError as missing:
    tomllib = None


def inner():
    global made
    made = local = 1
"""
NAMES = ["written", "os.sep", "LIMIT", "first", "second", "Thing.method", "run", "late"]
NAMES += ["each", "opened", "tomllib", "made", "open", "__doc__"]
NO_NAMES = ["requests_total", "local", "json", "method"]


def in_string(name: str, module: str = MODULE) -> tuple[str, list[str]]:
    text = f'x = ["lib.core.{name}"]\n'
    files = {"lib/__init__.py": "", "lib/core.py": module, "use.py": text}
    new, left = rewritten(a_world(files, {"lib/": "engine/lib/"}), "use.py")
    return new.decode(), [one.why for one in left]


@pytest.mark.parametrize("name", NAMES)
def test_an_attribute_follows_its_module(name: str) -> None:
    assert in_string(name) == (f'x = ["engine.lib.core.{name}"]\n', [])


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_text_that_begins_with_a_modules_name_is_listed(name: str) -> None:
    first = name.partition(".")[0]
    why = f"lib/core.py has no `{first}`: it may name no module"
    assert in_string(name) == (f'x = ["lib.core.{name}"]\n', [why])


@pytest.mark.parametrize(
    "module",
    [
        "from os import *\n",
        "def __getattr__(name): ...\n",
        "globals().update(x=1)\n",
        "import sys\nsetattr(sys.modules[__name__], 'x', 1)\n",
        "def broken(:\n",
    ],
)
def test_a_module_that_may_have_any_name_has_this_one(module: str) -> None:
    assert in_string("metric", module) == ('x = ["engine.lib.core.metric"]\n', [])


def test_a_metric_in_a_configuration_is_listed() -> None:
    text = "[x]\nmetric = lib.core.requests\nclass = lib.core.Thing\n"
    files = {"lib/__init__.py": "", "lib/core.py": MODULE, "app.ini": text}
    new, [left] = rewritten(a_world(files, {"lib/": "engine/lib/"}), "app.ini")
    assert new.decode() == text.replace("lib.core.Thing", "engine.lib.core.Thing")
    assert left.text == "lib.core.requests"


@pytest.mark.parametrize(
    ("init", "lines"),
    [
        ('__all__ = ["util"]\n', [1]),
        ('__all__ = (\n    "other",\n    "util",\n)\n', [3]),
        ('X = 1\n__all__ = ["X"]\n__all__ += ["util"]\n', [3]),
        ('from .sub import *\n__all__ = ["util"]\n', [2]),
        ('from . import util\n__all__ = ["util"]\n', []),
        ('util = 1\n__all__ = ["util"]\n', []),
        ('__all__ = ["other"]\n', []),
        ('names = ["util"]\n', []),
    ],
)
def test_an_exported_submodule_that_moves_away_is_listed(
    init: str, lines: list[int]
) -> None:
    files = {"lib/__init__.py": init, "lib/util.py": "", "lib/other.py": ""}
    world = a_world({**files, "lib/sub.py": ""}, {"lib/util.py": "engine/util.py"})
    _new, left = rewritten(world, "lib/__init__.py")
    assert [one.line for one in left] == lines


def test_a_package_that_moves_with_its_submodules_still_exports_them() -> None:
    files = {"lib/__init__.py": '__all__ = ["util"]\n', "lib/util.py": ""}
    world = a_world(files, {"lib/": "engine/"})
    assert rewritten(world, "lib/__init__.py") == (b'__all__ = ["util"]\n', [])


LOGGING = {"lib/__init__.py": "", "lib/log.py": "stream = 1\nclass Handler: ...\n"}


def logged(path: str, text: str) -> tuple[str, list[str]]:
    world = a_world({**LOGGING, path: text}, {"lib/": "engine/lib/"})
    new, left = rewritten(world, path)
    return new.decode(), [one.text for one in left]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "conf.py",
            'X = {"()": "lib.log.Handler", "stream": "ext://lib.log.stream"}\n',
        ),
        ("conf.py", 'X = ["ext://lib.log.stream", "ext://sys.stdout"]\n'),
        ("log.toml", 'class = "lib.log.Handler"\nstream = "ext://lib.log.stream"\n'),
        ("log.yaml", "h:\n  class: lib.log.Handler\n  (): lib.log.Handler\n"),
        ("logging.ini", "[handler_h]\nclass=lib.log.Handler\n"),
    ],
)
def test_what_logging_imports_follows(path: str, text: str) -> None:
    assert logged(path, text) == (text.replace("lib.log", "engine.lib.log"), [])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("log.yaml", "h:\n  stream: ext://lib.log.stream\n"),
        ("logging.ini", "[handler_h]\nstream=ext://lib.log.stream\n"),
        ("log.json", '{"stream": "ext://lib.log.stream"}\n'),
    ],
)
def test_what_logging_imports_is_listed_where_no_rewriter_knows_it(
    path: str, text: str
) -> None:
    assert logged(path, text) == (text, ["lib.log.stream"])


def test_an_address_is_no_name() -> None:
    text = "url: https://lib.log.stream\n"
    assert logged("log.yaml", text) == (text, [])


DJANGO = {
    "billing/__init__.py": "",
    "billing/urls.py": "",
    "billing/apps.py": "class BillingConfig(AppConfig): ...\n",
    "urls.py": "",
}


@pytest.mark.parametrize(
    "text",
    [
        'class X(AppConfig):\n    name = "billing"\n',
        'class X(apps.AppConfig):\n    y = 1\n    name: str\n    name = "billing"\n',
        'os.environ["DJANGO_SETTINGS_MODULE"] = "billing"\n',
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing")\n',
        'ROOT_URLCONF = "billing.urls"\nWSGI_APPLICATION = "billing.urls"\n',
        'CELERY_IMPORTS = ("billing", "billing.urls")\n',
        'app.autodiscover_tasks(["billing"])\n',
        'app.autodiscover_tasks(packages, "billing.urls")\n',
    ],
)
def test_a_word_that_a_framework_imports_follows(text: str) -> None:
    world = a_world({**DJANGO, "conf.py": text}, {"billing/": "apps/billing/"})
    new, left = rewritten(world, "conf.py")
    assert (new.decode(), left) == (text.replace('"billing', '"apps.billing'), [])


def test_an_application_inside_of_what_moves_is_called_as_others_call_it() -> None:
    apps = 'class Billing(AppConfig):\n    name = "billing"\n    label = "billing"\n'
    files = {**DJANGO, "billing/apps.py": apps}
    files["site/settings.py"] = 'INSTALLED_APPS = ["billing.apps.Billing"]\n'
    world = a_world(files, {"billing/": "apps/billing/"})
    new, left = rewritten(world, "billing/apps.py")
    assert new.decode() == apps.replace('name = "billing"', 'name = "apps.billing"')
    assert [one.line for one in left] == [3]


@pytest.mark.parametrize(
    "text",
    [
        'class X(Model):\n    name = "billing"\n',
        'KIND = "billing"\n',
        'INSTALLED_APPS += ["billing"]\n',
    ],
)
def test_a_word_that_may_be_anything_is_listed(text: str) -> None:
    world = a_world({**DJANGO, "conf.py": text}, {"billing/": "apps/billing/"})
    new, left = rewritten(world, "conf.py")
    assert (new.decode(), len(left)) == (text, 1)
