"""Packages that look their submodules up in other folders: CPython is the judge."""

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

from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.package_init import EXTENDED
from treeguard.languages.python.package_init import PackageInit
from treeguard.languages.python.package_init import package_init

HERE = "import os\nD = os.path.dirname(__file__)\n"
EXTEND = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", PackageInit()),
        ("print(__path__)", PackageInit()),
        (HERE + "__path__.append(D + '/x')", PackageInit(("./", "./x"))),
        (HERE + "__path__.insert(0, D + '/x')", PackageInit(("./x", "./"))),
        (HERE + "__path__ += [D + '/x', D + '/y']", PackageInit(("./", "./x", "./y"))),
        (HERE + "__path__ = [D + '/x']", PackageInit(("./x",))),
        (HERE + "__path__ = [D + '/x', *__path__]", PackageInit(("./x", "./"))),
        (HERE + "for n in 'xy': pass\n__path__.append(n)", PackageInit()),
        (
            HERE + "for n in ('x', 'y'): __path__.append(os.path.join(D, n))",
            PackageInit(("./", "./x", "./y")),
        ),
        (
            "import pathlib as p\n__path__.append(str(p.Path(__file__).parent / 'x'))",
            PackageInit(("./", "./x")),
        ),
        (EXTEND, PackageInit(("./", EXTENDED))),
        (
            "import pkgutil as p\n__path__ = p.extend_path(__path__, __name__)",
            PackageInit(("./", EXTENDED)),
        ),
        (
            "__import__('pkg_resources').declare_namespace(__name__)",
            PackageInit(("./", EXTENDED)),
        ),
        ("__all__ = ['a', 'b']", PackageInit((), ("a", "b"))),
        ("__all__ = ('a',) + tuple(['b'])", PackageInit((), ("a", "b"))),
        ("from . import a\n__all__ = ['a', 'b']", PackageInit((), ("b",))),
        ("__all__ = ['a']\n__all__.append('b')", PackageInit((), ("a", "b"))),
        ("__all__ = [*other.__all__, 'b']", PackageInit((), ("b",))),
        ("__all__ = ['a'", PackageInit()),
    ],
)
def test_what_a_package_says(source: str, expected: PackageInit) -> None:
    assert package_init(source.encode()) == expected


def _targets(tree: dict[str, str], roots: tuple[str, ...], item: Import) -> list[str]:
    analysis = analyze(MemorySnapshot(dict(tree)), roots, Store(None))
    return list(analysis.resolve("main.py", item).targets)


def test_the_roots_know_which_packages_grow() -> None:
    tree = {
        "p/__init__.py": HERE + "__path__.append(D + '/../x')",
        "q/__init__.py": EXTEND,
        "r/__init__.py": "__path__",
    }
    analysis = analyze(MemorySnapshot(dict(tree)), ("",), Store(None))
    assert analysis.search_roots.packages == (
        ("p", ("p", "x")),
        ("q", ("q", EXTENDED)),
    )


@pytest.mark.parametrize("first", ["core/src", "extra/src"])
def test_a_namespace_of_pkgutil_has_the_folders_of_all_roots(first: str) -> None:
    """Two distributions of one repository: python-grimp/grimp#141."""
    second = "extra/src" if first == "core/src" else "core/src"
    tree = {
        "core/src/acme/__init__.py": EXTEND,
        "core/src/acme/base.py": "",
        "extra/src/acme/__init__.py": EXTEND,
        "extra/src/acme/plug.py": "",
        "third/acme/far.py": "",
    }
    roots = (first, second, "third")
    for name, folder in (("base", "core/src"), ("plug", "extra/src"), ("far", "third")):
        item = Import(1, 1, 1, 2, IMPORT, f"acme.{name}")
        assert _targets(tree, roots, item) == [f"{folder}/acme/{name}.py"]
    analysis = analyze(MemorySnapshot(dict(tree)), roots, Store(None))
    beside = Import(1, 1, 1, 2, FROM, "", 1, "plug")
    found = analysis.resolve("core/src/acme/base.py", beside)
    assert found.targets == ("extra/src/acme/plug.py",)


NAMES = ("a", "b")
INITS = st.sampled_from(
    [
        "",
        HERE + "__path__.append(os.path.join(D, '..', 'b'))\n",
        HERE + "__path__.insert(0, os.path.join(D, 'b'))\n",
        HERE + "__path__ = [os.path.join(D, '..', '..', 'r2', 'b')]\n",
        EXTEND,
        EXTEND + HERE + "for n in ('a', 'b'): __path__.append(D + '/../' + n)\n",
        "__all__ = ['a', 'b', 'c']\n",
        "__all__ = ['a', 'b']\ndef a(): pass\n",
        "from . import b\n__all__ = ('a',)\n__all__ += ('b',)\n",
    ]
)
FOLDERS = st.sampled_from(["r1/a", "r1/b", "r2/a", "r2/b", "r1/a/b"])
STATEMENTS = st.sampled_from(
    [
        "import a.b",
        "import a.a",
        "import b.a",
        "import b.c",
        "from a import *",
        "from b import *",
        "from a.b import *",
        "from a.b import c",
    ]
)
SHOW = """
import sys
before = set(sys.modules)
try:
    exec(sys.argv[1])
except (ImportError, AttributeError):
    print("failed")
for name, module in sorted(sys.modules.items()):
    if name not in before:
        print(getattr(module, "__file__", None) or "")
"""


@settings(max_examples=40, deadline=None)
@given(
    inits=st.dictionaries(FOLDERS, INITS, min_size=1),
    modules=st.sets(st.tuples(FOLDERS, st.sampled_from(["a", "b", "c"])), max_size=8),
    statement=STATEMENTS,
)
def test_a_started_python_runs_the_same(
    inits: dict[str, str], modules: set[tuple[str, str]], statement: str
) -> None:
    """What an import that succeeds runs is what it leads to, and what runs on the
    way."""
    tree = {f"{folder}/{name}.py": "" for folder, name in modules}
    tree |= {f"{folder}/__init__.py": text for folder, text in inits.items()}
    with tempfile.TemporaryDirectory() as made:
        top = Path(os.path.realpath(made))
        for path, text in tree.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        env = {"PYTHONPATH": f"{top}/r1:{top}/r2", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", SHOW, statement],
            cwd=top,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        )
        ran = {
            os.path.relpath(os.path.normpath(line), top)
            for line in done.stdout.splitlines()
            if line.startswith(f"{top}/")
        }
    analysis = analyze(MemorySnapshot(dict(tree)), ("r1", "r2"), Store(None))
    found: set[str] = set()
    source = analysis.facts_of_bytes(statement.encode(), "0" * 40, "python")
    for item in source.imports:
        resolved = analysis.resolve("main.py", item)
        found |= {path for path in resolved.targets if not path.endswith("/")}
        found |= set(resolved.parents)
    # What the packages import in their turn is not what the statement names.
    inner: set[str] = set()
    for path in found | ran:
        facts = analysis.source(path)
        for item in facts.imports if facts is not None else ():
            inner.update(analysis.resolve(path, item).targets)
    # What fails on its way is no longer among the modules.
    assert "failed" in done.stdout or found - inner <= ran
    assert ran - inner <= found
