"""What a wheel would hold, held against the wheel that the backend itself builds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.memory import MemorySnapshot
from tests.support.wheels import BACKENDS
from tests.support.wheels import built_wheel
from tests.support.wheels import write_project
from treeguard.analysis.wheel_contents import Wheel
from treeguard.analysis.wheel_contents import wheel_contents
from treeguard.languages.build_files import BUILD_FILES
from treeguard.languages.build_files import read_build

PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "{}"\n{}'
PROJECT = '[project]\nname = "my-lamp"\nversion = "1"\ndescription = "x"\n'
HATCH = PYPROJECT.format(BACKENDS["hatchling"], PROJECT)
FLIT = PYPROJECT.format(BACKENDS["flit_core"], PROJECT)
UV = PYPROJECT.format(BACKENDS["uv_build"], PROJECT)
PDM = PYPROJECT.format(BACKENDS["pdm"], PROJECT)
SETUP = PYPROJECT.format(BACKENDS["setuptools"], PROJECT)
POETRY = PYPROJECT.format(
    BACKENDS["poetry"],
    '[tool.poetry]\nname = "my-lamp"\nversion = "1"\ndescription = "x"\nauthors = []\n',
)


def package(*folders: str, data: str = "x.txt") -> dict[str, str]:
    """Return packages, each with a module and a file of data."""
    return {
        f"{folder}/{name}": ""
        for folder in folders
        for name in ("__init__.py", "a.py", data)
    }


def legacy(arguments: str) -> dict[str, str]:
    text = "from setuptools import *\n"
    return {"setup.py": f'{text}setup(name="my-lamp", version="1", {arguments})\n'}


def toml(head: str, tables: str = "") -> dict[str, str]:
    return {"pyproject.toml": head + tables}


LAMP = package("lamp", "lamp/bulb", "tests")
SRC = package("src/my_lamp", "src/my_lamp/bulb", "src/other")
FLAT = package("my_lamp", "my_lamp/bulb", "tests", "docs")
FIND = "[tool.setuptools.packages.find]\n"
WHEEL = "[tool.hatch.build.targets.wheel]\n"
POETRY_SRC = 'packages = [{include = "my_lamp", from = "src"}, {include = "other", '
ROWS: list[tuple[str, Mapping[str, str]]] = [
    ("setup.py lists packages", LAMP | legacy('packages=["lamp", "lamp.bulb"]')),
    (
        "setup.py lists packages of a folder",
        SRC | legacy('package_dir={"": "src"}, packages=["my_lamp"]'),
    ),
    (
        "setup.py renames a folder",
        LAMP
        | legacy('package_dir={"light": "lamp"}, packages=["light", "light.bulb"]'),
    ),
    ("setup.py finds packages", LAMP | legacy("packages=find_packages()")),
    (
        "setup.py finds packages in a folder",
        SRC | legacy('package_dir={"": "src"}, packages=find_packages("src")'),
    ),
    (
        "setup.py leaves packages out",
        LAMP | legacy('packages=find_packages(exclude=["tests", "tests.*"])'),
    ),
    (
        "setup.py finds namespaces",
        {"n/lamp/a.py": "", "n/__init__x.py": ""}
        | legacy('packages=find_namespace_packages(include=["n*"])'),
    ),
    (
        "setup.py lists data",
        LAMP | legacy('packages=["lamp"], package_data={"lamp": ["*.txt"]}'),
    ),
    ("setup.py lists modules", {"a.py": "", "b.py": ""} | legacy('py_modules=["a"]')),
    ("setup.py lists nothing, flat", {**package("lamp"), **legacy("")}),
    ("setup.py lists what is not there", LAMP | legacy('packages=["light"]')),
    ("setup.py lists nothing, two packages", package("lamp", "bulb") | legacy("")),
    ("setup.py lists nothing, src", SRC | legacy("")),
    (
        "setup.cfg finds packages",
        SRC
        | legacy("")
        | {
            "setup.cfg": "[options]\npackages = find:\npackage_dir =\n    = src\n"
            "[options.packages.find]\nwhere = src\n"
        },
    ),
    (
        "setup.cfg lists packages",
        LAMP
        | legacy("")
        | {"setup.cfg": "[options]\npackages =\n  lamp\n  lamp.bulb\n"},
    ),
    (
        "setup.cfg finds namespaces and data",
        package("src/n/lamp")
        | legacy("")
        | {
            "setup.cfg": "[options]\npackages = find_namespace:\n"
            "[options.packages.find]\nwhere = src\n[options.package_data]\n* = *.txt\n"
        },
    ),
    (
        "pyproject lists packages",
        LAMP | toml(SETUP, '[tool.setuptools]\npackages = ["lamp"]\n'),
    ),
    (
        "pyproject lists packages of a folder",
        SRC
        | toml(
            SETUP,
            '[tool.setuptools]\npackages = ["my_lamp"]\npackage-dir = {"" = "src"}\n',
        ),
    ),
    ("pyproject finds packages", SRC | toml(SETUP, FIND + 'where = ["src"]\n')),
    (
        "pyproject finds some packages",
        LAMP | toml(SETUP, FIND + 'include = ["lamp*"]\nexclude = ["lamp.b*"]\n'),
    ),
    (
        "pyproject finds packages in two folders",
        package("src/my_lamp", "more/light")
        | toml(SETUP, FIND + 'where = ["src", "more"]\n'),
    ),
    (
        "pyproject finds no namespaces",
        package("src/my_lamp")
        | {"src/n/a.py": ""}
        | toml(SETUP, FIND + 'where = ["src"]\nnamespaces = false\n'),
    ),
    ("pyproject lists nothing", FLAT | toml(SETUP)),
    ("pyproject lists nothing, src", SRC | toml(SETUP)),
    (
        "pyproject lists nothing, a module",
        {"lamp.py": "", "noxfile.py": ""} | toml(SETUP),
    ),
    (
        "pyproject lists modules",
        {"a.py": "", "b.py": ""}
        | toml(SETUP, '[tool.setuptools]\npy-modules = ["a"]\n'),
    ),
    (
        "pyproject beats setup.py",
        LAMP
        | package("b")
        | legacy('packages=["b"]')
        | toml(SETUP, '[tool.setuptools]\npackages = ["lamp"]\n'),
    ),
    ("hatch by its name", FLAT | toml(HATCH)),
    ("hatch by its name in src", SRC | toml(HATCH)),
    ("hatch by its name, a module", {"my_lamp.py": ""} | toml(HATCH)),
    ("hatch by its name, a namespace", package("n/my_lamp") | toml(HATCH)),
    ("hatch by its name, nothing", LAMP | toml(HATCH)),
    (
        "hatch packages",
        LAMP | package("src/b") | toml(HATCH, WHEEL + 'packages = ["lamp", "src/b"]\n'),
    ),
    (
        "hatch a deep package",
        package("engine/lib/lamp") | toml(HATCH, WHEEL + 'packages = ["engine/lib"]\n'),
    ),
    (
        "hatch includes",
        LAMP
        | toml(HATCH, WHEEL + 'include = ["/lamp/**/*.py"]\nexclude = ["lamp/bulb"]\n'),
    ),
    (
        "hatch only includes",
        SRC | toml(HATCH, WHEEL + 'only-include = ["src/other"]\nsources = ["src"]\n'),
    ),
    (
        "hatch renames",
        LAMP
        | toml(
            HATCH,
            WHEEL + 'packages = ["lamp"]\nsources = {"lamp" = "light"}\n',
        ),
    ),
    (
        "hatch forces",
        LAMP
        | toml(
            HATCH,
            WHEEL
            + 'packages = ["lamp"]\n[tool.hatch.build.targets.wheel.force-include]\n'
            '"tests" = "lamp/tests"\n"tests/a.py" = "b.py"\n',
        ),
    ),
    (
        "hatch for all targets",
        LAMP | toml(HATCH, '[tool.hatch.build]\ninclude = ["lamp"]\n'),
    ),
    ("flit by its name", package("my_lamp", "my_lamp/b") | toml(FLIT)),
    ("flit by its name in src", package("src/my_lamp") | toml(FLIT)),
    ("flit a module", {"my_lamp.py": '"""x"""'} | toml(FLIT)),
    ("flit named", LAMP | toml(FLIT, '[tool.flit.module]\nname = "lamp"\n')),
    (
        "flit a namespace",
        package("src/n/lamp") | toml(FLIT, '[tool.flit.module]\nname = "n.lamp"\n'),
    ),
    ("flit nothing", package("lib/my_lamp") | toml(FLIT)),
    ("flit twice", package("my_lamp", "src/my_lamp") | toml(FLIT)),
    ("poetry by its name", FLAT | toml(POETRY)),
    ("poetry by its name in src", SRC | toml(POETRY)),
    ("poetry nothing", LAMP | toml(POETRY)),
    ("poetry packages", SRC | toml(POETRY, POETRY_SRC + 'from = "src", to = "t"}]\n')),
    (
        "poetry patterns",
        LAMP
        | toml(
            POETRY, 'packages = [{include = "lamp/**/*.py"}]\nexclude = ["lamp/bulb"]\n'
        ),
    ),
    (
        "poetry formats",
        LAMP
        | toml(
            POETRY,
            'packages = [{include = "lamp"}, {include = "tests", format = "sdist"}]\n',
        ),
    ),
    ("uv by its name", SRC | toml(UV)),
    ("uv flat", FLAT | toml(UV, '[tool.uv.build-backend]\nmodule-root = ""\n')),
    (
        "uv named",
        LAMP
        | toml(UV, '[tool.uv.build-backend]\nmodule-root = ""\nmodule-name = "lamp"\n'),
    ),
    (
        "uv a namespace",
        {"src/n/lamp/__init__.py": ""}
        | toml(UV, '[tool.uv.build-backend]\nmodule-name = "n.lamp"\n'),
    ),
    (
        "uv several",
        SRC | toml(UV, '[tool.uv.build-backend]\nmodule-name = ["my_lamp", "other"]\n'),
    ),
    ("uv nothing", LAMP | toml(UV)),
    ("pdm by itself", package("lamp", "tests") | toml(PDM)),
    ("pdm by itself in src", SRC | toml(PDM)),
    (
        "pdm a folder",
        package("lib/lamp") | toml(PDM, '[tool.pdm.build]\npackage-dir = "lib"\n'),
    ),
    (
        "pdm includes",
        LAMP
        | toml(
            PDM, '[tool.pdm.build]\nincludes = ["lamp/"]\nexcludes = ["lamp/bulb"]\n'
        ),
    ),
]


def foretold(files: Mapping[str, str]) -> Wheel:
    given = {name: files[name].encode() for name in BUILD_FILES if name in files}
    build = read_build(given)
    assert build is not None
    wheel = wheel_contents(build, MemorySnapshot(files), "")
    assert wheel is not None
    return wheel


@pytest.mark.parametrize(
    "files", [files for _, files in ROWS], ids=[name for name, _ in ROWS]
)
def test_a_wheel_holds_what_is_foretold(
    files: Mapping[str, str], tmp_path: Path
) -> None:
    write_project(tmp_path / "r", files)
    built, wheel = built_wheel(tmp_path / "r"), foretold(files)
    if isinstance(built, str):
        assert wheel.fault, built
    else:
        assert not wheel.fault
        assert set(wheel.files) == built
    assert all(path in files for path in wheel.files.values())
