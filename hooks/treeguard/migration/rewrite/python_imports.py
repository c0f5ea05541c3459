"""Rewrite import statements: each name leads after the moves where it led before.

If only some names of `from a import b, c` moved, the statement keeps the others and a
second one, right after it in the same block, takes what moved.

Uses of what `import a.b.c` binds follow: `a.b.c.run()`, and `a` by itself. A chain of
attributes is followed from the name that it begins with, through Python's scopes; a
name that anything else binds too is left alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.import_candidates import dotted_names
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.languages.python.import_visitor import Place
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.name_uses import Chain
from treeguard.languages.python.name_uses import chains
from treeguard.languages.python.scopes import Binding
from treeguard.languages.python.scopes import Scope
from treeguard.languages.python.source import Patch
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Statement
from treeguard.languages.python.source import insertion
from treeguard.languages.python.source import module_patch
from treeguard.languages.python.source import read_statement
from treeguard.languages.python.source import removal
from treeguard.migration.rewrite.object_names import module_depth
from treeguard.migration.rewrite.object_names import refuse_attribute
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.plans import Edit
from treeguard.plans import Undecided

KIND = "import"


class Renamed(NamedTuple):
    """One `import a.b` without `as`: its place in the statement and its new module."""

    statement: Statement
    at: int
    old: str
    new: str


def rewrite_from_import(
    source: Source, node: ast.ImportFrom, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield the edits of one `from ... import ...`."""
    old = [Name(node.module or "", node.level or 0, alias.name) for alias in node.names]
    new: list[Name] = []
    for alias, name in zip(node.names, old, strict=True):
        try:
            new.append(names.new_name(name))
        except UndecidedError as error:
            line = source.line(source.span(alias)[0])
            text = f"from {name.written} import {name.name}"
            yield Undecided(names.path, line, text, str(error))
            new.append(name)
    if new != old:
        statement = read_statement(source, source.span(node))
        for span, text in _patches(source, statement, old, new):
            yield source.edit(span, text, KIND)


def _patches(
    source: Source, statement: Statement, old: list[Name], new: list[Name]
) -> Iterator[Patch]:
    groups: dict[str, list[int]] = {}
    for at, name in enumerate(new):
        groups.setdefault(name.written, []).append(at)
    stays = old[0].written
    first = stays if stays in groups else next((key for key in groups if key), "")
    if not first:
        yield _plain_imports(source, statement, new)
        return
    if first != stays:
        yield module_patch(source, statement, first)
    for at in groups.pop(first):
        if new[at].name != old[at].name:
            yield _renamed_item(source, statement, at, new[at])
    gone = sorted(at for group in groups.values() for at in group)
    if gone:
        patches, comments = removal(source, statement, gone)
        yield from patches
        lines = [
            line
            for group in groups.values()
            for line in _statements(source, statement, [(at, new[at]) for at in group])
        ]
        yield insertion(source, statement, lines, comments)


def _renamed_item(source: Source, statement: Statement, at: int, new: Name) -> Patch:
    item = statement.items[at]
    was = source.text[slice(*item.name)]
    keeps = "" if item.asname else f" as {was}"
    return item.name, f"{new.name}{keeps}"


def _statements(
    source: Source, statement: Statement, moved: list[tuple[int, Name]]
) -> Iterator[str]:
    """Yield the statement for names of one new module; without it, for modules."""
    said = []
    for at, new in moved:
        item = statement.items[at]
        was = source.text[slice(*item.name)]
        bound = item.asname or (was if was != new.name and was != "*" else None)
        said.append(f"{new.name} as {bound}" if bound else str(new.name))
    module = moved[0][1].written
    yield (
        f"from {module} import {', '.join(said)}"
        if module
        else (f"import {', '.join(said)}")
    )


def _plain_imports(source: Source, statement: Statement, new: list[Name]) -> Patch:
    """Replace `from a import b` by `import b`, where `b` is now at the top."""
    [line] = _statements(source, statement, list(enumerate(new)))
    return statement.span, line


def rewrite_plain_import(
    source: Source, node: ast.Import, names: Names
) -> Iterator[Edit | Undecided | Renamed]:
    """Yield what becomes of one `import ...`: each of its names by itself."""
    statement = read_statement(source, source.span(node))
    for at, alias in enumerate(node.names):
        item = statement.items[at]
        try:
            new = names.new_name(Name(alias.name)).module
            if new != alias.name and alias.asname:
                refuse_attribute(names, alias.name)
        except UndecidedError as error:
            line = source.line(item.span[0])
            yield Undecided(names.path, line, f"import {alias.name}", str(error))
            new = alias.name
        if alias.asname is None:
            yield Renamed(statement, at, alias.name, new)
        elif new != alias.name:
            yield source.edit(item.name, new, KIND)


class Bound(NamedTuple):
    """The plain imports that bind one first name in one scope.

    `wanted` are the modules that its uses need besides those of the new imports.
    """

    scope: Scope
    first: str
    items: list[Renamed]
    wanted: dict[str, None]

    def binds(self, first: str) -> bool:
        """Return True if the new imports bind `first`."""
        modules = [item.new for item in self.items]
        return any(module.partition(".")[0] == first for module in modules)


def rewrite_uses(
    source: Source, found: Walk, renamed: list[tuple[Renamed, Place]], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield edits of the imports in `renamed`, and of all uses of what they bind."""
    bound: dict[tuple[int, str], Bound] = {}
    for item, place in renamed:
        first = item.old.partition(".")[0]
        scope, _bindings = place.scope.lookup(first)
        if scope is not None:
            key = (id(scope), first)
            bound.setdefault(key, Bound(scope, first, [], {})).items.append(item)
    bound = {key: one for key, one in bound.items() if _concerns(one, names)}
    used = list(chains(source, found)) if bound else []
    for chain in used:
        key = _key(chain)
        if key in bound:
            yield from _use(source, chain, bound[key], names)
    for one in bound.values():
        yield from _imports(source, one, names, _captured(source, used, one))


def _concerns(bound: Bound, names: Names) -> bool:
    """Return True if uses may change; reading every type of a source takes long.

    Not so for `import os`: a name that leads nowhere stays as it is.
    """
    changed = any(item.new != item.old for item in bound.items)
    return changed or bool(names.old_targets(Name(bound.first)))


def _key(chain: Chain) -> tuple[int, str]:
    scope, _bindings = chain.place.scope.lookup(chain.parts[0])
    return id(scope), chain.parts[0]


def _use(
    source: Source, chain: Chain, bound: Bound, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield the edit of one chain, if it needs one; else keep its first name wanted."""
    known = max(1, module_depth(names, chain.parts))
    old = ".".join(chain.parts[:known])
    try:
        new = names.new_name(Name(old)).module
        if new != old:
            yield _edited(source, chain, known, new, bound)
            return
    except UndecidedError as error:
        line = source.line(chain.span(source, 1)[0])
        yield Undecided(names.path, line, ".".join(chain.parts), str(error))
    if not bound.binds(bound.first) and names.new_targets(Name(bound.first)):
        bound.wanted[bound.first] = None


def _edited(source: Source, chain: Chain, known: int, new: str, bound: Bound) -> Edit:
    first = new.partition(".")[0]
    if not _all_plain(bound.scope, bound.first):
        raise UndecidedError("something else binds the name too")
    if all(item.new == item.old for item in bound.items) and not bound.binds(first):
        raise UndecidedError(f"no import here binds {new}")
    if first != bound.first and _is_shadowed(first, chain.place.scope, bound.scope):
        raise UndecidedError(f"{first} means something else here")
    span = chain.span(source, known)
    if not chain.is_written_at(source, span, known):
        raise UndecidedError("its place in an f-string is unknown")
    if not bound.binds(first):
        bound.wanted[new] = None
    return source.edit(span, new, KIND)


def _is_plain(binding: Binding) -> bool:
    return bool(binding.imported) and "." not in binding.dotted


def _imports(
    source: Source, bound: Bound, names: Names, captured: set[str]
) -> Iterator[Edit | Undecided]:
    """Yield the new module of every import, and once what its uses need besides."""
    extra = "".join(f"{module}, " for module in bound.wanted)
    for item in sorted(bound.items, key=lambda item: item.statement.span):
        if item.new == item.old:
            continue
        place = item.statement.items[item.at].name
        new = item.new.partition(".")[0]
        if new != bound.first and new in captured:
            line = source.line(place[0])
            why = f"{new} means something else in this scope"
            yield Undecided(names.path, line, f"import {item.old}", why)
            continue
        yield source.edit(place, f"{extra}{item.new}", KIND)
        extra = ""


def _captured(source: Source, used: list[Chain], bound: Bound) -> set[str]:
    """Return first names that the new imports would take from something else."""
    scope, items = bound.scope, bound.items
    modules = [*(item.new for item in items), *bound.wanted]
    firsts = {module.partition(".")[0] for module in modules} - {bound.first}
    taken = {first for first in firsts if not _all_plain(scope, first)}
    begins = min(item.statement.span[0] for item in items)
    for chain in used:
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
    """Return True if a scope from `place` to `scope` binds `name` otherwise."""
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


def unreachable_attributes(
    was: SourceFacts, now: SourceFacts, names: Names
) -> Iterator[Undecided]:
    """Yield attributes that were a moved submodule: `import a as x; x.b.run()`.

    No import names `a.b` there, so there is nothing to edit; once `a/b.py` has moved,
    the attribute is gone, unless the package itself binds it.
    """
    reached = Counter(
        names.new_targets(item, search_path=now.search_path)
        for item in now.imports
        if item.kind == ATTRIBUTE
    )
    for item in was.imports:
        targets = names.old_targets(item) if item.kind == ATTRIBUTE else ()
        home = names.new_places(targets) if targets else None
        if home is None or home == targets:
            continue
        if reached[home]:
            reached[home] -= 1
        elif not _is_bound(item, names):
            why = "it is reached through its package, which no longer holds it"
            yield Undecided(names.path, item.line, item.module, why)


def _is_bound(item: Import, names: Names) -> bool:
    """Return True if a package on the way imports the next name by itself."""
    parts = dotted_names(item.module)
    return any(
        names.imports_by_name(init, parts[at])
        for at in range(1, names.depth(Name(item.module)))
        for init in names.old_targets(Name(".".join(parts[:at])))
    )
