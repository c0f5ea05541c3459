"""Symbolic links: what they say afterwards, and that they lead where they led."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.commands.calling import call
from tests.migration.rewrite.python_worlds import a_world
from tests.support.git import make_repository
from tests.support.memory import Symlink
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.plans import Undecided

MOVES = {
    "config/": "deployment/config/",
    "docs/a.md": "docs/new/place/a.md",
    "docs/link": "docs/new/place/link",
    "bin/top": "deployment/bin/top",
    "x/one": "one",
    "x/two": "y/two",
}
ROWS = [
    ("37-target-moves", "top", "config/a.yaml", "deployment/config/a.yaml"),
    ("a-folder", "conf", "config/", "deployment/config/"),
    ("both-stay", "top", "docs/b.md", "docs/b.md"),
    ("both-move-together", "config/top", "a.yaml", "a.yaml"),
    ("the-link-moves", "docs/link", "b.md", "../../b.md"),
    ("both-move-apart", "docs/link", "../config/a.yaml",
     "../../../deployment/config/a.yaml"),
    ("both-to-one-place", "docs/link", "./a.md", "./a.md"),
    ("upwards", "bin/top", "..", "../.."),
    ("through-a-link", "bin/top", "../via/a.yaml", "../../via/a.yaml"),
    ("not-utf-8", "top", "config/\udce9", "deployment/config/\udce9"),
]  # fmt: skip


def the_world(path: str, text: str) -> dict[str, bytes | str]:
    return {
        "config/a.yaml": b"",
        "config/\udce9": b"",
        "docs/a.md": b"",
        "docs/b.md": b"",
        "via": Symlink("config"),
        "x/one": b"",
        "x/two": b"",
        path: Symlink(text),
    }


def rewritten(world: MoveContext, path: str) -> tuple[bytes, list[Undecided]]:
    entry = world.before.entry(path)
    assert entry is not None
    data = world.before.snapshot.read(entry.oid)
    edits, undecided = rewrite(path, data, world)
    return apply_edits(data, edits), undecided


@pytest.mark.parametrize(
    ("path", "text", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_rewritten(path: str, text: str, expected: str) -> None:
    data, undecided = rewritten(a_world(the_world(path, text), MOVES), path)
    assert (os.fsdecode(data), undecided) == (expected, [])


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        pytest.param("top", "/srv/app/config/a.yaml", "absolute", id="absolute"),
        pytest.param("bin/top", "../../b.txt", "out of the repository", id="outside"),
        pytest.param("top", "config/local.yaml", "nothing that Git has", id="ignored"),
        pytest.param("docs/link", "gone", "nothing that Git has", id="dangling"),
        pytest.param("top", "x", "different places", id="scattered"),
    ],
)
def test_told(path: str, text: str, why: str) -> None:
    data, [told] = rewritten(a_world(the_world(path, text), MOVES), path)
    assert data.decode() == text
    assert why in told.why


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("bin/top", "/usr/bin/python3", id="absolute-elsewhere"),
        pytest.param("top", "../b.txt", id="outside-and-stays"),
        pytest.param("config/top", "local.yaml", id="ignored-and-moves-along"),
        pytest.param("config/app.md", "a.yaml", id="a-link-is-no-document"),
    ],
)
def test_silent(path: str, text: str) -> None:
    world = a_world(the_world(path, text), MOVES)
    assert rewritten(world, path) == (text.encode(), [])


POLICY = """\
[policy]
version = 1
[migration]
id = "m"
title = "M"
record = "m.md"
[[migration.move]]
from = ["config/"]
to = "deployment/config/"
reason = "deployment"
[[migration.move]]
from = ["docs/link"]
to = "deployment/bin/"
reason = "deployment"
"""


def test_on_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Links stay links, through the three commits and back."""
    repo = make_repository(tmp_path / "repo")
    for path, text in {"policy.toml": POLICY, "config/a b": "c", "docs/b": "b"}.items():
        repo.write(path, text)
    links = {"top": "config/a b", "docs/link": "b", "folder": "config"}
    for path, text in links.items():
        repo.link(path, text)
    repo.stage(".")
    repo.commit()
    old = repo.out("rev-parse", "HEAD^{tree}")
    answer = call(repo, capsys, "migrate", "apply")
    assert answer.code == 0, answer.err
    now = {"top": "c", "deployment/bin/link": "b", "folder/a b": "c"}
    assert {path: (repo.path / path).read_text() for path in now} == now
    assert (repo.path / "top").readlink() == Path("deployment/config/a b")
    assert repo.out("ls-files", "-s", "top").startswith("120000")
    assert repo.out("status", "--porcelain") == ""
    answer = call(repo, capsys, "migrate", "undo")
    assert answer.code == 0, answer.err
    assert {path: str((repo.path / path).readlink()) for path in links} == links
    assert repo.out("rev-parse", "HEAD^{tree}") == old
