"""Rewrites reStructuredText: paths and dotted names in directives, roles and targets.

A path is read from the file's folder; one with a leading slash is told from the folder
of Sphinx's conf.py, which is not always known, and so it is told, as are names in prose
and in code. Documents may be named without their ending (toctree, `:doc:`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.addresses import HOSTED
from treeguard.migration.rewrite.addresses import document_folders
from treeguard.migration.rewrite.addresses import own_names
from treeguard.migration.rewrite.addresses import told_hosted
from treeguard.migration.rewrite.mention_scan import mentions
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.restructured_names import dotted_names
from treeguard.migration.rewrite.text_edits import Change
from treeguard.migration.rewrite.text_edits import edits_of
from treeguard.migration.verify.markdown_links import is_path

KIND = "link"
_DIRECTIVE = re.compile(
    r"^[ \t]*\.\. (?:\|[^|\n]+\| )?(?:image|figure|include|literalinclude)::[ \t]+(\S+)"
    r"|^[ \t]*:file:[ \t]+(\S+)"
    r"|^[ \t]*\.\. _[^:\n]+:[ \t]+(\S+)[ \t\r]*$"
    r"|`[^`<\n]*<([^`<>\s]+)>`_"
    r"|:download:`(?:[^`<\n]*<)?([^`<>\s]+)>?`",
    re.MULTILINE,
)
_DOCUMENT = re.compile(r":doc:`(?:[^`<\n]*<)?([^`<>\s]+)>?`")
_TREE = re.compile(
    r"^([ \t]*)\.\. toctree::[^\n]*\n((?:\1[ \t]+[^\n]*\n?|[ \t\r]*\n)*)", re.M
)
_ENTRY = re.compile(r"^[ \t]+(?!:)(?:[^\n<]*<)?([^\s<>]+)>?[ \t\r]*$", re.MULTILINE)
_LITERAL = re.compile(
    r"^(?P<in>[ \t]*)(?:\.\. (?:code|code-block|sourcecode|parsed-literal|highlight)::"
    r"[^\n]*|(?!\.\. )[^\n]*::[ \t\r]*)\n(?:(?P=in)[ \t]+[^\n]*\n?|[ \t\r]*\n)*",
    re.MULTILINE,
)
_TICKS = re.compile(r"``[^`\n]+``")
_ENDINGS = (".rst", ".md", ".txt")


def may_hold(path: str) -> bool:
    """True for reStructuredText, by its name."""
    return path.lower().endswith((".rst", ".rest"))


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the file at `path`, its place before the moves."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        for one in mentions(path, data.decode("latin-1"), world):
            yield one._replace(why="the file is not UTF-8 and is not edited")
        return
    code = [
        found.span()
        for pattern in (_LITERAL, _TICKS)
        for found in pattern.finditer(text)
    ]
    changes, done = [], []

    def in_code(place: int) -> bool:
        return any(start <= place < end for start, end in code)

    def line(place: int) -> int:
        return text.count("\n", 0, place) + 1

    names = dotted_names(text, Names(path, world))
    for start, end, leads in (*_found(path, text, world), *names):
        if in_code(start):
            continue
        done.append((start, end))
        if leads is not None and leads.why:
            yield Undecided(path, line(start), text[start:end], leads.why)
        elif leads is not None:
            changes.append(Change(start, end, leads.text))
    own = own_names(world)
    for hosted in HOSTED.finditer(text):
        answer = told_hosted(hosted, own, world)
        if answer is not None:
            start, end, told = answer
            if told.why or in_code(start):
                why = told.why or "a published address in code, left as it is"
                yield Undecided(path, line(start), hosted[0], why)
            else:
                changes.append(Change(start, end, told.text))
    yield from edits_of(text, changes, line, KIND)
    yield from mentions(path, text, world, done, in_code, line)


def _found(
    path: str, text: str, world: MoveContext
) -> Iterator[tuple[int, int, Told | None]]:
    """Each path that leads to something, and how it reads afterwards."""
    folders = document_folders(path, world)
    for found in _DIRECTIVE.finditer(text):
        number = next(n for n in range(1, 6) if found[n] is not None)
        written = found[number]
        leads = is_path(written) and not written.startswith("/")
        if leads and target_of(written, folders[0], world) is not None:
            yield *found.span(number), moved_path(written, *folders, world)
    names = [found.span(1) for found in _DOCUMENT.finditer(text)]
    for tree in _TREE.finditer(text):
        names += [one.span(1) for one in _ENTRY.finditer(text, *tree.span(2))]
    for start, end in names:
        written = text[start:end]
        for ending in ("", *_ENDINGS):
            full = written + ending
            if written.startswith("/") or not target_of(full, folders[0], world):
                continue
            told = moved_path(full, *folders, world)
            if told is not None and not told.why:
                told = told._replace(text=told.text.removesuffix(ending))
            yield start, end, told
            break
