"""Source newer than the running Python, and that both parsers say the same."""

from __future__ import annotations

import ast
import re

import pytest

from tests.languages.python import corpus
from tests.languages.python.sources import words
from treeguard.languages.python.decode import UnreadableError
from treeguard.languages.python.extract import tree_facts
from treeguard.languages.python.newer_grammar import is_too_deep
from treeguard.languages.python.newer_grammar import parse_as_older
from treeguard.languages.python.parse import Positions
from treeguard.languages.python.parse import parse
from treeguard.languages.python.source_facts import source_facts

NEWER = [
    pytest.param("lazy import garbage", ["import garbage"], id="63-pep-810"),
    pytest.param("lazy from a import b as c", ["from a:b"], id="pep-810-from"),
    pytest.param(
        "type X = int\nimport garbage", ["import garbage"], id="pep-695-alias"
    ),
    pytest.param(
        "def f[T: (a, b)](x: T):\n import garbage", ["import garbage"], id="pep-695"
    ),
    pytest.param(
        "class A[T = int]:\n import garbage", ["import garbage"], id="pep-696"
    ),
    pytest.param(
        "try: import garbage\nexcept A, B: import b",
        ["import garbage", "import b"],
        id="pep-758",
    ),
    pytest.param("t'{x}'\nimport garbage", ["import garbage"], id="pep-750"),
    pytest.param("f'{x['a']}'\nimport garbage", ["import garbage"], id="pep-701"),
    pytest.param(
        "try: pass\nexcept* E: import garbage", ["import garbage"], id="pep-654"
    ),
    pytest.param(
        "def f(*a: *Ts): x[*a]\nf(*[*b])\nimport c", ["import c"], id="pep-646"
    ),
]


@pytest.mark.parametrize(("source", "expected"), NEWER)
def test_newer_grammar_is_readable_everywhere(source: str, expected: list[str]) -> None:
    assert words(source, "import", "from") == expected


# A newer source, and an older one of equal length that means the same.
SPELLED = [
    ("f'{x['a']}'", "f'{x[\"a\"]}'"),
    ("import_module(f'a.{x['b']}')", "import_module(f'a.{x[\"b\"]}')"),
    ("f'{x[\"a\"]}{y['b']!r:>{w}}'", "(  x[\"a\"], y['b'],    w,  )"),
    ("f'\N{BULLET} é {f'{y['a']}'}'\n__import__('é')", None),
    ("t'é{x}'; __import__('b')", "f'é{x}'; __import__('b')"),
    ("class A[\n  T: int, # é\n](B):\n  import a", None),
    ("try: a\nexcept A, B, C: import b", "try: a\nexcept A| B| C: import b"),
    ("if a: lazy from b import c", "if a: 0;   from b import c"),
    ("# coding: iso-8859-5\nlazy import \u0451", "# coding: utf-8\n0;   import \u0451"),
]


@pytest.mark.parametrize(("source", "older"), SPELLED)
def test_the_tree_of_an_older_spelling_has_the_same_positions(
    source: str, older: str | None
) -> None:
    tree = parse_as_older(source)
    assert tree is not None
    if older is not None:
        expected = tree_facts(ast.parse(older), Positions(older))
        assert tree_facts(tree, Positions(source)) == expected
    lines = source.split("\n")
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            line, column, _, end = Positions(source).of(node)
            assert lines[line - 1][column - 1 : end - 1] == node.id


def test_bounds_and_defaults_of_type_parameters_are_read() -> None:
    found = source_facts(
        b"class A[\n T: x(), U = __import__('garbage')](B): pass\n", "python"
    )
    assert [(item.line, item.module) for item in found.imports] == [(2, "garbage")]


def test_source_that_is_not_newer_keeps_its_tree() -> None:
    compared = 0
    for path in corpus.files()[:: corpus.STEP_BETWEEN_PARSERS]:
        text = corpus.text(path)
        if text is None or is_too_deep(text):
            continue
        try:
            expected = parse(text)
        except UnreadableError:
            continue
        tree = parse_as_older(text)
        # libcst does not know `(x): int = 1`, which only tests of Python itself write.
        if tree is not None and not re.search(
            r"^ *(class|def) \w+\[|^ *type \w", text, re.M
        ):
            compared += 1
            assert ast.dump(tree) == ast.dump(expected), path
    assert compared >= 200


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5000 + ")" * 5000,
        "f(" * 5000,
        "x = " + "not " * 5000 + "1",
        "x = a" + ".b" * 5000,
        "x = " + "1 if a else " * 5000 + "1",
        "x = " + "lambda:" * 5000 + "1",
        "if a: pass\n" + "elif a: pass\n" * 5000,
        "x = " + "(1+" * 50 + "a" + ".b" * 5000 + ")" * 50,
        "x = a" + "[0]" * 4000,
        "x = a" + "()" * 4000,
        "x = a" + "(1)[b]" * 2000,
        "x = (a)" + " (a)" * 2000,
        "x = " + "'a' " * 2000,
        # No statement of these is too deep, and together they cost too much.
        ("x = a" + "[0]" * 290 + "\n") * 10,
        ("x = " + "f(" * 50 + "a" + ".b" * 200 + ")" * 50 + "\n") * 10,
    ],
)
def test_what_would_end_the_process_is_not_parsed(source: str) -> None:
    assert is_too_deep(source)


@pytest.mark.parametrize(
    "source",
    [
        "x = [" + "-1.5, " * 5000 + "]",
        "x = a.b + c\n" * 5000,
        "f(a)" * 9,
        "x = a" + "[0]" * 290,
        "x = a" + ".f(1)[0]" * 60,
        "f(a)[0].b(c)(d)\n" * 5000,
        "x = (\n" + "    'a' 'b'\n" * 100 + ")\n",
        "x = {" + "'a': b[0](1), " * 5000 + "}",
    ],
)
def test_long_is_not_deep(source: str) -> None:
    assert not is_too_deep(source)


def test_what_libcst_does_not_take_together_is_unreadable_and_no_crash() -> None:
    """Joined t-strings: its parser takes them, its nodes raise a CSTLogicError."""
    facts = source_facts(b"import a\nx = t'{a}' t'{a}' t'{a}'\n", "python")
    assert "a" in {item.module for item in facts.imports}
