"""Uses of what a plain `import a.b.c` binds: `a.b.c.run()`, and `a` by itself.

Types in strings and comments are uses too. A chain of attributes is followed from the
name that it begins with, through Python's scopes; a name that anything else binds too
is left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Scope
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_annotations import written_types
from treeguard.migration.rewrite.python_imports import KIND
from treeguard.migration.rewrite.python_imports import Renamed
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_source import Span

_FILLING = re.compile(r"#[^\r\n]*|\\(?:\r\n|\r|\n)|[\s()]+")


class Bound(NamedTuple):
    """What plain imports bind in one scope by one first name.

    `wanted` are the modules that its uses need besides those of the new imports.
    """

    scope: Scope
    first: str
    items: list[Renamed]
    wanted: dict[str, None]

    def binds(self, first: str) -> bool:
        """True if the new imports bind `first`."""
        modules = [item.new for item in self.items]
        return any(module.partition(".")[0] == first for module in modules)


class Chain(NamedTuple):
    """`a.b.c` as it stands: the nodes of `a`, `a.b`, `a.b.c`, and their names.

    `base` is where the text stands that the nodes were read from, if it is not all.
    """

    nodes: list[ast.expr]
    parts: list[str]
    place: Place
    base: int | None = None

    def span(self, source: Source, count: int) -> Span:
        """Where the first `count` names stand."""
        first, last = self.nodes[0], self.nodes[count - 1]
        if self.base is None:
            return source.span(first)[0], source.span(last)[1]
        end = last.end_col_offset
        assert end is not None
        return self.base + first.col_offset, self.base + end


def uses(
    source: Source, found: Walk, renamed: list[tuple[Renamed, Place]], names: Names
) -> Iterator[Edit | Undecided]:
    """Edits of the imports in `renamed` and of everything that uses what they bind."""
    bound: dict[tuple[int, str], Bound] = {}
    for item, place in renamed:
        first = item.old.partition(".")[0]
        scope, _bindings = place.scope.lookup(first)
        if scope is not None:
            key = (id(scope), first)
            bound.setdefault(key, Bound(scope, first, [], {})).items.append(item)
    bound = {key: one for key, one in bound.items() if _concerns(one, names)}
    chains = [*_chains(found), *_typed(source, found)] if bound else []
    for chain in chains:
        key = _key(chain)
        if key in bound:
            yield from _use(source, chain, bound[key], names)
    for one in bound.values():
        yield from _imports(source, one, names, _captured(source, chains, one))


def _concerns(bound: Bound, names: Names) -> bool:
    """False for `import os`: all that begins with a name which leads nowhere stays as
    it is, and to look through every type of a source takes long."""
    changed = any(item.new != item.old for item in bound.items)
    return changed or bool(names.led(Name(bound.first)).targets)


def _key(chain: Chain) -> tuple[int, str]:
    scope, _bindings = chain.place.scope.lookup(chain.parts[0])
    return id(scope), chain.parts[0]


def _chains(found: Walk) -> Iterator[Chain]:
    for node, place in found.names or ():
        yield Chain([node], [node.id], place)
    for attribute, place in found.attributes:
        chain = _chain(attribute, place)
        assert chain is not None
        yield chain


def _chain(node: ast.AST, place: Place, base: int | None = None) -> Chain | None:
    """The chain that ends with a node; None if it does not begin with a name."""
    assert isinstance(node, ast.expr)
    nodes, parts = [node], list[str]()
    while isinstance(nodes[-1], ast.Attribute):
        parts.append(nodes[-1].attr)
        nodes.append(nodes[-1].value)
    first = nodes[-1]
    if not isinstance(first, ast.Name):
        return None
    return Chain(nodes[::-1], [first.id, *reversed(parts)], place, base)


def _typed(source: Source, found: Walk) -> Iterator[Chain]:
    """Chains in types that stand in strings and comments: the module's names."""
    place = Place(found.module, None)
    for written in written_types(source, found):
        ahead: list[ast.AST] = [written.tree]
        while ahead:
            node = ahead.pop()
            is_name = isinstance(node, (ast.Attribute, ast.Name))
            chain = _chain(node, place, written.base) if is_name else None
            if chain is not None:
                yield chain
            else:
                ahead += ast.iter_child_nodes(node)


def _use(
    source: Source, chain: Chain, bound: Bound, names: Names
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
        line = source.line(chain.span(source, 1)[0])
        yield Undecided(names.path, line, ".".join(chain.parts), str(error))
    if not bound.binds(bound.first) and names.leads(Name(bound.first)):
        bound.wanted[bound.first] = None


def _edited(source: Source, chain: Chain, known: int, new: str, bound: Bound) -> Edit:
    first = new.partition(".")[0]
    if not _all_plain(bound.scope, bound.first):
        raise UndecidedError("the name is bound in another way as well")
    if all(item.new == item.old for item in bound.items) and not bound.binds(first):
        raise UndecidedError(f"nothing here imports {new}")
    if first != bound.first and _is_shadowed(first, chain.place.scope, bound.scope):
        raise UndecidedError(f"{first} is another name here")
    span = chain.span(source, known)
    written = _FILLING.sub("", source.text[slice(*span)])
    if written != ".".join(chain.parts[:known]):
        raise UndecidedError("its place in an f-string cannot be told")
    if not bound.binds(first):
        bound.wanted[new] = None
    return source.edit(span, new, KIND)


def _is_plain(binding: Binding) -> bool:
    return bool(binding.imported) and "." not in binding.dotted


def _imports(
    source: Source, bound: Bound, names: Names, captured: set[str]
) -> Iterator[Edit | Undecided]:
    """The new module of every import, and once what its uses need besides."""
    extra = "".join(f"{module}, " for module in bound.wanted)
    for item in sorted(bound.items, key=lambda item: item.statement.span):
        if item.new == item.old:
            continue
        place = item.statement.items[item.at].name
        new = item.new.partition(".")[0]
        if new != bound.first and new in captured:
            line = source.line(place[0])
            why = f"{new} is another name in this scope"
            yield Undecided(names.path, line, f"import {item.old}", why)
            continue
        yield source.edit(place, f"{extra}{item.new}", KIND)
        extra = ""


def _captured(source: Source, chains: list[Chain], bound: Bound) -> set[str]:
    """First names that the new imports would take from something else in the scope."""
    scope, items = bound.scope, bound.items
    modules = [*(item.new for item in items), *bound.wanted]
    firsts = {module.partition(".")[0] for module in modules} - {bound.first}
    taken = {first for first in firsts if not _all_plain(scope, first)}
    begins = min(item.statement.span[0] for item in items)
    for chain in chains:
        first, place = chain.parts[0], chain.place.scope
        if first not in firsts or first in scope.names or not _within(place, scope):
            continue
        owner, _bindings = place.lookup(first)
        if owner is not None and _within(owner, scope):
            continue
        # Python would look for it in this scope alone, before the import has run.
        is_early = chain.span(source, 1)[0] < begins
        if owner is None or is_early or not _all_plain(owner, first):
            taken.add(first)
    return taken


def _is_shadowed(name: str, place: Scope, scope: Scope) -> bool:
    """True if a scope between `place` and `scope` means something else by `name`."""
    at: Scope | None = place
    while at is not None and at is not scope:
        if name in at.names and not _all_plain(at, name):
            return True
        at = at.parent
    return False


def _within(place: Scope, scope: Scope) -> bool:
    at: Scope | None = place
    while at is not None and at is not scope:
        at = at.parent
    return at is scope


def _all_plain(scope: Scope, name: str) -> bool:
    return all(map(_is_plain, scope.names.get(name, ())))
