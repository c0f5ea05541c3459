from __future__ import annotations

import ast

from treeguard.languages.python.parse import parse
from treeguard.languages.python.parse import parse_to_change

DATA = b"import a\n"


def test_a_tree_that_may_be_changed_is_handed_out_once() -> None:
    """Whoever changes a literal in it would change what others read."""
    parse(DATA)
    taken = parse_to_change(DATA)
    again = parse_to_change(DATA)
    assert taken is not again
    assert parse(DATA) not in (taken, again)


def test_the_tree_just_parsed_is_given_to_who_rewrites_it() -> None:
    first = parse(DATA)
    assert parse_to_change(DATA) is first


def test_the_last_tree_is_not_given_for_another_source() -> None:
    parse(b"import b\n")
    tree = parse_to_change(DATA)
    assert ast.dump(tree) == ast.dump(ast.parse(DATA))
