"""Rewrites paths, patterns and dotted names in files that configure tools.

A string is one of these where it says so by itself: a path or pattern has a slash or
names a file, a dotted name has a dot and leads to a module. A regular expression on
paths is rewritten only if it then matches the very same files at their new places. A
bare word is never edited, and told where it is the name of what moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterator

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import STRING
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Edit
from treeguard.migration.model import Undecided
from treeguard.migration.rewrite.config_words import Word
from treeguard.migration.rewrite.config_words import ini_words
from treeguard.migration.rewrite.config_words import json_words
from treeguard.migration.rewrite.config_words import manifest_words
from treeguard.migration.rewrite.config_words import toml_words
from treeguard.migration.rewrite.config_words import yaml_words
from treeguard.migration.rewrite.edits import EncodedSource
from treeguard.migration.rewrite.path_globs import expression
from treeguard.migration.rewrite.path_globs import matched
from treeguard.migration.rewrite.path_globs import respelled
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_head
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.migration.rewrite.references import renamed
from treeguard.trees import TREE

KIND = "config"
Reader = Callable[[str], Iterator[Word]]

_READERS: tuple[tuple[str, Reader], ...] = (
    (r"(?:.*/)?MANIFEST\.in", manifest_words),
    (r".*\.toml|(?:.*/)?Pipfile", toml_words),
    (
        r".*\.(?:ini|cfg|conf)|(?:.*/)?\.(?:coveragerc|flake8|pylintrc|isort\.cfg)",
        ini_words,
    ),
    (
        r"(?:.*/)?(?:tsconfig[^/]*|package|launch|settings|renovate|pyrightconfig)\.json"
        r"|(?:.*/)?(?:\.?devcontainer|tasks|logging[^/]*)\.json",
        json_words,
    ),
    (r".*\.ya?ml", yaml_words),
)
# YAML that has paths of the repository; of any other only dotted names are its own.
_YAML_PATHS = re.compile(
    r"(?:.*/)?(?:\.pre-commit-config|mkdocs|\.?codecov|\.readthedocs|\.?readthedocs"
    r"|\.golangci|\.yamllint|\.coveragerc|_config)\.ya?ml"
)
_EXPRESSIONS = re.compile(
    r"(?:.*\.)?(?:files|exclude|extend-exclude|force-exclude|exclude_lines|types_or"
    r"|include)"
)
_MEANS_EXPRESSION = re.compile(r"[\^$|\\]|\(\?")
# VS Code and devcontainers: the repository's root.
_WORKSPACE = re.compile(r"\$\{(?:local)?[wW]orkspace(?:Folder|Root)\}/")
_DOTTED = re.compile(
    r"(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?P<rest>(?:\.\*|:[\w.]+)?)"
)
_WILD = re.compile(r"[*?\[]")
_WORDS = re.compile(r"[A-Za-z_]\w*")


def may_hold(path: str) -> bool:
    """True for the configuration of tools, by its name; treeguard's own is none."""
    return _reader(path) is not None and path != "policy.toml"


def _reader(path: str) -> Reader | None:
    return next((read for key, read in _READERS if re.fullmatch(key, path)), None)


def patterns(path: str, data: bytes) -> Iterator[str]:
    """What a file says that has a wildcard and is a path besides, once each place."""
    reader = _reader(path)
    is_paths = not path.endswith((".yml", ".yaml")) or _YAML_PATHS.fullmatch(path)
    if reader is None or not is_paths:
        return
    for word in reader(data.decode("utf-8", "replace").removeprefix("\ufeff")):
        value = word.value
        is_path = "/" in value and "://" not in value and not re.search(r"\s", value)
        if is_path and _WILD.search(value) and not _is_expression(value):
            yield value.removeprefix("!")


def rewrites(path: str, data: bytes, world: MoveContext) -> Iterator[Edit | Undecided]:
    """Edits of the file at `path`, its place before the moves.

    Needs `world.after`.
    """
    reader = _reader(path)
    try:
        decoded = EncodedSource(data)
    except UnicodeDecodeError:
        return  # what it uses is told with the other uses
    names = Names(path, world)
    for word in sorted(set(reader(decoded.chars))) if reader is not None else ():
        told = _told(path, word, names, world)
        if told is None or (told.text == word.value and not told.why):
            continue
        line = decoded.line(word.start)
        text = told.text if word.is_plain or told.why else None
        if text is None and reader is not None:
            text = _respelled(path, decoded.chars, word, told.text, reader, world)
        why = told.why or ("it is not written plainly" if text is None else "")
        if why or text is None:
            yield Undecided(path, line, word.value.strip()[:80], why)
        else:
            yield decoded.edit(word.start, word.end, text, KIND)


def _respelled(
    path: str, chars: str, word: Word, value: str, reader: Reader, world: MoveContext
) -> str | None:
    """An expression over several lines, its paths told anew where they stand; None
    unless the same reader then reads the `value` that is meant."""
    base = Base(parent_folder(path), parent_folder(world.where(path)))
    text = respelled(chars[word.start : word.end], base, world)
    again = reader(chars[: word.start] + text + chars[word.end :])
    found = [one for one in again if one.start == word.start]
    return text if [one.value for one in found] == [value] else None


def _told(path: str, word: Word, names: Names, world: MoveContext) -> Told | None:
    value = word.value
    if len(value) > 20_000 or "://" in value:
        return None
    base = Base(parent_folder(path), parent_folder(world.where(path)))
    workspace = _WORKSPACE.match(value)
    if workspace is not None:
        told = moved_path(value[workspace.end() :], "", "", world)
        return told and Told(workspace[0] + told.text, told.why)
    has_paths = not path.endswith((".yml", ".yaml")) or _YAML_PATHS.fullmatch(path)
    if has_paths and _EXPRESSIONS.fullmatch(word.place) and _is_expression(value):
        return expression(value, base, world)
    if "\n" in value or value.startswith(("/", "~", "-")):
        return None
    dotted = _DOTTED.fullmatch(value)
    if dotted is not None:
        found = _name(dotted["name"], names)
        if found is not None:
            return Told(found.text + dotted["rest"], found.why)
    if not has_paths:
        return None
    if "/" in value:
        return _path(value, base, world)
    if "." in value and not _WILD.search(value):
        return moved_path(value, base.old, base.new, world)
    return _bare(value, names)


def _is_expression(value: str) -> bool:
    return _MEANS_EXPRESSION.search(value) is not None


def _name(name: str, names: Names) -> Told | None:
    """How a dotted name reads now; None if it leads to no module, or still does."""
    if not names.led(Name(name), STRING):
        return None
    try:
        new = renamed(names, name)
    except UndecidedError as error:
        return Told(name, str(error))
    return None if new == name else Told(new)


def _path(value: str, base: Base, world: MoveContext) -> Told | None:
    negated = value.startswith("!")
    plain = value.removeprefix("!")
    told = moved_head(plain, base.old, base.new, world)
    if told is None and _WILD.search(plain):
        return matched(plain, base, world)
    if told is None or told.why:
        return told
    old = normal(f"{base.old}/{_WILD.split(plain)[0]}")
    new = normal(f"{base.new}/{_WILD.split(told.text)[0]}")
    if old and new and _widens(old, new, world):
        return Told(value, f"{new} holds other files too, and would mean them as well")
    return Told(f"{'!' if negated else ''}{told.text}")


def _widens(old: str, new: str, world: MoveContext) -> bool:
    """True if a folder's new place is one that others have or get as well."""
    entry = world.before.entry(new)
    if entry is not None and entry.mode == TREE:
        return True
    return any(
        there.startswith(f"{new}/") and not path.startswith(f"{old}/")
        for path, there in world.moves.items()
    )


def _bare(value: str, names: Names) -> Told | None:
    """A bare word may be a module's name as well as anything else: only told."""
    if not _WORDS.fullmatch(value):
        return None
    targets = names.led(Name(value), STRING)
    if targets and names.leads(Name(value), STRING) != names.expected(targets):
        return Told(value, f"it may name {targets[0]}, which moves")
    return None
