"""List names in `__all__` that are submodules of the package, and move away from it.

`from package import *` imports each name in `__all__` that the package does not bind
itself, and raises AttributeError where there is no such submodule.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.rewrite.namespaces import namespace_of
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.plans import Undecided


def lost_exports(data: bytes, names: Names) -> Iterator[Undecided]:
    """Yield the names in `__all__` of the package at `names.path` that it loses."""
    if b"__all__" not in data or not names.path.endswith("/__init__.py"):
        return
    inside = f"{parent_folder(names.path)}/"
    if not names.context.moves_at(inside):
        return
    namespace = namespace_of(names.context, names.path)
    for one in namespace.exported:
        name = Name("", 1, one.name)
        targets = names.old_targets(name)
        is_module = targets != names.old_targets(name._replace(name=None))
        if one.name in namespace.bound or not targets or not is_module:
            continue
        if names.new_targets(name) != names.new_places(targets):
            why = f"`import *` of this package imports {targets[0]}, which moves away"
            yield Undecided(names.path, one.line, one.name, why)
