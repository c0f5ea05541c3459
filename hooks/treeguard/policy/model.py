"""A policy as data: what `load` makes of policy.toml and every other part reads."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from treeguard.policy.patterns import Patterns


class Forbidden(NamedTuple):
    """Nobody in `importers` (None: everybody outside `zone`) may use `zone`."""

    zone: Patterns
    importers: Patterns | None
    indirect: bool
    references: bool
    type_checking: bool


class Isolated(NamedTuple):
    """Only `entrances` may import `zone`; only `zone` may import `owns`.

    `uses` (None: anything) is the first-party code that the zone may import, and the
    `independent` parts of it may not import each other.
    """

    zone: Patterns
    entrances: Patterns
    owns: tuple[str, ...]
    uses: Patterns | None
    independent: tuple[Patterns, ...]
    references: bool
    type_checking: bool


class Placed(NamedTuple):
    """Files that match `files`, or are one of `detect`, live below `under` only."""

    files: Patterns
    detect: tuple[str, ...]
    under: Patterns
    exempt: Patterns


class Preserved(NamedTuple):
    """Files below `paths` are never lost; `allow` holds `edit` and `move`, if any."""

    paths: Patterns
    allow: frozenset[str]


class Required(NamedTuple):
    """Each of these paths exists; one that ends in `/` is a folder."""

    files: tuple[str, ...]


class Closed(NamedTuple):
    """The direct children of `folder` all match `children`."""

    folder: str
    children: Patterns


class Layers(NamedTuple):
    """Upper layers may import lower ones; those of one row not each other."""

    layers: tuple[tuple[Patterns, ...], ...]
    type_checking: bool


class Vacated(NamedTuple):
    """The places that the migration moved things away from stay empty."""


Options = (
    Forbidden | Isolated | Placed | Preserved | Required | Closed | Layers | Vacated
)


class Rule(NamedTuple):
    """One `[rules.ID]` table. `line` is where it begins in the policy file.

    `patterns` lists every pattern, zone and `owns` name of the rule as written, with
    the key it stands under, for the warning about one that matches nothing.
    """

    id: str
    kind: str
    severity: str
    reason: str
    exclude: Patterns
    allow_empty: bool
    line: int
    patterns: tuple[tuple[str, str], ...]
    options: Options


class PolicyException(NamedTuple):
    """One `[[exceptions]]` table: reviewed, dated, counted."""

    rule: str
    path: Patterns
    target: str | None
    reason: str
    expires: datetime.date | None
    line: int


class Move(NamedTuple):
    """One `[[migration.move]]`: sources, as written, and where they go."""

    sources: tuple[str, ...]
    to: str
    reason: str
    line: int


class Create(NamedTuple):
    """One `[[migration.create]]`: a file to write, from `text` or a file's text."""

    path: str
    text: str | None
    from_file: str | None
    line: int


class Migration(NamedTuple):
    """The `[migration]` table."""

    id: str
    title: str
    record: str
    frozen: Patterns
    moves: tuple[Move, ...]
    creates: tuple[Create, ...]
    line: int


class Policy(NamedTuple):
    """A whole policy. `roots` is None when policy.toml leaves it to be found out.

    `source` tells where the text came from (`index`, `worktree`, a file, a ref), and
    `digest` is `sha256:` and the hex digest of its bytes. `bypass` lets a push past the
    server's verdict when it says why; without `allow_comments` whoever changes a line
    cannot except it there.
    """

    path: str
    source: str
    digest: str
    roots: tuple[str, ...] | None
    exclude: Patterns
    existing: str
    rules: tuple[Rule, ...]
    exceptions: tuple[PolicyException, ...]
    migration: Migration | None
    bypass: bool = False
    allow_comments: bool = True
