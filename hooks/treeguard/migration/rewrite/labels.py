"""Decide how a label of Bazel reads after the moves.

A package is the folder of its BUILD file and goes where that goes. A target that is a
file belongs to the package around it: from another one it has no label. Without a
target, a label means the one that is called like the folder.
"""

from __future__ import annotations

import posixpath

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.bazel import BUILD_FILES
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import SCATTERED
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import target_of

_WILD = "..."
_LEAVES = "the file leaves the package, and no label leads out of one"


def label_now(text: str, context: MoveContext) -> NewText | None:
    """Return the new text of `package:target`; None if it stays or names nothing."""
    package, colon, target = text.partition(":")
    wild = ""
    if package == _WILD or package.endswith(f"/{_WILD}"):
        package, wild = package[: -len(_WILD)].rstrip("/"), _WILD
    if target_of(package, "", context) is None:
        return None
    there = _package_now(package, context)
    if there is None:
        return NewText(text, SCATTERED)
    if target and _leaves(package, target, there, context):
        return NewText(text, _LEAVES)
    if there == package:
        return None
    new = f"{there}/{wild}" if wild and there else there + wild
    name = posixpath.basename(package)
    if not wild and not colon and posixpath.basename(there) != name:
        new = f"{new}:{name}"
    return NewText(new + colon + target)


def _package_now(package: str, context: MoveContext) -> str | None:
    """Return where the BUILD file of a package goes; the folder if it has none."""
    for name in BUILD_FILES:
        path = joined(package, name)
        if context.before.entry(path) is not None:
            return parent_folder(context.where(path))
    return home(context, package)


def _leaves(package: str, target: str, there: str, context: MoveContext) -> bool:
    path = joined(package, target)
    moved = context.before.entry(path) is not None
    return moved and home(context, path) != joined(there, target)
