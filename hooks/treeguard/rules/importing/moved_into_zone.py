"""Modules that a change moves into a zone, and who imports them at their old place.

Nobody touched those importers. In the new tree they lead nowhere, so only the old tree
tells what they mean: something that is in the zone now.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.analysis.query import content
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import PATH
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.rules import fixes
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import queries_into
from treeguard.rules.importing.resolved_uses import use_finding
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.rules.kind import Since
from treeguard.trees import Change
from treeguard.trees import Entry

INIT = "__init__.py"
# What means something else than itself in a gitignore pattern.
_SPECIAL = re.compile(r"[\\*?\[\] ]")


class MovedFile(NamedTuple):
    """A file that was at `before` and is at `now`, in the zone."""

    before: str
    now: str


def since(bound: Callable[[Any, Zone], Files]) -> Since:
    """Return what a kind with a zone finds wrong because of a change alone.

    `bound` returns the files that may not use the zone, for the rule's options.
    """

    def findings(
        rule: Rule, _policy: Policy, old: TreeAnalysis, new: TreeAnalysis
    ) -> Iterator[Finding]:
        options: Any = rule.options
        zone = Zone(options.zone)
        moved = {one.before: one for one in moved_files(zone, old, new)}
        if not moved:
            return
        counted = Counted(options.references, options.type_checking)
        before = Zone(Patterns([_literal(path) for path in sorted(moved)]))
        files = bound(options, zone)
        asked = queries_into(before, files, new.search_roots, counted.references)
        for path in sorted({path for query in asked for path in new.ask(query)}):
            for use in uses(new, path, counted):
                target = _lost(use, before, old, new)
                if target is not None and not zone.first(use.found.targets):
                    yield _finding(rule, use, moved[target])

    return findings


def moved_files(
    zone: Zone, old: TreeAnalysis, new: TreeAnalysis
) -> Iterator[MovedFile]:
    """Yield the files of `old` outside of `zone` that are now in it.

    The same bytes, or the same name: an edit on the way does not hide a move, and an
    importer of what is gone is broken in any case.
    """
    changes = new.changes_since(old)
    added = AddedFiles([c for c in changes if c.old is None and zone.has(c.path)])
    if not added.named:
        return
    for change in sorted(changes):
        if change.new is None and not zone.has(change.path):
            now = added.find(change, old)
            if now is not None:
                yield MovedFile(change.path, now.path)


class AddedFiles:
    """The files that moved into a zone, by what they are called and what they hold."""

    def __init__(self, added: Iterable[Change]) -> None:
        self.named: dict[str, list[Change]] = {}
        self._holding: dict[Entry | None, list[Change]] = {}
        for change in added:
            self.named.setdefault(_name(change.path), []).append(change)
            self._holding.setdefault(change.new, []).append(change)

    def find(self, gone: Change, old: TreeAnalysis) -> Change | None:
        """Return what a file that is gone has become, if it is here."""
        named = self.named.get(_name(gone.path), [])
        if named:
            same = (change for change in named if change.new == gone.old)
            return next(same, named[0])
        assert gone.old is not None
        copies = self._holding.get(gone.old)
        # That two files are empty says nothing about where one went.
        is_copy = copies and gone.old.is_file and content(old.snapshot, gone.old.oid)
        return copies[0] if copies and is_copy else None


def _name(path: str) -> str:
    """Return a file's name; for a package's own module its folder's name as well."""
    folder, _, name = path.rpartition("/")
    return f"{folder.rpartition('/')[2]}/{name}" if name == INIT else name


def _literal(path: str) -> str:
    return "/" + _SPECIAL.sub(r"\\\g<0>", path)


def _lost(use: Use, before: Zone, old: TreeAnalysis, new: TreeAnalysis) -> str | None:
    """Return the file that the use led to in `old`, if it moved away and left no
    successor."""
    facts = new.source(use.path)
    search_path = facts.search_path if facts is not None else ()
    target = before.first(old.resolve(use.path, use.item, search_path).targets)
    if target is None or use.item.kind == PATH:
        return target
    now = {_module(path) for path in use.found.targets}
    return None if _module(target) in now else target


def _module(path: str) -> str:
    """Return the last part of the dotted name of what is at `path`."""
    parts = path.rstrip("/").split("/")
    if parts[-1].startswith("__init__.") and len(parts) > 1:
        parts.pop()
    return parts[-1].partition(".")[0]


def _finding(rule: Rule, use: Use, moved: MovedFile) -> Finding:
    why = f"which this change moves to {moved.now}, in the zone of {rule.id}"
    found = use_finding(rule, use, moved.before, why, "")
    back = fixes.move_commands(moved.now, moved.before, make_folder=False)
    fix = Fix("move it back, or first port the code that this file needs from it", back)
    subject = f"{moved.before} is now {moved.now}"
    return found._replace(subject=subject, target=moved.now, fix=fix)
