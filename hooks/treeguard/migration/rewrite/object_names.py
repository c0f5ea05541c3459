"""Decide what a dotted name in a string means: a module, or an attribute on the way.

`a.b.Class` follows the module `a.b`, if that has a `Class`: a metric or a label may
begin with a module's name by accident. `a.b` may be a submodule, or what the package
`a` binds to the name `b`.
"""

from __future__ import annotations

from treeguard.analysis.import_candidates import dotted_names
from treeguard.languages.facts import STRING
from treeguard.migration.rewrite.namespaces import Owner
from treeguard.migration.rewrite.namespaces import namespace_of
from treeguard.migration.rewrite.namespaces import owner_of
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError

# How sure it is that a text is a name at all, and what of its object is meant.
MAYBE, SURE, PATCHED = "maybe", "sure", "patched"


def renamed_object(
    names: Names, dotted: str, kind: str = STRING, use: str = MAYBE
) -> str:
    """Return how a dotted name is written now; raise `UndecidedError`.

    Its last parts may be attributes. What is `PATCHED` is an attribute in the end, and
    one that is `SURE` names what exists, perhaps not in Git.
    """
    parts = dotted_names(dotted)
    known = names.depth(Name(dotted))
    if not known:
        return dotted
    owner = last_owner(names, parts[:known]) if kind == STRING else Owner.MODULE
    if owner is Owner.PACKAGE and use == PATCHED and known == len(parts):
        return ".".join([names.new_name(Name(".".join(parts[:-1]))).module, parts[-1]])
    found = names.new_name(Name(".".join(parts[:known])), kind)
    new = ".".join([found.module, *parts[known:]])
    if kind == STRING and use != SURE and new != dotted:
        _refuse_others(names, parts, known)
    return new


def module_depth(names: Names, parts: list[str]) -> int:
    """Return how many parts of a chain of attributes are modules: `a.b` may be what
    the package `a` binds to `b`."""
    known = names.depth(Name(".".join(parts)))
    for count in range(2, known + 1):
        if last_owner(names, tuple(parts[:count])) is Owner.PACKAGE:
            return count - 1
    return known


def last_owner(names: Names, parts: tuple[str, ...]) -> Owner:
    """Return what the last part of a module's name is in its package."""
    if len(parts) < 2:
        return Owner.MODULE
    module = ".".join(parts)
    inits = names.old_targets(Name(".".join(parts[:-1])))
    inner = names.old_targets(Name(module))
    owners = [owner_of(names.context, one, parts[-1], inner) for one in inits]
    return next((one for one in owners if one is not Owner.MODULE), Owner.MODULE)


def refuse_attribute(names: Names, dotted: str) -> None:
    """Refuse a name that leads to a submodule and means what its package binds.

    So does `import a.b as c`: it takes the attribute (python/cpython#74210).
    """
    parts = dotted_names(dotted)
    if last_owner(names, parts) is not Owner.MODULE:
        [init, *_] = names.old_targets(Name(".".join(parts[:-1])))
        raise UndecidedError(f"{init} binds `{parts[-1]}` to something else")


def _refuse_others(names: Names, parts: tuple[str, ...], known: int) -> None:
    """Refuse a name that may mean something else than a module or what is in it."""
    [module, *_] = names.old_targets(Name(".".join(parts[:known])))
    if known == len(parts):
        refuse_attribute(names, ".".join(parts))
    elif not namespace_of(names.context, module).may_hold(parts[known]):
        raise UndecidedError(f"{module} has no `{parts[known]}`: it may name no module")
