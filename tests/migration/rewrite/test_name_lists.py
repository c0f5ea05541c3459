"""Lists of dotted names, in which a bare word follows the names beside it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

FILES = {"lamp/__init__.py": "", "lamp/bulb/__init__.py": "", "lamp/c.py": ""}
TO_LIGHT = {"lamp/": "light/"}
ROWS = {
    "python": (
        "conf.py",
        "APPS = ['django', 'lamp', 'lamp.bulb', 'other.lamp']\n",
        "APPS = ['django', 'light', 'light.bulb', 'other.lamp']\n",
        [],
    ),
    "over lines, with comments": (
        "conf.py",
        'APPS = (\n    "lamp",  # it\n    "lamp.bulb",\n)\n',
        'APPS = (\n    "light",  # it\n    "light.bulb",\n)\n',
        [],
    ),
    "toml": (
        "pyproject.toml",
        '[[tool.mypy.overrides]]\nmodule = ["lamp", "lamp.c"]\n',
        '[[tool.mypy.overrides]]\nmodule = ["light", "light.c"]\n',
        [],
    ),
    "no name beside it": (
        "conf.py",
        "NAMES = ['lamp', 'bulb']\nMORE = ['lamp.bulb']\n",
        "NAMES = ['lamp', 'bulb']\nMORE = ['light.bulb']\n",
        ["1: lamp"],
    ),
    "in a call with other arguments": (
        "conf.py",
        "show('lamp', name=1, other='lamp.bulb')\n",
        "show('lamp', name=1, other='light.bulb')\n",
        ["1: lamp"],
    ),
    "a pair": (
        "conf.py",
        "show(('lamp.c', 'lamp'))\n",
        "show(('light.c', 'lamp'))\n",
        ["1: lamp"],
    ),
    "the words of a command": (
        "conf.py",
        "RUN = ['python', '-m', 'lamp.c', 'lamp']\n",
        "RUN = ['python', '-m', 'light.c', 'lamp']\n",
        ["1: lamp"],
    ),
    "keys": (
        "conf.py",
        "LEVELS = {'lamp': 1, 'lamp.bulb': 2}\n",
        "LEVELS = {'lamp': 1, 'light.bulb': 2}\n",
        ["1: lamp"],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_list_is_edited_as_a_whole(name: str) -> None:
    path, text, new, left = ROWS[name]
    data, undecided = rewritten(a_world({**FILES, path: text}, TO_LIGHT), path)
    assert data.decode() == new
    assert [f"{one.line}: {one.text}" for one in undecided] == left


@given(
    st.lists(
        st.sampled_from(["lamp", "lamp.bulb", "lamp.c", "lamps", "other"]), min_size=1
    )
)
def test_no_list_is_edited_in_half(names: list[str]) -> None:
    text = f"NAMES = {names!r}\n"
    data, _undecided = rewritten(a_world({**FILES, "x.py": text}, TO_LIGHT), "x.py")
    kinds = {one.partition(".")[0] for one in eval(data.decode()[len("NAMES = ") :])}
    assert not {"lamp", "light"} <= kinds
