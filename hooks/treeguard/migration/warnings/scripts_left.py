"""Warn of scripts that no longer find in their own folder what they import.

Started by its path, a script has its own folder on `sys.path`, and not the root of the
repository. What it imported from beside it is then found only if the project is
installed, or the script is started with `-m`.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.facts import edits_path
from treeguard.languages.python.file_names import own_search_path
from treeguard.migration.context import MoveContext
from treeguard.plans import SideEffect
from treeguard.trees import folders_above

_KINDS = (IMPORT, FROM, DYNAMIC)
_SOURCES = (".py", ".pyw")


def left_scripts(context: MoveContext) -> Iterator[SideEffect]:
    """Yield each script whose neighbour moves, or that moves away from it."""
    for path in sorted(_scripts(context)):
        facts = context.before.source(path)
        if facts is None or facts.error or edits_path(facts.search_path):
            continue
        for item in facts.imports:
            left = _left(context, path, item) if item.kind in _KINDS else ""
            if left:
                yield SideEffect(
                    context.where(path),
                    item.line,
                    f"is a script and imports {left} from its own folder, which no "
                    f"longer holds it: it is at {context.where(left)}",
                    "start it with `python -m`, or install the project",
                )
                break


def _scripts(context: MoveContext) -> Iterator[str]:
    """Yield the scripts that move, and those in folders that something leaves."""
    moved = {old for old in context.moves if old.endswith(_SOURCES)}
    folders = {folder for old in moved for folder in folders_above(old) if folder}
    beside = {
        f"{folder}/{name}"
        for folder in folders
        for name in context.before.children(folder)
        if name.endswith(_SOURCES)
    }
    for path in moved | beside:
        entry = context.before.entry(path)
        is_file = entry is not None and entry.is_file
        if is_file and own_search_path(context.before.data(path)):
            yield path


def _left(context: MoveContext, path: str, item: Import) -> str:
    """Return the file that an import found beside the script, and will not find there;
    empty if there is none."""
    if item.level or item.prefix:
        return ""
    facts = context.before.source(path)
    search_path = facts.search_path if facts is not None else ()
    targets = context.before.resolve(path, item, search_path).targets
    if not targets or targets[0].endswith("/"):
        return ""
    folder, first = parent_folder(path), item.module.partition(".")[0]
    inner = targets[0].removeprefix(f"{folder}/") if folder else targets[0]
    is_beside = inner.partition("/")[0].partition(".")[0] == first
    if not is_beside or (folder and not targets[0].startswith(f"{folder}/")):
        return ""
    home, new_folder = context.where(targets[0]), parent_folder(context.where(path))
    stays = not new_folder or home.startswith(f"{new_folder}/")
    return "" if stays else targets[0]
