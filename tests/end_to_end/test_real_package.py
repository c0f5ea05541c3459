"""A public package as it is installed, taken apart: every import follows its module."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.support.git import Repo
from tests.support.git import make_repository

POLICY = """
[policy]
version = 1

[migration]
id = "rooms"
record = "moves/rooms.md"

[[migration.move]]
from = ["/xmlschema/xpath/"]
to = "xmlschema/core/xpath/"

[[migration.move]]
from = ["/xmlschema/utils/", "/xmlschema/translation.py"]
to = "tools/"

[[migration.move]]
from = ["/xmlschema/converters/base.py"]
to = "xmlschema/converters/plain/common.py"

[[migration.create]]
path = "xmlschema/core/__init__.py"
text = ""

[[migration.create]]
path = "xmlschema/converters/plain/__init__.py"
text = ""
"""
FILES = {
    "xmlschema/translation.py": "tools/translation.py",
    "xmlschema/converters/base.py": "xmlschema/converters/plain/common.py",
}
FOLDERS = {"xmlschema/xpath/": "xmlschema/core/xpath/", "xmlschema/utils/": "tools/"}
IMPORTED = """
import xmlschema
import tools.qnames, tools.translation, xmlschema.core.xpath
from xmlschema.converters.plain.common import XMLSchemaConverter
assert xmlschema.XMLSchemaConverter is XMLSchemaConverter
tag = "{http://www.w3.org/2001/XMLSchema}"
text = f'<a xmlns="{tag[1:-1]}"/>'.replace("a ", "schema ")
assert tools.qnames.get_namespace(tag + "element") == tag[1:-1]
assert xmlschema.XMLSchema(text).target_namespace == ""
"""


def home(path: str) -> str:
    """The oracle's own idea of where a file goes."""
    for old, new in FOLDERS.items():
        if path.startswith(old):
            return new + path[len(old) :]
    return FILES.get(path, path)


def sources(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.py")
    }


def targets(path: str, text: bytes, tree: dict[str, bytes]) -> Counter[str]:
    """How often each file of `tree` is imported by one of them, in any spelling."""
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(_file(alias.name, tree) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = path.split("/")[: -node.level] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            for alias in node.names:
                inner = _file(f"{module}.{alias.name}", tree)
                found[inner or _file(module, tree)] += 1
    del found[""]
    return found


def _file(module: str, tree: dict[str, bytes]) -> str:
    place = module.replace(".", "/")
    tried = (f"{place}/__init__.py", f"{place}.py")
    return next((path for path in tried if path in tree), "")


@pytest.fixture
def package(tmp_path: Path) -> Repo:
    """xmlschema, with its data, in a repository."""
    spec = importlib.util.find_spec("xmlschema")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent
    repo = make_repository(tmp_path / "repository")
    for path, text in _installed(source):
        repo.write(f"xmlschema/{path}", text)
    repo.write("policy.toml", POLICY)
    repo.stage()
    repo.commit()
    return repo


def _installed(source: Path) -> Iterator[tuple[str, bytes]]:
    for path in source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(source).as_posix(), path.read_bytes()


def test_every_import_follows_its_module(
    package: Repo, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sources(package.path)
    assert call(package, capsys, "migrate", "apply").code == 0
    after = sources(package.path)
    for path, text in before.items():
        expected = Counter(
            {home(file): n for file, n in targets(path, text, before).items()}
        )
        assert targets(home(path), after[home(path)], after) == expected, path
    run = [sys.executable, "-B", "-c", IMPORTED]
    env = {**os.environ, "PYTHONPATH": str(package.path)}
    done = subprocess.run(run, cwd=package.path.parent, env=env, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    verified = call(package, capsys, "migrate", "verify")
    assert verified.code == 0, verified.out
    assert call(package, capsys, "migrate", "undo").code == 0
    assert sources(package.path) == before
