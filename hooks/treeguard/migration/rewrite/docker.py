"""Find what Docker sees of the repository: copied layouts, and files read by default.

A Dockerfile that copies a folder by name keeps the old layout in the image, since the
copy's destination stays; one that copies everything has the new layout. What runs in
the image follows the moves only where the image does.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.languages.facts import PATH
from treeguard.languages.references import spans_in
from treeguard.languages.spans import COMPOSE_FILE
from treeguard.languages.spans import FOLDER
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import SCATTERED
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import bases
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import target_of

_DOCKERFILE = re.compile(r"(?i)(?:^|/)(?:[^/]*\.)?(?:docker|container)file[^/]*\Z")
DOCKERFILES = FileQuery(
    "migration-dockerfiles",
    lambda _folder: None,
    lambda path, _mode: _DOCKERFILE.search(path) is not None,
)


def holds_some(place: str, context: MoveContext) -> bool:
    """Return whether an image still has what moves from `place`, or part of it."""
    for dockerfile in context.before.ask(DOCKERFILES):
        sources = list(_copied(dockerfile, context))
        around = [source for source in sources if _is_in(place, source)]
        if any(home(context, source) == source for source in around):
            continue
        if around or any(_is_in(source, place) for source in sources):
            return True
    return False


def _is_in(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _copied(dockerfile: str, context: MoveContext) -> Iterator[str]:
    """Yield what `COPY` and `ADD` take from the context, as paths of the old tree."""
    data = context.before.data(dockerfile)
    chars = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for span in spans_in(dockerfile, data, chars):
        if span.container or span.kind not in (PATH, FOLDER):
            continue
        written = span.text.rpartition("/")[0] if span.open_end else span.text
        for base in bases(dockerfile, "dockerfile", "", context):
            found = target_of(written or ".", base.old, context)
            if found is not None:
                yield found
                break


COMPOSE_NAMES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
)
# What a command reads where it names nothing.
READ_UNNAMED = frozenset({"Dockerfile", *COMPOSE_NAMES})


def default_file_options(
    span: Span, base: Base, context: MoveContext, line: str = ""
) -> NewText | None:
    """Return the options that a command needs now: ` -f deployment/docker/Dockerfile`.

    Compose reads `.env` beside the first file, so one that stays has to be named, too,
    unless the `line` chooses. None if it needs none. `span` is a `DOCKERFILE` or
    `COMPOSE_FILE`, relative to `base`.
    """
    folder = target_of(span.text, base.old, context)
    if folder is None:
        return None
    new_folder = home(context, folder)
    if new_folder is None:
        return NewText(span.text, SCATTERED)
    files = list(default_files(folder, span.kind, context))
    homes = [context.where(path) for path in files]
    stay = [
        posixpath.join(new_folder, posixpath.basename(path)) == new
        for path, new in zip(files, homes, strict=True)
    ]
    dotenv = posixpath.join(folder, ".env")
    if span.kind == COMPOSE_FILE and _names(dotenv, b"COMPOSE_FILE", context):
        return None
    if all(stay):
        return None
    names = [posixpath.relpath(new, base.new or ".") for new in homes]
    options = "".join(f" -f {name}" for name in names)
    there = context.where(dotenv)
    is_read = posixpath.dirname(there) == posixpath.dirname(homes[0])
    is_chosen = "--env-file" in line or "--project-directory" in line
    is_there = context.before.entry(dotenv) is not None
    if span.kind == COMPOSE_FILE and is_there and not (is_read or is_chosen):
        options += f" --env-file {posixpath.relpath(there, base.new or '.')}"
    return NewText(options)


def _names(path: str, variable: bytes, context: MoveContext) -> bool:
    """Return whether an environment file sets a variable."""
    entry = context.before.entry(path)
    if entry is None or not entry.is_file:
        return False
    line = rb"(?m)^\s*(?:export\s+)?%s=" % variable
    return re.search(line, context.before.data(path)) is not None


def default_files(folder: str, kind: str, context: MoveContext) -> Iterator[str]:
    """Yield the files of the old tree that are read where only a folder is named."""
    if kind != COMPOSE_FILE:
        path = posixpath.join(folder, "Dockerfile")
        if context.before.entry(path) is not None:
            yield path
        return
    for name in COMPOSE_NAMES:
        path = posixpath.join(folder, name)
        if context.before.entry(path) is not None:
            yield path
            stem, _, ending = path.rpartition(".")
            override = f"{stem}.override.{ending}"
            if context.before.entry(override) is not None:
                yield override
            return
