"""Decide what becomes of a path or a document's name in what Sphinx reads.

It starts in the document's own folder; with a leading slash in that of conf.py (Sphinx,
`toctree`: "document names beginning with a slash are relative to the source directory";
the same for `include`, `image` and `:download:`). An entry of a `toctree` with `:glob:`
may be a pattern.
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.documents import DOCUMENT
from treeguard.languages.documents import Link
from treeguard.languages.documents import path_of
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import is_wild
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.trees import folders_above

_ENDINGS = ("", ".rst", ".md", ".txt", ".ipynb")
_END = re.compile(r"[?#]|\Z")
_UNKNOWN = "it counts from the folder of Sphinx's conf.py, and none is above it"
_LEAVES = "it counts from the folder of Sphinx's conf.py, which this file leaves"
_OUTSIDE = "it would be outside of the folder of Sphinx's conf.py"
_SOME = "some of what it matches moves away"


class Now(NamedTuple):
    """Whether an address leads to something, and its new text unless it stays."""

    leads: bool
    text: NewText | None = None


def address_now(link: Link, path: str, context: MoveContext) -> Now:
    """Return what becomes of an address in the document at `path`, its old place."""
    end = _END.search(link.raw)
    assert end is not None
    raw, tail = link.raw[: end.start()], link.raw[end.start() :]
    base = Base(parent_folder(path), parent_folder(context.where(path)))
    if not raw.startswith("/"):
        return _whole(_relative_now(raw, link, base, context), "", tail, link)
    conf = _settings_above(path, context)
    if conf is None:
        return _rootless(raw, link, path, context)
    sources = Base(parent_folder(conf), parent_folder(context.where(conf)))
    if not f"{base.new}/".startswith(f"{sources.new}/" if sources.new else ""):
        leads = _relative_now(raw.lstrip("/"), link, sources, context).leads
        return Now(leads, NewText(link.raw, _LEAVES) if leads else None)
    now = _relative_now(raw.lstrip("/"), link, sources, context)
    return _whole(now, "/", tail, link)


def _settings_above(path: str, context: MoveContext) -> str | None:
    for folder in ("", *folders_above(path))[::-1]:
        place = joined(folder, "conf.py")
        if context.before.entry(place) is not None:
            return place
    return None


def _whole(now: Now, slash: str, tail: str, link: Link) -> Now:
    """Put back what stood around the path that was decided."""
    if now.text is None:
        return now
    if now.text.why:
        return Now(True, NewText(link.raw, now.text.why))
    if slash and now.text.text.startswith("../"):
        return Now(True, NewText(link.raw, _OUTSIDE))
    return Now(True, NewText(slash + now.text.text + tail))


def _relative_now(raw: str, link: Link, base: Base, context: MoveContext) -> Now:
    if is_wild(raw) and link.form == DOCUMENT:
        return _pattern_now(raw, base, context)
    text = raw if link.form == DOCUMENT else path_of(raw)
    for ending in _ENDINGS if link.form == DOCUMENT else ("",):
        if target_of(text + ending, base.old, context) is None:
            continue
        now = moved_path(text + ending, base.old, base.new, context)
        if now is not None and not now.why:
            now = now._replace(text=now.text.removesuffix(ending))
        return Now(True, now)
    return Now(False)


def _pattern_now(raw: str, base: Base, context: MoveContext) -> Now:
    """Return the same for a pattern, which follows if all that it matches goes to one
    folder and still matches there."""
    head, _, name = raw.rpartition("/")
    folder = target_of(head or ".", base.old, context)
    if folder is None or is_wild(head):
        return Now(False)
    matched = [one for one in context.before.children(folder) if _matches(one, name)]
    places = [context.where(joined(folder, one)) for one in matched]
    into = {parent_folder(place) for place in places}
    if len(into) != 1 or not all(_matches(posixpath.basename(p), name) for p in places):
        return Now(bool(places), NewText(raw, _SOME) if places else None)
    there = posixpath.relpath(into.pop() or ".", base.new or ".")
    text = name if there == "." else f"{there}/{name}"
    return Now(True, None if text == posixpath.normpath(raw) else NewText(text))


def _matches(name: str, pattern: str) -> bool:
    return any(fnmatchcase(name, pattern + ending) for ending in _ENDINGS[1:])


def _rootless(raw: str, link: Link, path: str, context: MoveContext) -> Now:
    """List a path that counts from a folder which nothing tells, if it may move."""
    for folder in ("", *folders_above(path))[::-1]:
        base = Base(folder, folder)
        now = _relative_now(raw.lstrip("/"), link, base, context)
        if now.leads:
            return Now(True, None if now.text is None else NewText(link.raw, _UNKNOWN))
    return Now(False)
