"""Which rules bind a path, and by which of their patterns: `explain`'s first answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.rules.closed import Closed
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.layers import Layers
from treeguard.rules.placed import Placed
from treeguard.rules.preserved import Preserved
from treeguard.rules.required import Required
from treeguard.rules.vacated import Vacated


class Binding(NamedTuple):
    """One way in which a rule concerns a path, and the pattern that says so."""

    rule: Rule
    says: str
    pattern: str


def bindings(policy: Policy, path: str) -> Iterator[Binding]:
    """Every way in which the policy's rules concern the file at `path`."""
    for rule in policy.rules:
        if not rule.exclude.match(path):
            for says, pattern in _said(rule, policy, path):
                yield Binding(rule, says, pattern)


def exclusions(policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Who leaves `path` out, `[policy]` or a rule's id, and by which pattern."""
    everywhere = matching(policy.exclude, path)
    if everywhere:
        yield "[policy]", everywhere
    for rule in policy.rules:
        own = matching(rule.exclude, path)
        if own:
            yield rule.id, own


def matching(patterns: Patterns, path: str) -> str:
    """The pattern that decides that `path` is meant; empty when it is not."""
    if not patterns.match(path):
        return ""
    # As in a .gitignore the last one that matches decides.
    for line in reversed(patterns.lines):
        if not line.startswith("!") and Patterns((line,)).match(path):
            return line
    return " ".join(patterns.lines)


def _said(rule: Rule, policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    options = rule.options
    if isinstance(options, Forbidden):
        yield from _forbidden(options, path)
    elif isinstance(options, Isolated):
        yield from _isolated(options, path)
    elif isinstance(options, Placed):
        yield from _placed(options, path)
    elif isinstance(options, Preserved):
        yield from _preserved(options, path)
    elif isinstance(options, Required):
        if path in options.files:
            yield "it has to exist", path
    elif isinstance(options, Closed):
        yield from _closed(options, path)
    elif isinstance(options, Layers):
        yield from _layers(options, path)
    elif isinstance(options, Vacated):
        yield from _vacated(policy.migration, path)


def _forbidden(options: Forbidden, path: str) -> Iterator[tuple[str, str]]:
    inside = matching(options.zone, path)
    zone = ", ".join(options.zone.lines)
    if inside:
        yield "it is in the zone that nobody outside may use", inside
    elif options.importers is None:
        yield f"it may not use {zone}", "everything outside the zone"
    elif options.importers.match(path):
        yield f"it may not use {zone}", matching(options.importers, path)


def _isolated(options: Isolated, path: str) -> Iterator[tuple[str, str]]:
    inside = matching(options.zone, path)
    zone = ", ".join(options.zone.lines)
    if inside:
        yield "it is in the zone, which only its entrances may import", inside
        if options.uses is not None:
            allowed = ", ".join(options.uses.lines) or "nothing"
            yield f"of first-party code outside it may import {allowed}", inside
        yield from _parts(options, path)
        return
    door = matching(options.entrances, path)
    if door:
        yield f"it is an entrance: it may import {zone}", door
    else:
        yield f"it may not import {zone}", "everything outside the zone"
    if options.owns:
        owned = ", ".join(options.owns)
        yield f"only the zone may import {owned}", "everything outside the zone"


def _parts(options: Isolated, path: str) -> Iterator[tuple[str, str]]:
    for part in options.independent:
        own = matching(part, path)
        if own:
            yield "it may not import the other independent parts", own


def _placed(options: Placed, path: str) -> Iterator[tuple[str, str]]:
    under = ", ".join(options.under.lines)
    if options.under.match(path):
        yield "files of this kind belong here", matching(options.under, path)
    elif options.exempt.match(path):
        yield "it may stand here all the same", matching(options.exempt, path)
    elif options.files.match(path):
        yield f"by its name it belongs below {under}", matching(options.files, path)
    elif options.detect:
        kinds = ", ".join(options.detect)
        yield f"it belongs below {under} if its content is of a kind", kinds


def _preserved(options: Preserved, path: str) -> Iterator[tuple[str, str]]:
    kept = matching(options.paths, path)
    if kept:
        allowed = " and ".join(sorted(options.allow))
        also = f" (allowed: {allowed})" if allowed else " and never changed"
        yield f"it is never deleted{also}", kept


def _closed(options: Closed, path: str) -> Iterator[tuple[str, str]]:
    folder = options.folder.strip("/")
    inside = not folder or path.startswith(f"{folder}/")
    if not inside:
        return
    rest = path[len(folder) + 1 :] if folder else path
    child = matching(options.children, rest)
    shown = f"{folder}/" if folder else "the root"
    if child:
        yield f"{shown} is closed, and this is one of its children", child
    else:
        yield f"{shown} is closed, and this is none of its children", options.folder


def _layers(options: Layers, path: str) -> Iterator[tuple[str, str]]:
    for number, row in enumerate(options.layers, 1):
        for layer in row:
            own = matching(layer, path)
            if own:
                count = len(options.layers)
                says = f"it is in layer {number} of {count}, and may not import"
                if len(row) > 1:
                    yield f"{says} upper ones or its siblings", own
                else:
                    yield f"{says} upper ones", own


def _vacated(migration: Migration | None, path: str) -> Iterator[tuple[str, str]]:
    from treeguard.rules.proposed_paths import old_homes

    for place in old_homes(migration):
        if place.patterns.match(path):
            to = place.new_path(path) or place.move.to
            yield f"the migration moved this place away: its home is {to}", place.source
