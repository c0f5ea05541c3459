"""Rewrite names of modules and paths of files in strings and comments.

Only a literal that holds the whole name is edited, and only where the facts say that it
is a name; one that is only known at run time is listed with its line.

Paths of data files hold where the program starts in the repository's root. A container
keeps the old layout if its Dockerfile copies the file's folder by name: then the
literal and the copy's destination belong together, and neither is changed here.

In docstrings, comments and code in strings, a Sphinx role with a whole dotted name is
edited, since Sphinx resolves it as an import would; every other mention is listed with
its line, because it may not be a name at all.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.name_uses import CODE
from treeguard.languages.python.name_uses import DOTTED
from treeguard.languages.python.name_uses import WHOLE
from treeguard.languages.python.name_uses import Mention
from treeguard.languages.python.name_uses import mentions
from treeguard.languages.python.scopes import last_name
from treeguard.languages.python.source import Source
from treeguard.languages.python.source import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.docker import DOCKERFILES
from treeguard.migration.rewrite.edits import overlaps
from treeguard.migration.rewrite.literal_pieces import heads
from treeguard.migration.rewrite.literal_pieces import pieces_of
from treeguard.migration.rewrite.literal_pieces import place_in
from treeguard.migration.rewrite.object_names import MAYBE
from treeguard.migration.rewrite.object_names import PATCHED
from treeguard.migration.rewrite.object_names import renamed_object
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.text_references import is_reference
from treeguard.plans import Edit
from treeguard.plans import Undecided

_KINDS = {STRING: "string", DYNAMIC: "string", PATH: "path"}
_DATA_PATH = re.compile(r"[\w.+@-]+(?:/[\w.+@-]+)+")
_QUOTED = re.compile(rb"['\"]([\w.+@-]+(?:/[\w.+@-]+)+)['\"]")
_NOT_PLAIN = "it is not a plain literal"
# `mock.patch("a.b")` sets the attribute `b` of `a`, and so do those of pytest.
_PATCHES = {"patch", "setattr", "delattr"}
MAY_BE_NAME = "it may be the name of what moves"
_WHYS = {
    CODE: "code in a string or a comment imports it",
    DOTTED: "a name in a comment or a string",
    WHOLE: MAY_BE_NAME,
    PATH: "a path in a comment or a string",
}

# The reasons for which a name or path is left that has one new text if it is meant.
MENTIONED = frozenset(_WHYS[kind] for kind in (CODE, DOTTED, PATH))


def rewrite_strings(
    source: Source, items: tuple[Import, ...], found: Walk, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of the names and paths among the imports of one source."""
    patched = set(_patched(source, found))
    begun = dict(_begun(source, found, names))
    for item in items:
        # A name that is printed or compared follows what it names, as any other.
        item = item._replace(kind=STRING) if item.kind == MENTION else item
        targets = names.old_targets(item) if item.kind in _KINDS else ()
        if not targets or _still_leads(item, targets, names):
            continue
        if item.prefix and source.offset(item.line, item.column) in begun:
            continue
        try:
            use = PATCHED if (item.line, item.column) in patched else MAYBE
            yield _edited(source, item, targets, names, use)
        except UndecidedError as error:
            text = "." * item.level + item.module + ("..." if item.prefix else "")
            yield Undecided(names.path, item.line, text, str(error))
    yield from begun.values()


def _begun(source: Source, found: Walk, names: Names) -> Iterator[tuple[int, Edit]]:
    """Yield edits of modules before what is filled in, by where the literal starts.

    Whatever follows is in the module, or in a package that moves as a whole.
    """
    for head in heads(source, found):
        name = Name(head.module)
        targets = names.old_targets(name)
        if names.depth(name) < head.module.count(".") + 1 or len(targets) != 1:
            continue
        folder = parent_folder(targets[0])
        is_package = targets[0].endswith("/") or "/__init__." in targets[0]
        if is_package and folder not in names.context.folders:
            continue
        try:
            new = names.new_name(name).module
        except UndecidedError:
            continue
        if new != head.module:
            yield head.literal, source.edit(head.span, new, "string")


def _still_leads(item: Import, targets: tuple[str, ...], names: Names) -> bool:
    if item.prefix and any(_is_torn(folder, names) for folder in targets):
        return False
    stays = names.new_targets(item) == names.new_places(targets)
    return stays and (item.kind == PATH or not names.is_private(item))


def _is_torn(folder: str, names: Names) -> bool:
    """Return True if some of a folder moves away from the rest, which may be meant."""
    home = names.context.folders.get(folder.rstrip("/"), folder.rstrip("/"))
    return any(
        new != f"{home}/{old[len(folder) :]}"
        for old, new in names.context.moves.items()
        if folder.endswith("/") and old.startswith(folder)
    )


def _patched(source: Source, found: Walk) -> Iterator[tuple[int, int]]:
    """Yield the line and column of each name that `patch` or `setattr` sets anew."""
    for call, _place in found.calls:
        if call.args and last_name(call.func) in _PATCHES:
            start = source.span(call.args[0])[0]
            yield source.line(start), start - source.starts[source.line(start) - 1] + 1


def _edited(
    source: Source, item: Import, targets: tuple[str, ...], names: Names, use: str
) -> Edit:
    if item.prefix or item.level or item.name:
        raise UndecidedError("the name is only known at run time")
    if item.kind == PATH:
        span = _literal(source, item, item.module)
        return source.edit(span, _path(item, targets, names), _KINDS[PATH])
    new = renamed_object(names, item.module, item.kind, use)
    old = item.module
    # Only what changes has to be in one piece: `"a.b." "name"`.
    while (
        old.rpartition(".")[2] == new.rpartition(".")[2] and "." in old and "." in new
    ):
        old, new = old.rpartition(".")[0], new.rpartition(".")[0]
    return source.edit(_literal(source, item, old), new, _KINDS[item.kind])


def _literal(source: Source, item: Import, word: str) -> Span:
    """Return the place of a module's name, or its begin, inside the literal."""
    start = source.offset(item.line, item.column)
    end = source.offset(item.end_line, item.end_column)
    pieces = pieces_of(source, (start, end))
    if pieces is None:
        raise UndecidedError(_NOT_PLAIN)
    if len(pieces) > 1:
        if (place := place_in(source, pieces, word)) is None:
            raise UndecidedError(_NOT_PLAIN)
        return place
    before, after = r"(?:(?<![\w./-])|(?<=ext://))", r"(?![\w/-]|\.\w+\.py\b)"
    pattern = rf"{before}{re.escape(item.module)}{after}"
    places = list(re.compile(pattern).finditer(source.text, *pieces[0]))
    if len(places) != 1:
        raise UndecidedError("the literal does not hold it once and as it is")
    return places[0].start(), places[0].start() + len(word)


def _path(item: Import, targets: tuple[str, ...], names: Names) -> str:
    """Return the new path, relative to what the old one was relative to."""
    [home] = names.new_places(targets) or ("",)
    from_root = targets[0].rstrip("/") == item.module.strip("/")
    folder = parent_folder(names.new_path) or "."
    slash = "/" if item.module.endswith("/") else ""
    tried = [home.rstrip("/") + slash] if from_root else []
    tried.append(os.path.relpath(home or ".", folder) + slash)
    for new in tried:
        if home and _still_leads(item._replace(module=new), targets, names):
            return new
    raise UndecidedError("no path leads there from the file's new place")


def names_moved_file(data: bytes, context: MoveContext) -> bool:
    """Return True if a literal in `data` may be the path of a file that moves."""
    if b"/" not in data:
        return False
    found = (path.decode("utf-8", "replace") for path in _QUOTED.findall(data))
    return any(path in context.moves for path in found)


def rewrite_data_paths(
    source: Source, found: Walk, known: Iterable[Import], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield edits of literals that are the path, from the root, of a file that moves.

    Those in `known` have been dealt with.
    """
    done = {(item.line, item.module) for item in known}
    for node, _place in found.strings:
        value = str(node.value)
        home = names.context.moves.get(value) if _DATA_PATH.fullmatch(value) else None
        if home is None or (node.lineno, value) in done:
            continue
        inner = source.plain_string(source.span(node))
        if inner is None or source.text[slice(*inner)] != value:
            yield Undecided(names.path, node.lineno, value, _NOT_PLAIN)
        elif copier := _copier(value, names.context):
            why = f"{copier} copies it by name, perhaps to the place that is meant"
            yield Undecided(names.path, node.lineno, value, why)
        else:
            yield source.edit(inner, home, "path")


def _copier(path: str, context: MoveContext) -> str:
    """Return the Dockerfile that copies `path`, or a folder around it, by its name."""
    known = context.before
    for dockerfile in known.ask(DOCKERFILES):
        for item in known.references(dockerfile):
            for target in known.resolve(dockerfile, item).targets:
                folder = target.rstrip("/")
                if folder and (path == folder or path.startswith(f"{folder}/")):
                    return dockerfile
    return ""


def mentions_moved(data: bytes, names: Names) -> bool:
    """Return True if `data` may mention what moves; else it need not be parsed."""
    text = data.decode("utf-8", "replace")
    return any(_is_moved(one, names) for one in mentions(text))


def rewrite_mentions(
    source: Source, made: Iterable[Edit | Undecided], names: Names
) -> Iterator[Edit | Undecided]:
    """Yield edits of roles, and every other mention that `made` has not dealt with."""
    lines = {one.line for one in made if isinstance(one, Undecided)}
    edits = sorted((one.start, one.end) for one in made if isinstance(one, Edit))
    left = [
        one
        for one in mentions(source.text)
        if _is_moved(one, names)
        and not _is_key(source.text, one, names)
        and source.line(one.start) not in lines
        and not overlaps(
            edits, source.byte_span((one.start, one.start + len(one.text)))
        )
    ]
    for one in left:
        at = bisect_right(source.prose, (one.start, len(source.text))) - 1
        if at < 0 or source.prose[at][1] <= one.start:
            continue
        edit = _reference(source, one, source.prose[at], names)
        line, why = source.line(one.start), _WHYS[one.kind]
        yield edit or Undecided(names.path, line, one.text, why)


def _is_key(text: str, one: Mention, names: Names) -> bool:
    """Return True for the key of a dictionary that is spelled like a plain folder.

    `form["vote"]` and `{"vote": 1}` are data: such a folder is no module that a name
    alone could import, and a path is no key.
    """
    targets = names.old_targets(Name(one.text)) if one.kind == WHOLE else ()
    if not targets or not all(target.endswith("/") for target in targets):
        return False
    before = text[: one.start - 1].rstrip()[-2:]
    after = text[one.start + len(one.text) + 1 :].lstrip()[:1]
    is_index = re.fullmatch(r"[\w\])]\[", before) is not None and after == "]"
    return is_index or (before[-1:] in ("{", ",") and after == ":")


def _is_moved(one: Mention, names: Names) -> bool:
    if one.kind == PATH:
        return one.text in names.context.moves or one.text in names.context.folders
    return moved_name(one.text, names) is not None


def moved_name(dotted: str, names: Names) -> tuple[str, str] | None:
    """Return the part of a dotted name that names something moved, and its new name."""
    dotted = dotted.replace("\\", "")
    first = names.old_targets(Name(dotted.partition(".")[0]))
    # What is found beside a file alone is as likely a variable: `app.run`.
    if not first or not names.is_of_root(first[0]):
        return None
    known = names.depth(Name(dotted))
    old = ".".join(dotted.split(".")[:known])
    if not old:
        return None
    try:
        new = names.new_name(Name(old)).module
    except UndecidedError:
        return old, ""
    return (old, new) if new != old else None


def _reference(source: Source, one: Mention, prose: Span, names: Names) -> Edit | None:
    moved = moved_name(one.text, names) if one.kind == DOTTED else None
    if moved is None or not moved[1] or "\\" in one.text:
        return None
    text, at = source.text[slice(*prose)], one.start - prose[0]
    if not is_reference(text, at, at + len(one.text), names.context):
        return None
    span = one.start, one.start + len(moved[0])
    return source.edit(span, moved[1], "string")
