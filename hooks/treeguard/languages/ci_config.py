"""Read the commands of CI pipelines and of other YAML files.

GitHub workflows and actions, GitLab, Azure, CircleCI, Travis, Bitbucket, Taskfile,
Kubernetes, pre-commit (https://pre-commit.com): each names its commands with a few
keys. They start in the repository's root. The keys are those of `known_keys`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from treeguard.languages.known_keys import Keys
from treeguard.languages.known_keys import keys_of
from treeguard.languages.shell.interpreter import Shell
from treeguard.languages.shell.python_code import code
from treeguard.languages.source_text import UNKNOWN
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import expand_defaults
from treeguard.languages.source_text import lines
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import DOCKERFILE_KEY
from treeguard.languages.spans import GLOB
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import Container
from treeguard.languages.spans import Span
from treeguard.languages.spans import in_container
from treeguard.languages.spans import path_span
from treeguard.languages.spans import text_span
from treeguard.languages.yaml_tree import Listing
from treeguard.languages.yaml_tree import Mapping
from treeguard.languages.yaml_tree import Node
from treeguard.languages.yaml_tree import mappings
from treeguard.languages.yaml_tree import texts

_BUILD_ACTION = ("docker/build-push-action@", "docker/build-push-action/")
_ENVIRONMENTS = ("env", "environment", "variables")
_WORDS = ("entrypoint", "command", "args")
# The `entry` of such a pre-commit hook is a pattern, a sentence or an image.
_NO_COMMAND = word_set("pygrep fail docker_image")
_CLOUD_BUILD = re.compile(r"cloudbuild.*\.ya?ml")
_HASHES = re.compile(r"hashFiles\(([^()\n]*)\)")
_QUOTED = re.compile(r"'([^']*)'")
_KEY = re.compile(r"\s*(?:-\s+)*(?:(?P<key>[\w./-]+):(?:\s+[|>][+-]?\s*$|\s+|$))?")


def spans(document: Node, path: str) -> Iterator[Span]:
    """Yield what the commands of one document of a YAML file use."""
    folders, keys = _folders(document), keys_of(path)
    is_object = isinstance(document, Mapping) and "apiVersion" in document
    is_build = _CLOUD_BUILD.fullmatch(path.rpartition("/")[2]) is not None
    chosen = _with_compose_file(document)
    for mapping in mappings([document]):
        shell = Shell("/")
        if id(mapping) in chosen:
            shell.variables["COMPOSE_FILE"] = ()
        yield from _mapping(mapping, folders.get(id(mapping), ""), keys, shell)
        yield from _build_action(mapping)
        if is_build:
            yield from _step_of_cloud_build(mapping, shell)
        elif is_object or "image" in mapping:
            yield from _container(mapping)
        else:
            yield from words_spans(mapping, Shell("/"))


def spans_by_line(text: SourceText, path: str) -> Iterator[Span]:
    """Yield what the values on the lines of a broken YAML file run."""
    shell, keys = Shell("/"), keys_of(path)
    for line in lines(text):
        match = _KEY.match(line.chars)
        key = match["key"] if match else None
        command = line.part(match.end() if match else 0)
        is_command = key is None or key in _WORDS or keys.kind_of(key) == "command"
        if is_command and not command.chars.startswith("#"):
            yield from shell.script(command)


def hash_spans(text: SourceText) -> Iterator[Span]:
    """Yield the patterns of `hashFiles('...')`, wherever an expression holds it."""
    for call in _HASHES.finditer(text.chars):
        for found in _QUOTED.finditer(text.chars, *call.span(1)):
            pattern = text.group(found, 1)
            yield from text_span(
                GLOB, pattern.part(pattern.chars.startswith("!")), ROOT
            )


def _folders(document: Node) -> dict[int, str]:
    """Return the folder of every mapping that a workflow's defaults reach."""
    folders: dict[int, str] = {}
    for mapping in mappings([document]):
        default = mapping.get("defaults", "run", "working-directory")
        folder = default.chars if isinstance(default, SourceText) else None
        folder = folders.get(id(mapping), "") if folder is None else folder
        for _, value in mapping.items:
            for inner in (value, *(value.items if isinstance(value, Listing) else ())):
                if isinstance(inner, Mapping):
                    folders[id(inner)] = folder
    return folders


def _build_action(mapping: Mapping) -> Iterator[Span]:
    """Yield the Dockerfile that docker/build-push-action reads because no input names
    it: https://github.com/docker/build-push-action#inputs"""
    uses, given = mapping.get("uses"), mapping.get("with")
    is_build = isinstance(uses, SourceText) and uses.chars.startswith(_BUILD_ACTION)
    if not is_build or not isinstance(given, Mapping) or "file" in given:
        return
    context = given.get("context")
    folder = "."
    if isinstance(context, SourceText):
        folder = expand_defaults(context).chars or "."
    keys = [key for key, _ in given.items if key.offsets]
    if keys and UNKNOWN not in folder and "://" not in folder:
        key = next((one for one in keys if one.chars == "context"), keys[0])
        at = key.offsets[0]
        yield Span(at, at, DOCKERFILE_KEY, folder, ROOT)


def _with_compose_file(document: Node) -> set[int]:
    """Return every mapping for which an environment around it sets COMPOSE_FILE."""
    found: set[int] = set()
    for mapping in mappings([document]):
        variables = (mapping.get(key) for key in _ENVIRONMENTS)
        is_set = any(
            "COMPOSE_FILE" in one for one in variables if isinstance(one, Mapping)
        )
        if is_set or id(mapping) in found:
            found.add(id(mapping))
            values = [value for _, value in mapping.items]
            inner = [
                item
                for value in values
                for item in (value.items if isinstance(value, Listing) else (value,))
            ]
            found.update(id(one) for one in inner if isinstance(one, Mapping))
    return found


def _mapping(mapping: Mapping, folder: str, keys: Keys, shell: Shell) -> Iterator[Span]:
    values = [(keys.kind_of(key.chars), value) for key, value in mapping.items]
    for kind, value in values:
        if kind == "folder" and isinstance(value, SourceText):
            folder = expand_defaults(value).chars
    shell.folder = rooted(folder)
    for kind, value in values:
        if kind == "variables":
            yield from environment(value, shell)
    for kind, value in values:
        if kind == "command":
            yield from _script(value, mapping, shell)


def _container(mapping: Mapping) -> Iterator[Span]:
    """Yield what a container of Kubernetes runs, in an image or on a mount."""
    folder = mapping.get("workingDir")
    start = folder.chars if isinstance(folder, SourceText) else ""
    mounts = mapping.get("volumeMounts")
    paths = [
        place.chars
        for mount in (mounts.items if isinstance(mounts, Listing) else ())
        if isinstance(mount, Mapping)
        and isinstance(place := mount.get("mountPath"), SourceText)
    ]
    container = Container((start,), mounts=tuple((path, "") for path in paths))
    shell = Shell(container=container)
    variables = mapping.get("env")
    if variables is not None:
        yield from in_container(environment(variables, shell), shell)
    yield from in_container(words_spans(mapping, shell), shell)


def _step_of_cloud_build(mapping: Mapping, shell: Shell) -> Iterator[Span]:
    """Yield what a step runs: the program of its image, in a copy of the repository.

    https://cloud.google.com/build/docs/build-config-file-schema
    """
    image = mapping.get("name")
    has_own = mapping.get("entrypoint") is not None
    if has_own or not isinstance(image, SourceText):
        yield from words_spans(mapping, shell)
        return
    name = re.split(r"[@:]", image.chars.rpartition("/")[2])[0]
    program = "docker" if name == "executor" else name
    words = [expand_defaults(word) for word in texts(mapping.get("args"))]
    yield from shell.command([SourceText(program, [0] * len(program)), *words])


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
            yield from _variable(name.chars, text, shell)
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


def precommit_spans(document: Node) -> Iterator[Span]:
    """Yield what the hooks that a pre-commit configuration defines itself run."""
    for hook in mappings([document]):
        entry, language = hook.get("entry"), hook.get("language")
        name = language.chars if isinstance(language, SourceText) else ""
        if isinstance(entry, SourceText) and name not in _NO_COMMAND:
            yield from _hook(entry, name, hook)


def _hook(entry: SourceText, language: str, hook: Mapping) -> Iterator[Span]:
    """Yield the spans of one hook: its `entry`, split as a shell would, and `args`."""
    shell = Shell("/")
    words = [*shell.words(entry), *texts(hook.get("args"))]
    if language in ("script", "unsupported_script"):
        yield from path_span(words[0]) if words else ()
    yield from shell.command(words)
