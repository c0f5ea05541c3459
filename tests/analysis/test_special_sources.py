"""Sources that only the tree shows: links called `.py`, and encodings on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import make_repository
from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import judge
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Symlink
from treeguard.analysis.special_sources import on_disk
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.policy.patterns import Patterns
from treeguard.rules.forbidden import Forbidden

# The yen sign is a backslash on disk, so that the string ends where it seems to go on.
YEN = 'x = "\xa5"  # ";import garbage\n'
NOTEBOOK = '{"cells": [{"cell_type": "code", "source": "import garbage"}]}'
WITH = "working-tree-encoding="


@pytest.mark.parametrize(
    ("files", "special"),
    [
        ({"a.txt": "", "b/t.py": Symlink("../a.txt")}, [("a.txt", "python", "")]),
        ({"a": "", "b.py": Symlink("c"), "c": Symlink("a")}, [("a", "python", "")]),
        ({"a.json": "", "b.ipynb": Symlink("a.json")}, [("a.json", "notebook", "")]),
        ({"a.py": "", "b.py": Symlink("a.py")}, []),
        ({"a.py": "", "b.txt": Symlink("a.py"), "c.py": Symlink("gone")}, []),
        ({"lib/a.txt": "", "b.py": Symlink("lib")}, []),
        (
            {".gitattributes": f"*.py {WITH}SHIFT_JIS", "a/b.py": "", "c.md": ""},
            [("a/b.py", "python", "SHIFT_JIS")],
        ),
        (
            {
                ".gitattributes": f"*.py {WITH}UTF-16",
                "a/.gitattributes": f"x.py -{WITH[:-1]}\ny.py {WITH}cp932\n",
                "a/x.py": "",
                "a/y.py": "",
            },
            [("a/y.py", "python", "cp932")],
        ),
        ({".gitattributes": f"*.py {WITH}utf-8", "a.py": ""}, []),
        ({".gitattributes": "*.py text", "a.py": ""}, []),
    ],
)
def test_special_sources(
    files: dict[str, Content], special: list[tuple[str, str, str]]
) -> None:
    analysis = analyze(MemorySnapshot(files), ("",), Store(None))
    assert list(analysis.search_roots.special) == special
    assert {path for path, *_ in special} <= set(analysis.python_files())


@pytest.mark.parametrize(
    ("files", "exclude", "expected"),
    [
        (
            {"a.txt": "import garbage\n", "t.py": Symlink("a.txt")},
            [],
            [("a.txt", 1)],
        ),
        ({"a.txt": "import garbage\n", "t.py": Symlink("a.txt")}, ["a.txt"], []),
        ({"a.txt": "import garbage\n", "t.md": Symlink("a.txt")}, [], []),
        ({"a.json": NOTEBOOK, "t.ipynb": Symlink("a.json")}, [], [("a.json", 1)]),
        ({".gitattributes": f"a.py {WITH}SHIFT_JIS", "a.py": YEN}, [], [("a.py", 1)]),
        ({".gitattributes": f"b.py {WITH}SHIFT_JIS", "a.py": YEN}, [], []),
    ],
)
def test_they_are_held_to_the_rules(
    files: dict[str, Content], exclude: list[str], expected: list[tuple[str, int]]
) -> None:
    rule = a_rule("forbidden", Forbidden(zone=Patterns(["/garbage/"]), indirect=True))
    tree = {"garbage/__init__.py": "", **files}
    found = judge(a_policy(rule, exclude=exclude), tree)
    assert [(one.path, one.line) for one in found] == expected


@pytest.mark.parametrize("encoding", ["SHIFT_JIS", "latin1", "cp437", "UTF-16LE"])
def test_git_writes_these_bytes(tmp_path: Path, encoding: str) -> None:
    repo = make_repository(tmp_path / "repo")
    text = YEN if encoding != "cp437" else 'x = "\xe9"\n'
    repo.write(".gitattributes", f"a.py {WITH}{encoding}\n")
    data = text.encode()
    blob = repo.run("hash-object", "-w", "--stdin", input=data).stdout.decode().strip()
    repo.run("add", ".gitattributes")
    repo.run("update-index", "--add", "--cacheinfo", f"100644,{blob},a.py")
    repo.run("checkout-index", "-f", "a.py")
    assert (repo.path / "a.py").read_bytes() == on_disk(data, encoding)


def test_what_git_cannot_write_stays() -> None:
    assert on_disk(YEN.encode(), "no-such-encoding") == YEN.encode()
    assert on_disk(b"\xff", "SHIFT_JIS") == b"\xff"
