"""Which names mean something else once files have come or gone.

Where an import leads depends on the paths that there are, and on no file's bytes. So
after an edit all imports of the other files lead where they led. After a file came or
went only those can lead elsewhere that spell its name, or the name of a folder that
came or went with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.import_candidates import stem_of
from treeguard.analysis.module_finder import SOURCES
from treeguard.analysis.module_finder import STUBS
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.resolver import PROJECT_FILES
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Snapshot

# A new package with more files than this is not looked through.
MOST_FILES = 2_000


def moved_names(
    changes: Iterable[Change], new: Snapshot, search_roots: SearchRoots
) -> frozenset[str] | None:
    """The names, as `names_of` has them, whose meaning `changes` may have changed.

    `new` is the tree that they lead to. None where any name may mean something else: a
    link or a submodule came or went, or what says where modules are looked up.
    """
    moved = [change for change in changes if not _is_edit(change)]
    if any(_moves_everything(change) for change in moved):
        return None
    if moved and _has_linked_root(search_roots):
        return None
    places = {change.path for change in moved}
    found: set[str] = set()
    # Thousands of files come and go with one folder: each is looked through once.
    kept: dict[str, bool] = {}
    for path in places:
        inside = _names_of_place(path, places, new, search_roots.roots, kept)
        if inside is None:
            return None
        found |= inside
    if found:
        # A link by another name may lead to what came or went.
        found.update(stem_of(link.rpartition("/")[2]) for link, _ in search_roots.links)
    return frozenset(found)


def _is_edit(change: Change) -> bool:
    if change.old is None or change.new is None:
        return False
    if change.old.is_file and change.new.is_file:
        return True
    return change.old.mode == change.new.mode == GITLINK


def _moves_everything(change: Change) -> bool:
    entries = [entry for entry in (change.old, change.new) if entry is not None]
    if any(entry.mode in (SYMLINK, GITLINK) for entry in entries):
        return True
    return change.path.rpartition("/")[2] in PROJECT_FILES


def _has_linked_root(search_roots: SearchRoots) -> bool:
    return any(
        f"{root}/".startswith(f"{link}/")
        for root in search_roots.roots
        for link, _ in search_roots.links
    )


def _names_of_place(
    path: str,
    places: set[str],
    new: Snapshot,
    roots: tuple[str, ...],
    kept: dict[str, bool],
) -> set[str] | None:
    folder, _, name = path.rpartition("/")
    if stem_of(name) == "__init__" and not _is_all_new(folder, places, new):
        # It makes a package of a folder whose files nobody touched.
        return None
    found = {stem_of(name)}
    while folder:
        if folder not in kept:
            kept[folder] = _holds_another(folder, places, new)
        if kept[folder]:
            break
        if folder in roots:
            return None
        found.add(stem_of(folder.rpartition("/")[2]))
        folder = parent_folder(folder)
    return found


def _holds_another(folder: str, places: set[str], new: Snapshot) -> bool:
    """True where a module that stays keeps the folder what it was: one with Python."""
    return any(
        name.endswith(SOURCES + STUBS)
        and entry.is_file
        and f"{folder}/{name}" not in places
        for name, entry in new.children(folder).items()
    )


def _is_all_new(folder: str, places: set[str], new: Snapshot) -> bool:
    """True where every file below `folder` is among `places`, or none is left."""
    if not folder:
        return False
    folders, seen = [folder], 0
    for inner in folders:
        for name, entry in new.children(inner).items():
            path = f"{inner}/{name}"
            seen += 1
            if entry.mode == TREE:
                folders.append(path)
            elif path not in places or seen > MOST_FILES:
                return False
    return True
