"""What package.json, launch.json, tasks.json and devcontainer.json run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.config.ci_pipeline import environment
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.spans import Span
from treeguard.languages.spans import name_span
from treeguard.languages.spans import path_span
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import json_document
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts

_WORKSPACE = re.compile(r"\$\{(?:workspaceFolder|workspaceRoot|fileDirname)\}/")
_LIFECYCLE = re.compile(r"(?:initialize|onCreate|updateContent|post\w+)Command")


def package_spans(text: SourceText) -> Iterator[Span]:
    """Yield what the `scripts` of a package.json run."""
    for document in json_document(text):
        scripts = document.get("scripts") if isinstance(document, Mapping) else None
        for _, script in scripts.items if isinstance(scripts, Mapping) else ():
            yield from _run(script, Shell())


def editor_spans(text: SourceText) -> Iterator[Span]:
    """Yield what VS Code's launch.json and tasks.json, and a devcontainer, run."""
    for mapping in mappings(json_document(text)):
        shell = Shell("/")
        variables = mapping.get("env")
        yield from environment(variables, shell) if variables is not None else ()
        yield from _launch(mapping, shell)
        for key, value in mapping.items:
            if _LIFECYCLE.fullmatch(key):
                yield from _run(value, shell)


def _launch(mapping: Mapping, shell: Shell) -> Iterator[Span]:
    for module in texts(mapping.get("module")):
        yield from name_span(module)
    for key in ("program", "dockerfile", "dockerFile", "context", "dockerComposeFile"):
        for path in texts(mapping.get(key)):
            yield from _workspace(path)
    command = mapping.get("command")
    if isinstance(command, SourceText):
        arguments = list(texts(mapping.get("args")))
        if arguments:
            words = [expand_defaults(word) for word in (command, *arguments)]
            yield from shell.command(words)
        else:
            yield from shell.run(command)


def _workspace(path: SourceText) -> Iterator[Span]:
    match = _WORKSPACE.match(path.chars)
    yield from path_span(expand_defaults(path.part(match.end()) if match else path))


def _run(value: Node, shell: Shell) -> Iterator[Span]:
    """A command as text, as a list of words, or several by name."""
    if isinstance(value, SourceText):
        yield from shell.run(value)
    elif isinstance(value, Mapping):
        for _, command in value.items:
            yield from _run_words(command, shell)
    else:
        yield from _run_words(value, shell)


def _run_words(value: Node, shell: Shell) -> Iterator[Span]:
    words = list(texts(value))
    yield from (
        shell.run(words[0]) if isinstance(value, SourceText) else shell.command(words)
    )
