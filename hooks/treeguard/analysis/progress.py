"""Progress of long work, reported to whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")

# What is being done, how many are done, and of how many.
Progress = Callable[[str, int, int], None]

EVERY = 256


def silent(_what: str, _done: int, _total: int) -> None:
    """Show nothing."""


def counted(
    items: Iterable[Item], total: int, what: str, progress: Progress
) -> Iterator[Item]:
    """Yield the same items, telling `progress` of every 256th and of the end."""
    for done, item in enumerate(items):
        if done % EVERY == 0:
            progress(what, done, total)
        yield item
    progress(what, total, total)
