"""Texts that the source decides, held against what CPython makes of them."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from treeguard.languages.python.constant_eval import Text
from treeguard.languages.python.constant_eval import fold
from treeguard.languages.python.import_visitor import walk

NAMES = {"n": "garbage", "t": "%s.{}", "p": ["a", "b"], "u": "x"}
# `u` is bound twice: its value is only known at run time.
BINDINGS = "n = 'garbage'\nt = '%s.{}'\np = ['a', 'b']\nu = 'y'\nu = 'x'\n"


def folded(expression: str) -> Text | None:
    tree = ast.parse(f"{BINDINGS}x = {expression}\n")
    assignment = tree.body[-1]
    assert isinstance(assignment, ast.Assign)
    return fold(assignment.value, walk(tree).module)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'%d' % 3", None),
        ("'%5s.a' % n", None),
        ("'a.%5s' % n", Text("a.", False)),
        ("'{:>9}' '.a'.format(n)", None),
        ("'{0.real}'.format(n)", None),
        ("u + '.a'", None),
        ("'a.' + u", Text("a.", False)),
        ("'.'.join([n, *p])", Text("garbage.", False)),
        ("'.'.join(u)", None),
        ("'a'.replace('', n * 4000)", None),
        ("n.title()", None),
        ("'%s.%s' % (n, 'a')", Text("garbage.a")),
        ("'%(m)s.a' % {'m': n}", Text("garbage.a")),
        ("'{m}.{}'.format('a', m=n)", Text("garbage.a")),
        ("'{}.{{{}}}'.format(n, 'a')", Text("garbage.{a}")),
        ("'.'.join(p)", Text("a.b")),
        ("f'{n}.{u}'", Text("garbage.", False)),
        ("' Garbage.A '.strip().lower()", Text("garbage.a")),
        ("n[u]", None),
        ("n[::2]", None),
        ("u.split('.')[0]", None),
        ("n.split('.')[3]", None),
        ("n.split('.')", None),
        ("str(n)[:3]", Text("gar")),
        ("'garbage.a:f'.partition(':')[0]", Text("garbage.a")),
        ("'garbage.a.f'.rsplit('.', 1)[0]", Text("garbage.a")),
        ("'garbage/a.py'[:-3].replace('/', '.')", Text("garbage.a")),
        ("'my-tool'.replace('-', '_')", Text("my_tool")),
    ],
)
def test_what_a_text_is(expression: str, expected: Text | None) -> None:
    assert folded(expression) == expected


texts = st.recursive(
    st.one_of(
        st.text("a.{}%s-", max_size=4).map(repr),
        st.sampled_from(["n", "t", "u", "f'{n}.a'", "f'{u!s}b'"]),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda one: f"({one[0]} + {one[1]})"),
        st.tuples(inner, inner).map(lambda one: f"({one[0]} % {one[1]})"),
        st.tuples(inner, inner, inner).map(
            lambda one: f"({one[0]} % ({one[1]}, {one[2]}))"
        ),
        st.tuples(inner, inner).map(lambda one: f"({one[0]}).format({one[1]})"),
        st.tuples(inner, inner).map(lambda one: f"({one[0]}).join([{one[1]}, n])"),
        inner.map(lambda one: f"({one}).join(p)"),
        inner.map(lambda one: f"({one}).strip('.').lower()"),
        inner.map(lambda one: f"str({one})"),
        inner.map(lambda one: f"({one})[:-1]"),
        inner.map(lambda one: f"({one})[1:]"),
        inner.map(lambda one: f"({one}).rpartition('.')[0]"),
        inner.map(lambda one: f"({one}).split('.', 1)[-1]"),
        st.tuples(inner, inner, inner).map(
            lambda one: f"({one[0]}).replace({one[1]}, {one[2]})"
        ),
    ),
    max_leaves=6,
)


@given(texts)
@settings(max_examples=500, deadline=None)
def test_a_text_is_what_cpython_makes_of_it(expression: str) -> None:
    known = folded(expression)
    try:
        made = eval(expression, dict(NAMES))
    except (TypeError, ValueError, IndexError, KeyError, AttributeError):
        return  # the program stops here: whatever is said of it does not matter
    if known is not None:
        assert made == known.text if known.complete else made.startswith(known.text)
