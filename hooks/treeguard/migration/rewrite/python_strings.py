"""Names of modules and paths of files in string literals.

Only a literal that says the whole name is edited, and only where `facts` knows that the
string is a name; what is put together at run time is told with its line.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.python_source import Source
from treeguard.migration.rewrite.python_source import Span

_LITERAL = re.compile(r"[uUrR]?(\"\"\"|'''|\"|')((?:(?!\1)[^\\])*)\1", re.DOTALL)
_KINDS = {STRING: "string", DYNAMIC: "string", PATH: "path"}


def strings(
    source: Source,
    items: tuple[Import, ...],
    names: Names,
    search_path: tuple[str, ...],
) -> Iterator[Edit | Undecided]:
    """What becomes of the names and paths among the imports of one source."""
    for item in items:
        if item.kind not in _KINDS:
            continue
        targets = names.world.before.resolve(names.path, item, search_path).targets
        if not targets or _still_leads(item, targets, names, search_path):
            continue
        try:
            yield _edited(source, item, targets, names, search_path)
        except UndecidedError as error:
            text = "." * item.level + item.module + ("..." if item.prefix else "")
            yield Undecided(names.path, item.line, text, str(error))


def _still_leads(
    item: Import, targets: tuple[str, ...], names: Names, search_path: tuple[str, ...]
) -> bool:
    now = names.after.resolve(names.new_path, item, search_path).targets
    if item.prefix and any(_is_torn(folder, names) for folder in targets):
        return False
    return now == names.expected(targets)


def _is_torn(folder: str, names: Names) -> bool:
    """True if something below moves away from the rest: the beginning may mean it."""
    home = names.world.folders.get(folder.rstrip("/"), folder.rstrip("/"))
    return any(
        new != f"{home}/{old[len(folder) :]}"
        for old, new in names.world.moves.items()
        if folder.endswith("/") and old.startswith(folder)
    )


def _edited(
    source: Source,
    item: Import,
    targets: tuple[str, ...],
    names: Names,
    search_path: tuple[str, ...],
) -> Edit:
    if item.prefix or item.level or item.name:
        raise UndecidedError("the name is put together when the code runs")
    span = _literal(source, item)
    if item.kind == PATH:
        new = _path(item, targets, names, search_path)
        return source.edit(span, new, _KINDS[item.kind])
    known = names.depth(Name(item.module))
    parts = dotted_names(item.module)
    prefix = names.renamed(Name(".".join(parts[:known])), item.kind).module
    new = ".".join([prefix, *parts[known:]])
    return source.edit(span, new, _KINDS[item.kind])


def _literal(source: Source, item: Import) -> Span:
    """Where the module's name stands inside the literal."""
    start = source.offset(item.line, item.column)
    end = source.offset(item.end_line, item.end_column)
    found = _LITERAL.fullmatch(source.text, start, end)
    if found is None:
        raise UndecidedError("it is no plain literal")
    word = rf"(?<![\w./-]){re.escape(item.module)}(?![\w/-]|\.\w+\.py\b)"
    places = list(re.compile(word).finditer(source.text, *found.span(2)))
    if len(places) != 1:
        raise UndecidedError("the literal does not say it once and as it is")
    return places[0].span()


def _path(
    item: Import,
    targets: tuple[str, ...],
    names: Names,
    search_path: tuple[str, ...],
) -> str:
    """The new place of a path, from where the old one was told."""
    [home] = names.expected(targets) or ("",)
    from_root = targets[0].rstrip("/") == item.module.strip("/")
    folder = parent_folder(names.new_path) or "."
    slash = "/" if item.module.endswith("/") else ""
    tried = [home.rstrip("/") + slash] if from_root else []
    tried.append(os.path.relpath(home or ".", folder) + slash)
    for new in tried:
        again = item._replace(module=new)
        if home and _still_leads(again, targets, names, search_path):
            return new
    raise UndecidedError("no path leads there from the file's new place")
