"""A migration's plan as data: what moves, what is rewritten, what is left to decide."""

from __future__ import annotations

from typing import NamedTuple

# Ends the reason of an `Undecided` in a file of data (measurements, notebooks, locks).
DATA = "data is never edited"


# The kinds of places, the riskiest first: what is built or deployed, what is executed,
# what people read.
CONFIGURATION, CODE, PROSE, COMMENTS = "configuration", "code", "prose", "comments"
DATA_FILES = "data"
RISKS = (CONFIGURATION, CODE, PROSE, COMMENTS, DATA_FILES)


class FileMove(NamedTuple):
    """One file that moves, its mode and blob unchanged."""

    old: str
    new: str
    mode: int
    oid: str
    reason: str = ""


class Edit(NamedTuple):
    """The bytes `start` to `end` (exclusive) of a file become `text`.

    Offsets count bytes of the old blob. `line` is where it begins, 1-based, and `kind`
    says what was rewritten: `import`, `link`, `compose`, ...
    """

    start: int
    end: int
    text: bytes
    line: int
    kind: str


class Undecided(NamedTuple):
    """A mention of a moved path that is left unchanged, and why. `line` is 1-based.

    `kind` is one of `RISKS`. Where `text` can only become one other text, if it is
    meant at all, that is `new`.
    """

    path: str
    line: int
    text: str
    why: str
    kind: str = CONFIGURATION
    new: str = ""


class FileEdit(NamedTuple):
    """The edits of one file, in order; `path` is its path before the moves."""

    path: str
    new_path: str
    edits: tuple[Edit, ...]


class NewFile(NamedTuple):
    """A file that the migration creates."""

    path: str
    data: bytes


class Blocker(NamedTuple):
    """Why the plan must not be applied: where, what, and the ways out."""

    path: str
    line: int | None
    message: str
    ways_out: tuple[str, ...]


class SideEffect(NamedTuple):
    """What the moves change silently (a compose project's name, an ignore rule)."""

    path: str
    line: int | None
    message: str
    advice: str


class Plan(NamedTuple):
    """Everything that `apply` will do. `base` is the commit that it was made for.

    `existing` are the policy's findings that the old tree already has, and `folders`
    those whose files all move to one place.
    """

    id: str
    title: str
    base: str
    moves: tuple[FileMove, ...]
    edits: tuple[FileEdit, ...]
    created: tuple[NewFile, ...]
    kept: tuple[str, ...]
    undecided: tuple[Undecided, ...]
    blockers: tuple[Blocker, ...]
    side_effects: tuple[SideEffect, ...]
    existing: tuple[Blocker, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The id, and the title if there is one."""
        return self.id if self.title == self.id else f"{self.id}: {self.title}"
