"""What a wheel holds before and after the moves: real wheels of every backend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.analysis.test_wheel_contents import FIND
from tests.analysis.test_wheel_contents import FLIT
from tests.analysis.test_wheel_contents import HATCH
from tests.analysis.test_wheel_contents import PDM
from tests.analysis.test_wheel_contents import POETRY
from tests.analysis.test_wheel_contents import SETUP
from tests.analysis.test_wheel_contents import UV
from tests.analysis.test_wheel_contents import WHEEL
from tests.analysis.test_wheel_contents import legacy
from tests.analysis.test_wheel_contents import toml
from tests.languages.test_build_files import BACKENDS as BUILD_BACKENDS
from tests.languages.test_build_files import FILES as ODD_FILES
from tests.languages.test_build_files import KEYS
from tests.languages.test_build_files import VALUES
from tests.languages.test_build_files import as_toml
from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import moved
from tests.support.memory import MemorySnapshot
from tests.support.wheels import built_wheel
from tests.support.wheels import write_project
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.migration.warnings.shipped import differences_of_wheels
from treeguard.plans import FileEdit
from treeguard.policy.loading import is_toml

Files = Mapping[str, str]
ROOTS = ("", "src", "code", "lib")


def package(folder: str) -> dict[str, str]:
    """Return a package whose modules import each other, and a part of it."""
    top = folder.rpartition("/")[2]
    return {
        f"{folder}/__init__.py": f"from {top}.a import A\n",
        f"{folder}/a.py": f"from {top}.bulb.b import B\n\nA = B\n",
        f"{folder}/bulb/__init__.py": "",
        f"{folder}/bulb/b.py": "B = 1\n",
    }


def after(
    files: Files, moves: Files, created: tuple[str, ...] = ()
) -> tuple[dict[str, str], list[str]]:
    """Return the files after the moves, and what is listed of their wheels."""
    world = a_world(files, moves, ROOTS, created)
    made, edits = dict.fromkeys(created, ""), []
    for path, text in files.items():
        found, _undecided = rewrite(path, text.encode(), world)
        new = moved(path, moves)
        made[new] = apply_edits(text.encode(), found).decode()
        edits.append(FileEdit(path, new, tuple(found)))
    tree = analyze(MemorySnapshot(made), ROOTS, Store(None))
    told = differences_of_wheels(world, tree, [one for one in edits if one.edits])
    return made, [f"{one.path}: {one.message}" for one in told]


LAMP, SRC = package("lamp"), package("src/lamp")
TESTS = {"tests/__init__.py": "", "tests/test_a.py": "import lamp\n"}
TO_SRC, TO_FLAT = {"lamp/": "src/lamp/"}, {"src/lamp/": "lamp/"}
TO_LIGHT, SRC_TO_LIGHT = {"lamp/": "light/"}, {"src/lamp/": "src/light/"}
DEEPER = {"lamp/": "engine/lamp/"}
FIND_SRC = FIND + 'where = ["src"]\n'
LISTED = 'packages=["lamp", "lamp.bulb"], package_data={"lamp": ["*.txt"]}'
CFG = (
    "[options]\npackages = find:\npackage_dir =\n    = src\n"
    "[options.packages.find]\nwhere = src\n"
)
HATCH_SRC = toml(HATCH, WHEEL + 'packages = ["src/lamp"]\n')
HATCH_FLAT = toml(HATCH, WHEEL + 'packages = ["lamp"]\n')
UV_FLAT = toml(UV, '[tool.uv.build-backend]\nmodule-root = ""\nmodule-name = "lamp"\n')
UV_SRC = toml(UV, '[tool.uv.build-backend]\nmodule-name = "lamp"\n')
PDM_INCLUDES = '[tool.pdm.build]\nincludes = ["lamp"]\n'
NAMED = {"name": "my-lamp"}
LAMP_NAMED = 'name = "my-lamp"'


def named(files: Files) -> dict[str, str]:
    """Return the same for a project that is called `lamp`."""
    return {
        path: text.replace(LAMP_NAMED, 'name = "lamp"') for path, text in files.items()
    }


# A name, the files, the moves, and the top-level package of the wheel afterwards.
MENDED: list[tuple[str, Files, Files, str]] = [
    ("setup.py, to src", LAMP | legacy(LISTED), TO_SRC, "lamp"),
    ("setup.py, renamed", LAMP | legacy(LISTED), TO_LIGHT, "light"),
    (
        "setup.py finds, to src",
        LAMP | legacy("packages=find_packages()"),
        TO_SRC,
        "lamp",
    ),
    (
        "setup.py finds some, to src",
        LAMP | TESTS | legacy('packages=find_packages(exclude=["tests"])'),
        TO_SRC,
        "lamp",
    ),
    (
        "setup.py finds some, renamed",
        LAMP | TESTS | legacy('packages=find_packages(include=["lamp", "lamp.*"])'),
        TO_LIGHT,
        "light",
    ),
    (
        "setup.py, to flat",
        SRC | legacy('package_dir={"": "src"}, packages=find_packages("src")'),
        TO_FLAT,
        "lamp",
    ),
    (
        "setup.py names a folder",
        package("code/lamp")
        | legacy('package_dir={"lamp": "code/lamp"}, packages=["lamp", "lamp.bulb"]'),
        {"code/lamp/": "src/lamp/"},
        "lamp",
    ),
    (
        "setup.cfg, to src",
        LAMP | legacy("") | {"setup.cfg": "[options]\npackages = lamp, lamp.bulb\n"},
        TO_SRC,
        "lamp",
    ),
    (
        "setup.cfg finds, to src",
        LAMP | legacy("") | {"setup.cfg": "[options]\npackages = find:\n"},
        TO_SRC,
        "lamp",
    ),
    (
        "setup.cfg finds, to flat",
        SRC | legacy("") | {"setup.cfg": CFG},
        TO_FLAT,
        "lamp",
    ),
    (
        "setup.cfg lists, renamed",
        LAMP
        | legacy("")
        | {
            "setup.cfg": "[options]\npackages =\n    lamp\n    lamp.bulb\n"
            "[options.package_data]\nlamp = *.txt\n"
        },
        TO_LIGHT,
        "light",
    ),
    (
        "pyproject lists, to src",
        LAMP | toml(SETUP, '[tool.setuptools]\npackages = ["lamp", "lamp.bulb"]\n'),
        TO_SRC,
        "lamp",
    ),
    (
        "pyproject lists, renamed",
        LAMP
        | toml(
            SETUP,
            '[tool.setuptools]\npackages = ["lamp", "lamp.bulb"]\n'
            '[tool.setuptools.package-data]\nlamp = ["*.txt"]\n',
        ),
        TO_LIGHT,
        "light",
    ),
    (
        "pyproject finds, to src",
        LAMP | TESTS | toml(SETUP, FIND + 'include = ["lamp*"]\n'),
        TO_SRC,
        "lamp",
    ),
    ("pyproject finds, to flat", SRC | toml(SETUP, FIND_SRC), TO_FLAT, "lamp"),
    (
        "pyproject finds beside tests, to flat",
        SRC | TESTS | {"docs/conf.py": ""} | toml(SETUP, FIND_SRC),
        TO_FLAT,
        "lamp",
    ),
    (
        "setup.cfg finds beside tests, to flat",
        SRC | TESTS | legacy("") | {"setup.cfg": CFG},
        TO_FLAT,
        "lamp",
    ),
    (
        "setup.py finds beside tests, to flat",
        SRC | TESTS | legacy('package_dir={"": "src"}, packages=find_packages("src")'),
        TO_FLAT,
        "lamp",
    ),
    (
        "setup.py leaves tests out, renamed",
        LAMP
        | {"lamp/tests/__init__.py": ""}
        | legacy('packages=find_packages(exclude=["lamp.tests", "lamp.tests.*"])'),
        TO_LIGHT,
        "light",
    ),
    (
        "pyproject finds, renamed",
        LAMP | TESTS | toml(SETUP, FIND + 'include = ["lamp*"]\n'),
        TO_LIGHT,
        "light",
    ),
    (
        "pyproject finds, src is renamed",
        SRC | toml(SETUP, FIND_SRC),
        {"src/": "code/"},
        "lamp",
    ),
    ("pyproject finds by itself, to src", LAMP | toml(SETUP), TO_SRC, "lamp"),
    ("pyproject finds by itself, to flat", SRC | toml(SETUP), TO_FLAT, "lamp"),
    (
        "two files list, to src",
        LAMP
        | legacy(LISTED)
        | toml(SETUP, '[tool.setuptools]\npackages = ["lamp", "lamp.bulb"]\n'),
        TO_SRC,
        "lamp",
    ),
    (
        "modules, to src",
        {"a.py": "", "b.py": "import a\n"} | legacy('py_modules=["a", "b"]'),
        {"a.py": "src/a.py", "b.py": "src/b.py"},
        "",
    ),
    ("hatch, to src", LAMP | HATCH_FLAT, TO_SRC, "lamp"),
    ("hatch, to flat", SRC | HATCH_SRC, TO_FLAT, "lamp"),
    ("hatch, renamed", SRC | HATCH_SRC, SRC_TO_LIGHT, "light"),
    ("hatch, deeper", LAMP | HATCH_FLAT, DEEPER, "engine"),
    (
        "hatch includes, to src",
        LAMP | toml(HATCH, WHEEL + 'include = ["/lamp"]\n'),
        TO_SRC,
        "lamp",
    ),
    (
        "hatch only includes, to flat",
        SRC | toml(HATCH, WHEEL + 'only-include = ["src/lamp"]\nsources = ["src"]\n'),
        TO_FLAT,
        "lamp",
    ),
    ("hatch by its name, renamed", named(LAMP | toml(HATCH)), TO_LIGHT, "light"),
    ("hatch by its name, to src", named(LAMP | toml(HATCH)), TO_SRC, "lamp"),
    ("flit by its name, renamed", named(SRC | toml(FLIT)), SRC_TO_LIGHT, "light"),
    ("flit by its name, to src", named(LAMP | toml(FLIT)), TO_SRC, "lamp"),
    (
        "flit named, renamed",
        LAMP | toml(FLIT, '[tool.flit.module]\nname = "lamp"\n'),
        TO_LIGHT,
        "light",
    ),
    (
        "poetry, to src",
        LAMP | toml(POETRY, 'packages = [{ include = "lamp" }]\n'),
        TO_SRC,
        "lamp",
    ),
    (
        "poetry, to flat",
        SRC | toml(POETRY, 'packages = [{ include = "lamp", from = "src" }]\n'),
        TO_FLAT,
        "lamp",
    ),
    (
        "poetry patterns, to src",
        LAMP | toml(POETRY, 'packages = [{ include = "lamp/**/*.py" }]\n'),
        TO_SRC,
        "lamp",
    ),
    (
        "poetry, renamed",
        LAMP | toml(POETRY, 'packages = [{ include = "lamp" }]\n'),
        TO_LIGHT,
        "light",
    ),
    ("poetry by its name, renamed", named(SRC | toml(POETRY)), SRC_TO_LIGHT, "light"),
    ("poetry by its name, to src", named(LAMP | toml(POETRY)), TO_SRC, "lamp"),
    (
        "poetry, deeper",
        LAMP | toml(POETRY, 'packages = [{ include = "lamp" }]\n'),
        DEEPER,
        "engine",
    ),
    ("uv, to src", LAMP | UV_FLAT, TO_SRC, "lamp"),
    ("uv, to flat", SRC | UV_SRC, TO_FLAT, "lamp"),
    ("uv, renamed", SRC | UV_SRC, SRC_TO_LIGHT, "light"),
    (
        "uv by its name, renamed and flat",
        named(SRC | toml(UV)),
        {"src/lamp/": "light/"},
        "light",
    ),
    ("pdm, to src", LAMP | toml(PDM), TO_SRC, "lamp"),
    ("pdm, to flat", SRC | toml(PDM), TO_FLAT, "lamp"),
    ("pdm includes, to src", LAMP | toml(PDM, PDM_INCLUDES), TO_SRC, "lamp"),
    (
        "pdm, another folder",
        package("lib/lamp") | toml(PDM, '[tool.pdm.build]\npackage-dir = "lib"\n'),
        {"lib/": "code/"},
        "lamp",
    ),
]


def renamed(wheel: set[str], top: str) -> set[str]:
    """Return the names of a wheel if `lamp` were called `top`, or were in it."""
    if top in ("lamp", ""):
        return wheel
    if top == "engine":
        return {f"engine/{name}" for name in wheel}
    return {f"{top}/{name.removeprefix('lamp/')}" for name in wheel}


@pytest.mark.parametrize(
    ("files", "moves", "top"),
    [row[1:] for row in MENDED],
    ids=[row[0] for row in MENDED],
)
def test_a_wheel_holds_the_same_modules(
    files: Files, moves: Files, top: str, tmp_path: Path
) -> None:
    made, told = after(files, moves)
    assert told == []
    write_project(tmp_path / "old", files)
    write_project(tmp_path / "new", made)
    before = built_wheel(tmp_path / "old")
    assert isinstance(before, set)
    assert before
    assert built_wheel(tmp_path / "new") == renamed(before, top)


ADAPTERS = {"src/lamp/bulb/": "src/bulb/"}
# What cannot be mended without a guess is listed, with the reason.
TOLD: list[tuple[str, Files, Files, list[str]]] = [
    (
        "shipped code imports what leaves",
        SRC | HATCH_SRC,
        ADAPTERS,
        [
            "the wheel no longer holds bulb (src/bulb/__init__.py) and 1 more, and "
            "src/lamp/a.py:1 imports it: that fails where it is installed"
        ],
    ),
    (
        "nobody imports what leaves",
        named(LAMP | {"lamp/tests/__init__.py": ""} | toml(FLIT)),
        {"lamp/tests/": "tests/"},
        ["the wheel no longer holds tests (tests/__init__.py)"],
    ),
    (
        "what did not ship ships now",
        LAMP | TESTS | HATCH_FLAT,
        {"tests/": "lamp/tests/"},
        [
            "the wheel holds lamp.tests (lamp/tests/__init__.py) and 1 more, which did "
            "not ship before"
        ],
    ),
    (
        "flit looks only in the root and in src",
        named(LAMP | toml(FLIT)),
        {"lamp/": "code/lamp/"},
        ["the build fails: nothing found for module lamp"],
    ),
    (
        "what is computed is unknown",
        LAMP | legacy("packages=[p for p in find_packages()]"),
        TO_SRC,
        ["what the build ships is computed, and some of it may move"],
    ),
    ("everything stays", LAMP | HATCH_FLAT | {"x.py": ""}, {"x.py": "y.py"}, []),
    (
        "another project of the repository",
        {f"one/{path}": text for path, text in (LAMP | HATCH_FLAT).items()} | SRC,
        {"src/": "code/"},
        [],
    ),
    (
        "the project moves as a whole",
        {f"one/{path}": text for path, text in (LAMP | HATCH_FLAT).items()},
        {"one/": "two/"},
        [],
    ),
    ("it never was built", LAMP | toml(FLIT), TO_LIGHT, []),
]


@pytest.mark.parametrize(
    ("files", "moves", "wanted"),
    [row[1:] for row in TOLD],
    ids=[row[0] for row in TOLD],
)
def test_what_ships_otherwise_is_listed(
    files: Files, moves: Files, wanted: list[str]
) -> None:
    _made, told = after(files, moves)
    assert [one.partition(": ")[2] for one in told] == wanted


# What the migration creates ships with what it is made for, and is no surprise.
CREATED: list[tuple[str, Files, Files, tuple[str, ...], list[str]]] = [
    (
        "a package around what ships",
        LAMP | HATCH_FLAT,
        {"lamp/bulb/": "lamp/parts/bulb/"},
        ("lamp/parts/__init__.py",),
        [],
    ),
    (
        "two packages around a module, found by setuptools",
        SRC | toml(SETUP, FIND_SRC),
        {"src/lamp/a.py": "src/lamp/core/inner/a.py"},
        ("src/lamp/core/__init__.py", "src/lamp/core/inner/__init__.py"),
        [],
    ),
    (
        "a package around a part that poetry ships",
        LAMP | toml(POETRY, 'packages = [{ include = "lamp" }]\n'),
        {"lamp/bulb/b.py": "lamp/glass/b.py"},
        ("lamp/glass/__init__.py",),
        [],
    ),
    (
        "a package around what did not ship",
        LAMP | {"tests/test_a.py": "import lamp\n"} | HATCH_FLAT,
        {"tests/": "lamp/tests/"},
        ("lamp/tests/__init__.py",),
        [
            "the wheel holds lamp.tests (lamp/tests/__init__.py) and 1 more, which did "
            "not ship before"
        ],
    ),
    (
        "a module beside what ships",
        LAMP | HATCH_FLAT,
        {"lamp/bulb/": "lamp/parts/bulb/"},
        ("lamp/parts/__init__.py", "lamp/parts/notes.py"),
        [
            "the wheel holds lamp.parts.notes (lamp/parts/notes.py), which did not "
            "ship before"
        ],
    ),
]


@pytest.mark.parametrize(
    ("files", "moves", "created", "wanted"),
    [row[1:] for row in CREATED],
    ids=[row[0] for row in CREATED],
)
def test_what_the_migration_creates_may_ship(
    files: Files, moves: Files, created: tuple[str, ...], wanted: list[str]
) -> None:
    _made, told = after(files, moves, created)
    assert [one.partition(": ")[2] for one in told] == wanted


HOMES = (
    {"a/": "src/a/"},
    {"a/": "c/"},
    {"src/a/": "a2/"},
    {"a/b/": "b/", "d.py": "e.py"},
)


@given(
    st.sampled_from(BUILD_BACKENDS),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3),
    st.sampled_from(HOMES),
)
@settings(max_examples=200, deadline=None)
def test_odd_values_stay_toml(
    backend: str, values: dict[str, object], moves: Files
) -> None:
    values = {"build-system.build-backend": backend, **values}
    text = "".join(f"{key} = {as_toml(value)}\n" for key, value in values.items())
    made, _told = after({**ODD_FILES, "pyproject.toml": text}, moves)
    assert is_toml(made["pyproject.toml"].encode()) or not is_toml(text.encode())
