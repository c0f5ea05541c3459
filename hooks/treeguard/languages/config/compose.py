"""What a Compose file builds, mounts, reads, extends and includes.

Paths are relative to the file's own folder, or to the project directory that a caller
may choose; the list of keys that hold one is that of
https://github.com/compose-spec/compose-go/tree/main/paths.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.config.ci_pipeline import environment
from treeguard.languages.config.ci_pipeline import words_spans
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.runner import pieces
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import Span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import texts

_SERVICE = word_set("image build extends command volumes ports environment")


def is_compose(document: Node) -> bool:
    """Say whether a YAML document is a Compose file, whatever its name."""
    services = document.get("services") if isinstance(document, Mapping) else None
    values = [v for _, v in services.items] if isinstance(services, Mapping) else []
    return any(
        isinstance(service, Mapping)
        and _SERVICE.intersection(k for k, _ in service.items)
        for service in values
    )


def spans(document: Node) -> Iterator[Span]:
    """Yield what a Compose file's document uses."""
    if not isinstance(document, Mapping):
        return
    for key, value in document.items:
        if key == "services" or key.startswith("x-"):
            # What `<<` merges into a service stands below an `x-` key, or in another.
            for service in (value, *_values(value)):
                yield from _service(service)
        elif key in ("configs", "secrets"):
            for item in _values(value):
                yield from _paths(item, "file")
        elif key == "volumes":
            for item in _values(value):
                yield from _paths(item, "driver_opts", "device")
        elif key == "include":
            yield from _include(value)


def _values(node: Node) -> list[Node]:
    return [value for _, value in node.items] if isinstance(node, Mapping) else []


def _service(service: Node) -> Iterator[Span]:
    if not isinstance(service, Mapping):
        return
    yield from _build(service.get("build"))
    yield from _paths(service, "extends", "file")
    for key in ("env_file", "label_file"):
        yield from _files(service.get(key))
    shell = Shell(homes=tuple(_homes(service)))
    yield from _volumes(service.get("volumes"))
    variables = service.get("environment")
    if variables is not None:
        yield from in_container(environment(variables, shell))
    yield from in_container(words_spans(service, shell))
    test = list(texts(service.get("healthcheck", "test")))
    if test and test[0].chars == "CMD":
        yield from in_container(shell.command(test[1:]))
    else:
        yield from in_container(_scripts(test, shell))
    watched = service.get("develop", "watch")
    for item in watched.items if isinstance(watched, Listing) else ():
        yield from _paths(item, "path")


def _scripts(scripts: list[SourceText], shell: Shell) -> Iterator[Span]:
    for script in scripts:
        yield from shell.script(script)


def _paths(node: Node, *keys: str) -> Iterator[Span]:
    value = node.get(*keys) if isinstance(node, Mapping) else None
    for text in texts(value):
        yield from path_span(expand_defaults(text))


def _files(node: Node | None) -> Iterator[Span]:
    """`env_file: path`, a list of them, or a list of `path: ...`."""
    for text in texts(node):
        yield from path_span(expand_defaults(text))
    for item in node.items if isinstance(node, Listing) else ():
        yield from _paths(item, "path")


def _include(node: Node) -> Iterator[Span]:
    yield from _files(node)
    for item in node.items if isinstance(node, Listing) else ():
        yield from _paths(item, "env_file")
        yield from _paths(item, "project_directory")


def _build(node: Node | None) -> Iterator[Span]:
    """`build: folder`, or its `context`, and a `dockerfile` relative to that."""
    if isinstance(node, SourceText):
        yield from path_span(expand_defaults(node))
    if not isinstance(node, Mapping):
        return
    yield from _paths(node, "context")
    context = node.get("context")
    folder = expand_defaults(context).chars if isinstance(context, SourceText) else ""
    dockerfile = node.get("dockerfile")
    if isinstance(dockerfile, SourceText):
        known = UNKNOWN not in folder and posixpath.normpath(folder or ".") != "."
        relative = folder if known else ""
        yield from path_span(expand_defaults(dockerfile), relative)
    contexts = node.get("additional_contexts")
    for value in _values(contexts) if contexts is not None else ():
        yield from (
            path_span(expand_defaults(value)) if isinstance(value, SourceText) else ()
        )
    for pair in texts(contexts):
        yield from path_span(expand_defaults(pair.part(pair.chars.find("=") + 1)))


def _volumes(node: Node | None) -> Iterator[Span]:
    """`./folder:/place` is a bind; `name:/place` a volume, and no path."""
    for volume in node.items if isinstance(node, Listing) else ():
        if isinstance(volume, SourceText):
            source = next(pieces(expand_defaults(volume), ":"), volume)
            if "/" in source.chars or source.chars.startswith("."):
                yield from path_span(source)
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
