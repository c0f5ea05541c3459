"""Rewrites the links of a Markdown file: their paths, and not a byte besides.

`markdown_reader` says where links stand, `addresses` what becomes of each. The result
is read again: it has to hold the same links, each as it was meant to be. Names in prose
and in code are told, since nobody knows for whom they were written.
"""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.languages.markdown import ANGLED
from treeguard.languages.markdown import PLAIN
from treeguard.languages.markdown import Link
from treeguard.languages.markdown import Reading
from treeguard.languages.markdown import read
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.addresses import HOSTED
from treeguard.migration.rewrite.addresses import Address
from treeguard.migration.rewrite.addresses import document_folders
from treeguard.migration.rewrite.addresses import names_moved
from treeguard.migration.rewrite.addresses import own_names
from treeguard.migration.rewrite.addresses import told_address
from treeguard.migration.rewrite.addresses import told_hosted
from treeguard.migration.rewrite.mention_scan import mentions
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.text_edits import Change
from treeguard.migration.rewrite.text_edits import changed
from treeguard.migration.rewrite.text_edits import edits_of
from treeguard.migration.verify.markdown_links import is_path
from treeguard.migration.verify.markdown_links import may_link
from treeguard.migration.verify.markdown_links import path_of

KIND = "link"
may_hold = may_link


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the links of the file at `path`, its place before the moves."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        for one in mentions(path, data.decode("latin-1"), world):
            yield one._replace(why="the file is not UTF-8 and is not edited")
        return
    reading = read(text)
    changes: list[Change] = []
    done: list[tuple[int, int]] = []
    for found in (
        *_relative(path, reading, world),
        *_hosted(path, text, reading, world),
    ):
        if isinstance(found, Undecided):
            yield found
        elif isinstance(found, Change):
            changes.append(found)
            done.append(found[:2])
        else:
            done.append(found)
    if changes and not _holds(reading, text, changes):
        for change in changes:
            why = "the file would not hold the same links any more"
            yield Undecided(path, reading.line(change.start), change.was(text), why)
    else:
        yield from edits_of(text, changes, reading.line, KIND)
    yield from mentions(path, text, world, done, reading.in_code, reading.line)


def _relative(
    path: str, reading: Reading, world: MoveContext
) -> Iterator[Change | Undecided | tuple[int, int]]:
    folder, new_folder = document_folders(path, world)
    for link in reading.links:
        if not is_path(link.url):
            yield link.start, link.end
            continue
        told = told_address(Address(link.url, link.raw, folder, new_folder), world)
        if told is not None and told.why:
            yield Undecided(path, reading.line(link.start), link.raw, told.why)
        elif told is not None:
            yield Change(link.start, link.end, _written(link, told.text))
        if target_of(path_of(link.url), folder, world) is not None:
            yield link.start, link.end
    for place, url in reading.unsure:
        target = path_of(url)
        if is_path(url) and names_moved(target, folder, new_folder, world):
            why = "where this link stands is not certain"
            yield Undecided(path, reading.line(place), url, why)


def _written(link: Link, text: str) -> str:
    """What a name may not say in the link's form of quoting, encoded."""
    if link.form == ANGLED and " " in link.raw:
        return text.replace("%20", " ")
    if link.form == PLAIN and text.count("(") == text.count(")"):
        return text
    return text.replace("(", "%28").replace(")", "%29") if link.form == PLAIN else text


def _hosted(
    path: str, text: str, reading: Reading, world: MoveContext
) -> Iterator[Change | Undecided]:
    for found in HOSTED.finditer(text):
        answer = told_hosted(found, own_names(world), world)
        if answer is None:
            continue
        start, end, told = answer
        why = told.why
        if not why and reading.in_code(start):
            why = "a published address in code, left as it is"
        if why:
            yield Undecided(path, reading.line(start), found[0], why)
        else:
            yield Change(start, end, told.text)


def _holds(reading: Reading, text: str, changes: list[Change]) -> bool:
    """True if the new text has the same links, with the new addresses."""
    expected = [changed(text, link.start, link.end, changes) for link in reading.links]
    again = read(changed(text, 0, len(text), changes))
    same_code = len(again.code) == len(reading.code)
    return same_code and [link.raw for link in again.links] == expected
