"""Decide on paths that may not lead out of a folder: they are listed where they would.

A page that a site generator looks up in its folder, a file of a Bazel package, a file
that kustomize reads.
"""

from __future__ import annotations

from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import target_of
from treeguard.trees import TREE


def page_now(text: str, new: NewText | None, base: Base) -> NewText | None:
    """Return the new text of what is looked up in one folder and nowhere outside."""
    if new is not None and new.text.startswith("../"):
        return NewText(text, f"it moves out of {base.old or 'the root'}")
    return new


def below_kustomization(
    written: str, new: NewText, base: Base, context: MoveContext
) -> NewText:
    """List a file that leaves the folder: only another folder may be named with `..`.

    `kustomize build`: "security; file ... is not in or below ...". Who names such a
    file already builds with `--load-restrictor LoadRestrictionsNone`.
    """
    target = target_of(written, base.old, context)
    entry = context.before.entry(target) if target else None
    is_file = entry is not None and entry.mode != TREE
    is_outside = new.text.startswith("../") and not written.startswith("../")
    if new.why or not is_file or not is_outside:
        return new
    why = f"kustomize refuses {new.text}: a file must be in or below this folder"
    return NewText(written, why)
