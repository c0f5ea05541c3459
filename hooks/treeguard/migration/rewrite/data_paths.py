"""String literals that are the path, from the root, of a data file that moves.

They hold where the program starts in the repository's root. A container keeps the old
layout if its Dockerfile copies the file's folder by name: then the literal and the
copy's destination belong together, and neither is changed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.languages.facts import Import
from treeguard.languages.python.import_visitor import Walk
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_source import Source

KIND = "path"
_PATH = re.compile(r"[\w.+@-]+(?:/[\w.+@-]+)+")
_QUOTED = re.compile(rb"['\"]([\w.+@-]+(?:/[\w.+@-]+)+)['\"]")
_DOCKERFILE = re.compile(r"(?i)(?:^|/)(?:[^/]*\.)?(?:docker|container)file[^/]*\Z")
DOCKERFILES = FileQuery(
    "migration-dockerfiles",
    lambda _folder: None,
    lambda path, _mode: _DOCKERFILE.search(path) is not None,
)


def names_moved_file(data: bytes, world: MoveContext) -> bool:
    """True if a literal in `data` may be the path of a file that moves."""
    if b"/" not in data:
        return False
    found = (path.decode("utf-8", "replace") for path in _QUOTED.findall(data))
    return any(path in world.moves for path in found)


def data_paths(
    source: Source, found: Walk, known: Iterable[Import], names: Names
) -> Iterator[Edit | Undecided]:
    """What becomes of these literals; those in `known` have been dealt with."""
    done = {(item.line, item.module) for item in known}
    for node, _place in found.strings:
        value = str(node.value)
        home = names.world.moves.get(value) if _PATH.fullmatch(value) else None
        if home is None or (node.lineno, value) in done:
            continue
        start, end = source.span(node)
        text = source.text[start:end]
        at = text.find(value)
        if text.count(value) != 1 or not {text[at - 1], text[-1]} <= set("'\""):
            why = "it is no plain literal"
            yield Undecided(names.path, node.lineno, value, why)
        elif copier := _copier(value, names.world):
            why = f"{copier} copies it by name, perhaps to the place that is meant"
            yield Undecided(names.path, node.lineno, value, why)
        else:
            span = start + at, start + at + len(value)
            yield source.edit(span, home, KIND)


def _copier(path: str, world: MoveContext) -> str:
    """The Dockerfile that copies `path`, or a folder around it, by its name."""
    known = world.before
    for dockerfile in known.ask(DOCKERFILES):
        for item in known.references(dockerfile):
            for target in known.resolve(dockerfile, item).targets:
                folder = target.rstrip("/")
                if folder and (path == folder or path.startswith(f"{folder}/")):
                    return dockerfile
    return ""
