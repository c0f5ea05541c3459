"""The one reader of YAML and JSON: places, aliases, and bounds."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from tests.support.project import ROOT
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import json_documents
from treeguard.languages.yaml_tree import scalars
from treeguard.languages.yaml_tree import yaml_documents

TEXT = """\
# é
a: &x [1, 'it''s', "\\u00e9\\ty"]
"b c":
- d: >
    folded
    text
  e: |
    block
- *x
? {f: g}
: plain
  lines
---
h: i
"""


def places(text: str) -> list[tuple[str, str, bool]]:
    return [
        (scalar.path, scalar.text.chars, scalar.is_key)
        for document in yaml_documents(from_file(text)) or []
        for scalar in scalars(document)
    ]


def test_every_scalar_has_its_path_and_place() -> None:
    assert places(TEXT) == [
        ("a", "a", True),
        ("a[]", "1", False),
        ("a[]", "it's", False),
        ("a[]", "é\ty", False),
        ("b c", "b c", True),
        ("b c[]/d", "d", True),
        ("b c[]/d", "folded text\n", False),
        ("b c[]/e", "e", True),
        ("b c[]/e", "block\n", False),
        ("", "", True),
        ("", "plain lines", False),
        ("h", "h", True),
        ("h", "i", False),
    ]
    for document in yaml_documents(from_file(TEXT)) or []:
        for scalar in scalars(document):
            for char, at in zip(*scalar.text, strict=True):
                assert char in (TEXT[at], " ", "é", "\t")


@pytest.mark.parametrize(
    "text", ["a: [b, {c: 'd'}]\ne: \"f\"\n", "- a\n- - b\n  - c\n"]
)
def test_it_agrees_with_pyyaml(text: str) -> None:
    def model(node: object) -> object:
        if isinstance(node, SourceText):
            return node.chars
        assert isinstance(node, tuple)
        if isinstance(node, Mapping):
            return {key.chars: model(value) for key, value in node.items}
        return [model(item) for item in node[0]]

    [document] = yaml_documents(from_file(text)) or []
    assert model(document) == yaml.load(text, yaml.BaseLoader)


def test_a_file_is_parsed_once() -> None:
    assert yaml_documents(from_file(TEXT)) is yaml_documents(from_file(TEXT))


def test_a_key_of_json_has_its_place() -> None:
    text = '{"a": {"b\\"c": 1}} // x'
    [document] = json_documents(from_file(text))
    keys = [scalar.text for scalar in scalars(document) if scalar.is_key]
    assert [key.chars for key in keys] == ["a", 'b"c']
    assert [text[key.offsets[0]] for key in keys] == ["a", "b"]


DEEP = {
    "brackets": "[" * 40_000,
    "closed brackets": "[" * 600 + "]" * 600,
    "braces": "{a: " * 40_000,
    "items": "- " * 40_000 + "a",
    "items on lines": "a:\n" + "- " * 40_000 + "a\n",
    "complex keys": "? " * 40_000 + "a",
    "indentation": "".join(" " * n + "a:\n" for n in range(600)),
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_nesting_is_refused_before_it_is_parsed(name: str) -> None:
    """In a process of its own: libyaml's recursion ends in a segmentation fault."""
    program = (
        "import sys\n"
        "from treeguard.languages.source_text import from_file\n"
        "from treeguard.languages.yaml_tree import yaml_documents\n"
        "sys.exit(yaml_documents(from_file(sys.stdin.read())) is not None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=DEEP[name].encode(),
        cwd=ROOT / "hooks",
        check=False,
    )
    assert done.returncode == 0


def test_what_is_deep_enough_is_read() -> None:
    text = "[" * 400 + "]" * 400 + "\n"
    assert yaml_documents(from_file(text)) is not None
