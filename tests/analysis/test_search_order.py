"""Which module an absolute import means: tables, and a started CPython as the judge."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.resolver import BUILT_IN
from treeguard.analysis.resolver import Resolver
from treeguard.languages.facts import FIRST
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import LAST
from treeguard.languages.facts import OF_MAIN
from treeguard.languages.facts import OF_SCRIPT
from treeguard.languages.facts import SECOND
from treeguard.languages.facts import Import
from treeguard.languages.facts import PathEdit
from treeguard.languages.facts import SearchPath
from treeguard.languages.python.source_facts import source_facts

TREE: dict[str, Content] = {
    "common.py": "",
    "app/__init__.py": "",
    "app/common.py": "",
    "app/json.py": "",
    "app/abc.py": "",
    "other/common.py": "",
    "other/json.py": "",
    "other/only.py": "",
    "ns/deep/x.py": "",
}


def _import(module: str, line: int = 9) -> Import:
    return Import(line, 1, line, 2, IMPORT, module)


@pytest.mark.parametrize(
    ("importer", "module", "search_path", "targets"),
    [
        # A module of a package is looked up from above it, a script from its folder.
        ("app/run.py", "common", (), ["common.py"]),
        ("app/run.py", "common", OF_SCRIPT, ["app/common.py"]),
        ("app/run.py", "common", OF_MAIN, ["app/common.py"]),
        ("app/run.py", "json", OF_SCRIPT, ["app/json.py"]),
        # What has a guard is imported more often than run: `json` is not shadowed.
        ("app/run.py", "json", OF_MAIN, []),
        ("app/run.py", "abc", OF_SCRIPT, []),
        ("app/run.py", "app.common", OF_SCRIPT, ["app/common.py"]),
        ("run.py", "common", (PathEdit(1, FIRST, "other"),), ["other/common.py"]),
        ("run.py", "common", (PathEdit(1, SECOND, "other"),), ["common.py"]),
        ("run.py", "common", (PathEdit(1, LAST, "other"),), ["common.py"]),
        ("run.py", "only", (PathEdit(1, LAST, "other"),), ["other/only.py"]),
        ("run.py", "json", (PathEdit(1, SECOND, "other"),), ["other/json.py"]),
        ("run.py", "json", (PathEdit(1, LAST, "other"),), []),
        # An import above the line that adds the folder has been looked up without it.
        ("run.py", "common", (PathEdit(10, FIRST, "other"),), ["common.py"]),
        ("run.py", "only", (PathEdit(10, FIRST, "other"),), ["other/only.py"]),
        (
            "app/run.py",
            "common",
            (*OF_SCRIPT, PathEdit(1, FIRST, "./../other")),
            ["other/common.py"],
        ),
        (
            "run.py",
            "common",
            (PathEdit(1, FIRST, "other"), PathEdit(2, FIRST, "app")),
            ["app/common.py"],
        ),
    ],
)
def test_the_order(
    importer: str, module: str, search_path: SearchPath, targets: list[str]
) -> None:
    resolver = Resolver(MemorySnapshot(TREE), SearchRoots(("",), ()))
    found = resolver.resolve(importer, _import(module), search_path)
    assert list(found.targets) == targets


PROJECTS: dict[str, Content] = {
    f"packages/{name}/{file}": ""
    for name in ("a", "b", "b/nested")
    for file in ("pyproject.toml", "src/config.py", "tests/helpers.py", "tests/t.py")
}
PROJECTS |= {"config.py": "", "tools/only.py": "", "packages/a/src/only_a.py": ""}
FOLDERS_OF = ("", "packages/a/", "packages/b/", "packages/b/nested/")
ROOTS = tuple(root for at in FOLDERS_OF for root in (at.rstrip("/"), f"{at}src"))


@pytest.mark.parametrize(
    ("importer", "module", "target"),
    [
        ("packages/b/tests/t.py", "config", "packages/b/src/config.py"),
        ("packages/b/tests/t.py", "tests.helpers", "packages/b/tests/helpers.py"),
        ("packages/b/src/deep/x.py", "config", "packages/b/src/config.py"),
        ("packages/b/nested/tests/t.py", "config", "packages/b/nested/src/config.py"),
        ("packages/b/nested/run.py", "tests.t", "packages/b/nested/tests/t.py"),
        # What the own project does not have, another one may.
        ("packages/b/tests/t.py", "only_a", "packages/a/src/only_a.py"),
        ("packages/c/t.py", "config", "config.py"),
        ("t.py", "config", "config.py"),
    ],
)
def test_the_nearest_project_comes_first(
    importer: str, module: str, target: str
) -> None:
    """Two projects with modules of the same name: microsoft/pyright#4116."""
    resolver = Resolver(MemorySnapshot(PROJECTS), SearchRoots(ROOTS, ()))
    found = resolver.resolve(importer, _import(module))
    assert found.targets == (target,)


def _run(top: str, script: str) -> list[str]:
    """Run a script and return the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-E", "-B", script],
        cwd=top,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def _write(top: str, tree: dict[str, str]) -> None:
    for path, text in tree.items():
        whole = os.path.join(top, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)


def test_what_the_interpreter_has_is_never_looked_up(tmp_path: Path) -> None:
    """Frozen modules and those that are loaded at the start: python/cpython#113769."""
    ours = sorted(BUILT_IN - {"__main__"})
    others = ["token", "random", "queue", "json"]
    names = [*ours, *others]
    tree = {f"{name}.py": "" for name in names}
    found = [f"print({name!r}, {name}.__spec__.origin)" for name in names]
    lines = ["import " + ", ".join(names), *found]
    _write(str(tmp_path), {**tree, "run.py": "\n".join(lines)})
    printed = dict(line.split(" ", 1) for line in _run(str(tmp_path), "run.py"))
    inside = {name for name in names if str(tmp_path) in printed[name]}
    # Frozen since Python 3.11.
    newer = {"ntpath", "runpy"} if sys.version_info < (3, 11) else set()
    assert inside - newer == set(others)
    assert set(ours) <= set(printed)


FOLDERS = ("app", "lib", "tools")
MODULES = ("common", "json", "os", "only", "csv")
HERE = "os.path.dirname(os.path.abspath(__file__))"
EDITS = st.sampled_from(
    [
        "sys.path.insert(0, {})",
        "sys.path.insert(1, {})",
        "sys.path.append({})",
        "sys.path.extend([{}])",
        "sys.path[:0] = [{}]",
        "sys.path += [{}]",
        "sys.path = [{}] + sys.path",
        "sys.path = [*sys.path, {}]",
        "for d in ({},): sys.path.insert(0, d)",
    ]
)


@settings(max_examples=25, deadline=None)
@given(
    tree=st.sets(
        st.tuples(st.sampled_from(FOLDERS), st.sampled_from(MODULES)), max_size=9
    ),
    inits=st.sets(st.sampled_from(FOLDERS)),
    edits=st.lists(st.tuples(EDITS, st.sampled_from(FOLDERS)), max_size=3),
    shebang=st.booleans(),
)
def test_a_started_script_finds_the_same(
    tree: set[tuple[str, str]],
    inits: set[str],
    edits: list[tuple[str, str]],
    shebang: bool,
) -> None:
    files = {f"{folder}/{name}.py": "" for folder, name in tree}
    files |= {f"{folder}/__init__.py": "" for folder in inits}
    lines = ["#!/usr/bin/env python3" if shebang else "", "import os, sys"]
    for edit, folder in edits:
        lines.append(edit.format(f'os.path.join({HERE}, "..", "{folder}")'))
    lines += [f"import {name}" for name in MODULES]
    shown = "\n".join(
        [
            *lines[: 2 + len(edits)],
            "found = {}",
            *(
                f"try:\n import {name}\n found['{name}'] = {name}.__file__\n"
                f"except ImportError: found['{name}'] = ''"
                for name in MODULES
            ),
            "for name in found: print(name, found[name])",
        ]
    )
    with tempfile.TemporaryDirectory() as top:
        top = os.path.realpath(top)
        _write(top, {**files, "app/run.py": shown})
        by_python = _run(top, "app/run.py")
    source = "\n".join(lines).encode()
    facts = source_facts(source, "python")
    search_path = facts.search_path if shebang else (*OF_SCRIPT, *facts.search_path)
    resolver = Resolver(
        MemorySnapshot({**dict.fromkeys(files, ""), "app/run.py": ""}),
        SearchRoots((), ()),
    )
    for item in facts.imports:
        if item.kind == IMPORT and item.module in MODULES:
            found = resolver.resolve("app/run.py", item, search_path).targets
            path = dict(line.split(" ", 1) for line in by_python)[item.module]
            inside = path.startswith(top + os.sep)
            expected = (os.path.relpath(os.path.normpath(path), top),) if inside else ()
            assert found == expected, (item.module, search_path)
