"""Imports whose module is only known when the code runs: told where what moves may be
meant, and left out where nothing says so.

Such a call concerns the moves where a string of its file holds a part of a moved
module's name, or where it looks beside the file (`__package__`, `__path__`, ...) while
something there moves away. A name that comes from elsewhere as a whole is told there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from treeguard.analysis.import_candidates import parent_folder
from treeguard.languages.facts import SourceFacts
from treeguard.migration.context import MoveContext
from treeguard.migration.model import Undecided

_WHY = "what it imports is only known when it runs"
# Where a string begins or ends, or a part of it that is filled in.
_PART = re.compile(
    rb"""(?:['"}]|%(?:\(\w+\))?[a-z])\.?([A-Za-z_][\w.]*)|(?<![\w.])([\w.]*\w)\.?(?=['"{%])"""
)
_BESIDE = re.compile(
    rb"__path__|__package__|__spec__|__file__|__module__|\{\s*__name__|[+%=,]\s*__name__"
    rb"|__name__\s*[+%.,](?!\s*[\"']__main__)"
)


def at_run_time(
    path: str, data: bytes, facts: SourceFacts, world: MoveContext
) -> Iterator[Undecided]:
    """Every such import of the source at `path` that may concern the moves."""
    if facts.undecidable and (_says(data, world) or _looks_beside(path, data, world)):
        for item in facts.undecidable:
            yield Undecided(path, item.line, item.text, _WHY)


def _says(data: bytes, world: MoveContext) -> bool:
    parts = (found[1] or found[2] for found in _PART.finditer(data))
    words = {word for part in parts for word in part.split(b".")}
    return any(word.decode("utf-8", "replace") in world.names for word in words)


def _looks_beside(path: str, data: bytes, world: MoveContext) -> bool:
    """True if it looks for something beside itself, and not all of that stays there."""
    folder = parent_folder(path)
    if folder in world.folders or not _BESIDE.search(data):
        return False
    inner = f"{folder}/" if folder else ""
    return path in world.moves or any(old.startswith(inner) for old in world.moves)
