"""Where the files of a commit belong that knows nothing of the migration."""

from __future__ import annotations

import pytest

from treeguard.migration.history_lookup import Trail
from treeguard.migration.rebase.layout import Performed
from treeguard.migration.rebase.layout import collisions
from treeguard.migration.rebase.layout import moves_among
from treeguard.plans import FileMove
from treeguard.rules.registry import load
from treeguard.trees import REGULAR
from treeguard.trees import Entry

POLICY = b"""\
[policy]
version = 1
[migration]
id = "p"
title = "t"
record = "record.md"
[[migration.move]]
from = ["agents/"]
to = "garbage/agents/"
reason = "r"
[[migration.move]]
from = ["docs/obs-*.md"]
to = "docs/enterprise/"
reason = "r"
[[migration.move]]
from = ["store/db.py"]
to = "paid/store/db.py"
reason = "r"
"""
MOVED = {
    "agents/x.py": "garbage/agents/x.py",
    "docs/obs-a.md": "docs/enterprise/obs-a.md",
    "store/db.py": "paid/store/db.py",
    "by/hand.py": "elsewhere/hand.py",
}
KEPT = ("docs/obs-kept.md", "core.py")


def done() -> Performed:
    policy = load(POLICY, "policy.toml", "test")
    assert policy.migration is not None
    tracked = frozenset((*MOVED, *KEPT))
    folders = {"agents": "garbage/agents", "store": "paid/store", "by": "elsewhere"}
    trail = Trail("0" * 40, (), None, "1" * 40)
    return Performed(trail, policy, policy.migration, MOVED, tracked, folders, (), b"")


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("agents/x.py", "garbage/agents/x.py"),
        ("agents/deep/new.py", "garbage/agents/deep/new.py"),
        ("docs/obs-new.md", "docs/enterprise/obs-new.md"),
        ("docs/other.md", "docs/other.md"),
        ("docs/obs-kept.md", "docs/obs-kept.md"),
        ("store/new.py", "paid/store/new.py"),
        ("store/deep/new.py", "paid/store/deep/new.py"),
        ("storefront/new.py", "storefront/new.py"),
        ("by/hand.py", "elsewhere/hand.py"),
        ("by/new.py", "elsewhere/new.py"),
        ("core.py", "core.py"),
        ("agents", "garbage/agents"),
    ],
)
def test_where_a_file_belongs(path: str, home: str) -> None:
    moves = moves_among(done(), {path: Entry(REGULAR, "2" * 40)})
    assert [move.new for move in moves] == ([home] if home != path else [])


@pytest.mark.parametrize(
    ("moves", "files", "places"),
    [
        ({"a": "b"}, ["a", "c"], []),
        ({"a": "b", "b": "a"}, ["a", "b"], []),
        ({"a": "b"}, ["a", "b"], ["b"]),
        ({"a": "c", "b": "c"}, ["a", "b"], ["c"]),
        ({"a": "b/c"}, ["a", "b"], ["b"]),
        ({"a": "b"}, ["a", "b/c/d"], ["b"]),
        ({"a": "b/x", "b": "c"}, ["a", "b"], []),
    ],
)
def test_two_files_for_one_place(
    moves: dict[str, str], files: list[str], places: list[str]
) -> None:
    listed = [FileMove(old, new, REGULAR, "2" * 40) for old, new in moves.items()]
    assert [place for place, _why in collisions(listed, files)] == places
