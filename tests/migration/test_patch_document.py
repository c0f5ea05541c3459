"""The patch document: where what is left stands afterwards, and what it tells."""

from __future__ import annotations

import pytest

from treeguard.formats import patch_document
from treeguard.migration.plan.planner import undecided_afterwards
from treeguard.plans import Blocker
from treeguard.plans import Edit
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import Plan
from treeguard.plans import SideEffect
from treeguard.plans import Undecided
from treeguard.trees import REGULAR

PLAN = Plan("tidy", "Tidy up", "0" * 40, (), (), (), (), (), (), ())
TEXT = b"from pkg import a, b\nx = 1\ny = 'a.c'\n"
SPLIT = Edit(0, 20, b"from pkg import b\nfrom pkg.new import a", 1, "import")
GONE = Edit(21, 27, b"", 2, "import")
ADDED = Edit(0, 0, b"# new\n", 1, "import")
IN_LINE = Edit(5, 8, b"new", 1, "import")


@pytest.mark.parametrize(
    ("edits", "line", "expected"),
    [
        pytest.param((), 3, 3, id="nothing-edited"),
        pytest.param((IN_LINE,), 3, 3, id="a-word-edited"),
        pytest.param((SPLIT,), 3, 4, id="a-line-more-above"),
        pytest.param((SPLIT,), 1, 1, id="a-line-more-in-the-line-itself"),
        pytest.param((GONE,), 3, 2, id="a-line-less-above"),
        pytest.param((SPLIT, GONE), 3, 3, id="a-line-more-and-one-less"),
        pytest.param((ADDED,), 1, 2, id="a-line-more-at-the-very-top"),
    ],
)
def test_a_line_is_told_as_it_is_afterwards(
    edits: tuple[Edit, ...], line: int, expected: int
) -> None:
    plan = PLAN._replace(
        moves=(FileMove("old.py", "new.py", REGULAR, "0" * 40),),
        edits=(FileEdit("old.py", "new.py", edits),),
        undecided=(
            Undecided("old.py", line, "a.c", "who knows"),
            Undecided("kept.md", 7, "old.py", "prose"),
        ),
    )
    assert undecided_afterwards(
        plan.moves, plan.edits, plan.undecided, {"old.py": TEXT}.__getitem__
    ) == (
        Undecided("kept.md", 7, "old.py", "prose"),
        Undecided("new.py", expected, "a.c", "who knows"),
    )


def test_what_changes_and_what_stays_wrong_is_told() -> None:
    text = patch_document.render(
        PLAN._replace(
            side_effects=(SideEffect("a.yml", 3, "it changes", "do this"),),
            existing=(Blocker("b.py", 4, "rule: wrong", ("fix it",)),),
            moves=(
                FileMove("x/a.yml", "y/z/a.yml", REGULAR, "0" * 40),
                FileMove("x/b.yml", "y/z/b.yml", REGULAR, "0" * 40),
                FileMove("x/c.yml", "c.yml", REGULAR, "0" * 40),
            ),
        ),
        ["1" * 40],
        None,
    )
    assert "- `a.yml:3`: it changes; do this\n" in text
    assert (
        "## Already violated; unchanged by this migration\n\n- `b.py:4`: rule: wrong\n"
        in text
    )
    assert "blocking findings: 0 new, 1 existing\n" in text
    assert "## New structure\n\n- `y/z/`: 2 files\n\n" in text
