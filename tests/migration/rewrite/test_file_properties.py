"""Whatever stands around a path, it follows, and not another byte changes.

Files are put together from lines of a format, with places in them that move or stay.
The same lines with the new places are what is expected, and readers that are not ours
(tomli, PyYAML, json, configparser) have to find each value mapped and no other change.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable
from typing import NamedTuple

import pytest
import tomli
import yaml
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.migration.rewrite.python_worlds import a_world
from tests.migration.rewrite.python_worlds import rewritten

TREE = {
    "config/app.yaml": b"",
    "config/b.yaml": b"",
    "k8s/base/a.yaml": b"",
    "scripts/demo/run.py": b"",
    "scripts/keep.py": b"",
    "other/x.py": b"",
}
MOVES = {
    "config/": "deployment/config/",
    "k8s/": "deployment/kubernetes/",
    "scripts/demo/": "garbage/demo/",
}
# What is written, and what it has to read afterwards.
PATHS = {
    "config/app.yaml": "deployment/config/app.yaml",
    "config/*.yaml": "deployment/config/*.yaml",
    "k8s/base/a.yaml": "deployment/kubernetes/base/a.yaml",
    "scripts/demo/run.py": "garbage/demo/run.py",
    "scripts/keep.py": "scripts/keep.py",
    "other/x.py": "other/x.py",
    "myconfig/app.yaml": "myconfig/app.yaml",
}
FILES = {old: new for old, new in PATHS.items() if "*" not in old}


class Format(NamedTuple):
    """A file's name, lines that hold one place (`@`), lines that hold none, the places
    that it may hold, and a reader that is not ours where there is one."""

    path: str
    lines: tuple[str, ...]
    others: tuple[str, ...]
    paths: dict[str, str]
    read: Callable[[str], object]


def ini(text: str) -> object:
    parser = configparser.ConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


FORMATS = {
    "toml": Format(
        "pyproject.toml",
        (
            '[[tool.a]]\nb = ["@"]  # why',
            "[[tool.a]]\nb = [\n  'z',\n  '@' ,\n]",
            '[[tool.a]]\n"@" = ["E501"]',
            "[[tool.a]]\nc = { \"d\" = '@', e = 1 }",
        ),
        (
            "# a comment \u00e9",
            "",
            '[[tool.a]]\nf = """\nx "y"\n"""',
            "[[tool.a]]\ng = 1",
        ),
        PATHS,
        tomli.loads,
    ),
    "ini": Format(
        "tox.ini",
        (
            "[a]\nb = @",
            "[a]\nb =\n    x\n    @\n",
            "[a]\nb = x, @ ; y",
            "[a]\n@ = E501",
        ),
        ("; note", "", "[c]\nd = \u00e9 1"),
        FILES,
        ini,
    ),
    "json": Format(
        "tsconfig.json",
        ('{"a": "@"}', '{"@": [1]}', '{"a": ["x",\t"@"]}'),
        ('{"b": "\\u00e9 \u00e9"}', "[]"),
        PATHS,
        lambda text: [json.loads(line) for line in text.splitlines() if line],
    ),
    "workflow": Format(
        ".github/workflows/ci.yml",
        (
            "- on: {push: {paths: ['@', \"!@\"]}}",
            "- paths:\n  - @\n  - '@'  # why",
            "- run: cat @ && echo '\u00e9'",
            "- run: |\n    [ -f @ ] || cp @ x\n\n    true",
            "- working-directory: scripts\n  run: python keep.py ../@",
        ),
        (
            "# comment \u00e9",
            "",
            "- name: >-\n    folded\n    text",
            "- a: {c: d}",
        ),
        FILES,
        yaml.safe_load,
    ),
    "makefile": Format(
        "Makefile",
        ("A := @", "x: @ | y\n\tcat $< @", "@: z", "x:\n\tcat @"),
        ("# comment \u00e9", "", ".PHONY: config docs", "\techo $(A) \\\n\t  more"),
        FILES,
        lambda _text: None,
    ),
    "shell": Format(
        "up.sh",
        ("cat @ > x", 'A="@"', "if [ -e '@' ]; then cp @ /tmp; fi", "python @ --x=@"),
        ("# comment \u00e9", "", "echo config and k8s", "cat <<X\nconfig\nX"),
        FILES,
        lambda _text: None,
    ),
}


@pytest.mark.parametrize("name", FORMATS)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_place_follows_and_nothing_else_changes(
    name: str, data: st.DataObject
) -> None:
    form = FORMATS[name]
    line = st.sampled_from((*form.lines, *form.others))
    place = st.sampled_from(sorted(form.paths))
    parts = data.draw(st.lists(st.tuples(line, place), min_size=1, max_size=5))
    eol = data.draw(st.sampled_from(["\n", "\r\n"]))
    mark = data.draw(st.sampled_from(["", "\ufeff"])) if name != "json" else ""
    end = data.draw(st.sampled_from(["", eol]))
    old, new = (
        mark + _joined(form, parts, eol, mapped) + end for mapped in (False, True)
    )
    if name == "makefile" and eol == "\r\n":
        return  # make itself takes the \r for a part of the word
    world = a_world({**TREE, form.path: old.encode()}, MOVES)
    found, _undecided = rewritten(world, form.path)
    assert found.decode() == new
    assert form.read(new.removeprefix("\ufeff")) == _mapped(
        form.read(old.removeprefix("\ufeff")), form
    )


def _joined(form: Format, parts: list[tuple[str, str]], eol: str, mapped: bool) -> str:
    lines = [
        _filled(text, form.paths[place] if mapped else place) for text, place in parts
    ]
    return eol.join(lines).replace("\r\n", "\n").replace("\n", eol)


def _filled(text: str, place: str) -> str:
    return text.replace("../@", f"../{place}").replace("@", place)


def _mapped(value: object, form: Format) -> object:
    """The model of the old text with every place told anew."""
    if isinstance(value, dict):
        return {_mapped(k, form): _mapped(v, form) for k, v in value.items()}
    if isinstance(value, list):
        return [_mapped(one, form) for one in value]
    if not isinstance(value, str):
        return value
    longest = sorted(form.paths, key=len, reverse=True)
    return re.sub(
        "|".join(map(re.escape, longest)), lambda found: form.paths[found[0]], value
    )
