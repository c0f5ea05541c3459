"""What modules of the old tree bind: names that hide submodules, and `__all__`."""

from __future__ import annotations

from enum import Enum

from treeguard.languages.facts import FROM
from treeguard.languages.facts import Import
from treeguard.languages.python.namespace import UNKNOWN
from treeguard.languages.python.namespace import Namespace
from treeguard.languages.python.namespace import read_namespace
from treeguard.migration.context import MoveContext


class Owner(Enum):
    """What `package.name` is, where the package has a submodule of that name."""

    MODULE = "the submodule"
    PACKAGE = "what the package binds the name to"
    UNKNOWN = "one of the two"


def namespace_of(context: MoveContext, path: str) -> Namespace:
    """Return what the source at the old `path` binds; `UNKNOWN` for a folder."""
    key = f"namespace {path}"
    kept = {} if context.kept is None else context.kept
    found = kept.get(key)
    if not isinstance(found, Namespace):
        entry = context.before.entry(path)
        is_source = (
            entry is not None and entry.is_file and path.endswith((".py", ".pyw"))
        )
        found = read_namespace(context.before.data(path)) if is_source else UNKNOWN
        kept[key] = found
    return found


def owner_of(
    context: MoveContext, init: str, name: str, submodule: tuple[str, ...]
) -> Owner:
    """Return what the package of `init` has for `name`, which is a submodule too.

    Importing a submodule binds its name in the package, and a statement of the package
    that runs later binds it anew: `from .core import core` runs `core` first.
    """
    bindings = namespace_of(context, init).bound.get(name, ())
    others = 0
    for dotted in bindings:
        base, _, last = dotted.rpartition(".")
        if not base:
            return Owner.UNKNOWN
        module = base.lstrip(".")
        level = len(base) - len(module)
        item = Import(1, 1, 1, 1, FROM, module, level, last)
        from_ = context.before.resolve(init, item._replace(name=None)).targets
        if from_ == submodule:
            others += 1
        elif context.before.resolve(init, item).targets != submodule:
            return Owner.UNKNOWN
    if not others:
        return Owner.MODULE
    return Owner.PACKAGE if others == len(bindings) else Owner.UNKNOWN
