"""Decide what becomes of patterns, and of strings that no key explains.

A setting shows by itself what it is: a path or pattern has a slash or names a file, a
dotted name has a dot and leads to a module. The tree decides on patterns and regular
expressions: what they matched, they have to match at the new places. A bare word is
never edited, and listed where it is the name of what moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import normal
from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import STRING
from treeguard.languages.spans import EXPRESSION
from treeguard.languages.spans import NAME
from treeguard.languages.spans import Span
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.object_names import MAYBE
from treeguard.migration.rewrite.object_names import renamed_object
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import NewText
from treeguard.migration.rewrite.paths import absent_head
from treeguard.migration.rewrite.paths import moved_head
from treeguard.migration.rewrite.paths import moved_path
from treeguard.migration.rewrite.python_names import Name
from treeguard.migration.rewrite.python_names import Names
from treeguard.migration.rewrite.python_names import UndecidedError
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault
from treeguard.trees import TREE

_LONGEST = 5_000
# What may be before a path in an expression, and after it.
_BEFORE = r"(?:(?<![\w./-])|(?<=\^))"
_AFTER = r"(?![\w-])"
_RUNAWAY = re.compile(r"[*+}]\)?[*+{]|\([^()]*[*+][^()]*\)[*+{]")
_DOTTED = re.compile(
    r"(?P<lead>(?:ext://)?)(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)(?P<rest>(?:\.\*|:[\w.]+)?)"
)
_MODULES = re.compile(
    r"(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?P<rest>(?:\.\*{1,2})?)"
)
_WILD = re.compile(r"[*?\[]")
_WORD = re.compile(r"[A-Za-z_]\w*")


def setting_now(
    span: Span, base: Base, names: Names, context: MoveContext
) -> NewText | None:
    """Return how a setting, a name or an expression reads afterwards; None if it
    stays."""
    value = span.text
    if span.kind == EXPRESSION:
        return _expression(value, base, context)
    dotted = _DOTTED.fullmatch(value)
    if dotted is not None and names.old_targets(Name(dotted["name"]), STRING):
        now = new_name(dotted["name"], names)
        if now is not None:
            return NewText(dotted["lead"] + now.text + dotted["rest"], now.why)
    if span.kind == NAME:
        return None
    if "/" in value:
        return _path(value, base, context)
    if "." in value and not _WILD.search(value):
        return moved_path(value, base.old, base.new, context)
    return _bare(value, names)


def new_name(dotted: str, names: Names, use: str = MAYBE) -> NewText | None:
    """Return how a dotted name reads afterwards; None if it stays."""
    try:
        new = renamed_object(names, dotted, use=use)
    except UndecidedError as error:
        return NewText(dotted, str(error))
    return None if new == dotted else NewText(new)


def _path(value: str, base: Base, context: MoveContext) -> NewText | None:
    negated, plain = value.startswith("!"), value.removeprefix("!")
    now = moved_head(plain, base.old, base.new, context)
    if now is None and _WILD.search(plain):
        return _lost(plain, base, context)
    if now is None or now.why:
        return now
    old = normal(f"{base.old}/{_WILD.split(plain)[0]}")
    new = normal(f"{base.new}/{_WILD.split(now.text)[0]}")
    if old and new and _widens(old, new, context):
        return NewText(
            value, f"{new} holds other files too, and would mean them as well"
        )
    return NewText(f"{'!' if negated else ''}{now.text}")


def _widens(old: str, new: str, context: MoveContext) -> bool:
    """Return True if others have, or get, the new place of a folder as well."""
    entry = context.before.entry(new)
    if entry is not None and entry.mode == TREE:
        return True
    return any(
        there.startswith(f"{new}/") and not path.startswith(f"{old}/")
        for path, there in context.moves.items()
    )


def _bare(value: str, names: Names) -> NewText | None:
    """List a bare word that may be a module's name as well as anything else."""
    targets = names.old_targets(Name(value), STRING) if _WORD.fullmatch(value) else ()
    if targets and names.new_targets(Name(value), STRING) != names.new_places(targets):
        return NewText(value, f"it may name {targets[0]}, which moves")
    return None


def _lost(
    pattern: str, base: Base, context: MoveContext, shown: str = ""
) -> NewText | None:
    """List a pattern that loses a file that moves; None if it matches all of them."""
    lost = _missed(pattern, pattern, base, context)
    if not lost:
        return None
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return NewText(shown or pattern, f"it matches {min(lost)}{more}, which moves away")


def keeps_matching(old: str, new: str, base: Base, context: MoveContext) -> bool:
    """Return False if `new` misses a file at its new place that `old` matched."""
    return not _missed(old, new, base, context)


def pattern_now(value: str, base: Base, context: MoveContext) -> NewText | None:
    """Return how a pattern of .gitignore reads afterwards; None if it stays.

    Without a slash it matches at any depth, so it nearly always stays right.
    """
    plain = value.lstrip("!")
    if "/" in plain.rstrip("/"):
        absent = absent_head(plain, base, context)
        if absent is not None:
            return NewText(f"{value[: len(value) - len(plain)]}{absent.text}")
        return _path(value, base, context)
    anywhere = f"**/{plain}"
    if not _missed(anywhere, anywhere, base, context):
        return None
    now = moved_path(plain, base.old, base.new, context)
    if now is not None and not now.why and not _missed(plain, now.text, base, context):
        elsewhere = _missed(anywhere, now.text, base, context)
        if not elsewhere:
            return NewText(f"{value[: len(value) - len(plain)]}{now.text}")
    return _lost(anywhere, base, context, value)


def member_now(dotted: str, package: str, names: Names) -> NewText | None:
    """Return how a name below a package reads afterwards; None if nothing has it.

    The text that it has now, if it stays: below another package it may not.
    """
    if not names.old_targets(Name(dotted), STRING):
        return None
    member = dotted.removeprefix(f"{package}.")
    now, around = new_name(dotted, names), new_name(package, names)
    if now is not None and now.why:
        return NewText(member, now.why)
    head = f"{package if around is None or around.why else around.text}."
    new = dotted if now is None else now.text
    if not new.startswith(head):
        return NewText(member, f"it is {new} afterwards, not below {head[:-1]}")
    return NewText(new.removeprefix(head))


def modules_now(value: str, names: Names) -> NewText | None:
    """Return how a pattern on dotted names, `lib.*`, reads afterwards; None if it
    stays. What a wildcard inside of a name matched is compared, never respelled."""
    plain = value.lstrip("!")
    mark = value[: len(value) - len(plain)]
    whole = _MODULES.fullmatch(plain)
    if whole is not None:
        now = new_name(whole["name"], names)
        if now is None or now.why:
            return now and NewText(value, now.why)
        return NewText(f"{mark}{now.text}{whole['rest']}")
    pattern = _wildcard_names(plain)
    if pattern is None:
        return None
    for dotted in filter(pattern.fullmatch, _dotted_names(names.context)):
        now = new_name(dotted, names)
        if now is not None and not pattern.fullmatch(now.text):
            return NewText(value, f"it matches {dotted}, whose name changes")
    return None


def _wildcard_names(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern on dotted names as fnmatch and mypy read it."""
    if "*" not in pattern or not re.fullmatch(r"[\w.*?]+", pattern):
        return None
    parts = re.split(r"(\*+)", pattern)
    return re.compile(
        "".join(".*" if "*" in part else re.escape(part) for part in parts)
    )


def _dotted_names(context: MoveContext) -> Iterator[str]:
    """Yield the old dotted names of the folders and files that move."""
    for path in (*context.folders, *(p for p in context.moves if p.endswith(".py"))):
        root = context.before.search_roots.around(parent_folder(path))
        below = path.removeprefix(f"{root}/") if root else path
        dotted = below.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if all(map(str.isidentifier, dotted.split("."))):
            yield dotted


def _missed(old: str, new: str, base: Base, context: MoveContext) -> list[str]:
    before, after = _patterns(old, base.old), _patterns(new, base.new)
    if before is None or after is None:
        return []
    moved = [one for one in context.moves.items() if before.match(one[0])]
    return [path for path, there in moved if not after.match(there)]


def _patterns(pattern: str, folder: str) -> Patterns | None:
    head = f"{folder}/" if folder else ""
    rooted = f"/{head}{pattern.removeprefix('./').lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))


def _expression(value: str, base: Base, context: MoveContext) -> NewText | None:
    """Return how a regular expression on paths, from `base`, reads afterwards."""
    before = _compiled(value)
    if before is None:
        return None
    new = respelled(value, base, context)
    after = _compiled(new)
    lost = None if after is None else _difference(before, after, base, context)
    if after is not None and lost is None:
        return NewText(new) if new != value else None
    unchanged = _difference(before, before, base, context)
    if unchanged is None:
        return None
    return NewText(value, f"it would no longer mean {unchanged} alike")


def respelled(text: str, base: Base, context: MoveContext) -> str:
    """Return `text` with every literal spelling of a place that moves replaced."""
    for old_path, new_path in _places(context):
        text = _renamed(text, _below(old_path, base.old), _below(new_path, base.new))
    return text


def _compiled(value: str) -> re.Pattern[str] | None:
    """Return the expression; None for none, and for one whose time may run away."""
    if len(value) > _LONGEST or _RUNAWAY.search(value):
        return None
    try:
        return re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return None


def _difference(
    before: re.Pattern[str], after: re.Pattern[str], base: Base, context: MoveContext
) -> str | None:
    """Return a file that one of the two matches and the other does not; None if they
    agree."""
    for path, _entry in context.before.snapshot.files():
        old, new = _below(path, base.old), _below(context.where(path), base.new)
        if old and new and bool(before.search(old)) != bool(after.search(new)):
            return path
    return None


def _below(path: str, folder: str) -> str:
    """Return a path relative to a folder; empty if it is not below."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else ""


def _places(context: MoveContext) -> Iterator[tuple[str, str]]:
    """Yield what moves: the largest folders that move as one, then single files."""
    folders = context.folders
    for old in sorted(folders, key=len):
        parent, _, name = old.rpartition("/")
        if folders.get(parent) is None or f"{folders[parent]}/{name}" != folders[old]:
            yield old, folders[old]
    for old, new in context.moves.items():
        folder, _, name = old.rpartition("/")
        if folders.get(folder) is None or f"{folders[folder]}/{name}" != new:
            yield old, new


def _renamed(value: str, old: str, new: str) -> str:
    """Return `value` with each spelling of a path replaced, dots escaped or not."""
    if not old or not new:
        return value
    parts = [re.escape(part).replace(r"\.", r"(?:\\\.|\.)") for part in old.split("/")]
    spelling = re.compile(_BEFORE + r"(?:\\/|/)".join(parts) + _AFTER)

    def written(match: re.Match[str]) -> str:
        text = new if "\\." not in match[0] and "." in old else new.replace(".", r"\.")
        return text.replace("/", r"\/") if r"\/" in match[0] else text

    return spelling.sub(written, value)
