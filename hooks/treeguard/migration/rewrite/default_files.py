"""Files that a command reads without naming them, and the option that names them.

`docker build .` reads ./Dockerfile, `docker compose up` the first of four names and an
override beside it (https://docs.docker.com/compose/how-tos/multiple-compose-files/). A
file that moves away from such a place has to be named from then on.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from treeguard.languages.spans import DOCKERFILE
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import SCATTERED
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import target_of

COMPOSE_NAMES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
)
# What a command reads where it names nothing.
READ_UNNAMED = frozenset({"Dockerfile", *COMPOSE_NAMES})


def implied(span: Span, base: Base, world: MoveContext) -> Told | None:
    """The options that a command needs now: ` -f deployment/docker/Dockerfile`.

    None where it needs none. `span` is of one of the kinds of `facts.uses.text` that
    stand for what no word names, told from `base`.
    """
    folder = target_of(span.text, base.old, world)
    if folder is None:
        return None
    new_folder = home(world, folder)
    if new_folder is None:
        return Told(span.text, SCATTERED)
    files = list(read_in(folder, span.kind, world))
    homes = [world.where(path) for path in files]
    stay = [
        posixpath.join(new_folder, posixpath.basename(path)) == new
        for path, new in zip(files, homes, strict=True)
    ]
    if all(stay):
        return None
    names = (posixpath.relpath(new, base.new or ".") for new in homes)
    return Told("".join(f" -f {name}" for name in names))


def read_in(folder: str, kind: str, world: MoveContext) -> Iterator[str]:
    """The files of the old tree that are read where a folder alone is named."""
    if kind == DOCKERFILE:
        path = posixpath.join(folder, "Dockerfile")
        if world.before.entry(path) is not None:
            yield path
        return
    for name in COMPOSE_NAMES:
        path = posixpath.join(folder, name)
        if world.before.entry(path) is not None:
            yield path
            stem, _, ending = path.rpartition(".")
            override = f"{stem}.override.{ending}"
            if world.before.entry(override) is not None:
                yield override
            return
