"""What a source looks for beside itself or in a package: each row is one source."""

from __future__ import annotations

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

FILES = {
    "web/__init__.py": "",
    "web/other.py": "",
    "web/templates/x.html": "x",
    "web/templates/y.html": "y",
    "web/static/a.css": "x",
    "web/data/__init__.py": "",
    "web/data/a.json": "{}",
    "assets/a.css": "x",
    "views/x.html": "x",
}
ALONE = {"web/app.py": "server/app.py"}
WHOLE = {"web/": "server/web/"}
TEMPLATES = {"web/templates/": "pages/"}
DATA = {"web/data/a.json": "config/a.json"}
BLUEPRINT = "from flask import Blueprint\nBlueprint('a', __name__"
FLASK = "from flask import Flask as F\napp = F(__name__)\n"
FILES_OF = "from importlib.resources import files\n"

LISTED = [
    (FLASK, ALONE, ["static", "templates"]),
    (FLASK, TEMPLATES, ["templates"]),
    (FLASK, {"web/templates/x.html": "pages/x.html"}, ["templates"]),
    ("import flask\nflask.Flask(__name__.split('.')[0])\n", TEMPLATES, ["templates"]),
    ("import flask\nflask.Flask(import_name='web')\n", TEMPLATES, ["templates"]),
    ("import quart\nquart.Quart(__name__, static_folder=None)\n", ALONE, ["templates"]),
    (
        f"{BLUEPRINT}, static_folder='static')\n",
        ALONE,
        ["static"],
    ),
    (
        f"{BLUEPRINT}, template_folder='../views')\n",
        {"web/app.py": "server/sub/app.py"},
        ["../views"],
    ),
    (f"{FILES_OF}x = files() / 'data' / 'a.json'\n", ALONE, ["data/a.json"]),
    (f"{FILES_OF}x = files(__package__) / 'data' / name\n", ALONE, ["data"]),
    (f"{FILES_OF}x = files('web.data').joinpath('a.json')\n", DATA, ["a.json"]),
    (f"{FILES_OF}R = files('web')\nx = R / 'data/a.json'\n", DATA, ["data/a.json"]),
    (
        "import importlib.resources as r\n\n\ndef f():\n    root = r.files('web')\n"
        "    return root / 'data' / 'a.json'\n",
        DATA,
        ["data/a.json"],
    ),
    (
        "from importlib import resources\nresources.read_text('web.data', 'a.json')\n",
        DATA,
        ["a.json"],
    ),
    (
        "import pkgutil\npkgutil.get_data(__name__, 'data/a.json')\n",
        ALONE,
        ["data/a.json"],
    ),
    (
        "import pkg_resources as p\np.resource_filename('web', 'data/a.json')\n",
        DATA,
        ["data/a.json"],
    ),
    (
        "from jinja2 import PackageLoader\nPackageLoader('web')\n",
        TEMPLATES,
        ["templates"],
    ),
    (
        "from jinja2 import FileSystemLoader\nFileSystemLoader('views')\n",
        {"views/": "web/views/"},
        ["views"],
    ),
    (
        "import fastapi.staticfiles as f\nf.StaticFiles(directory='assets')\n",
        {"assets/": "web/assets/"},
        ["assets"],
    ),
    ("import dash\ndash.Dash(__name__)\n", {"web/app.py": "app.py"}, []),
    ("with app.open_resource('data/a.json') as f:\n    pass\n", DATA, ["data/a.json"]),
]


@pytest.mark.parametrize(("text", "moves", "listed"), LISTED)
def test_what_is_left_behind_is_listed(
    text: str, moves: dict[str, str], listed: list[str]
) -> None:
    new, left = rewritten(a_world({**FILES, "web/app.py": text}, moves), "web/app.py")
    assert new.decode() == text
    assert sorted(one.text for one in left if "looks for" in one.why) == listed


SILENT = [
    (FLASK, WHOLE),
    (FLASK, {"web/other.py": "other.py"}),
    ("import flask\nflask.Flask(__name__, root_path=ROOT)\n", ALONE),
    ("class Flask:\n    pass\n\n\napp = Flask(__name__)\n", ALONE),
    (
        "import flask\nflask.Flask(__name__, static_folder=S, template_folder=T)\n",
        ALONE,
    ),
    (f"{FILES_OF}x = files() / 'made.json'\n", ALONE),
    (f"{FILES_OF}x = files('other') / 'data'\n", DATA),
    (f"{FILES_OF}x = files('web.data') / 'a.json'\n", {"web/data/": "web/d/"}),
    ("import pkgutil\npkgutil.get_data('web', name)\n", DATA),
    ("from jinja2 import FileSystemLoader\nFileSystemLoader('none')\n", WHOLE),
    (f"{BLUEPRINT})\n", ALONE),
]


@pytest.mark.parametrize(("text", "moves"), SILENT)
def test_what_is_found_as_before_is_not(text: str, moves: dict[str, str]) -> None:
    world = a_world({**FILES, "web/app.py": text}, moves)
    _new, left = rewritten(world, "web/app.py")
    assert [one for one in left if "looks for" in one.why] == []
