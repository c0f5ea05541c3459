"""Follow modules that leave a folder in which they are looked up.

A folder on `sys.path` is named in scripts, in conf.py, and in the configuration of
tools. After a move to `src/` it holds the module no longer, though nothing that says
`import lamp` changes: the new folder is needed beside the old one, or in its place.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from fnmatch import translate
from typing import NamedTuple

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.project_folder import Project
from treeguard.languages.facts import SourceFacts
from treeguard.languages.facts import edits_path
from treeguard.languages.python.file_names import PYTHON
from treeguard.languages.python.import_visitor import Walk
from treeguard.languages.python.path_edits import AddedFolder
from treeguard.languages.python.path_edits import added_folders
from treeguard.languages.python.source import Source
from treeguard.languages.python.source_facts import source_facts
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import relative
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.plans import Edit
from treeguard.plans import Undecided
from treeguard.trees import TREE

KIND = "path"
_SOURCES = (".py", ".pyi", ".pyw")
# Where a project is installed, the folder that a command is started in means nothing.
_INSTALLS = re.compile(
    r"\b(?:pip3?|uv|poetry|pdm|pipenv|hatch|rye|conda|tox|nox)(?: pip)? +(?:-\S+ +)*"
    r"(?:install|sync|run|develop|shell|env|-e)\b|setup\.py +(?:develop|install)"
    r"|\bPYTHONPATH\b"
)
Place = tuple[int, int]
_WORD = re.compile(r"[^\s,\"'\[\]:=]+")


class Leaving(NamedTuple):
    """The modules that leave a folder, by their names, and the folders that hold them
    now; whether modules stay."""

    homes: dict[str, str]
    stays: bool

    @property
    def folders(self) -> list[str]:
        """Return the folders that hold the modules now, each once."""
        return list(dict.fromkeys(self.homes.values()))


def leaving(folder: str, names: Names) -> Leaving:
    """Return the modules of a folder that are found elsewhere, by the same name."""
    context = names.context
    homes: dict[str, str] = {}
    stays = False
    for name, entry in context.before.children(folder).items():
        stem, is_folder = name.partition(".")[0], entry.mode == TREE
        if not stem.isidentifier() or not (is_folder or name.endswith(_SOURCES)):
            continue
        path = _joined(folder, name)
        new = _home(path, is_folder, context)
        if new is None or new == path:
            stays = stays or not is_folder or _is_package(path, context)
            continue
        home = parent_folder(new)
        goes_along = home == context.folders.get(folder, folder)
        if new.rpartition("/")[2] != name or goes_along:
            continue
        targets = names.new_targets(Name(stem))
        if any(one == new or one.startswith(f"{new}/") for one in targets):
            homes[stem] = home
    return Leaving(homes, stays)


def _home(path: str, is_folder: bool, context: MoveContext) -> str | None:
    if not is_folder:
        return context.where(path)
    if path in context.folders:
        return context.folders[path]
    init = context.moves.get(f"{path}/__init__.py")
    return parent_folder(init) if init is not None else None


def _is_package(path: str, context: MoveContext) -> bool:
    return "__init__.py" in context.before.children(path)


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def searched_folder(span: Span, base: Base, chars: str, names: Names) -> NewText | None:
    """Return the folders that are needed in place of one that a key names."""
    folder = normal(f"{base.old}/{span.text}")
    left = None if folder is None else leaving(folder, names)
    if left is None or not left.homes:
        return None
    between, known = _list_around(chars, span)
    wanted = [posixpath.relpath(one or ".", base.new or ".") for one in left.folders]
    added = [one for one in wanted if one not in known]
    texts = [span.text, *added] if left.stays or not added else added
    return None if texts == [span.text] else NewText(between.join(texts))


def _list_around(chars: str, span: Span) -> tuple[str, set[str]]:
    """Return what is between two folders of a list, and the folders in it."""
    head = chars[chars.rfind("\n", 0, span.start) + 1 : span.start]
    if "PYTHONPATH" in head:
        start = max(head.rfind(mark) for mark in (" ", "=", '"', "'", "\t")) + 1
        rest = re.compile(r"[^\s\"']*").match(chars, span.start)
        return ":", set(re.split("[:;]", head[start:] + (rest[0] if rest else "")))
    key, value = _key_and_value(chars, span.start, span.end)
    known = set(_WORD.findall(value))
    quote = chars[span.start - 1] if span.start else ""
    if quote in ("'", '"') and chars[: span.start - 1].rstrip()[-1:] in ("[", ","):
        return f"{quote}, {quote}", known
    return ":" if "mypy_path" in key else " ", known


def _key_and_value(chars: str, start: int, end: int) -> tuple[str, str]:
    """Return what is before a value on its first line, and the value around a place."""
    first = max(chars.rfind("[", 0, start), chars.rfind("=", 0, start), 0)
    last = re.compile(r"\]|\n(?!\s)|\Z").search(chars, end)
    line = chars.rfind("\n", 0, first) + 1
    return chars[line:first], chars[first : last.start() if last else end]


def left_tests(span: Span, base: Base, chars: str, names: Names) -> NewText | None:
    """List a folder in which tests are looked for, if tests leave it.

    None if another folder beside it, on the line or in the list, holds them now.
    """
    context = names.context
    written, _, patterns = span.text.partition("/**/")
    folder = target_of(written, base.old, context)
    now = None if folder is None else home(context, folder)
    if folder is None or now is None or folder in context.moves:
        return None
    match = re.compile("|".join(map(translate, patterns.split("|")))).match
    places = [now, *_beside(span, base, chars)]
    inside = tuple(f"{one}/" for one in places if one)
    lost, left = [], 0
    for path in Project(context.before, "").below(folder):
        if match(path.rpartition("/")[2]):
            is_lost = not context.where(path).startswith(inside)
            lost += [path] if is_lost else []
            left += not is_lost
    if not lost or "" in places:
        return None
    rest = f"and {left} more are left" if left else "and no test is left in it"
    return NewText(span.text, f"{min(lost)} leaves it, {rest}")


def _beside(span: Span, base: Base, chars: str) -> Iterator[str]:
    """Yield the paths beside a folder, as they are after the moves."""
    _key, value = _key_and_value(chars, span.start, span.end)
    start = chars.rfind("\n", 0, span.start) + 1
    end = (chars + "\n").find("\n", span.end)
    for word in _WORD.findall(
        f"{value} {chars[start : span.start]} {chars[span.end : end]}"
    ):
        found = normal(joined(base.new, word.rstrip("/")))
        if found is not None and (found or word in (".", "./")):
            yield found


def not_installed(name: str, chars: str, names: Names) -> str:
    """Return why a command no longer finds a module in the folder it is started in.

    Empty if it does, or if its file installs the project or says where modules are.
    """
    top = name.partition(".")[0]
    home = leaving("", names).homes.get(top) if _is_in_root(top, names) else None
    if home is None or _INSTALLS.search(chars):
        return ""
    where = home or "."
    return f"{top} is in {where} now: install the project, or set PYTHONPATH={where}"


def _is_in_root(top: str, names: Names) -> bool:
    return any(one in names.context.before.children("") for one in (top, f"{top}.py"))


def may_rewrite(facts: SourceFacts, names: Names) -> bool:
    """Return True if a source adds a folder to `sys.path` that modules leave, or that
    the source itself leaves."""
    if not edits_path(facts.search_path):
        return False
    if names.path != names.new_path:
        return any(edit.folder.startswith("..") for edit in facts.search_path)
    return any(
        leaving(folder, names).homes
        for edit in facts.search_path
        for folder in _folders(edit.folder, names)
    )


def _folders(text: str, names: Names) -> Iterator[str]:
    """Yield the folders that a text on `sys.path` may mean."""
    own = parent_folder(names.path)
    for base in (own,) if text.startswith("./") else (own, ""):
        found = None if text.startswith("/") else normal(joined(base, text))
        if found is not None:
            yield found


def rewrite_search_folders(
    source: Source, found: Walk, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of the folders that a source adds to `sys.path`."""
    if not may_rewrite(facts, names):
        return
    if names.path != names.new_path:
        yield from _of_moved(source, found, facts, names)
        return
    for added in added_folders(found):
        for folder in dict.fromkeys(_folders(added.text, names)):
            left = leaving(folder, names)
            if left.homes:
                yield _followed(source, added, folder, left, facts, names)
                break


def _of_moved(
    source: Source, found: Walk, facts: SourceFacts, names: Names
) -> Iterator[Edit | Undecided]:
    """Yield what becomes of `..` in a source that moves: it is run in its own folder,
    as Sphinx runs conf.py."""
    own, new_own = parent_folder(names.path), parent_folder(names.new_path)
    for added in added_folders(found):
        folder = normal(joined(own, added.text))
        if not added.text.startswith("..") or folder is None:
            continue
        left = leaving(folder, names)
        # The folder of the source itself is none of what it imports.
        around = f"{folder}/" if folder else ""
        inside = own[len(around) :].partition("/")[0]
        left = left._replace(
            homes={top: at for top, at in left.homes.items() if top != inside}
        )
        to = home(names.context, folder)
        if len(left.folders) == 1 and not _needs(folder, left, facts, names):
            to = left.folders[0]
        if to is None or normal(joined(new_own, added.text)) == to:
            continue
        literals = [
            place
            for node in ast.walk(added.node)
            if isinstance(node, ast.Constant) and node.value == added.text
            if (place := source.plain_string(source.span(node))) is not None
        ]
        if len(literals) == 1:
            yield source.edit(literals[0], relative(to, new_own), KIND)
        else:
            span = source.span(added.node)
            shown = " ".join(source.text[slice(*span)].split())[:80]
            why = "it is relative to this file, which moves"
            yield Undecided(names.path, source.line(span[0]), shown, why)


def _followed(
    source: Source,
    added: AddedFolder,
    folder: str,
    left: Leaving,
    facts: SourceFacts,
    names: Names,
) -> Edit | Undecided:
    top, home = next(iter(left.homes.items()))
    span = source.span(added.node)
    shown = " ".join(source.text[slice(*span)].split())[:80]
    line = source.line(span[0])
    why = f"{top} is in {home or 'the root'} now, and no longer in this folder"
    if _needs(folder, left, facts, names):
        why = f"{why}, which other imports need"
    elif len(left.folders) == 1:
        for place, text in _rewritten(source, added.node, folder, home):
            if _finds(source, place, text, home, names):
                return source.edit(place, text, KIND)
    return Undecided(names.path, line, shown, why)


def _needs(folder: str, left: Leaving, facts: SourceFacts, names: Names) -> bool:
    """Return True if a source imports what stays in the folder."""
    own = parent_folder(names.path)
    for item in facts.imports:
        top = item.module.partition(".")[0]
        if item.level or top in left.homes or own == folder:
            continue
        for target in names.old_targets(Name(top)) if top else ():
            stem = target.removesuffix("/").removesuffix("/__init__.py")
            if parent_folder(stem) == folder:
                return True
    return False


def _rewritten(
    source: Source, node: ast.expr, folder: str, home: str
) -> Iterator[tuple[Place, str]]:
    """Yield ways to write an expression for a folder so that it leads elsewhere: inside
    of the folder, or right above it."""
    last, inner = folder.rpartition("/")[2], home
    if folder:
        inner = home[len(folder) + 1 :] if home.startswith(f"{folder}/") else ""
    is_above = bool(folder) and home == parent_folder(folder)
    for one in reversed(list(ast.walk(node))):
        if not (isinstance(one, ast.Constant) and isinstance(one.value, str)):
            continue
        place, value = source.plain_string(source.span(one)), one.value.rstrip("/")
        if place is None or source.text[slice(*place)] != one.value:
            continue
        if inner:
            yield place, f"{value}/{inner}" if value not in ("", ".") else inner
        elif is_above and (value == last or value.endswith(f"/{last}")):
            yield place, value[: -len(last)].rstrip("/") or "."
    if inner:
        yield from _appended(source, node, inner)


def _appended(
    source: Source, node: ast.expr, inner: str
) -> Iterator[tuple[Place, str]]:
    """Yield what goes on from a path that is built without a literal."""
    text = source.text
    is_text = (
        isinstance(node, ast.Call) and text[slice(*source.span(node.func))] == "str"
    )
    if is_text and isinstance(node, ast.Call) and len(node.args) == 1:
        place = source.span(node.args[0])
        yield place, f'{text[slice(*place)]} / "{inner}"'
    elif re.search(r"(?m)^import os\b", text):
        place = source.span(node)
        yield place, f'os.path.join({text[slice(*place)]}, "{inner}")'


def _finds(source: Source, place: Place, text: str, home: str, names: Names) -> bool:
    """Return True if the edited source adds the folder `home`."""
    result = source.text[: place[0]] + text + source.text[place[1] :]
    now = source_facts(result.encode("utf-8", "surrogateescape"), PYTHON)
    if now.error:
        return False
    return any(home in _folders(one.folder, names) for one in now.search_path)
