"""What one place of a YAML file says, and how it has to read after the moves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.languages.source_text import SourceText
from treeguard.migration.context import MoveContext
from treeguard.migration.rewrite.paths import Base
from treeguard.migration.rewrite.paths import Told
from treeguard.migration.rewrite.paths import moved_head
from treeguard.migration.rewrite.paths import moved_path

_VARIABLE = re.compile(r"\$\{\w+:?-([^{}$]*)\}|\$\{\{.*?\}\}|\$\{[^{}]*\}|\$\w+/?")


class Claim(NamedTuple):
    """The characters `start` to `end` are a path that this rewriter understands.

    `text` is how they read afterwards, None where they stay; `why` that nobody can say.
    """

    start: int
    end: int
    text: str | None = None
    why: str = ""


def claim(text: SourceText, chars: str, told: Told | None) -> Claim:
    """What becomes of the place of a text, which must not be empty."""
    start, end = text.offsets[0], text.offsets[-1] + 1
    if told is None:
        return Claim(start, end)
    if not told.why and chars[start:end] != text.chars:
        return Claim(start, end, None, "it is not written as one plain word")
    return Claim(start, end, None if told.why else told.text, told.why)


def path_claim(
    text: SourceText, base: Base, chars: str, world: MoveContext
) -> Iterator[Claim]:
    """The claim of a text that is one path, told from `base`."""
    text = text.strip()
    if text.chars:
        yield claim(text, chars, _told(text.chars, base, world))


def pattern_claim(
    text: SourceText, base: Base, chars: str, world: MoveContext
) -> Iterator[Claim]:
    """The same for a pattern: what stands before its first wildcard is a path."""
    text = text.strip()
    if text.chars:
        told = moved_head(text.chars, base.old, base.new, world)
        yield claim(text, chars, told)


def _told(path: str, base: Base, world: MoveContext) -> Told | None:
    if "$" not in path:
        return moved_path(path, base.old, base.new, world)
    for found in _VARIABLE.finditer(path):
        known = (found[1] or "") + path[found.end() :]
        for one in {known, found[1] or known}:
            if moved_path(one, base.old, base.new, world):
                return Told(path, "it is built when it runs")
    return None
