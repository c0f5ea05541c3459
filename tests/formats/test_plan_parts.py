"""What the formats of a plan share: each row is some moves, and how they are shown."""

from __future__ import annotations

import pytest

from treeguard.formats.plan_parts import groups
from treeguard.formats.plan_parts import more_files
from treeguard.migration.context import whole_folders
from treeguard.plans import FileMove
from treeguard.plans import Plan

GROUPS = [
    pytest.param(
        "kit/a.py kit/sub/b.py",
        "",
        {"kit/": "box/"},
        ["kit/ -> box/"],
        id="a-whole-folder",
    ),
    pytest.param(
        "kit/a.py kit/sub/b.py kit/sub/c.py",
        "kit/__init__.py",
        {"kit/": "kit/dev/"},
        ["kit/sub/ -> kit/dev/sub/", "kit/a.py -> kit/dev/a.py"],
        id="a-file-and-a-folder-of-a-package",
    ),
    pytest.param(
        "kit/a.py kit/b.py",
        "kit/c.py",
        {"kit/": "box/"},
        ["kit/a.py -> box/a.py", "kit/b.py -> box/b.py"],
        id="two-files-of-a-folder",
    ),
    pytest.param(
        "t/a.md t/b.md t/c.md t/d.md",
        "t/e.txt",
        {"t/": "docs/"},
        ["t/a.md and 3 more files of t/ -> docs/"],
        id="many-files-of-a-folder",
    ),
    pytest.param(
        "t/x/a.md t/y/b.md t/z/c.md t/d.md",
        "t/x/e t/y/e t/z/e",
        {"t/": "docs/t/"},
        ["t/d.md and 3 more files of t/ -> docs/t/"],
        id="files-of-several-folders",
    ),
    pytest.param(
        "a.md b.md c.md d.md",
        "e.txt",
        {"": "docs/"},
        [f"{name}.md -> docs/{name}.md" for name in "abcd"],
        id="files-of-the-root",
    ),
    pytest.param(
        "x/t/a y/t/b",
        "",
        {"x/": "z/", "y/": "z/"},
        ["x/t/a -> z/t/a", "y/t/b -> z/t/b"],
        id="two-folders-of-one-file-each",
    ),
]


@pytest.mark.parametrize(("moved", "staying", "ends", "shown"), GROUPS)
def test_a_folder_stands_for_its_files_only_if_all_move(
    moved: str, staying: str, ends: dict[str, str], shown: list[str]
) -> None:
    moves = {}
    for path in moved.split():
        [(old, new)] = [one for one in ends.items() if path.startswith(one[0])]
        moves[path] = new + path[len(old) :]
    files = [FileMove(*move, 0o100644, "0") for move in sorted(moves.items())]
    folders = whole_folders([*moves, *staying.split()], moves)
    plan = Plan("m", "m", "0" * 40, tuple(files), (), (), (), (), (), ())
    found = groups(plan._replace(folders=tuple(folders)))
    assert [f"{one.old}{more_files(one)} -> {one.new}" for one in found] == shown
    assert sum(len(one.files) for one in found) == len(moves)
