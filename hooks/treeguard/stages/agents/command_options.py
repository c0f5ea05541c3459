"""The words of a command: options, their values, and what is neither."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence


def positional(words: Sequence[str], valued: str = "") -> Iterator[str]:
    """The words that are no options; the options in `valued` take the next word."""
    takes = frozenset(valued.split())
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield from rest
        elif word in takes:
            next(rest, None)
        elif not word.startswith("-") or word == "-":
            yield word


def option(words: Sequence[str], *names: str) -> str | None:
    """The value of an option, as `-t value`, `--name value` or `--name=value`."""
    for place, word in enumerate(words):
        if word in names:
            return words[place + 1] if place + 1 < len(words) else None
        for name in names:
            if name.startswith("--") and word.startswith(f"{name}="):
                return word[len(name) + 1 :]
    return None
