"""Source newer than the running Python, and that both parsers say the same."""

from __future__ import annotations

import pytest

from tests.languages.python import corpus
from tests.languages.python.sources import words
from tests.languages.python.test_dynamic_imports import ATTRIBUTES
from tests.languages.python.test_dynamic_imports import DYNAMIC
from tests.languages.python.test_dynamic_imports import FOLDERS
from tests.languages.python.test_dynamic_imports import STRINGS
from tests.languages.python.test_source_facts import TYPING
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.extract import tree_facts
from treeguard.languages.python.libcst_fallback import is_too_deep
from treeguard.languages.python.libcst_fallback import parse_newer
from treeguard.languages.python.parse import Positions
from treeguard.languages.python.parse import UnreadableError
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
]


@pytest.mark.parametrize(("source", "expected"), NEWER)
def test_newer_grammar_is_readable_everywhere(source: str, expected: list[str]) -> None:
    assert words(source, "import", "from") == expected


CASES = [case[1] for case in [*DYNAMIC, *STRINGS, *ATTRIBUTES]]
CASES += [f"import sys\n{source}" for source, _folders in FOLDERS]
CASES += [source for source, _only in TYPING]


@pytest.mark.parametrize("source", CASES)
def test_both_parsers_say_the_same(source: str) -> None:
    assert _by_libcst(source) == _by_ast(source)


def test_both_parsers_say_the_same_of_real_files() -> None:
    different, refused, compared = [], [], 0
    for path in corpus.files()[:: corpus.STEP_BETWEEN_PARSERS]:
        text = corpus.text(path)
        if text is None or is_too_deep(text):
            continue
        try:
            expected = _by_ast(text)
        except UnreadableError:
            continue
        tree = parse_newer(text)
        if tree is None:
            refused.append(path)
            continue
        compared += 1
        found = tree_facts(tree, Positions(text, in_bytes=False))
        if _comparable(found) != _comparable(expected):
            different.append(path)
    assert not different
    # libcst does not know `(x): int = 1`, which only tests of Python itself write.
    assert len(refused) <= compared // 100, refused
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
    ],
)
def test_what_would_end_the_process_is_not_parsed(source: str) -> None:
    assert is_too_deep(source)


@pytest.mark.parametrize(
    "source", ["x = [" + "-1.5, " * 5000 + "]", "x = a.b + c\n" * 5000, "f(a)" * 9]
)
def test_long_is_not_deep(source: str) -> None:
    assert not is_too_deep(source)


def _by_ast(text: str) -> SourceFacts:
    return tree_facts(parse(text), Positions(text))


def _by_libcst(text: str) -> SourceFacts:
    tree = parse_newer(text)
    assert tree is not None
    return tree_facts(tree, Positions(text, in_bytes=False))


def _comparable(facts: SourceFacts) -> object:
    """Where `ast` before 3.12 places things inside f-strings is left out."""
    imports = {
        (item.line, item.column, *item[4:])
        if item.kind in ("import", "from")
        else item[4:]
        for item in facts.imports
    }
    undecidable = len(facts.undecidable)
    return sorted(imports, key=repr), undecidable, facts.search_path


def test_what_libcst_does_not_take_together_is_unreadable_and_no_crash() -> None:
    """Joined t-strings: its parser takes them, its nodes raise a CSTLogicError."""
    facts = source_facts(b"import a\nx = t'{a}' t'{a}' t'{a}'\n", "python")
    assert "a" in {item.module for item in facts.imports}
