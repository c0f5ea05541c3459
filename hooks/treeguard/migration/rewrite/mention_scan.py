"""Names of moved places in prose and in commands: listed one by one, never edited."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.plans import Undecided

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"'`)\]]+")
_WORD = re.compile(r"[^\s`'\"()<>\[\]{},;:|=*?#!\\]+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
PROSE = "named in prose, left as it is"
CODE = "named in code, left as it is"


def mentions(
    path: str,
    text: str,
    context: MoveContext,
    understood: Iterable[tuple[int, int]] = (),
    in_code: Callable[[int], bool] = lambda place: False,
    line: Callable[[int], int] | None = None,
) -> Iterator[Undecided]:
    """Yield every name of a moved place outside what is `understood`, with its line."""
    blank = [*understood, *(found.span() for found in _ELSEWHERE.finditer(text))]
    rest = _without(text, blank)
    kept: dict[str, tuple[bool, bool]] = {}
    for found in _WORD.finditer(rest):
        word = found[0].rstrip(".").removeprefix("@")
        meant = kept.get(word)
        if meant is None:
            in_prose = _is_meant(path, word, context)
            meant = kept[word] = (in_prose, in_prose or word in context.moves)
        # Few words are meant: only of those it counts whether they are in code.
        if meant[1] and meant[code := in_code(found.start())]:
            number = line(found.start()) if line else _line(text, found.start())
            yield Undecided(path, number, word, CODE if code else PROSE)


def _is_meant(path: str, word: str, context: MoveContext) -> bool:
    if "/" in word.rstrip("/") or word.endswith("/"):
        return names_moved(path, word, context)
    if _DOTTED.fullmatch(word) and names_moved_module(word, context):
        return True
    is_name = "." in word.strip(".") or word.startswith(".")
    return is_name and names_moved(path, word, context)


def names_moved(path: str, text: str, context: MoveContext) -> bool:
    """Return True if a path, from the root or the file's folder, names what moves.

    So does a file that Git does not have, in a folder that moves; after a slash it is
    one of the machine: `/etc/localtime`.
    """
    if target_of(f"/{text}", "", context):
        return moved_path(f"/{text.lstrip('/')}", "", "", context) is not None
    if text.startswith("/"):
        return False
    folder, new_folder = parent_folder(path), parent_folder(context.where(path))
    if target_of(text, folder, context):
        return moved_path(text, folder, new_folder, context) is not None
    around = parent_folder(text.strip("/"))
    while around:
        if around in context.folders:
            return True
        around = parent_folder(around)
    return False


def names_moved_module(text: str, context: MoveContext) -> bool:
    """Return True if a dotted name is that of a module or package that moves."""
    return any(
        _moves_away(root, text.split("."), context)
        for root in context.before.search_roots.roots
    )


def _moves_away(root: str, parts: list[str], context: MoveContext) -> bool:
    for count in range(len(parts), 1, -1):
        stem = "/".join([root, *parts[:count]] if root else parts[:count])
        for path in (f"{stem}.py", stem):
            if context.before.entry(path) is not None:
                return path in context.moves or path in context.folders
    return False


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return `text` with blanks in place of the spans, so that every offset stays."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _line(text: str, place: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:place])) + 1
