"""Warn of overrides of mypy that no longer hold, because mypy names modules otherwise.

mypy names a file that it is given from the topmost folder above it that is a package,
plain folders below that one included: in a plain folder `checks`, the package
`checks/unit` is `unit`, whatever imports say
(https://mypy.readthedocs.io/en/stable/running_mypy.html#mapping-file-paths-to-modules).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.migration.context import MoveContext
from treeguard.plans import FileEdit
from treeguard.plans import SideEffect
from treeguard.trees import folders_above

_FILES = re.compile(r"(?:.*/)?(?:\.?mypy\.ini|setup\.cfg|tox\.ini|pyproject\.toml)")
_BY_ROOTS = b"explicit_package_bases"
_OVERRIDE = re.compile(rb"\[mypy-|\[\[[ \t]*tool\.mypy\.overrides[ \t]*\]\]")
_INITS = {"__init__.py", "__init__.pyi"}


def lost_overrides(
    context: MoveContext, after: TreeAnalysis, edits: Iterable[FileEdit]
) -> Iterator[SideEffect]:
    """Yield each override whose package mypy knows by another name than its new one."""
    for file in edits:
        if not _FILES.fullmatch(file.path):
            continue
        data = context.before.data(file.path)
        for edit in file.edits if _BY_ROOTS not in data else ():
            header = data[data.rfind(b"\n[", 0, edit.start) + 1 : edit.start]
            old, new = data[edit.start : edit.end], edit.text
            if not _OVERRIDE.match(header) or _lost(old, context.before):
                continue
            if found := _lost(new, after):
                folder, named = found
                yield SideEffect(
                    file.new_path,
                    edit.line,
                    f"mypy names {folder} `{named}`, as {parent_folder(folder)} is no "
                    f"package: what is set for {new.decode()} does not hold for it",
                    f'add a [[migration.create]] with path = "{parent_folder(folder)}'
                    f'/__init__.py", or set explicit_package_bases',
                )


def _lost(pattern: bytes, tree: TreeAnalysis) -> tuple[str, str] | None:
    """Return the topmost folder of the package that a pattern names, and how mypy names
    it; None if that is how imports do."""
    dotted = pattern.decode("utf-8", "replace").partition("*")[0].rstrip(".")
    place = dotted.replace(".", "/")
    for root in tree.search_roots.roots:
        folder = f"{root}/{place}" if root and place else place
        if not place or _INITS.isdisjoint(tree.children(folder)):
            continue
        around = (*folders_above(folder), folder)
        top = next(one for one in around if not _INITS.isdisjoint(tree.children(one)))
        inside = parent_folder(top)
        if inside != root:
            return top, folder[len(inside) :].lstrip("/").replace("/", ".")
    return None
