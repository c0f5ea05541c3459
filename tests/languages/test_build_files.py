"""What build files say of packages, whatever is in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import MemorySnapshot
from treeguard.analysis.wheel_contents import wheel_contents
from treeguard.languages.build_files import Build
from treeguard.languages.build_files import Find
from treeguard.languages.build_files import Unknown
from treeguard.languages.build_files import read_build

SETUPTOOLS = ("packages", "package-dir", "py-modules", "package-data")
HATCH = ("packages", "include", "exclude", "only-include", "sources", "force-include")
KEYS = (
    *("build-system.build-backend", "project", "project.name", "tool"),
    *(f"tool.setuptools.{key}" for key in SETUPTOOLS),
    *(f"tool.hatch.build.{key}" for key in HATCH),
    *(f"tool.hatch.build.targets.wheel.{key}" for key in HATCH),
    *("tool.setuptools", "tool.setuptools.packages.find"),
    *("tool.setuptools.packages.find.where", "tool.setuptools.packages.find.include"),
    *("tool.flit", "tool.flit.module", "tool.flit.module.name"),
    *("tool.poetry", "tool.poetry.packages", "tool.poetry.exclude", "tool.poetry.name"),
    *("tool.uv.build-backend", "tool.uv.build-backend.module-name"),
    *("tool.uv.build-backend.module-root", "tool.uv.build-backend.wheel-exclude"),
    *("tool.pdm.build", "tool.pdm.build.includes", "tool.pdm.build.package-dir"),
    *("tool.maturin.module-name", "tool.maturin.python-source"),
)
BACKENDS = (
    *("setuptools.build_meta", "hatchling.build", "flit_core.buildapi"),
    *("poetry.core.masonry.api", "uv_build", "pdm.backend", "maturin"),
)
ODD = st.one_of(
    st.sampled_from(
        [
            "",
            ".",
            "..",
            "/",
            "a",
            "a/",
            "./a",
            "../a",
            "a/**",
            "[",
            "*",
            "a.b",
            "~",
            "!",
        ]
    ),
    st.integers(-1, 1),
    st.booleans(),
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["", "a", "include", "from", "to", "find", "where"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
FILES = {
    "a/__init__.py": "",
    "a/b/c.py": "",
    "src/a/x.py": "",
    "d.py": "",
    "setup.py": "",
}


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return json.dumps(value)


@given(
    st.sampled_from(BACKENDS),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3),
)
@settings(max_examples=600, deadline=None)
def test_no_value_is_too_odd(backend: str, values: dict[str, object]) -> None:
    values = {"build-system.build-backend": backend, **values}
    text = "".join(f"{key} = {as_toml(value)}\n" for key, value in values.items())
    build = read_build({"pyproject.toml": text.encode()})
    if build is not None:
        wheel = wheel_contents(build, MemorySnapshot(FILES), "")
        assert wheel is None or set(wheel.files.values()) <= set(FILES)


@given(st.sampled_from(["pyproject.toml", "setup.cfg", "setup.py"]), st.binary())
def test_no_bytes_are_too_odd(name: str, data: bytes) -> None:
    build = read_build({name: data})
    assert build is None or isinstance(build, Build)


SETUPS = [
    ("setup(packages=['a', 'b'])", ["a", "b"]),
    ("P = ['a']\nsetup(packages=P)", ["a"]),
    ("P = ['a']\nP += ['b']\nsetup(packages=P)", Unknown()),
    ("setup(packages=['a'] + more)", Unknown()),
    ("setup(**more)", Unknown()),
    ("setup(packages=find_packages())", Find(fills=False)),
    ("setup(packages=find_packages('x'))", Find(("x",), fills=False)),
    (
        "setuptools.setup(packages=setuptools.find_namespace_packages(include=['a*']))",
        Find(include=("a*",), namespaces=True, fills=False),
    ),
    ("setup(packages=find_packages(**more))", Unknown()),
    ("setup(packages=find_packages(where()))", Unknown()),
    ("setup()\nsetup(packages=['a'])", Unknown()),
    ("def f(:", Unknown()),
    ("", None),
]


@pytest.mark.parametrize(("text", "packages"), SETUPS)
def test_a_setup_script(text: str, packages: object) -> None:
    build = read_build({"setup.py": text.encode()})
    assert build is not None
    assert build.options.get("packages") == packages
    assert build.is_known != isinstance(packages, Unknown)


BROKEN = [
    {"pyproject.toml": b"a = "},
    {"pyproject.toml": b"[tool.ruff]\n"},
    {"pyproject.toml": b'[build-system]\nbuild-backend = "mesonpy"\n'},
    {},
]


@pytest.mark.parametrize("files", BROKEN)
def test_nobody_knows_what_is_built(files: dict[str, bytes]) -> None:
    assert read_build(files) is None
