"""Rewrites the paths of a Compose file: they start in the file's own folder.

The keys that hold one are those of https://github.com/compose-spec/compose-go, paths/
resolve.go. A Dockerfile is named relative to its build's context, so it is told anew
when one of the two goes elsewhere (`compose_build`). A project is called after its
folder: where that changes, and nothing else names it, the old name is written down, for
the names of volumes begin with it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite import compose_build
from treeguard.migration.rewrite import yaml_scalars
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.encoded_source import EncodedSource
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import moved_with_folder
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.yaml_scalars import Documents
from treeguard.migration.rewrite.yaml_scalars import Scalar

KIND = "compose"
_SERVICE = compose_build.SERVICE
_PATHS = re.compile(
    rf"{_SERVICE}(?:build/additional_contexts/(?:[^/]+)|env_file(?:/\*)?(?:/path)?"
    r"|label_file(?:/\*)?|extends/file|develop/watch/\*/path|volumes/\*/source)"
    r"|(?:configs|secrets)/[^/]+/file|volumes/[^/]+/driver_opts/device"
    r"|include(?:/\*)?(?:/(?:path|env_file|project_directory)(?:/\*)?)?"
)
# Their value is a file in any case; others may be a volume's name, or another scheme.
_FILES = re.compile(r"env_file|label_file|file|path|\*")
_MOUNTS = re.compile(rf"{_SERVICE}volumes/\*")
_NAME = re.compile(r"[^a-z0-9_-]")
_PLAIN = re.compile(r"[\w./@+-]+")


def may_hold(path: str) -> bool:
    """True for a Compose file, by its name."""
    name = path.rpartition("/")[2]
    return "compose" in name and name.endswith((".yml", ".yaml"))


def own_places(chars: str) -> list[tuple[int, int]]:
    """Where paths stand that this rewriter tells anew, as spans of characters."""
    documents = yaml_scalars.read(chars)
    scalars = documents.scalars if documents is not None else ()
    return [(one.start, one.end) for one in scalars if _is_path(one)]


def _is_path(scalar: Scalar) -> bool:
    keys = "/".join(scalar.keys)
    kinds = (_PATHS, _MOUNTS, compose_build.CONTEXT, compose_build.DOCKERFILE)
    return not scalar.is_key and any(kind.fullmatch(keys) for kind in kinds)


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the Compose file at `path`, its place before the moves."""
    try:
        decoded = EncodedSource(data)
    except UnicodeDecodeError:
        return  # what it uses is told with the other uses
    documents = yaml_scalars.read(decoded.chars)
    if documents is None:
        return
    base = Base(parent_folder(path), parent_folder(world.where(path)))
    made = [
        *_paths(path, decoded, documents, base, world),
        *compose_build.builds(path, decoded, documents, base, world),
        *_project(decoded, documents, base),
    ]
    edits = [one for one in made if isinstance(one, Edit)]
    if (
        edits
        and yaml_scalars.read(EncodedSource(apply_edits(data, edits)).chars) is None
    ):
        yield Undecided(path, edits[0].line, path, "the result would be no YAML")
        return
    yield from made


def _paths(
    path: str,
    decoded: EncodedSource,
    documents: Documents,
    base: Base,
    world: MoveContext,
) -> Iterator[Edit | Undecided]:
    for scalar in documents.scalars:
        keys = "/".join(scalar.keys)
        is_mount = _MOUNTS.fullmatch(keys) is not None
        if scalar.is_key or not (is_mount or _PATHS.fullmatch(keys)):
            continue
        value = scalar.value
        if is_mount and "$" not in value:
            if not value.startswith("."):
                continue  # a volume's name, or a place outside of the repository
            value = value.partition(":")[0]
        yield from _path(path, decoded, scalar, value, base, world)


def _path(
    path: str,
    decoded: EncodedSource,
    scalar: Scalar,
    value: str,
    base: Base,
    world: MoveContext,
) -> Iterator[Edit | Undecided]:
    line = decoded.line(scalar.start)
    if value.startswith(("/", "~")) or "://" in value:
        return
    if "$" in value:
        for default in re.findall(r":?-(\.[^}:]*)", value):
            if _told(default, base, world) is not None:
                yield Undecided(path, line, value, "a variable decides what it is")
        return
    is_file = value.startswith(".") or _FILES.fullmatch(scalar.keys[-1]) is not None
    told = _told(value, base, world, is_file)
    if told is None:
        return
    text = told.text
    if value.startswith(".") and not text.startswith("."):
        text = f"./{text}"
    is_quoted = decoded.chars[scalar.start - 1 : scalar.start] in ("'", '"')
    is_plain = scalar.is_plain and (is_quoted or _PLAIN.fullmatch(text))
    if told.why or not is_plain:
        yield Undecided(path, line, value, told.why or "it is not written plainly")
    else:
        yield decoded.edit(scalar.start, scalar.start + len(value), text, KIND)


def _told(
    value: str, base: Base, world: MoveContext, is_file: bool = True
) -> Told | None:
    told = moved_path(value, base.old, base.new, world)
    return _unknown(value, base, world) if told is None and is_file else told


def _unknown(value: str, base: Base, world: MoveContext) -> Told | None:
    """A path of what Git does not have (`./data`, `.env`), in a file that moves.

    It stays where it is on disk, in the folder that was meant: so it is named anew.
    """
    meant = normal(f"{base.old}/{value}")
    if not meant or target_of(value, base.old, world) is not None:
        return None
    there = moved_with_folder(meant, world) or meant
    if normal(f"{base.new}/{value}") == there:
        return None
    slash = "/" if value.endswith("/") else ""
    return Told(posixpath.relpath(there, base.new or ".") + slash)


def _project(
    decoded: EncodedSource, documents: Documents, base: Base
) -> Iterator[Edit]:
    """The name that the old folder gave to the project, if it moves and has none."""
    old, new = posixpath.basename(base.old), posixpath.basename(base.new)
    names = {one.keys[0] for one in documents.scalars if one.is_key and one.keys}
    is_named = "name" in names or "services" not in names
    if base.old == base.new or not old or old == new or is_named:
        return
    top = documents.tops[0]
    name = _NAME.sub("", old.lower())
    eol = "\r\n" if "\r\n" in decoded.chars else "\n"
    if name and decoded.chars[top : top + 1] != "{":
        yield decoded.edit(top, top, f"name: {name}{eol}", KIND)
