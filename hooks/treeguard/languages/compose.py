"""Model a Compose file: what it builds, mounts, reads, extends and includes.

Paths are relative to the file's own folder, or to the project directory that a caller
may choose; the list of keys that hold one is that of
https://github.com/compose-spec/compose-go/tree/main/paths. A Dockerfile is relative to
the context of its build.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.ci_config import environment
from treeguard.languages.ci_config import words_spans
from treeguard.languages.facts import PATH
from treeguard.languages.manifests import COMPOSE_TOP
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import pieces
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import FILE
from treeguard.languages.spans import IMAGE
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PLACED
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import local_span
from treeguard.languages.spans import text_span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import texts

_SERVICE = word_set("image build extends command volumes ports environment")


class Build(NamedTuple):
    """The image of one service: a context, and perhaps a Dockerfile in it."""

    context: SourceText
    dockerfile: SourceText | None
    is_short: bool  # `build: context`
    target: SourceText | None = None


def is_compose_name(path: str) -> bool:
    """Return whether a file is a Compose file by its name."""
    name = path.rpartition("/")[2]
    return "compose" in name and name.endswith((".yml", ".yaml"))


def is_compose(path: str, document: Node) -> bool:
    """Return whether a YAML document is one, by its services or by the file's name."""
    if not isinstance(document, Mapping):
        return False
    if is_compose_name(path) and all(
        key.chars in COMPOSE_TOP or key.chars.startswith("x-")
        for key, _ in document.items
    ):
        return True
    return any(
        isinstance(service, Mapping)
        and _SERVICE.intersection(key.chars for key, _ in service.items)
        for service in _values(document.get("services"))
    )


def spans(document: Node) -> Iterator[Span]:
    """Yield the spans of a Compose file's document."""
    for service in _services(document):
        yield from _service(service)
    for key, value in _pairs(document):
        if key in ("configs", "secrets"):
            for item in _values(value):
                yield from _files(item, "file")
        elif key == "volumes":
            for item in _values(value):
                yield from _paths(item, "driver_opts", "device")
        elif key == "include":
            yield from _files(value)
            for item in value.items if isinstance(value, Listing) else ():
                yield from _files(item, "path")
                yield from _files(item, "env_file")
                yield from _paths(item, "project_directory")


def builds(document: Node) -> Iterator[Build]:
    """Yield the build of every service that has one."""
    for service in _services(document):
        build = _build_of(service)
        if build is not None:
            yield build


def _build_of(service: Mapping) -> Build | None:
    build = service.get("build")
    if isinstance(build, SourceText):
        return Build(build, None, True)
    context = build.get("context") if isinstance(build, Mapping) else None
    if not isinstance(build, Mapping) or not isinstance(context, SourceText):
        return None
    dockerfile, target = build.get("dockerfile"), build.get("target")
    named = dockerfile if isinstance(dockerfile, SourceText) else None
    stage = target if isinstance(target, SourceText) else None
    return Build(context, named, False, stage)


def _pairs(node: Node | None) -> list[tuple[str, Node]]:
    pairs = node.items if isinstance(node, Mapping) else ()
    return [(key.chars, value) for key, value in pairs]


def _values(node: Node | None) -> list[Node]:
    return [value for _, value in _pairs(node)]


def _services(document: Node) -> Iterator[Mapping]:
    """Yield each service once.

    What `<<` merges into a service is below an `x-` key, or in another service.
    """
    seen: set[int] = set()
    for key, value in _pairs(document):
        if key == "services" or key.startswith("x-"):
            for service in (value, *_values(value)):
                if isinstance(service, Mapping) and id(service) not in seen:
                    seen.add(id(service))
                    yield service


def _service(service: Mapping) -> Iterator[Span]:
    yield from _build(service.get("build"))
    yield from _files(service, "extends", "file")
    for key in ("env_file", "label_file"):
        value = service.get(key)
        yield from _files(value)
        for item in value.items if isinstance(value, Listing) else (value,):
            yield from _files(item, "path")
    shell = Shell(homes=tuple(_homes(service)), container=_container(service))
    yield from _volumes(service.get("volumes"))
    variables = service.get("environment")
    if variables is not None:
        yield from in_container(environment(variables, shell), shell)
    folder = service.get("working_dir")
    if isinstance(folder, SourceText):
        yield from in_container(text_span(IMAGE, folder, PLACED), shell)
    yield from in_container(words_spans(service, shell), shell)
    test = list(texts(service.get("healthcheck", "test")))
    yield from in_container(_health(test, shell), shell)
    watched = service.get("develop", "watch")
    for item in watched.items if isinstance(watched, Listing) else ():
        yield from _files(item, "path")


def _container(service: Mapping) -> Container:
    """Return where a service starts, the image that it builds, and its mounts."""
    folder = service.get("working_dir")
    start = folder.chars if isinstance(folder, SourceText) else ""
    found = _build_of(service)
    build = None
    if found is not None:
        parts = (found.context, found.dockerfile, found.target)
        context, dockerfile, target = (
            expand_defaults(part).chars if part else "" for part in parts
        )
        build = context, dockerfile, target
    mounts = tuple(_mounted(service.get("volumes")))
    return Container((start,), build=build, mounts=mounts, is_ours=build is not None)


def _mounted(node: Node | None) -> Iterator[tuple[str, str]]:
    """Yield the folders of the container, and what is mounted there: a path, or
    nothing that is known."""
    for volume in node.items if isinstance(node, Listing) else ():
        source: str | None = None
        target: Node | None = None
        if isinstance(volume, SourceText):
            sides = [one.chars for one in pieces(expand_defaults(volume), ":")]
            source, target = sides[0], volume.with_text(sides[1]) if sides[1:] else None
        elif isinstance(volume, Mapping):
            bound, target = volume.get("source"), volume.get("target")
            source = bound.chars if isinstance(bound, SourceText) else None
        if isinstance(target, SourceText):
            is_path = source is not None and source.startswith(".")
            yield target.chars, source or "" if is_path else ""


def _health(test: list[SourceText], shell: Shell) -> Iterator[Span]:
    if test and test[0].chars == "CMD":
        yield from shell.command(test[1:])
        return
    for script in test:
        yield from shell.script(script)


def _files(node: Node | None, *keys: str) -> Iterator[Span]:
    """Yield what is a file in any case, below some keys: a text, or a list of texts."""
    for span in _paths(node, *keys):
        yield span._replace(kind=FILE) if span.kind == PATH else span


def _paths(node: Node | None, *keys: str) -> Iterator[Span]:
    if keys:
        node = node.get(*keys) if isinstance(node, Mapping) else None
    for text in texts(node):
        yield from _path(text)


def _path(text: SourceText, written: SourceText | None = None) -> Iterator[Span]:
    """Yield a path from the file's folder.

    If a variable is part of it, the span covers all that is `written`, and cannot be
    rewritten.
    """
    written = written or text
    for span in local_span(expand_defaults(text), OWN):
        kind = FILE if span.kind == PATH and span.text.startswith(".") else span.kind
        span = span._replace(kind=kind)
        if "$" in written.chars:
            start, end = written.offsets[0], written.offsets[-1] + 1
            span = span._replace(start=start, end=end, quote=None)
        yield span


def _build(build: Node | None) -> Iterator[Span]:
    """Yield `build: folder`, or its `context`, and a `dockerfile` relative to that."""
    if isinstance(build, SourceText):
        yield from _path(build)
    if not isinstance(build, Mapping):
        return
    yield from _paths(build, "context")
    context = build.get("context")
    folder = expand_defaults(context).chars if isinstance(context, SourceText) else "."
    dockerfile = build.get("dockerfile")
    if isinstance(dockerfile, SourceText):
        yield from _dockerfile(dockerfile, folder)
    contexts = build.get("additional_contexts")
    for value in _values(contexts):
        yield from _path(value) if isinstance(value, SourceText) else ()
    for pair in texts(contexts):
        yield from _path(pair.part(pair.chars.find("=") + 1))


def _dockerfile(text: SourceText, context: str) -> Iterator[Span]:
    for span in local_span(expand_defaults(text), OWN):
        if UNKNOWN in context:
            yield span._replace(quote=None)
        else:
            path = posixpath.normpath(posixpath.join(context, span.text))
            known = span.text if posixpath.normpath(context) == "." else path
            yield span._replace(text=known, base=posixpath.join(OWN, context))


def _volumes(node: Node | None) -> Iterator[Span]:
    """Yield what is mounted: `./folder:/place` is a path, `name:/place` a volume."""
    for volume in node.items if isinstance(node, Listing) else ():
        if isinstance(volume, SourceText):
            source = next(pieces(expand_defaults(volume), ":"), volume)
            if "/" in source.chars or source.chars.startswith("."):
                is_plain = volume.chars.startswith(source.chars)
                yield from _path(source, None if is_plain else volume)
        elif isinstance(volume, Mapping):
            kind = volume.get("type")
            if isinstance(kind, SourceText) and kind.chars == "bind":
                yield from _paths(volume, "source")


def _homes(service: Mapping) -> Iterator[str]:
    """Yield where a service mounts the whole project: `.:/app`."""
    for volume in texts(service.get("volumes")):
        match = re.match(r"\./?:(/[^:]+)", volume.chars)
        if match:
            yield match[1].rstrip("/")
