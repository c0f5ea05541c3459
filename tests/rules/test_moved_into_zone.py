"""What a move into a zone does to those who import the moved module and stay behind."""

from __future__ import annotations

import pytest

from tests.support.judging import a_policy
from tests.support.judging import a_rule
from tests.support.judging import knowledge
from tests.support.judging import with_options
from tests.support.memory import Content
from treeguard.policy.patterns import Patterns
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.registry import KINDS

FORBIDDEN = Forbidden(zone=Patterns(["garbage/"]), indirect=True)
ISOLATED = Isolated(
    zone=Patterns(["garbage/"]),
    entrances=Patterns(["tests/"]),
)
RULES = {
    "forbidden": a_rule("forbidden", FORBIDDEN),
    "isolated": a_rule("isolated", ISOLATED),
    "from-scripts": a_rule(
        "forbidden", with_options(FORBIDDEN, importers=Patterns(["scripts/"]))
    ),
    "runtime": a_rule("forbidden", with_options(FORBIDDEN, type_checking=False)),
    "references": a_rule("forbidden", with_options(FORBIDDEN, references=True)),
}

CODE = "def work(): ...\n"
OLD: dict[str, Content] = {
    "core/__init__.py": "",
    "core/x.py": CODE,
    "core/user.py": "from core import x\n",
    "core/relative.py": "import os\nfrom .x import work\n",
    "scripts/run.py": "import core.x as x\n",
    "scripts/lazy.py": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import core.x\n"
    ),
    "tests/test_x.py": "from core.x import work\n",
    "other.py": "import core\n",
    "Makefile": "run:\n\tpython core/x.py\n",
    "garbage/README.md": "",
}
NOBODY: list[tuple[str, int]] = []
EVERYBODY = [
    ("core/relative.py", 2),
    ("core/user.py", 1),
    ("scripts/lazy.py", 3),
    ("scripts/run.py", 1),
    ("tests/test_x.py", 1),
]


def changed(
    add: dict[str, Content], *remove: str
) -> tuple[dict[str, Content], dict[str, Content]]:
    kept = {path: text for path, text in OLD.items() if path not in remove}
    return OLD, {**kept, **add}


MOVED = changed({"garbage/x.py": CODE}, "core/x.py")


def places(
    rule: str, trees: tuple[dict[str, Content], dict[str, Content]]
) -> list[tuple[str, int | None]]:
    old, new = map(knowledge, trees)
    subject = RULES[rule]
    of_kind = KINDS[subject.kind].since
    assert of_kind is not None
    found = of_kind(subject, a_policy(subject), old, new)
    return sorted((one.path, one.line) for one in found)


@pytest.mark.parametrize(
    "trees",
    [
        changed({}),
        changed({}, "core/x.py"),
        changed({"core/y.py": CODE}, "core/x.py"),
        changed({"garbage/x.py": CODE}),
        changed({"garbage/x.py": CODE, "core/x/__init__.py": CODE}, "core/x.py"),
        changed({"garbage/x.py": CODE, "core/x.pyi": CODE}, "core/x.py"),
        changed({"garbage/notes.md": ""}, "core/__init__.py"),
    ],
    ids=[
        "nothing-moved",
        "deleted",
        "moved-elsewhere",
        "copied",
        "a-package-took-its-place",
        "a-stub-took-its-place",
        "empty-files-are-no-move",
    ],
)
def test_says_nothing(trees: tuple[dict[str, Content], dict[str, Content]]) -> None:
    assert places("forbidden", trees) == NOBODY


@pytest.mark.parametrize(
    ("rule", "trees", "expected"),
    [
        pytest.param("forbidden", MOVED, EVERYBODY, id="every-importer"),
        pytest.param("isolated", MOVED, EVERYBODY[:4], id="entrances-may"),
        pytest.param("from-scripts", MOVED, EVERYBODY[2:4], id="only-those-bound"),
        pytest.param(
            "runtime", MOVED, [*EVERYBODY[:2], *EVERYBODY[3:]], id="not-for-types"
        ),
        pytest.param(
            "references",
            MOVED,
            sorted([*EVERYBODY, ("Makefile", 2)]),
            id="by-path-as-well",
        ),
        pytest.param(
            "forbidden",
            changed({"garbage/x.py": "def work(): return 1\n"}, "core/x.py"),
            EVERYBODY,
            id="edited-on-the-way",
        ),
        pytest.param(
            "forbidden",
            changed({"garbage/renamed.py": CODE}, "core/x.py"),
            EVERYBODY,
            id="renamed-on-the-way",
        ),
        pytest.param(
            "forbidden",
            changed(
                {"garbage/x.py": CODE, "core/user.py": "print('ported')\n"}, "core/x.py"
            ),
            [EVERYBODY[0], *EVERYBODY[2:]],
            id="who-was-ported-is-free",
        ),
        pytest.param(
            "forbidden",
            changed(
                {"garbage/x.py": CODE, "garbage/user.py": "from core import x\n"},
                "core/x.py",
                "core/user.py",
            ),
            [EVERYBODY[0], *EVERYBODY[2:]],
            id="who-moved-along-is-free",
        ),
        pytest.param(
            "forbidden",
            (
                {
                    "core/__init__.py": "",
                    "odd [1]/p/__init__.py": "",
                    "a.py": "import core",
                },
                {
                    "garbage/core/__init__.py": "",
                    "odd [1]/p/__init__.py": "",
                    "a.py": "import core",
                },
            ),
            [("a.py", 1)],
            id="an-empty-package",
        ),
    ],
)
def test_names_who_is_left_behind(
    rule: str,
    trees: tuple[dict[str, Content], dict[str, Content]],
    expected: list[tuple[str, int]],
) -> None:
    assert places(rule, trees) == expected


def test_it_says_where_the_module_went_and_how_it_comes_back() -> None:
    old, new = map(knowledge, MOVED)
    rule = RULES["forbidden"]
    since = KINDS["forbidden"].since
    assert since is not None
    first = next(since(rule, a_policy(rule), old, new))
    assert "moves to garbage/x.py" in first.message
    assert first.target == "garbage/x.py"
    assert first.fix is not None
    assert first.fix.commands == ("git mv garbage/x.py core/x.py",)
