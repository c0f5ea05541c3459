"""Uses of what a plain `import a.b.c` binds: `a.b.c.run()`, and `a` by itself.

A chain of attributes is followed from the name that it begins with, through Python's
scopes; a name that anything else binds too is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.facts.source.scopes import Binding
from treeguard.facts.source.scopes import Scope
from treeguard.facts.source.walk import Place
from treeguard.facts.source.walk import Walk
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_source import Source

_FILLING = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|[\s()]+")

Bound = tuple[Scope, list[Renamed]]


class Chain(NamedTuple):
    """`a.b.c` as it stands: the nodes of `a`, `a.b`, `a.b.c`, and their names."""

    nodes: list[ast.expr]
    parts: list[str]
    place: Place


def uses(
    source: Source, found: Walk, renamed: list[tuple[Renamed, Place]], names: Names
) -> Iterator[Edit | Undecided]:
    """Edits of the imports in `renamed` and of everything that uses what they bind."""
    bound: dict[tuple[int, str], Bound] = {}
    for item, place in renamed:
        first = item.old.partition(".")[0]
        scope, _bindings = place.scope.lookup(first)
        if scope is not None:
            bound.setdefault((id(scope), first), (scope, []))[1].append(item)
    wanted: set[tuple[int, str]] = set()
    for chain in _chains(found):
        key = _key(chain)
        if key in bound:
            yield from _use(source, chain, bound[key], names, wanted)
    for key, (scope, items) in bound.items():
        yield from _imports(source, items, names, scope, needs=key in wanted)


def _key(chain: Chain) -> tuple[int, str]:
    scope, _bindings = chain.place.scope.lookup(chain.parts[0])
    return id(scope), chain.parts[0]


def _chains(found: Walk) -> Iterator[Chain]:
    for node, place in found.names or ():
        yield Chain([node], [node.id], place)
    for attribute, place in found.attributes:
        nodes: list[ast.expr] = [attribute]
        inner: ast.expr = attribute
        parts: list[str] = []
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
            nodes.append(inner)
        assert isinstance(inner, ast.Name)
        yield Chain(nodes[::-1], [inner.id, *reversed(parts)], place)


def _use(
    source: Source,
    chain: Chain,
    bound: Bound,
    names: Names,
    wanted: set[tuple[int, str]],
) -> Iterator[Edit | Undecided]:
    """The edit of one chain, if it needs one; else its first name is still wanted."""
    known = max(1, names.depth(Name(".".join(chain.parts))))
    old = ".".join(chain.parts[:known])
    try:
        new = names.renamed(Name(old)).module
        if new != old:
            yield _edited(source, chain, known, new, bound)
            return
    except UndecidedError as error:
        line = source.line(source.span(chain.nodes[0])[0])
        yield Undecided(names.path, line, ".".join(chain.parts), str(error))
    wanted.add(_key(chain))


def _edited(source: Source, chain: Chain, known: int, new: str, bound: Bound) -> Edit:
    scope, items = bound
    first = new.partition(".")[0]
    if not all(_is_plain(binding) for binding in scope.names[chain.parts[0]]):
        raise UndecidedError("the name is bound in another way as well")
    if all(item.new.partition(".")[0] != first for item in items):
        raise UndecidedError(f"nothing here imports {new}")
    owner, _bindings = chain.place.scope.lookup(first)
    if first != chain.parts[0] and owner not in (None, scope):
        raise UndecidedError(f"{first} is another name here")
    span = source.span(chain.nodes[0])[0], source.span(chain.nodes[known - 1])[1]
    written = _FILLING.sub("", source.text[slice(*span)])
    if written != ".".join(chain.parts[:known]):
        raise UndecidedError("its place in an f-string cannot be told")
    return source.edit(span, new, KIND)


def _is_plain(binding: Binding) -> bool:
    return bool(binding.imported) and "." not in binding.dotted


def _imports(
    source: Source, items: list[Renamed], names: Names, scope: Scope, *, needs: bool
) -> Iterator[Edit | Undecided]:
    """The new module of every import; the old first name stays bound while needed."""
    first = items[0].old.partition(".")[0]
    lost = needs and all(item.new.partition(".")[0] != first for item in items)
    for item in items:
        if item.new == item.old:
            continue
        place = item.statement.items[item.at].name
        new = item.new.partition(".")[0]
        if new != first and _is_taken(scope, new):
            line = source.line(place[0])
            why = f"{new} is another name in this scope"
            yield Undecided(names.path, line, f"import {item.old}", why)
            continue
        kept = f"{first}, " if lost and names.leads(Name(first)) else ""
        lost = lost and not kept
        yield source.edit(place, f"{kept}{item.new}", KIND)


def _is_taken(scope: Scope, name: str) -> bool:
    return not all(_is_plain(binding) for binding in scope.names.get(name, ()))
