"""Places in the text of a source are places in its bytes."""

from __future__ import annotations

import ast

import pytest

from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import read_statement

BYTES = [
    pytest.param(b"x = 'a'\n", id="ascii"),
    pytest.param("é = 1\r\nx = 'a'\r\n".encode(), id="utf-8"),
    pytest.param(b"\xef\xbb\xbf# \xc3\xa9\rx = 'a'", id="byte-order-mark"),
    pytest.param("# coding: latin-1\né = 1; x = 'a'".encode("latin-1"), id="latin-1"),
    pytest.param(b"# \xff\nx = 'a'\n", id="a-stray-byte"),
]


@pytest.mark.parametrize("data", BYTES)
def test_an_edit_replaces_the_bytes_of_a_node(data: bytes) -> None:
    source = Source(data)
    [node] = [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and node.value == "a"
    ]
    inner = source.plain_string(source.span(node))
    assert inner is not None
    edit = source.edit(inner, "b", "string")
    assert data[edit.start : edit.end] == b"a"
    assert data[: edit.start] + edit.text + data[edit.end :] == data.replace(
        b"a'", b"b'"
    )


@pytest.mark.parametrize("text", ["'a' 'b'", r"'\x61'", "f'a'", "b'a'", "('a')"])
def test_what_is_not_one_plain_string_has_no_inside(text: str) -> None:
    source = Source(text.encode())
    assert source.plain_string((0, len(source.text))) is None


def test_bytes_that_their_encoding_does_not_give_back_are_refused() -> None:
    with pytest.raises(UnreadableError):
        Source(b"# coding: utf-7\nx = '+AGE-'\n")


@pytest.mark.parametrize(
    ("text", "module", "names"),
    [
        ("import a.b as c, d", None, ["a.b", "d"]),
        ("from . import a", ".", ["a"]),
        ("from a . b import (c,  # x )\n  d as e,)", "a . b", ["c", "d"]),
        ("from a \\\n import *", "a", ["*"]),
    ],
)
def test_a_statement_is_read_as_it_is_written(
    text: str, module: str | None, names: list[str]
) -> None:
    source = Source(text.encode())
    statement = read_statement(source, (0, len(text)))
    assert [source.text[slice(*item.name)] for item in statement.items] == names
    if module is None:
        assert statement.module is None
    else:
        assert statement.module is not None
        assert source.text[slice(*statement.module)] == module
