"""A policy as data: what `load` returns and every other part reads."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from treeguard.policy.patterns import Patterns
from treeguard.policy.schema import Options


class Rule(NamedTuple):
    """One `[rules.ID]` table. `line` is where it begins in the policy file.

    `patterns` lists every pattern, path and module name of the rule as written, after
    its key.
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
    """One `[[exceptions]]` table."""

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
    """One `[[migration.create]]`: a file to write, from `text` or another file."""

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
    """A whole policy. `roots` is None when policy.toml does not set it.

    `source` names where the text was read (`index`, `worktree`, a file, a ref), and
    `digest` is `sha256:` and the hex digest of its bytes. `bypass` lets a push bypass
    the server if it states a reason; without `allow_comments` no comment is an
    exception.
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
