"""Names of moved places in prose and in commands: told one by one, never edited."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.addresses import document_folders
from treeguard.migration.rewrite.addresses import names_moved
from treeguard.migration.rewrite.addresses import names_moved_module

_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s<>\"'`)\]]+")
_WORD = re.compile(r"[^\s`'\"()<>\[\]{},;:|=*?#!\\]+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
PROSE = "named in prose, left as it is"
CODE = "named in code, left as it is"


def mentions(
    path: str,
    text: str,
    world: MoveContext,
    done: Iterable[tuple[int, int]] = (),
    in_code: Callable[[int], bool] = lambda place: False,
    line: Callable[[int], int] | None = None,
) -> Iterator[Undecided]:
    """Every name of a moved place outside of what is `done`, with its line."""
    blank = [*done, *(found.span() for found in _ELSEWHERE.finditer(text))]
    rest = _without(text, blank)
    folders = document_folders(path, world)
    kept: dict[str, tuple[bool, bool]] = {}
    for found in _WORD.finditer(rest):
        word = found[0].rstrip(".").removeprefix("@")
        meant = kept.get(word)
        if meant is None:
            in_prose = _is_meant(word, folders, world)
            meant = kept[word] = (in_prose, in_prose or word in world.moves)
        # Few words are meant: only of those it counts whether they stand in code.
        if meant[1] and meant[code := in_code(found.start())]:
            number = line(found.start()) if line else _line(text, found.start())
            yield Undecided(path, number, word, CODE if code else PROSE)


def _is_meant(word: str, folders: tuple[str, str], world: MoveContext) -> bool:
    if "/" in word.rstrip("/") or word.endswith("/"):
        return names_moved(word, *folders, world)
    if _DOTTED.fullmatch(word) and names_moved_module(word, world):
        return True
    is_name = "." in word.strip(".") or word.startswith(".")
    return is_name and names_moved(word, *folders, world)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with blanks where the spans are, so that every place stays."""
    characters = list(text)
    for start, end in spans:
        characters[start:end] = " " * (end - start)
    return "".join(characters)


def _line(text: str, place: int) -> int:
    return len(re.findall(r"\r\n?|\n", text[:place])) + 1
