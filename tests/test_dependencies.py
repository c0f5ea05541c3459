"""Hold what pyproject.toml declares against what is imported and run.

A distribution counts as used where one of its modules is imported, or where one of its
modules or commands is named: as a whole string in Python, or as a word of a script.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
import tomli

from tests.support.project import ROOT

PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
RUN_TIME = tuple(PROJECT["dependencies"])
DEVELOPMENT = tuple(
    requirement
    for extra in EXTRAS.values()
    for requirement in extra
    if not requirement.startswith("treeguard[")
)
SCRIPTS = ("Makefile", ".ci/run", ".ci/all-pythons", ".ci/lowest-versions")
# A plug-in of pytest is neither imported nor run; this option is its own.
PLUGINS = {"pytest-xdist": "--dist"}
# This benchmark says that rope has to be there; nobody else needs it.
OPTIONAL = {"rope"}
CORPUS = "corpus"


def name_of(requirement: str) -> str:
    """Return the name of the distribution, normalized as indexes do."""
    [name] = re.findall(r"^[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def modules_by_distribution() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for module, distributions in metadata.packages_distributions().items():
        for distribution in distributions:
            name = name_of(distribution)
            # types-PyYAML provides `yaml-stubs`.
            found.setdefault(name, set()).add(module.removesuffix("-stubs"))
    return found


def commands_of(name: str) -> set[str]:
    """Return the programs that a distribution puts beside Python."""
    files = metadata.distribution(name).files or []
    return {file.name for file in files if file.parent.name == "bin"}


def python_files(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        found = [path] if path.is_file() else sorted(path.rglob("*.py"))
        yield from (file for file in found if CORPUS not in file.parts)


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the top-level names that the files import."""
    found: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return found


def strings(paths: Iterable[Path]) -> set[str]:
    return {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


PACKAGE = imported(python_files("hooks/treeguard"))
DEVELOPING = imported(python_files("tests", "benchmarks", "docs", "setup.py"))


@cache
def named() -> set[str]:
    """Return the words of the scripts, and the whole strings of the tests."""
    texts = [(ROOT / name).read_text() for name in SCRIPTS]
    words = {word for text in texts for word in re.findall(r"[\w.-]+", text)}
    return words | strings(python_files("tests"))


@pytest.mark.parametrize("requirement", RUN_TIME)
def test_the_package_imports_what_it_requires(requirement: str) -> None:
    assert modules_by_distribution()[name_of(requirement)] & PACKAGE


@pytest.mark.parametrize("requirement", DEVELOPMENT)
def test_an_extra_is_used(requirement: str) -> None:
    name = name_of(requirement)
    try:
        provided = commands_of(name) | modules_by_distribution().get(name, set())
    except metadata.PackageNotFoundError:
        assert ";" in requirement, "only an environment marker leaves one out"
        return
    used = (PACKAGE if name.startswith("types-") else set()) | DEVELOPING | named()
    assert provided & used or PLUGINS.get(name) in named()


def third_party(names: set[str]) -> set[str]:
    ours = {"treeguard", "tests", "docs"}
    ours |= {path.stem for path in (ROOT / "benchmarks").iterdir()}
    return names - set(sys.stdlib_module_names) - ours


@pytest.mark.parametrize(
    ("names", "requirements"),
    [
        pytest.param(PACKAGE, RUN_TIME, id="the package"),
        pytest.param(DEVELOPING - OPTIONAL, RUN_TIME + DEVELOPMENT, id="the tests"),
    ],
)
def test_what_is_imported_is_declared(
    names: set[str], requirements: tuple[str, ...]
) -> None:
    declared = {name_of(requirement) for requirement in requirements}
    distributions = metadata.packages_distributions()
    undeclared = {
        name
        for name in third_party(names)
        if not declared & set(map(name_of, distributions.get(name, [])))
    }
    assert undeclared == set()
