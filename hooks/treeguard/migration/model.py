"""A migration as data: what moves, what is rewritten, and what nobody can decide."""

from __future__ import annotations

from typing import NamedTuple


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
    """A mention of a moved place that is left as it is, and why. `line` is 1-based."""

    path: str
    line: int
    text: str
    why: str


class FileEdit(NamedTuple):
    """The edits of one file, in order; `path` is where it stood before the moves."""

    path: str
    new_path: str
    edits: tuple[Edit, ...]


class NewFile(NamedTuple):
    """A file that the migration writes."""

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

    `standing` is what the policy refuses in the old tree already, and in the new one.
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
    standing: tuple[Blocker, ...] = ()

    @property
    def name(self) -> str:
        """Its id, and its title if it has one."""
        return self.id if self.title == self.id else f"{self.id}: {self.title}"
