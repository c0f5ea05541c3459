"""The builds of a Compose file: a context, and a Dockerfile that is told from there.

`build: .` becomes a mapping where its Dockerfile no longer lies in the context.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.encoded_source import EncodedSource
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import home
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.paths import target_of
from treeguard.migration.rewrite.yaml_scalars import Documents
from treeguard.migration.rewrite.yaml_scalars import Scalar

KIND = "compose"
# What `<<` merges into a service stands below an `x-` key.
SERVICE = r"(?:services/[^/]+|x-[^/]+(?:/[^/]+)?)/"
CONTEXT = re.compile(rf"(?P<build>{SERVICE}build)(?:/context)?")
DOCKERFILE = re.compile(rf"(?P<build>{SERVICE}build)/dockerfile")
_DEFAULT = "Dockerfile"
_NOT_PLAIN = "it is not written plainly"


class Build(NamedTuple):
    """What one service says of its image: a context, and perhaps a Dockerfile."""

    context: Scalar
    dockerfile: Scalar | None
    is_short: bool


def builds(
    path: str,
    decoded: EncodedSource,
    documents: Documents,
    base: Base,
    world: MoveContext,
) -> Iterator[Edit | Undecided]:
    """Edits of every build in the Compose file at `path`, whose folder is `base`."""
    for build in _found(documents):
        yield from _build(path, decoded, build, base, world)


def _found(documents: Documents) -> Iterator[Build]:
    contexts: dict[str, Scalar] = {}
    dockerfiles: dict[str, Scalar] = {}
    for scalar in documents.scalars:
        keys = "/".join(scalar.keys)
        context, dockerfile = CONTEXT.fullmatch(keys), DOCKERFILE.fullmatch(keys)
        if context and not scalar.is_key:
            contexts[context["build"]] = scalar
        elif dockerfile and not scalar.is_key:
            dockerfiles[dockerfile["build"]] = scalar
    for name, scalar in contexts.items():
        yield Build(scalar, dockerfiles.get(name), "/".join(scalar.keys) == name)


def _build(
    path: str, decoded: EncodedSource, build: Build, base: Base, world: MoveContext
) -> Iterator[Edit | Undecided]:
    scalar = build.context
    if "$" in scalar.value or "://" in scalar.value or scalar.value.startswith("/"):
        return
    context = target_of(scalar.value, base.old, world)
    if context is None:
        return
    told = moved_path(scalar.value, base.old, base.new, world)
    new_context = home(world, context)
    if new_context is None or not scalar.is_plain:
        why = told.why if told is not None and told.why else _NOT_PLAIN
        yield Undecided(path, decoded.line(scalar.start), scalar.value, why)
        return
    named = _dockerfile(build, context, new_context, world)
    if named is not None and named.why:
        at = build.dockerfile or scalar
        yield Undecided(path, decoded.line(at.start), at.value, named.why)
        named = None
    yield from _edits(decoded, build, told, named)


def _dockerfile(
    build: Build, context: str, new_context: str, world: MoveContext
) -> Told | None:
    """How the Dockerfile is named from the new context; None as before."""
    written = build.dockerfile.value if build.dockerfile else _DEFAULT
    told = moved_path(written, context, new_context, world)
    if told is None or "$" in written:
        return None
    if build.dockerfile is not None and not build.dockerfile.is_plain:
        return Told(written, _NOT_PLAIN)
    return told


def _edits(
    decoded: EncodedSource, build: Build, context: Told | None, dockerfile: Told | None
) -> Iterator[Edit]:
    scalar, file = build.context, build.dockerfile
    new = context.text if context is not None else scalar.value
    if dockerfile is not None and file is None:
        yield _with_dockerfile(decoded, build, new, dockerfile.text)
        return
    if context is not None:
        yield decoded.edit(scalar.start, scalar.end, new, KIND)
    if dockerfile is not None and file is not None:
        yield decoded.edit(file.start, file.end, dockerfile.text, KIND)


def _with_dockerfile(
    decoded: EncodedSource, build: Build, new: str, dockerfile: str
) -> Edit:
    """The context, and behind it a key that was not there."""
    chars, scalar = decoded.chars, build.context
    is_quoted = chars[scalar.start - 1 : scalar.start] in ("'", '"')
    start, end = scalar.start - is_quoted, scalar.end + is_quoted
    line = chars.rfind("\n", 0, start) + 1
    margin = re.match(r"[ \t]*", chars[line:start])
    indent = margin[0] if margin else ""
    is_flow = chars.count("{", line, start) > chars.count("}", line, start)
    eol = "\r\n" if "\r\n" in chars else "\n"
    if build.is_short and is_flow:
        text = f"{{context: {new}, dockerfile: {dockerfile}}}"
        return decoded.edit(start, end, text, KIND)
    if build.is_short:
        inner = f"{eol}{indent}  "
        text = f"{inner}context: {new}{inner}dockerfile: {dockerfile}"
        # The blank between `build:` and its value goes: a line ends there now.
        return decoded.edit(chars.rfind(":", line, start) + 1, end, text, KIND)
    between = ", " if is_flow else f"{eol}{indent}"
    quoted = chars[start : scalar.start] + new + chars[scalar.end : end]
    return decoded.edit(start, end, f"{quoted}{between}dockerfile: {dockerfile}", KIND)
