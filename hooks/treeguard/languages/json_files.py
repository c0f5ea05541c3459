"""Read package.json, launch.json, tasks.json and devcontainer.json."""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages import known_keys
from treeguard.languages.ci_config import environment
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.spans import Span
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import json_documents
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts

_LIFECYCLE = re.compile(r"(?:initialize|onCreate|updateContent|post\w+)Command")


def spans(text: SourceText, path: str) -> Iterator[Span]:
    """Yield the spans of a JSON file."""
    documents = json_documents(text)
    is_package = path.rpartition("/")[2] == "package.json"
    yield from _scripts(documents) if is_package else _commands(documents)
    yield from known_keys.spans(path, documents)


def _scripts(documents: list[Node]) -> Iterator[Span]:
    for document in documents:
        scripts = document.get("scripts") if isinstance(document, Mapping) else None
        for _, script in scripts.items if isinstance(scripts, Mapping) else ():
            yield from _run(script, Shell())


def _commands(documents: list[Node]) -> Iterator[Span]:
    """Yield what VS Code's launch.json and tasks.json, and a devcontainer, run."""
    for mapping in mappings(documents):
        shell = Shell("/")
        variables = mapping.get("env")
        yield from environment(variables, shell) if variables is not None else ()
        command = mapping.get("command")
        if isinstance(command, SourceText):
            words = [command, *texts(mapping.get("args"))]
            if len(words) > 1:
                yield from shell.command([expand_defaults(word) for word in words])
            else:
                yield from shell.run(command)
        for key, value in mapping.items:
            if _LIFECYCLE.fullmatch(key.chars):
                yield from _run(value, shell)


def _run(value: Node, shell: Shell) -> Iterator[Span]:
    """Read a command: text, a list of words, or several commands by name."""
    if isinstance(value, SourceText):
        yield from shell.run(value)
    elif isinstance(value, Mapping):
        for _, command in value.items:
            is_text = isinstance(command, SourceText)
            words = list(texts(command))
            yield from shell.run(words[0]) if is_text else shell.command(words)
    else:
        yield from shell.command(list(texts(value)))
