"""Find moves whose new top-level name hides a module of the standard library.

Folders of `sys.path` are searched in order, a script's own and the one that Python is
started in before the standard library: https://docs.python.org/3/library/sys_path_init
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.resolver import BUILT_IN
from treeguard.migration.context import MoveContext
from treeguard.plans import SideEffect

_SOURCES = (".py", ".pyw", ".pyi")


def hidden_modules(context: MoveContext) -> Iterator[SideEffect]:
    """Yield the new top-level modules that have a name of the standard library.

    Below a package a name hides nothing, and a module that Python has loaded or holds
    itself before it searches any folder is not hidden.
    """
    assert context.after is not None
    for path, name in sorted(set(_new_modules(context))):
        folder = parent_folder(path)
        if "__init__.py" in context.after.children(folder):
            continue
        if name in sys.stdlib_module_names and name not in BUILT_IN:
            where = (
                f"for what starts in {folder}/"
                if folder
                else "for all that starts here"
            )
            yield SideEffect(
                path,
                None,
                f"hides `{name}` of the standard library for {where}: every "
                f"`import {name}` gets this one, in the standard library too",
                "give it another name, or move it into a package",
            )


def _new_modules(context: MoveContext) -> Iterator[tuple[str, str]]:
    """Yield each module directly in a root, or beside other sources, that was not there
    before: its path and its name."""
    after = context.after
    assert after is not None
    for new in context.moves.values():
        folder, _, file = new.rpartition("/")
        if not file.endswith(_SOURCES):
            continue
        if file.startswith("__init__."):
            path, name = folder, folder.rpartition("/")[2]
        else:
            path, name = new, file.partition(".")[0]
        before = context.before
        if path and before.entry(path) is None and _is_searched(path, context):
            yield path, name


def _is_searched(path: str, context: MoveContext) -> bool:
    """Return True if a root holds a path, or a folder with other sources."""
    assert context.after is not None
    folder = parent_folder(path)
    beside = (name for name in context.after.children(folder) if name.endswith(".py"))
    own = path.rpartition("/")[2]
    return folder in context.after.search_roots.roots or any(
        name != own for name in beside
    )
