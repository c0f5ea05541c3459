"""Rewrite links of Markdown and reStructuredText: their paths, and no other byte.

The languages find the links, `addresses` decides what becomes of each. The result is
read again: it has to hold the same links, each with its new address. Commands in blocks
of code are rewritten as those of a script. Names in prose and in other code are listed,
since nobody knows for whom they were written.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages import markdown
from treeguard.languages import restructuredtext
from treeguard.languages import shell_examples
from treeguard.languages.documents import DOCUMENT
from treeguard.languages.documents import NAME
from treeguard.languages.documents import PATH
from treeguard.languages.documents import Link
from treeguard.languages.documents import Reading
from treeguard.languages.documents import is_path
from treeguard.languages.documents import line_starts
from treeguard.languages.documents import path_of
from treeguard.languages.documents import published
from treeguard.languages.markdown import is_markdown
from treeguard.languages.restructuredtext import is_restructuredtext
from treeguard.languages.shell.clones import Clones
from treeguard.languages.shell.clones import clone_name
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite import references
from treeguard.migration.rewrite.addresses import own_names
from treeguard.migration.rewrite.addresses import project_names
from treeguard.migration.rewrite.addresses import published_now
from treeguard.migration.rewrite.addresses import relative_now
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.edits import first_lost
from treeguard.migration.rewrite.leftover_mentions import mentions
from treeguard.migration.rewrite.leftover_mentions import names_moved
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_strings import moved_name
from treeguard.migration.rewrite.sphinx_paths import address_now
from treeguard.plans import Edit
from treeguard.plans import Undecided

KIND = "link"
_UNSURE_CLONE = "nothing says that this is a clone of this repository"


def may_hold(path: str) -> bool:
    """Return True for both of them, by name."""
    return is_markdown(path) or is_restructuredtext(path)


def rewrites(
    path: str, data: bytes, context: MoveContext
) -> Iterator[Edit | Undecided]:
    """Yield edits of the links of the file at `path`, its place before the moves."""
    try:
        source = EncodedSource(data)
    except UnicodeDecodeError:
        text = data.decode("latin-1")
        reading = Reading((), (), (), line_starts(text))
        for one in mentions(path, text, context, reading):
            yield one._replace(why="the file is not UTF-8 and is not edited")
        return
    text = source.chars
    reading = _read(path, text)
    changes: list[tuple[int, int, str]] = []
    understood: list[tuple[int, int]] = []
    for start, end, now in (
        *_links(path, reading, context),
        *_published(text, reading, context),
    ):
        understood.append((start, end))
        if now is not None and now.why:
            yield Undecided(path, reading.line(start), now.text, now.why)
        elif now is not None:
            changes.append((start, end, now.text))
    yield from _unsure(path, reading, context)
    edits = [source.edit(*change, KIND) for change in changes]
    result = EncodedSource(apply_edits(data, edits)).chars
    if not _same_links(reading, _read(path, result), changes):
        for edit, (start, end, _text) in zip(edits, changes, strict=True):
            why = "the file would not hold the same links any more"
            yield Undecided(path, edit.line, text[start:end], why)
        edits = []
    yield from edits
    commands = _commands(path, data, source, reading, edits, Names(path, context))
    for place, change in commands:
        understood.append(place)
        yield change
    yield from mentions(path, text, context, reading, understood)


def _commands(
    path: str,
    data: bytes,
    source: EncodedSource,
    reading: Reading,
    edits: list[Edit],
    names: Names,
) -> list[tuple[tuple[int, int], Edit | Undecided]]:
    """Return what becomes of the commands in blocks of code, each with its place.

    Nothing if the result, with the `edits` of links, would not be read as meant.
    """
    chars, blocks = source.chars, reading.blocks
    spans = set(shell_examples.spans(chars, blocks, _clones(names.context)))
    certain = spans
    if not project_names(names.context):
        certain = spans.intersection(shell_examples.spans(chars, blocks, Clones(())))
    made = list(references.command_edits(sorted(certain), source, names))
    for place, one in references.command_edits(sorted(spans - certain), source, names):
        text = chars[slice(*place)] or chars.splitlines()[one.line - 1].strip()
        made.append((place, Undecided(path, one.line, text, _UNSURE_CLONE)))
    changes = [one for _place, one in made if isinstance(one, Edit)]
    if not changes:
        return made
    result = EncodedSource(apply_edits(data, [*edits, *changes]))
    again = _read(path, result.chars)
    clones = _clones(names.context)
    found = shell_examples.spans(result.chars, again.blocks, clones)
    starts = {result.byte(span.start) for span in found}
    lost = first_lost([*edits, *changes], edits, starts)
    same = len(again.links) == len(reading.links)
    return made if lost is None and same else []


def _clones(context: MoveContext) -> Clones:
    """Return the clones that a document may speak of: any, if nothing says what the
    repository is called."""
    names = project_names(context)
    spelled = {*names, *map(clone_name, names)}
    places = [name for name in spelled if context.before.entry(name) is None]
    return Clones(names or None, places)


def _read(path: str, text: str) -> Reading:
    return markdown.read(text) if is_markdown(path) else restructuredtext.read(text)


def _links(
    path: str, reading: Reading, context: MoveContext
) -> Iterator[tuple[int, int, NewText | None]]:
    """Yield each link that leads to something, and how it reads afterwards."""
    base = Base(parent_folder(path), parent_folder(context.where(path)))
    names = Names(path, context)
    for link in reading.links:
        if link.form == NAME:
            now = _name_now(link, names)
            leads = now is not None
        elif not is_path(link.url):
            leads, now = True, None
        elif link.form in (PATH, DOCUMENT):
            leads, now = address_now(link, path, context)
        else:
            leads = target_of(path_of(link.url), base.old, context) is not None
            now = relative_now(link, base, context)
        if leads:
            yield link.start, link.end, now


def links_now(
    path: str, reading: Reading, context: MoveContext
) -> Iterator[tuple[int, int, NewText]]:
    """Yield each link that has to be read otherwise afterwards, and how."""
    for start, end, now in _links(path, reading, context):
        if now is not None:
            yield start, end, now


def _name_now(link: Link, names: Names) -> NewText | None:
    """Return how a name that Sphinx imports reads afterwards; None where it stays."""
    moved = moved_name(link.url, names)
    if moved is None:
        return None
    old, new = moved
    if not new:
        return NewText(link.raw, "no one name leads there any more")
    return NewText(new + link.raw[len(old) :])


def _published(
    text: str, reading: Reading, context: MoveContext
) -> Iterator[tuple[int, int, NewText]]:
    own = own_names(context)
    for address in published(text):
        now = published_now(address, own, context)
        if now is None:
            continue
        why = now.why
        if not why and reading.in_code(address.start):
            why = "a published address in code, left as it is"
        text = address.address if why else now.text
        yield address.start, address.end, NewText(text, why)


def _unsure(path: str, reading: Reading, context: MoveContext) -> Iterator[Undecided]:
    for place, url in reading.unsure:
        if is_path(url) and names_moved(path, path_of(url), context):
            why = "where this link is in the file is not certain"
            yield Undecided(path, reading.line(place), url, why)


def _same_links(
    old: Reading, new: Reading, changes: list[tuple[int, int, str]]
) -> bool:
    """Return True if the new text has the same links, with the new addresses."""
    expected = []
    for link in old.links:
        raw = link.raw
        for start, end, text in sorted(changes, reverse=True):
            if link.start <= start and end <= link.end:
                raw = raw[: start - link.start] + text + raw[end - link.start :]
        expected.append(raw)
    same_code = len(new.code) == len(old.code)
    return same_code and [link.raw for link in new.links] == expected
