"""Find strings of tools' configuration that may name something of the repository.

No key says what they are: a path, a pattern, a regular expression on paths, a dotted
name or just a word. The tree decides, so rules do not judge them and only a migration
asks for them. Keys that are known to hold paths have rows in known_keys.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator
from itertools import chain

from treeguard.languages import import_linter
from treeguard.languages import toml_ini
from treeguard.languages.python_project import manifest_lines
from treeguard.languages.source_text import SourceText
from treeguard.languages.source_text import from_file
from treeguard.languages.source_text import word_set
from treeguard.languages.spans import EXPRESSION
from treeguard.languages.spans import NAME
from treeguard.languages.spans import OWN
from treeguard.languages.spans import PLACE
from treeguard.languages.spans import ROOT
from treeguard.languages.spans import SETTING
from treeguard.languages.spans import Span
from treeguard.languages.spans import text_span
from treeguard.languages.spans import with_quote
from treeguard.languages.yaml_tree import Scalar
from treeguard.languages.yaml_tree import json_documents
from treeguard.languages.yaml_tree import scalars
from treeguard.languages.yaml_tree import yaml_documents

_LONGEST = 20_000
# YAML that has paths of the repository; of any other only dotted names are its own.
_YAML_PATHS = re.compile(
    r"(?:.*/)?(?:\.pre-commit-config|mkdocs|\.?codecov|\.?readthedocs"
    r"|\.golangci|\.yamllint|\.coveragerc|_config)\.ya?ml"
)
_EXPRESSION_KEYS = word_set(
    "files exclude extend-exclude force-exclude exclude_lines types_or include"
)
_MEANS_EXPRESSION = re.compile(r"[\^$|\\]|\(\?")
# VS Code and devcontainers: the repository's root.
_WORKSPACE = re.compile(r"\$\{(?:local)?[wW]orkspace(?:Folder|Root)\}/")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\.\*|:[\w.]+)?")
_INI_WORD = re.compile(r"[^\s,;=:\"']+")
# What precedes a name or a path in the name of a section.
_SECTION = re.compile(r"mypy-|bumpversion:file(?:\([^()]*\))?:")
_INI_COMMENT = re.compile(r"[ \t]#.*")


def may_hold(path: str) -> bool:
    """Return True for configuration of tools, by its name; treeguard's own is none."""
    return _reader(path) is not None and path != "policy.toml"


def spans(path: str, chars: str) -> Iterator[Span]:
    """Yield the strings of the file at `path`, each once; none if it has no reader."""
    reader = _reader(path) if may_hold(path) else None
    has_paths = not path.endswith((".yml", ".yaml")) or _YAML_PATHS.fullmatch(path)
    for one in reader(from_file(chars)) if reader is not None else ():
        text, kind, base = one.text, _kind(one), OWN
        workspace = _WORKSPACE.match(text.chars) if kind else None
        if workspace:
            text, kind, base = text.part(workspace.end()), PLACE, ROOT
        elif not has_paths:
            kind = NAME if kind and _DOTTED.fullmatch(text.chars) else ""
        for span in text_span(kind, text, base) if kind else ():
            yield with_quote(span, chars)

    if reader in (_toml, _ini):
        for span in import_linter.spans(from_file(chars), path):
            yield with_quote(span, chars)


def is_expression(value: str) -> bool:
    """Return True for a regular expression, by its characters."""
    return _MEANS_EXPRESSION.search(value) is not None


def _kind(one: Scalar) -> str:
    """Return what a string is; empty for an address, prose or a place of the
    machine."""
    value = one.text.chars
    if len(value) > _LONGEST or "://" in value.removeprefix("ext://"):
        return ""
    key = one.path.rpartition("/")[2].removesuffix("[]")
    if key in _EXPRESSION_KEYS and is_expression(value):
        return EXPRESSION
    return "" if "\n" in value or value.startswith(("/", "~", "-")) else SETTING


def _toml(text: SourceText) -> Iterator[Scalar]:
    return (found.at for found in toml_ini.toml_strings(text))


def _ini(text: SourceText) -> Iterator[Scalar]:
    """Yield the words of the values, the keys and the names of sections."""
    for one in toml_ini.ini_texts(text):
        if one.is_key:
            start = _SECTION.match(one.text.chars)
            yield one._replace(text=one.text.part(start.end() if start else 0))
        elif re.fullmatch(r"mypy.*/(?:exclude|files)", one.path):
            yield one
        else:
            value = _INI_COMMENT.sub(lambda end: " " * len(end[0]), one.text.chars)
            for word in _INI_WORD.finditer(value):
                yield one._replace(text=one.text.group(word))


def _manifest(text: SourceText) -> Iterator[Scalar]:
    for _command, *words in manifest_lines(text):
        yield from (Scalar(word, "", is_key=False) for word in words)


def _yaml(text: SourceText) -> Iterator[Scalar]:
    return chain.from_iterable(map(scalars, yaml_documents(text) or []))


def _json(text: SourceText) -> Iterator[Scalar]:
    return chain.from_iterable(map(scalars, json_documents(text)))


_READERS: tuple[tuple[str, Callable[[SourceText], Iterator[Scalar]]], ...] = (
    (r"(?:.*/)?MANIFEST\.in", _manifest),
    (r".*\.toml|(?:.*/)?Pipfile", _toml),
    (
        r".*\.(?:ini|cfg|conf)|(?:.*/)?\.(?:coveragerc|flake8|pylintrc|isort\.cfg"
        r"|importlinter)",
        _ini,
    ),
    (
        r"(?:.*/)?(?:tsconfig[^/]*|package|launch|settings|renovate|pyrightconfig)\.json"
        r"|(?:.*/)?(?:\.?devcontainer|tasks|logging[^/]*)\.json",
        _json,
    ),
    (r".*\.ya?ml", _yaml),
)


def _reader(path: str) -> Callable[[SourceText], Iterator[Scalar]] | None:
    return next((read for key, read in _READERS if re.fullmatch(key, path)), None)
