"""List every rewriter, and merge what they find in one file."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.compose import is_compose_name
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite import documents
from treeguard.migration.rewrite import ignore_files
from treeguard.migration.rewrite import leftover_mentions
from treeguard.migration.rewrite import packaging
from treeguard.migration.rewrite import python
from treeguard.migration.rewrite import references
from treeguard.migration.rewrite import symlinks
from treeguard.migration.rewrite.edits import in_order
from treeguard.migration.rewrite.name_lists import whole_lists
from treeguard.migration.rewrite.shipped_files import is_build_file
from treeguard.plans import Edit
from treeguard.plans import Undecided


class Rewriter(NamedTuple):
    """`may_hold` decides by path alone; `rewrites` takes the path before the moves.

    A file is only opened if it moves, or holds the name of something that does, unless
    it `may_imply` what it refers to.
    """

    may_hold: Callable[[str], bool]
    rewrites: Callable[[str, bytes, MoveContext], Iterator[Edit | Undecided]]
    may_imply: Callable[[str], bool] = lambda _path: False


def _may_add_folder(path: str) -> bool:
    # Sphinx and pytest import by the folder that these put on `sys.path`.
    return path.rpartition("/")[2] in ("conf.py", "conftest.py")


def _may_imply(path: str) -> bool:
    # `build: .` of a Compose file names no Dockerfile, `find_packages()` no package.
    return is_compose_name(path) or is_build_file(path)


REWRITERS: dict[str, Rewriter] = {
    "documents": Rewriter(documents.may_hold, documents.rewrites),
    "python": Rewriter(python.may_hold, python.rewrites, _may_add_folder),
    "rules": Rewriter(
        ignore_files.may_hold, ignore_files.rewrites, ignore_files.may_hold
    ),
    "spans": Rewriter(references.may_hold, references.rewrites, _may_imply),
}


SYMLINKS = Rewriter(lambda _path: True, symlinks.rewrites)


def rewriters(path: str, is_link: bool) -> list[Rewriter]:
    """Return the rewriters for a path; a link has one alone."""
    if is_link:
        return [SYMLINKS]
    return [one for one in REWRITERS.values() if one.may_hold(path)]


def rewrite(
    path: str, data: bytes, context: MoveContext
) -> tuple[list[Edit], list[Undecided]]:
    """Return the edits of the file at `path`, its place before the moves, in order, and
    what is listed of it."""
    edits, undecided = decide(path, data, context)
    changes = [one for one in edits if data[one.start : one.end] != one.text]
    return changes, undecided


def decide(
    path: str, data: bytes, context: MoveContext
) -> tuple[list[Edit], list[Undecided]]:
    """Return the same, with an edit that changes nothing where it is decided that a
    place stays as it is."""
    is_link = symlinks.is_link(path, context)
    made = [
        one
        for rewriter in rewriters(path, is_link)
        for one in rewriter.rewrites(path, data, context)
    ]
    if not is_link:
        made = whole_lists(path, data, made, context)
    if not is_link and is_build_file(path):
        made = packaging.settle(path, data, made, context)
    edits = in_order(one for one in made if isinstance(one, Edit))
    undecided = [one for one in made if isinstance(one, Undecided)]
    if not is_link and leftover_mentions.may_hold(path):
        undecided += leftover_mentions.remaining(path, data, context, edits, undecided)
    return edits, sorted(set(undecided))
