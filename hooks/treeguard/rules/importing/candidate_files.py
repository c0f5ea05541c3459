"""Queries that select every file which could break an import rule, and few others.

They never depend on whether a file that an import could mean exists, so the answer is
right for every tree and can be kept. It is a superset: the exact facts of the files
that it selects decide.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

from treeguard.analysis.import_candidates import PossibleTargets
from treeguard.analysis.import_candidates import dotted_names
from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import FROM
from treeguard.languages.facts import IMPORT
from treeguard.languages.facts import Import
from treeguard.languages.python.decode import cookie
from treeguard.languages.python.decode import is_utf8
from treeguard.languages.python.file_names import NOTEBOOK
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.file_names import python_alike
from treeguard.languages.python.import_scan import PIECEWISE
from treeguard.languages.python.import_scan import STARS
from treeguard.languages.python.import_scan import candidates
from treeguard.languages.python.import_scan import inside_of
from treeguard.languages.python.import_scan import may_star
from treeguard.languages.python.import_scan import needs_exact
from treeguard.languages.python.import_scan import puts_together
from treeguard.languages.python.import_scan import walks_from
from treeguard.languages.references import may_refer
from treeguard.languages.references import references
from treeguard.policy.patterns import Patterns
from treeguard.rules.importing.zones import Zone
from treeguard.trees import EXECUTABLE

CODING = b"coding"
# JSON may write any letter of a notebook's code as `\u0067`.
ESCAPE = b"\\u"
_LONGEST_ESCAPE = len("\\U00000020")

_SPELLED = (IMPORT, FROM, ATTRIBUTE)

Could = Callable[[str, Import], bool]


class Files(NamedTuple):
    """The files that a rule binds: `folder` and `match` as in `FileQuery`.

    `here` is as `folder`, of the files directly in it.
    """

    name: str
    folder: Callable[[str], bool | None]
    match: Callable[[str], bool]
    here: Callable[[str], bool | None]


def outside(*zones: Zone) -> Files:
    """Return every file that is in none of `zones`."""

    def folder(path: str) -> bool | None:
        return False if any(z.patterns.folder(path) is True for z in zones) else None

    def here(path: str) -> bool | None:
        sides = {zone.patterns.here(path) for zone in zones}
        return False if True in sides else None if None in sides else True

    name = "outside " + " and ".join(repr(zone.patterns.lines) for zone in zones)
    return Files(
        name, folder, lambda path: not any(zone.has(path) for zone in zones), here
    )


def inside(zone: Zone) -> Files:
    """Return every file that is in `zone`."""

    def folder(path: str) -> bool | None:
        return False if zone.patterns.folder(path) is False else None

    return Files(
        f"inside {zone.patterns.lines!r}", folder, zone.has, zone.patterns.here
    )


def both(one: Files, other: Files) -> Files:
    """Return the files that are in one and in the other."""

    def folder(path: str) -> bool | None:
        return False if False in (one.folder(path), other.folder(path)) else None

    def match(path: str) -> bool:
        return one.match(path) and other.match(path)

    def here(path: str) -> bool | None:
        sides = {one.here(path), other.here(path)}
        return False if False in sides else None if None in sides else True

    return Files(f"{one.name}, {other.name}", folder, match, here)


def by_folder(files: Files) -> Callable[[str], bool]:
    """Return `files.match`, asked only where the folder does not answer for all in
    it."""
    folders: dict[str, bool | None] = {}

    def match(path: str) -> bool:
        folder = path.rpartition("/")[0]
        if folder not in folders:
            folders[folder] = files.here(folder)
        verdict = folders[folder]
        return files.match(path) if verdict is None else verdict

    return match


def sources(
    name: str,
    files: Files,
    words: frozenset[str] | None,
    could: Could,
    references_too: bool = False,
) -> FileQuery:
    """Return the Python sources of `files` that may hold an import of which `could` is
    true.

    A source without any of `words` is out, unless it spells names in another way.
    With `references_too`, every source that mentions a word is in: names and paths in
    strings count as well.
    """

    def test(path: str, data: bytes) -> bool:
        spoken = language(path, EXECUTABLE, data[:256])
        if spoken is None:
            return False
        if words is not None and not _mentions(data, words):
            if _is_spelled_otherwise(data, spoken):
                return True
            return may_star(data) and any(
                item.name == "*" and could(path, item) for item in candidates(data)
            )
        if references_too or needs_exact(data):
            return True
        items = candidates(data)
        return any(
            could(path, item)
            for item in items
            if words is None or item.name == "*" or not words.isdisjoint(_names(item))
        ) or _may_walk(path, data, items, words, could)

    return FileQuery(
        f"{name}, sources of {files.name}",
        files.folder,
        lambda path, mode: maybe_python(path, mode) and files.match(path),
        needles(words),
        test,
        alike=_sources_alike(files),
        source=files.match,
    )


def _may_walk(
    path: str,
    data: bytes,
    items: Iterable[Import],
    words: frozenset[str] | None,
    could: Could,
) -> bool:
    """Return True if `sub.deep` after `from lib import sub` could lead there."""
    wanted = {
        (item.level, item.module, item.name)
        for item in items
        if item.kind == FROM and item.name and item.name != "*"
        if could(path, inside_of(item))
    }
    return bool(wanted) and any(
        could(path, item)
        for item in walks_from(data, wanted)
        if words is None or not words.isdisjoint(_names(item))
    )


def _sources_alike(files: Files) -> Callable[[str, str, int], bool | None]:
    def alike(folder: str, ending: str, mode: int) -> bool | None:
        return files.here(folder) if python_alike(folder, ending, mode) else False

    return alike


def others(
    name: str, files: Files, words: frozenset[str] | None, could: Could
) -> FileQuery:
    """Return the files that are not Python and may refer to something of which `could`
    is."""

    def test(path: str, data: bytes) -> bool:
        return any(could(path, item) for item in references(path, data))

    return FileQuery(
        f"{name}, references of {files.name}",
        files.folder,
        lambda path, mode: may_refer(path) and files.match(path),
        _spellings(words or ()),
        test,
    )


def all_sources(files: Files) -> FileQuery:
    """Return every Python source of `files`."""
    return FileQuery(
        f"all sources of {files.name}",
        files.folder,
        lambda path, mode: maybe_python(path, mode) and files.match(path),
        (),
        lambda path, data: language(path, EXECUTABLE, data[:256]) is not None,
        alike=_sources_alike(files),
        source=files.match,
    )


def leads_into(zone: Zone, search_roots: SearchRoots) -> Could:
    """Tell whether an import could mean a path in `zone`, whatever the tree holds.

    One that would if upper and lower case were the same could, too.
    """
    folded = Zone(Patterns([line.lower() for line in zone.patterns.lines]))

    def look(path: str) -> bool | None:
        return zone.has(path) or folded.has(path.lower()) or None

    def below(folder: str) -> tuple[bool, ...] | None:
        sides = (zone.patterns.folder(folder), folded.patterns.folder(folder.lower()))
        return (True,) if True in sides else None if None in sides else ()

    inside_it = PossibleTargets(search_roots, look, below)

    def could(path: str, item: Import) -> bool:
        if item.prefix or (item.name == "*" and inside_it.may_open(path, item)):
            return True
        return any(inside_it.of(path, item))

    return could


def needles(words: frozenset[str] | None) -> tuple[bytes, ...]:
    """Return what the bytes of a suspect hold; none where any file may be one."""
    if words is None:
        return ()
    return (*_spellings(words), *PIECEWISE, *STARS, CODING, ESCAPE)


def _spellings(words: frozenset[str] | tuple[str, ...]) -> tuple[bytes, ...]:
    # Names that differ in case are reported as a warning, in their usual spellings.
    ways = (str.lower, str.capitalize, str.title, str.upper)
    return tuple(sorted({way(word).encode() for word in words for way in ways}))


def _mentions(data: bytes, words: frozenset[str]) -> bool:
    low = data.lower()
    found = [word for word in words if word.encode() in low]
    if found:
        text = low.decode("utf-8", "replace")
        if any(_has_word(text, word) for word in found):
            return True
    if data.isascii():
        return False
    text = unicodedata.normalize("NFKC", data.decode("utf-8", "replace")).lower()
    return any(_has_word(text, word) for word in words)


def _has_word(text: str, word: str) -> bool:
    """Return True if `word` is in `text` by itself, not as a piece of a longer
    one."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not _is_letter(text[end : end + 1]) and _begins(text, at):
            return True
        at = text.find(word, at + 1)
    return False


def _begins(text: str, at: int) -> bool:
    # In a string an escape may come right before a word: `\ngarbage`, `\u0020garbage`,
    # and in a command an option: `python -mgarbage`.
    before = text[max(0, at - _LONGEST_ESCAPE) : at]
    return not _is_letter(text[at - 1 : at]) or "\\" in before or before[-2:] == "-m"


def _is_letter(character: str) -> bool:
    return character == "_" or character.isalnum()


def _is_spelled_otherwise(data: bytes, spoken: str) -> bool:
    if spoken == NOTEBOOK and ESCAPE in data:
        return True
    if CODING in data[:512] and not is_utf8(cookie(data)):
        return True
    return puts_together(data)


def names_one_of(words: frozenset[str] | None) -> Callable[[Import], bool]:
    """Tell whether an import can lead where one of `words` is needed (None: always).

    Only what statements and attributes say is held to it: names in strings are put
    together in more ways than one, and a star names nothing.
    """

    def could(item: Import) -> bool:
        if words is None or item.name == "*" or item.kind not in _SPELLED:
            return True
        return not words.isdisjoint(_names(item))

    return could


def _names(item: Import) -> set[str]:
    names = {part.lower() for part in dotted_names(item.module)}
    return names | {item.name.lower()} if item.name else names
