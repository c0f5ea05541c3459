"""Patterns and regular expressions on paths: what they matched, they match afterwards.

The tree is the judge: an expression is rewritten where it names a folder or file that
moves, and the result counts only if it matches exactly the same files at their new
places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.policy.patterns import Patterns
from treeguard.policy.patterns import fault

_LONGEST = 5_000
# What may stand before a path in an expression, and behind it.
_BEFORE = r"(?:(?<![\w./-])|(?<=\^))"
_BEHIND = r"(?![\w-])"
_RUNAWAY = re.compile(r"[*+}]\)?[*+{]|\([^()]*[*+][^()]*\)[*+{]")


def matched(pattern: str, base: Base, world: MoveContext) -> Told | None:
    """Told if a pattern loses a file that moves; None if it keeps matching them all."""
    patterns = _patterns(pattern, base.old)
    if patterns is None:
        return None
    gone = [
        old
        for old, new in world.moves.items()
        if patterns.match(old) and not patterns.match(new)
    ]
    if not gone:
        return None
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    return Told(pattern, f"it matches {min(gone)}{more}, which moves away")


def keeps_matching(old: str, new: str, world: MoveContext) -> bool:
    """False if the pattern `new` misses a file at its new place that `old` matched."""
    before, after = _patterns(old), _patterns(new)
    if before is None or after is None:
        return True
    return all(
        after.match(there) for path, there in world.moves.items() if before.match(path)
    )


def _patterns(pattern: str, folder: str = "") -> Patterns | None:
    head = f"{folder}/" if folder else ""
    rooted = f"/{head}{pattern.removeprefix('./').lstrip('/')}"
    return None if fault(rooted) else Patterns((rooted,))


def expression(value: str, base: Base, world: MoveContext) -> Told | None:
    """How a regular expression on paths, told from `base`, reads afterwards."""
    before = _compiled(value)
    if before is None:
        return None
    new = respelled(value, base, world)
    after = _compiled(new)
    lost = None if after is None else _difference(before, after, base, world)
    if after is not None and lost is None:
        return Told(new) if new != value else None
    unchanged = _difference(before, before, base, world)
    if unchanged is None:
        return None
    return Told(value, f"it would no longer mean {unchanged} alike")


def respelled(text: str, base: Base, world: MoveContext) -> str:
    """`text` with every literal spelling of a place that moves told anew."""
    for old_path, new_path in _places(world):
        text = _renamed(text, _below(old_path, base.old), _below(new_path, base.new))
    return text


def _compiled(value: str) -> re.Pattern[str] | None:
    """The expression; None for none, and for one whose time may run away."""
    if len(value) > _LONGEST or _RUNAWAY.search(value):
        return None
    try:
        return re.compile(value)
    except (re.error, OverflowError, RecursionError):
        return None


def _difference(
    before: re.Pattern[str], after: re.Pattern[str], base: Base, world: MoveContext
) -> str | None:
    """A file that one of the two matches and the other does not; None: they agree."""
    for path, _entry in world.before.snapshot.files():
        old, new = _below(path, base.old), _below(world.where(path), base.new)
        if old and new and bool(before.search(old)) != bool(after.search(new)):
            return path
    return None


def _below(path: str, folder: str) -> str:
    """A path as told from a folder; empty if it is not below."""
    if not folder:
        return path
    return path[len(folder) + 1 :] if path.startswith(f"{folder}/") else ""


def _places(world: MoveContext) -> Iterator[tuple[str, str]]:
    """What moves, the largest folders that move as one first, then single files."""
    folders = world.folders
    for old in sorted(folders, key=len):
        parent, _, name = old.rpartition("/")
        if folders.get(parent) is None or f"{folders[parent]}/{name}" != folders[old]:
            yield old, folders[old]
    for old, new in world.moves.items():
        folder, _, name = old.rpartition("/")
        if folders.get(folder) is None or f"{folders[folder]}/{name}" != new:
            yield old, new


def _renamed(value: str, old: str, new: str) -> str:
    """`value` with each literal spelling of a path replaced, dots escaped or not."""
    if not old or not new:
        return value
    parts = [re.escape(part).replace(r"\.", r"(?:\\\.|\.)") for part in old.split("/")]
    spelling = re.compile(_BEFORE + r"(?:\\/|/)".join(parts) + _BEHIND)

    def told(match: re.Match[str]) -> str:
        text = new if "\\." not in match[0] and "." in old else new.replace(".", r"\.")
        return text.replace("/", r"\/") if r"\/" in match[0] else text

    return spelling.sub(told, value)
