"""What one source names besides its imports, and where."""

from __future__ import annotations

import pytest

from treeguard.languages.python.import_visitor import walk
from treeguard.languages.python.name_uses import chains
from treeguard.languages.python.name_uses import mentions
from treeguard.languages.python.name_uses import own_paths
from treeguard.languages.python.source import Source

CHAINS = [
    pytest.param("a.b.c()", ["a.b.c"], id="a-call"),
    pytest.param("(a\n .b)  # x", ["a.b"], id="over-lines"),
    pytest.param("f(a)[b.c]", ["a", "b.c", "f"], id="names-and-attributes"),
    pytest.param("x: 'a.b | None'", ["a.b"], id="a-type-in-a-string"),
    pytest.param("def f(p: 'a.B') -> 'c.D': ...", ["a.B", "c.D"], id="a-signature"),
    pytest.param("x = 1  # type: a.b", ["a.b"], id="a-type-comment"),
    pytest.param("x = 1  # type: ignore[a.b]", [], id="an-ignore-comment"),
    pytest.param("x: Literal['a.b']", ["Literal"], id="a-literal"),
    pytest.param("cast('a.b', x)", ["a.b", "cast", "x"], id="a-cast"),
]


@pytest.mark.parametrize(("text", "expected"), CHAINS)
def test_chains_are_found_where_they_are_written(
    text: str, expected: list[str]
) -> None:
    source = Source(text.encode())
    found = list(chains(source, walk(source.tree, names=True)))
    assert sorted(".".join(one.parts) for one in found) == expected
    for one in found:
        span = one.span(source, len(one.parts))
        assert one.is_written_at(source, span, len(one.parts))


PATHS = [
    pytest.param("open(Path(__file__).parent / 'x')", 4, id="the-outermost-path"),
    pytest.param("print(__file__)", 1, id="the-file-alone"),
    pytest.param("here = dirname(__file__)\njoin(here, 'x')", 2, id="not-by-name"),
]


@pytest.mark.parametrize(("text", "size"), PATHS)
def test_a_path_is_followed_outwards_from_the_file(text: str, size: int) -> None:
    head = "from os.path import dirname, join\nfrom pathlib import Path\n"
    source = Source((head + text).encode())
    found = walk(source.tree, names=True)
    [one] = own_paths(source, found, through_names=False)
    assert len(one.chain) == size


MENTIONS = [
    pytest.param("# import a.b", [("code", "a.b")], id="code"),
    pytest.param("see a.b.c, and x", [("dotted", "a.b.c")], id="prose"),
    pytest.param(r"r'a\.b'", [("dotted", r"a\.b")], id="a-regular-expression"),
    pytest.param("__module__ = 'pkg'", [("whole", "pkg")], id="a-whole-string"),
    pytest.param("in docs/a.md", [("path", "docs/a.md")], id="a-path"),
    pytest.param(r"'x\na.b'", [("dotted", "a.b")], id="after-an-escaped-line-end"),
    pytest.param("https://a.b/c", [], id="an-address"),
]


@pytest.mark.parametrize(("text", "expected"), MENTIONS)
def test_mentions(text: str, expected: list[tuple[str, str]]) -> None:
    found = list(mentions(text))
    assert [(one.kind, one.text) for one in found] == expected
    for one in found:
        assert text[one.start :].startswith(one.text)
