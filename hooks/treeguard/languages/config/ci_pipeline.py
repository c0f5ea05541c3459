"""What CI pipelines and other YAML files with commands in them run.

GitHub workflows and actions, GitLab, Azure, CircleCI, Travis, Bitbucket, Taskfile,
Kubernetes, pre-commit: each names its commands with a few keys, read here by key. They
start in the repository's root.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.python_commands import code
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import Span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts

_SCRIPTS = word_set(
    "run script before_script after_script bash sh pwsh powershell cmd cmds commands"
    " before_install install after_success before_deploy startCommand buildCommand"
    " preDeployCommand inlineScript postCreateCommand postStartCommand"
)
_WORDS = ("entrypoint", "command", "args")
_FOLDERS = ("working-directory", "working_directory", "workingDirectory")
_ENVIRONMENTS = frozenset({"env", "environment", "variables"})
_PATHS = word_set(
    "local template dockerfilePath dockerContext requirementsFile requirements"
    " scriptPath filePath"
)
_KEY = re.compile(r"\s*(?:-\s+)*(?:(?P<key>[\w./-]+):(?:\s+[|>][+-]?\s*$|\s+|$))?")


def spans(document: Node) -> Iterator[Span]:
    """Yield what one YAML document uses."""
    places = _places(document)
    for mapping in mappings([document]):
        yield from _mapping(mapping, places.get(id(mapping), ""))
    yield from _includes(document)


def spans_by_line(text: SourceText) -> Iterator[Span]:
    """Yield what the values on the lines of a broken YAML file run."""
    shell = Shell("/")
    for line in lines(text):
        match = _KEY.match(line.chars)
        key = match["key"] if match else None
        command = line.part(match.end() if match else 0)
        is_command = key is None or key in _SCRIPTS or key in _WORDS
        if is_command and not command.chars.startswith("#"):
            yield from shell.script(command)


def _places(document: Node) -> dict[int, str]:
    """Return the folder of every mapping that a workflow's defaults reach."""
    places: dict[int, str] = {}
    for mapping in mappings([document]):
        default = mapping.get("defaults", "run", "working-directory")
        folder = default.chars if isinstance(default, SourceText) else None
        folder = places.get(id(mapping), "") if folder is None else folder
        for _, value in mapping.items:
            for inner in (value, *(value.items if isinstance(value, Listing) else ())):
                if isinstance(inner, Mapping):
                    places[id(inner)] = folder
    return places


def _mapping(mapping: Mapping, folder: str) -> Iterator[Span]:
    for place in (mapping.get(key) for key in _FOLDERS):
        if isinstance(place, SourceText):
            folder = expand_defaults(place).chars
            yield from path_span(expand_defaults(place))
    shell = Shell("/", rooted(folder))
    for key, value in mapping.items:
        if key in _ENVIRONMENTS:
            yield from environment(value, shell)
    for key, value in mapping.items:
        if key in _SCRIPTS:
            yield from _script(value, mapping, shell)
        elif key in _PATHS and isinstance(value, SourceText):
            yield from _rooted_span(value)
    yield from in_container(words_spans(mapping, shell))
    yield from _action(mapping)


def rooted(folder: str) -> str:
    """Return the place of a folder below the repository's root, for a `Shell`."""
    if not folder.strip("./") or folder.startswith(("/", UNKNOWN)) or UNKNOWN in folder:
        return ""
    return posixpath.normpath("/" + folder)


def _script(value: Node, mapping: Mapping, shell: Shell) -> Iterator[Span]:
    program = mapping.get("shell")
    is_python = isinstance(program, SourceText) and program.chars.startswith("python")
    for text in texts(value):
        yield from code(text, shell) if is_python else shell.run(text)


def words_spans(mapping: Mapping, shell: Shell) -> Iterator[Span]:
    """Yield what `command`, `args` and `entrypoint` run, as text or as words."""
    words: list[SourceText] = []
    for key in _WORDS:
        value = mapping.get(key)
        if isinstance(value, SourceText):
            yield from shell.script(value)
        elif value is not None:
            words.extend(expand_defaults(word) for word in texts(value))
    yield from shell.command(words)


def environment(value: Node, shell: Shell) -> Iterator[Span]:
    """Yield what variables use: a mapping, `NAME=value` texts, or name and value."""
    if isinstance(value, Mapping):
        for name, text in value.items:
            yield from _variable(name, text, shell)
    for item in value.items if isinstance(value, Listing) else ():
        if isinstance(item, Mapping):
            name_node = item.get("name")
            if isinstance(name_node, SourceText):
                yield from _variable(name_node.chars, item.get("value"), shell)
        elif isinstance(item, SourceText) and "=" in item.chars:
            at = item.chars.find("=")
            yield from _variable(item.chars[:at], item.part(at + 1), shell)


def _variable(name: str, value: Node | None, shell: Shell) -> Iterator[Span]:
    if isinstance(value, SourceText):
        yield from shell.environment(name, expand_defaults(value))
        shell.assign(name, expand_defaults(value))


def _action(mapping: Mapping) -> Iterator[Span]:
    """GitHub's `uses: ./path`, an action's own files, and what an image is built of."""
    action = mapping.get("uses")
    if isinstance(action, SourceText) and action.chars.startswith("./"):
        yield from path_span(action)
    if isinstance(action, SourceText) and action.chars.startswith("docker/"):
        for key in ("context", "file", "files"):
            for path in texts(mapping.get("with", key)):
                yield from _rooted_span(path)
    runner = mapping.get("runs")
    for key in ("main", "pre", "post", "image"):
        file = runner.get(key) if isinstance(runner, Mapping) else None
        if isinstance(file, SourceText) and not file.chars.startswith("docker://"):
            yield from path_span(expand_defaults(file))


def _rooted_span(path: SourceText) -> Iterator[Span]:
    """Yield a path whose leading slash means the repository's root."""
    yield from path_span(
        expand_defaults(path.part(1) if path.chars[:1] == "/" else path)
    )


def _includes(document: Node) -> Iterator[Span]:
    """GitLab's `include: path` and `include: [path]`."""
    if isinstance(document, Mapping):
        for path in texts(document.get("include")):
            yield from _rooted_span(path)
