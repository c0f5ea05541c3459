"""Where a migration stands here: not begun, in the middle, performed, taken back."""

from __future__ import annotations

from typing import NamedTuple

from treeguard.migration.history_lookup import Trail
from treeguard.migration.history_lookup import find_trail
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import Journal
from treeguard.migration.journal import folder_of
from treeguard.migration.journal import load
from treeguard.repository.plumbing import Git

NONE = "none"
INTERRUPTED = "interrupted"
UNDO_INTERRUPTED = "undo interrupted"
APPLIED = "applied"


class Status(NamedTuple):
    """`state` is one of the four words above; the journal's folder, the journal if one
    is there, and the commits if HEAD's history has them."""

    state: str
    folder: str
    journal: Journal | None
    trail: Trail | None


def status_of(git: Git, name: str) -> Status:
    """How the migration with the id `name` stands in this work tree."""
    folder = folder_of(git, name)
    journal = load(folder)
    if journal is not None and journal.unfinished:
        word = INTERRUPTED if journal.direction == APPLY else UNDO_INTERRUPTED
        return Status(word, folder, journal, None)
    trail = find_trail(git, name)
    return Status(APPLIED if trail else NONE, folder, journal, trail)


def begun_only(status: Status) -> bool:
    """True for a run that was ended before it had touched anything."""
    return status.journal is not None and status.journal.state == STAGING
