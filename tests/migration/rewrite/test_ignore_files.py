"""Ignore rules, attributes and owners: each row one file, and the moves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten
from tests.support.git import make_repository
from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import analyze
from treeguard.migration.warnings.ignore_rules import hidden_places

FILES: dict[str, Content] = {
    "config/app.yaml": b"",
    "config/dev/b.yaml": b"",
    "k8s/a.bin": b"",
    "k8s/b.yaml": b"",
    "docs/a.md": b"",
    "docs/b.md": b"",
    "docs/c.md": b"",
    "deployment/README.md": b"",
    "install.bat": b"",
    "x y/a.txt": b"",
}
MOVES = {
    "config/": "deployment/config/",
    "k8s/": "deployment/kubernetes/",
    "docs/a.md": "docs/enterprise/a.md",
    "docs/c.md": "docs/enterprise/c.md",
    "install.bat": "deployment/scripts/install.bat",
    "x y/": "z z/",
}
ROWS = [
    ("30-secret", ".gitignore", "a\nconfig/secrets.yaml\nb\n",
     "a\nconfig/secrets.yaml\ndeployment/config/secrets.yaml\nb\n"),
    ("ignore-rooted", ".gitignore", "/config/*.local",
     "/config/*.local\n/deployment/config/*.local"),
    ("ignore-negated", ".gitignore", "config/*\r\n!config/keep\r\n",
     "config/*\r\ndeployment/config/*\r\n!config/keep\r\n!deployment/config/keep\r\n"),
    ("ignore-twice", ".gitignore", "config/s\ndeployment/config/s\n",
     "config/s\ndeployment/config/s\n"),
    ("ignore-anywhere", ".gitignore", "*.log\n__pycache__/\n/build/\n# config/x\n",
     "*.log\n__pycache__/\n/build/\n# config/x\n"),
    ("ignore-moves-along", "config/.gitignore", "secrets.yaml\n/dev/local\n",
     "secrets.yaml\n/dev/local\n"),
    ("ignore-of-another-tool", ".gcloudignore", "*.log\nconfig/local\n",
     "*.log\nconfig/local\ndeployment/config/local\n"),
    ("allowed-alone", ".gitignore", "/*\n!/config/\n!/k8s/\n",
     "/*\n!/config/\n!/deployment/\n/deployment/*\n!/deployment/config/\n"
     "!/k8s/\n!/deployment/kubernetes/\n"),
    ("allowed-with-all-above", ".gitignore", "*\n!*/\n!config/**/*.yaml\n",
     "*\n!*/\n!config/**/*.yaml\n!deployment/config/**/*.yaml\n"),
    ("allowed-to-docker", ".dockerignore", "*\n!config\n",
     "*\n!config\n!deployment/config\n"),
    ("docker", ".dockerignore", "config/dev\n*.md\n",
     "config/dev\ndeployment/config/dev\n*.md\n"),
    ("docker-top", ".dockerignore", "config\n!config/app.yaml\n",
     "config\ndeployment/config\n!config/app.yaml\n!deployment/config/app.yaml\n"),
    ("31-lfs", ".gitattributes", "k8s/*.bin filter=lfs -text\n",
     "deployment/kubernetes/*.bin filter=lfs -text\n"),
    ("31-eol", ".gitattributes", "install.bat eol=crlf\n", "install.bat eol=crlf\n"),
    ("31-eol-rooted", ".gitattributes", "/install.bat eol=crlf\n",
     "/deployment/scripts/install.bat eol=crlf\n"),
    ("attributes-of-some", ".gitattributes", "docs/*.md text",
     "docs/*.md text\n/docs/enterprise/** text"),
    ("attributes-of-another-place", ".gitattributes",
     "*.bat eol=crlf\ndeployment/** eol=lf\n",
     "*.bat eol=crlf\ndeployment/** eol=lf\n/deployment/config/** !eol\n"
     "/deployment/scripts/install.bat eol=crlf\n/deployment/kubernetes/** !eol\n"),
    ("attributes-quoted", ".gitattributes",
     '"x y/*.txt" -diff\n', '"z z/*.txt" -diff\n'),
    ("owners", ".github/CODEOWNERS", "* @all\n/config/ @ops # why\nk8s/*.bin @k\n",
     "* @all\n/deployment/config/ @ops # why\ndeployment/kubernetes/*.bin @k\n"),
    ("owners-of-some", "CODEOWNERS", "docs/* @docs\n",
     "docs/* @docs\n/docs/enterprise/ @docs\n"),
    ("owners-deep", "CODEOWNERS", "/docs/ @docs\n", "/docs/ @docs\n"),
    ("owners-caught", "CODEOWNERS", "* @all\n/deployment/README.md @x\n/config/ @ops\n",
     "* @all\n/deployment/README.md @x\n/deployment/config/ @ops\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_rewritten(path: str, text: str, expected: str) -> None:
    data, undecided = rewritten(a_world({**FILES, path: text}, MOVES), path)
    assert (data.decode(), undecided) == (expected, [])


TOLD = [
    ("owned-by-another-now", "CODEOWNERS", "/deployment/ @x\n", "owners"),
    ("sections", "CODEOWNERS", "[A]\ndocs/* @docs\n", "owners"),
    ("out-of-the-folder", "docs/.gitattributes", "a.md text\n", ""),
    ("another-encoding", ".gitignore", b"config/\xff\n", "not UTF-8"),
]


@pytest.mark.parametrize(
    ("path", "text", "why"), [pytest.param(*row[1:], id=row[0]) for row in TOLD]
)
def test_told(path: str, text: str | bytes, why: str) -> None:
    data, undecided = rewritten(a_world({**FILES, path: text}, MOVES), path)
    assert data == (text if isinstance(text, bytes) else text.encode())
    assert all(why in one.why for one in undecided)
    assert bool(undecided) == bool(why)


def test_a_file_that_leaves_its_folder() -> None:
    world = a_world(
        {**FILES, "docs/.gitignore": "build/\n"}, {"docs/.gitignore": "x/.gitignore"}
    )
    data, [told] = rewritten(world, "docs/.gitignore")
    assert data == b"build/\n"
    assert "moves away" in told.why


ALLOWED = [
    "/*\n!/.gitignore\n!/config/\n!/k8s/\n",
    "*\n!*/\n!/config/**\n!/k8s/**\n",
    "/*\n!/config\n/config/*\n!/config/*.yaml\n!/k8s\n",
    "*/*\n!config/*\n!k8s/*\n",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_git_takes_a_new_file_beside_a_moved_one(tmp_path: Path, text: str) -> None:
    """`check-ignore` of a new file: the same at the new place, whatever is said how."""
    world = a_world({**FILES, ".gitignore": text}, MOVES)
    data, _undecided = rewritten(world, ".gitignore")
    moved = {world.where(path): content for path, content in FILES.items()}
    after = analyze(MemorySnapshot({**moved, ".gitignore": data}), ("",), Store(None))
    told = [one.message for one in hidden_places(world, after)]
    for old, new in (("config", "deployment/config"), ("k8s", "deployment/kubernetes")):
        was, there = tmp_path / f"was-{old}", tmp_path / f"there-{old}"
        assert not _is_ignored(was, text.encode(), f"{old}/new.yaml")
        is_told = any(new in one.partition(" hides new files in ")[2] for one in told)
        assert _is_ignored(there, data, f"{new}/new.yaml") == is_told, data


def _is_ignored(folder: Path, text: bytes, path: str) -> bool:
    repo = make_repository(folder)
    repo.write(".gitignore", text)
    args = ["git", "check-ignore", "-q", path]
    ended = subprocess.run(args, cwd=folder, env=repo.env, check=False)
    return ended.returncode == 0


ATTRIBUTES = """\
* text=auto
k8s/*.bin filter=lfs -text
docs/*.md linguist-documentation eol=lf
/install.bat eol=crlf
deployment/** diff=deploy
"x y/*.txt" working-tree-encoding=UTF-16
config binary
"""
IGNORED = (
    "config/secrets.yaml\n/k8s/*.local\n!k8s/keep.local\nx?y/data/\n*/s.key\n*.tmp\n"
)
LOCAL = [
    "config/secrets.yaml",
    "k8s/a.local",
    "k8s/keep.local",
    "x y/data/f",
    "k8s/a.tmp",
]


def test_git_says_the_same_of_every_moved_file(tmp_path: Path) -> None:
    """Cases 30 and 31: `check-attr` is equal, and what was ignored still is."""
    old = {**FILES, ".gitattributes": ATTRIBUTES, ".gitignore": IGNORED}
    world = a_world(old, MOVES)
    new = {world.where(path): content for path, content in old.items()}
    for path in (".gitattributes", ".gitignore"):
        new[path], undecided = rewritten(world, path)
        assert undecided == []
    said = [
        _git_says(tmp_path / name, files) for name, files in (("a", old), ("b", new))
    ]
    for path, home in world.moves.items():
        assert said[1][home] == said[0][path], path
    folders = [(path, world.folders[path.partition("/")[0]]) for path in LOCAL]
    for path, folder in folders:
        home = f"{folder}/{path.partition('/')[2]}"
        assert said[1][home] == said[0][path], path
        assert said[1][path] == said[0][path], path


def _git_says(folder: Path, files: dict[str, Content]) -> dict[str, tuple[str, ...]]:
    """Attributes of every file, and whether each local file would be ignored."""
    repo = make_repository(folder)
    for path, content in files.items():
        repo.write(path, content)
    said: dict[str, tuple[str, ...]] = {}
    for path in files:
        lines = repo.out("check-attr", "-a", "--", path).splitlines()
        said[path] = tuple(sorted(line.rpartition(path)[2] for line in lines))
    heads = {
        "config": "deployment/config",
        "k8s": "deployment/kubernetes",
        "x y": "z z",
    }
    for local in LOCAL:
        head, _, rest = local.partition("/")
        for path in (local, f"{heads[head]}/{rest}"):
            args = ["git", "check-ignore", "-q", path]
            code = subprocess.run(
                args, cwd=folder, env=repo.env, check=False
            ).returncode
            said[path] = (str(code),)
    return said
