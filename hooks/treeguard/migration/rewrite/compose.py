"""Add the keys that a Compose file needs, besides new paths, when files move.

A Dockerfile that no longer lies in its build's context has to be named: a key is added,
and `build: .` becomes a mapping. A project is called after its folder: where that
changes, and nothing else names it, the old name is written down, because the names of
its volumes begin with it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.compose import Build
from treeguard.languages.compose import builds
from treeguard.languages.compose import is_compose
from treeguard.languages.compose import is_compose_name
from treeguard.languages.source_text import from_file
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import yaml_documents
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.paths import bases
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.plans import Edit

_NAME = re.compile(r"[^a-z0-9_-]")


def additions(
    path: str, source: EncodedSource, kind: str, context: MoveContext
) -> Iterator[Edit]:
    """Edits that add keys to the Compose file at `path`, its place before the moves."""
    if not path.endswith((".yml", ".yaml")):
        return
    for document in yaml_documents(from_file(source.chars)) or ():
        if not is_compose(path, document):
            continue
        for build in builds(document):
            dockerfile = _unnamed(path, build, context)
            if dockerfile:
                yield from _named(source, build, dockerfile, kind)
        if is_compose_name(path) and isinstance(document, Mapping):
            yield from _project(path, source, document, kind, context)


def _unnamed(path: str, build: Build, context: MoveContext) -> str:
    """Return the Dockerfile that a build has to name now; empty if none."""
    written = build.context.chars
    if build.dockerfile is not None or re.search(r"\$|://|\A/|\s", written):
        return ""
    [base] = bases(path, "yaml_files", "./", context)
    folder = target_of(written, base.old, context)
    there = None if folder is None else home(context, folder)
    if folder is None or there is None:
        return ""
    new = moved_path("Dockerfile", folder, there, context)
    return new.text if new is not None and not new.why else ""


def _named(
    source: EncodedSource, build: Build, dockerfile: str, kind: str
) -> Iterator[Edit]:
    """Yield the edits around a context that name its Dockerfile."""
    chars, scalar = source.chars, build.context
    start, end = scalar.offsets[0], scalar.offsets[-1] + 1
    is_quoted = chars[start - 1 : start] in ("'", '"')
    start, end = start - is_quoted, end + is_quoted
    line = chars.rfind("\n", 0, start) + 1
    margin = re.match(r"[ \t]*", chars[line:start])
    indent = margin[0] if margin else ""
    is_flow = chars.count("{", line, start) > chars.count("}", line, start)
    eol = "\r\n" if "\r\n" in chars else "\n"
    between = ", " if is_flow else f"{eol}{indent}"
    closing = ""
    if build.is_short and is_flow:
        yield source.edit(start, start, "{context: ", kind)
        closing = "}"
    elif build.is_short:
        # The blank between `build:` and its value goes: a line ends there now.
        between += "  "
        colon = chars.rfind(":", line, start) + 1
        yield source.edit(colon, start, f"{between}context: ", kind)
    yield source.edit(end, end, f"{between}dockerfile: {dockerfile}{closing}", kind)


def _project(
    path: str, source: EncodedSource, document: Node, kind: str, context: MoveContext
) -> Iterator[Edit]:
    """Yield the name that the old folder gave to a project that moves and has none."""
    assert isinstance(document, Mapping)
    old, new = (parent_folder(one) for one in (path, context.where(path)))
    was, now = posixpath.basename(old), posixpath.basename(new)
    is_named = "name" in document or "services" not in document
    if old == new or not was or was == now or is_named:
        return
    chars = source.chars
    top = document.items[0][0].offsets[0]
    top -= chars[top - 1 : top] in ("'", '"')
    name = _NAME.sub("", was.lower())
    eol = "\r\n" if "\r\n" in chars else "\n"
    if name and not chars[:top].rstrip().endswith("{"):
        yield source.edit(top, top, f"name: {name}{eol}", kind)
