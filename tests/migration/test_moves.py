"""Which file goes where, and what stands in the way."""

from __future__ import annotations

import pytest

from tests.support.memory import Content
from tests.support.memory import MemorySnapshot
from tests.support.memory import Submodule
from treeguard.migration.plan.moves import Layout
from treeguard.migration.plan.moves import lay_out
from treeguard.migration.plan.moves import to_write
from treeguard.policy.model import Create
from treeguard.policy.model import Migration
from treeguard.policy.model import Move
from treeguard.policy.patterns import Patterns


def a_migration(*moves: tuple[str, str], creates: tuple[Create, ...] = ()) -> Migration:
    made = tuple(Move((old,), new, "", 7) for old, new in moves)
    return Migration("m", "M", "record.md", Patterns(()), made, creates, 1)


def moves_among(
    files: dict[str, Content] | list[str], *moves: tuple[str, str]
) -> Layout:
    contents = files if isinstance(files, dict) else dict.fromkeys(files, b"")
    return lay_out(
        a_migration(*moves), "policy.toml", dict(MemorySnapshot(contents).files())
    )


MOVES = [
    pytest.param(
        ["a/x.py", "a/b/y.py"],
        [("a/", "c/")],
        {"a/x.py": "c/x.py", "a/b/y.py": "c/b/y.py"},
        id="a-folder",
    ),
    pytest.param(["a.py"], [("a.py", "b.py")], {"a.py": "b.py"}, id="a-file"),
    pytest.param(["a.py"], [("a.py", "b/")], {"a.py": "b/a.py"}, id="into-a-folder"),
    pytest.param(
        ["install.sh", "install.bat", "x"],
        [("install.*", "deploy/")],
        {"install.sh": "deploy/install.sh", "install.bat": "deploy/install.bat"},
        id="a-glob",
    ),
    pytest.param(
        ["d/one.md", "d/two.md"],
        [("d/", "old/"), ("d/two.md", "kept/two.md")],
        {"d/one.md": "old/one.md", "d/two.md": "kept/two.md"},
        id="the-closest-source-decides",
    ),
    pytest.param(
        ["a/m.py", "b/m.py"],
        [("a/m.py", "b/m.py"), ("b/m.py", "a/m.py")],
        {"a/m.py": "b/m.py", "b/m.py": "a/m.py"},
        id="a-swap",
    ),
    pytest.param(
        ["core/x.py", "core2/x.py"],
        [("core/", "old/")],
        {"core/x.py": "old/x.py"},
        id="a-name-that-begins-alike",
    ),
]


@pytest.mark.parametrize(("files", "moves", "expected"), MOVES)
def test_where_files_go(
    files: list[str], moves: list[tuple[str, str]], expected: dict[str, str]
) -> None:
    layout = moves_among(files, *moves)
    assert {move.old: move.new for move in layout.moves} == expected
    assert layout.blockers == ()


BLOCKED = [
    pytest.param(
        ["a.py"],
        [("gone/", "x/")],
        ['"gone" does not exist, but would move to "x/"'],
        id="a-source-without-files",
    ),
    pytest.param(
        ["a/i.sh", "b/i.sh"],
        [("a/", "d/"), ("b/", "d/")],
        ["b/i.sh would move to d/i.sh: a file moves there too (a/i.sh)"],
        id="two-to-one-place",
    ),
    pytest.param(
        ["i.sh", "d/i.sh"],
        [("i.sh", "d/")],
        ["i.sh would move to d/i.sh: a file already exists there"],
        id="row-36-a-destination-that-exists",
    ),
    pytest.param(
        ["a.md", "b.md", "d/x"],
        [("a.md", "d/a.md"), ("b.md", "d/A.md")],
        [
            "a.md would move to d/a.md: d/a.md and d/A.md are the same path where "
            "case is ignored"
        ],
        id="row-36-case-of-a-file",
    ),
    pytest.param(
        ["Docs/x.md", "a/y.md"],
        [("a/", "docs/")],
        [
            "a/y.md would move to docs/y.md: docs and Docs are the same path where "
            "case is ignored"
        ],
        id="case-of-a-folder",
    ),
    pytest.param(
        ["a/y.md", "d"],
        [("a/", "d/")],
        ["a/y.md would move to d/y.md, below the file d"],
        id="a-file-in-the-way",
    ),
    pytest.param(
        ["a.md", "d/e/x"],
        [("a.md", "d/e")],
        ["a.md would move to d/e, which is a folder"],
        id="a-folder-in-the-way",
    ),
    pytest.param(
        ["a.md"],
        [("a.md", "record.md")],
        [
            "a.md would move to record.md: a file of the migration itself is written "
            "there"
        ],
        id="onto-the-record",
    ),
    pytest.param(
        ["a.md"],
        [("a.md", "record.md/")],
        ["a.md would move to record.md/a.md, below the file record.md"],
        id="below-the-record",
    ),
    pytest.param(
        ["a.md"],
        [("a.md", ".git-blame-ignore-revs")],
        [
            "a.md would move to .git-blame-ignore-revs: a file of the migration itself "
            "is written there"
        ],
        id="onto-what-blame-ignores",
    ),
    pytest.param(
        ["policy.toml", "a.toml"],
        [("*.toml", "etc/")],
        ["policy.toml would move to etc/policy.toml, where treeguard never looks"],
        id="the-policy",
    ),
    pytest.param(
        {"vendor/lib": Submodule("1" * 40)},
        [("vendor/", "third/")],
        ["vendor/lib is a submodule, which only `git mv` can move"],
        id="a-submodule",
    ),
]


@pytest.mark.parametrize(("files", "moves", "messages"), BLOCKED)
def test_what_stands_in_the_way(
    files: list[str], moves: list[tuple[str, str]], messages: list[str]
) -> None:
    blockers = moves_among(files, *moves).blockers
    assert [blocker.message for blocker in blockers] == messages
    assert all(blocker.ways_out for blocker in blockers)


def test_files_are_written_only_where_none_stands() -> None:
    creates = (
        Create("new.md", "text", None, 3),
        Create("kept.md", "text", None, 4),
        Create("copied.md", None, "template.md", 5),
        Create("lost.md", None, "absent.md", 6),
        Create("KEPT.MD", "text", None, 7),
        Create("kept.md/x", "text", None, 8),
        Create("record.md/x", "text", None, 9),
        Create("docs", "text", None, 10),
    )
    written = to_write(
        a_migration(creates=creates),
        "policy.toml",
        {"kept.md", "docs/x.md"},
        {"template.md": b"copy"},
    )
    assert [(file.path, file.data) for file in written.created] == [
        ("new.md", b"text"),
        ("copied.md", b"copy"),
    ]
    assert written.kept == ("kept.md",)
    assert [(blocker.line, blocker.message) for blocker in written.blockers] == [
        (
            6,
            "lost.md cannot be created from absent.md, which is not a file of "
            "this tree",
        ),
        (7, "KEPT.MD cannot be created: kept.md differs in case only"),
        (8, "kept.md/x cannot be created: it is below the file kept.md"),
        (9, "record.md/x cannot be created: it is below the file record.md"),
        (10, "docs cannot be created: it is a folder"),
    ]


def test_two_folders_for_one_place_need_a_place_each() -> None:
    layout = moves_among(["x/a/b/i.py", "x/c/b/i.py"], ("x/a/", "d/"), ("x/c/", "d/"))
    [blocker] = layout.blockers
    assert blocker.ways_out[0] == (
        'where folders move, give each a `to` of its own: to = "d/c/"'
    )
    files = moves_among(["a.py", "d/a.py"], ("a.py", "d/"))
    assert [len(one.ways_out) for one in files.blockers] == [2]
