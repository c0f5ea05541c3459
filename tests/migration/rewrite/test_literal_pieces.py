"""Names that are not one plain literal: in pieces, filled in at the end, in prose."""

from __future__ import annotations

import ast
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

FILES = {
    "app/__init__.py": "",
    "app/run/__init__.py": "",
    "app/run/influx.py": "class DB:\n    def make(self): ...\n\n\ndef call(): ...\n",
    "app/run/other.py": "",
    "app/torn/__init__.py": "",
    "app/torn/a.py": "",
    "app/torn/b.py": "",
}
MOVES = {"app/run/": "app/ent/run/", "app/torn/a.py": "app/ent/a.py"}


def become(text: str, more: dict[str, str] | None = None) -> tuple[str, list[int]]:
    world = a_world({**FILES, **(more or {}), "test_a.py": text}, MOVES)
    new, left = rewritten(world, "test_a.py")
    return new.decode(), [one.line for one in left]


OLD, NEW = "app.run.influx", "app.ent.run.influx"
FOLLOWS = [
    'patch("app.run.influx.DB." "make")\n',
    "patch('app.run.influx.'\n      'DB.make')\n",
    'patch("app.run.influx" ".DB.make")  # why\n',
    'patch(\n    "app.run.influx.DB"  # the class\n    ".make"\n)\n',
    'import_module("app.run." "other")\nimport_module("app.run.influx" "")\n',
    'patch(f"app.run.influx.{f}")\n',
    'mocker.patch(rf"app.run.influx.{f}.x")\n',
    'monkeypatch.setattr(f"app.run.influx.{f!s}", None)\n',
    'import_module("app.run.%s" % name)\n',
    'import_module("app.run.{}".format(name))\n',
    'import_module("app.run." + name)\n',
    'resolve_name(f"app.run.{name}")\n',
]


@pytest.mark.parametrize("text", FOLLOWS)
def test_what_is_certain_follows(text: str) -> None:
    new, left = become(text)
    assert (new, left) == (text.replace("app.run", "app.ent.run"), [])
    compile(new, "test_a.py", "exec")


LISTED = [
    'patch("app.ru" "n.influx.DB.make")\n',
    'patch(f"app.torn.{f}")\n',
    'patch(f"app.run{f}")\n',
    'gauge(f"app.run.influx.{f}")\n',
]


@pytest.mark.parametrize("text", LISTED)
def test_what_is_not_certain_stays(text: str) -> None:
    assert become(text)[0] == text


@st.composite
def literals(draw: st.DrawFn) -> str:
    """The name of a method in pieces, each quoted in some way."""
    name = f"{OLD}.DB.make"
    cuts = sorted(draw(st.sets(st.integers(1, len(name) - 1), max_size=3)))
    ends = [0, *cuts, len(name)]
    pieces = [name[a:b] for a, b in pairwise(ends)]
    quoted = [draw(st.sampled_from(("'{}'", '"{}"', "r'{}'"))) for _piece in pieces]
    glue = draw(st.sampled_from((" ", "", "\n    ", "  # why\n    ")))
    return glue.join(q.format(p) for q, p in zip(quoted, pieces, strict=True))


@given(literals())
@settings(max_examples=150, deadline=None)
def test_pieces_mean_the_new_name_or_are_listed(literal: str) -> None:
    text = f"patch(\n    {literal}\n)\n"
    new, left = become(text)
    if new == text:
        # No search finds a name that is cut before what moves.
        assert left or "app.run" not in literal
        return
    [node] = [n for n in ast.walk(ast.parse(new)) if isinstance(n, ast.Constant)]
    assert (node.value, left) == (f"{NEW}.DB.make", [])


def docstring(line: str) -> str:
    return f'def f(x):\n    """Do.\n\n{line}\n    """\n'


FIELDS = [
    "    :type x: app.run.influx.DB",
    "    :type x: list[app.run.influx.DB] or dict[str, app.run.influx.DB]",
    "    :rtype: ~app.run.influx.DB",
    "    :vartype a: app.run.influx.DB",
    "    :param app.run.influx.DB x: what\n    :raises app.run.influx.DB: never",
    "    :rtype: tuple of\n        int and\n        app.run.influx.DB",
    "    :returns: a :class:`~app.run.influx.DB`",
]
PROSE = [
    "    :returns: what app.run.influx.DB gives",
    "    :rtype: int\n\n    See app.run.influx.DB.",
    "    `app.run.influx.DB`",
    "    ``app.run.influx.DB``",
]


@pytest.mark.parametrize("line", FIELDS)
def test_a_field_of_sphinx_is_a_reference(line: str) -> None:
    text = docstring(line)
    assert become(text) == (text.replace(OLD, NEW), [])


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_listed(line: str) -> None:
    text = docstring(line)
    new, left = become(text)
    assert (new, bool(left)) == (text, True)


@pytest.mark.parametrize(
    ("conf", "follows"),
    [
        ('default_role = "py:obj"\n', True),
        ("default_role='any'\n", True),
        ('default_role = "math"\n', False),
        ("# default_role = 'obj'\n", False),
    ],
)
def test_a_default_role_makes_single_backticks_references(
    conf: str, follows: bool
) -> None:
    text = docstring("    See `app.run.influx.DB`.")
    new, left = become(text, {"docs/conf.py": conf})
    assert (new == text.replace(OLD, NEW)) == follows
    assert bool(left) != follows
    double = docstring("    See ``app.run.influx.DB``.")
    assert become(double, {"docs/conf.py": conf})[0] == double


def test_a_loggers_name_in_expected_output_follows() -> None:
    text = 'assert logs.output == ["INFO:app.run.influx:ready"]\n'
    assert become(text) == (text.replace(OLD, NEW), [])


@pytest.mark.parametrize(
    "literal",
    [
        rb"b'\x80\x04\x8c\x0eapp.run.influx\x94\x8c\x02DB\x94\x93\x94.'",
        rb"b'\x80\x04\x8c\napp.run.influx\x94\x8c\x02DB\x94\x93\x94.'",
        rb'b"""\x80\x02\x0Eapp.run.influx"""',
    ],
)
def test_a_pickle_in_bytes_is_listed(literal: bytes) -> None:
    text = f"x = 1\nOLD = {literal.decode()}\n"
    assert become(text) == (text, [2])
