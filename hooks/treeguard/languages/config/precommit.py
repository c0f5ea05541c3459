"""What the local hooks of .pre-commit-config.yaml run (https://pre-commit.com)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.lexer import commands
from treeguard.languages.shell.syntax import Command
from treeguard.languages.source_text import SourceText
from treeguard.languages.spans import Span
from treeguard.languages.spans import path_span
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts

# Their `entry` is a pattern, a sentence or an image.
_NO_COMMAND = frozenset({"pygrep", "fail", "docker_image"})


def spans(document: Node) -> Iterator[Span]:
    """Yield what the hooks that a document defines itself run."""
    for hook in mappings([document]):
        entry, language = hook.get("entry"), hook.get("language")
        name = language.chars if isinstance(language, SourceText) else ""
        if isinstance(entry, SourceText) and name not in _NO_COMMAND:
            yield from _hook(entry, name, hook)


def _hook(entry: SourceText, language: str, hook: Mapping) -> Iterator[Span]:
    """One hook: its `entry`, split as a shell would, then its `args`."""
    shell = Shell("/")
    words = [*_words(entry, shell), *texts(hook.get("args"))]
    if language in ("script", "unsupported_script"):
        yield from path_span(words[0]) if words else ()
    yield from shell.command(words)
    for dependency in texts(hook.get("additional_dependencies")):
        if re.match(r"\.{0,2}/", dependency.chars):
            yield from path_span(dependency)


def _words(entry: SourceText, shell: Shell) -> list[SourceText]:
    for item in commands(entry):
        if isinstance(item, Command):
            return [shell.values(word)[0] for word in item.words]
    return []
