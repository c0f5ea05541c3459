"""Rewrite names of modules and paths of files in string literals.

Only a literal that holds the whole name is edited, and only where the facts say that it
is a name; what is put together when the code runs is listed with its line.

Paths of data files hold where the program starts in the repository's root. A container
keeps the old layout if its Dockerfile copies the file's folder by name: then the
literal and the copy's destination belong together, and neither is changed here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.docker import DOCKERFILES
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError

_KINDS = {STRING: "string", DYNAMIC: "string", PATH: "path"}
_DATA_PATH = re.compile(r"[\w.+@-]+(?:/[\w.+@-]+)+")
_QUOTED = re.compile(rb"['\"]([\w.+@-]+(?:/[\w.+@-]+)+)['\"]")
_NOT_PLAIN = "it is not a plain literal"


def strings(
    source: Source, items: tuple[Import, ...], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of the names and paths among the imports of one source."""
    for item in items:
        targets = names.old_targets(item) if item.kind in _KINDS else ()
        if not targets or _still_leads(item, targets, names):
            continue
        try:
            yield _edited(source, item, targets, names)
        except UndecidedError as error:
            text = "." * item.level + item.module + ("..." if item.prefix else "")
            yield Undecided(names.path, item.line, text, str(error))


def _still_leads(item: Import, targets: tuple[str, ...], names: Names) -> bool:
    if item.prefix and any(_is_torn(folder, names) for folder in targets):
        return False
    return names.new_targets(item) == names.expected(targets)


def _is_torn(folder: str, names: Names) -> bool:
    """Say whether some of a folder moves away from the rest, which may be meant."""
    home = names.world.folders.get(folder.rstrip("/"), folder.rstrip("/"))
    return any(
        new != f"{home}/{old[len(folder) :]}"
        for old, new in names.world.moves.items()
        if folder.endswith("/") and old.startswith(folder)
    )


def _edited(
    source: Source, item: Import, targets: tuple[str, ...], names: Names
) -> Edit:
    if item.prefix or item.level or item.name:
        raise UndecidedError("the name is put together when the code runs")
    span = _literal(source, item)
    if item.kind == PATH:
        return source.edit(span, _path(item, targets, names), _KINDS[PATH])
    known = names.depth(Name(item.module))
    parts = dotted_names(item.module)
    prefix = names.renamed(Name(".".join(parts[:known])), item.kind).module
    return source.edit(span, ".".join([prefix, *parts[known:]]), _KINDS[item.kind])


def _literal(source: Source, item: Import) -> Span:
    """Return the place of the module's name inside the literal."""
    start = source.offset(item.line, item.column)
    end = source.offset(item.end_line, item.end_column)
    inner = source.plain_string((start, end))
    if inner is None:
        raise UndecidedError(_NOT_PLAIN)
    word = rf"(?<![\w./-]){re.escape(item.module)}(?![\w/-]|\.\w+\.py\b)"
    places = list(re.compile(word).finditer(source.text, *inner))
    if len(places) != 1:
        raise UndecidedError("the literal does not hold it once and as it is")
    return places[0].span()


def _path(item: Import, targets: tuple[str, ...], names: Names) -> str:
    """Return the new path, relative to what the old one was relative to."""
    [home] = names.expected(targets) or ("",)
    from_root = targets[0].rstrip("/") == item.module.strip("/")
    folder = parent_folder(names.new_path) or "."
    slash = "/" if item.module.endswith("/") else ""
    tried = [home.rstrip("/") + slash] if from_root else []
    tried.append(os.path.relpath(home or ".", folder) + slash)
    for new in tried:
        if home and _still_leads(item._replace(module=new), targets, names):
            return new
    raise UndecidedError("no path leads there from the file's new place")


def names_moved_file(data: bytes, world: MoveContext) -> bool:
    """Say whether a literal in `data` may be the path of a file that moves."""
    if b"/" not in data:
        return False
    found = (path.decode("utf-8", "replace") for path in _QUOTED.findall(data))
    return any(path in world.moves for path in found)


def data_paths(
    source: Source, found: Walk, known: Iterable[Import], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield edits of literals that are the path, from the root, of a file that moves.

    Those in `known` have been dealt with.
    """
    done = {(item.line, item.module) for item in known}
    for node, _place in found.strings:
        value = str(node.value)
        home = names.world.moves.get(value) if _DATA_PATH.fullmatch(value) else None
        if home is None or (node.lineno, value) in done:
            continue
        inner = source.plain_string(source.span(node))
        if inner is None or source.text[slice(*inner)] != value:
            yield Undecided(names.path, node.lineno, value, _NOT_PLAIN)
        elif copier := _copier(value, names.world):
            why = f"{copier} copies it by name, perhaps to the place that is meant"
            yield Undecided(names.path, node.lineno, value, why)
        else:
            yield source.edit(inner, home, "path")


def _copier(path: str, world: MoveContext) -> str:
    """Return the Dockerfile that copies `path`, or a folder around it, by its name."""
    known = world.before
    for dockerfile in known.ask(DOCKERFILES):
        for item in known.references(dockerfile):
            for target in known.resolve(dockerfile, item).targets:
                folder = target.rstrip("/")
                if folder and (path == folder or path.startswith(f"{folder}/")):
                    return dockerfile
    return ""
