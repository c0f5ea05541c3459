"""Vacated: where the migration moved things away from stays empty.

Protects the migration from being undone file by file: an old branch, a habit or a stale
script would put things back where they were. It applies to trees that hold the
migration's record, so that removing the record is a finding, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.policy.diagnostics import Faults
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.schema import Options
from treeguard.policy.sections import Document
from treeguard.rules import fixes
from treeguard.rules.fixes import FreePaths
from treeguard.rules.fixes import MovedSource
from treeguard.rules.fixes import moved_sources
from treeguard.rules.kind import Kind
from treeguard.trees import GITLINK
from treeguard.trees import SYMLINK


class Vacated(Options):
    """`vacated` has no options: `[migration]` names the old paths."""


def queries(_rule: Rule, policy: Policy, _context: SearchRoots) -> Iterable[FileQuery]:
    """Ask which files are at or below an old path."""
    return (_at_old_paths(policy.migration),) if policy.migration is not None else ()


def findings(
    rule: Rule, policy: Policy, _old: TreeAnalysis | None, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding for each file at an old path, with the command that moves it."""
    migration = policy.migration
    if migration is None or not _is_done(migration, new):
        return
    places = moved_sources(migration)
    free_paths = FreePaths(new)
    for path in new.ask(_at_old_paths(migration)):
        for place in places:
            if place.holds(path, is_folder=True):
                yield _finding(rule, path, place, free_paths, new)
                break


def released(
    rule: Rule, policy: Policy, old: TreeAnalysis, new: TreeAnalysis
) -> Iterator[Finding]:
    """Yield a finding when the record is removed: the rule would no longer apply."""
    migration = policy.migration
    if migration is None or not _is_done(migration, old) or _is_done(migration, new):
        return
    path = migration.record
    yield Finding(
        rule=rule.id,
        kind=rule.kind,
        path=path,
        message=f"is the migration's record, without which {rule.id} does not apply",
        subject="record removed",
        fix=Fix(
            "restore it; `treeguard migrate undo` undoes the migration itself",
            fixes.restore_commands(old.snapshot.name, [path]),
        ),
    )


def describe(_options: Vacated) -> str:
    """Return what a rule with these options demands."""
    return "Put nothing back where the migration moved it away from"


def applies(_rule: Rule, policy: Policy, path: str) -> Iterator[tuple[str, str]]:
    """Yield how the rule concerns a path, and by which pattern."""
    for place in moved_sources(policy.migration):
        if place.patterns.match(path):
            to = place.new_path(path) or place.move.to
            message = f"the migration moved this path away: its new path is {to}"
            yield message, place.source


def contradictions(document: Document, faults: Faults) -> None:
    """Refuse the rule where no migration moves anything."""
    if not document.moves:
        for rule in document.sound_rules("vacated"):
            faults.add(rule.place, 'kind "vacated" requires a [[migration.move]]')


def _is_done(migration: Migration, new: TreeAnalysis) -> bool:
    entry = new.entry(migration.record)
    return entry is not None and entry.is_file


def _at_old_paths(migration: Migration | None) -> FileQuery:
    places = moved_sources(migration)
    put = _written(migration)
    basis = [(place.source, place.patterns.lines, place.move.to) for place in places]

    def folder(path: str) -> bool | None:
        reached = any(place.patterns.folder(path) is not False for place in places)
        return None if reached else False

    def matches(path: str, mode: int) -> bool:
        if path in put:
            return False
        # A link that replaces a folder makes every old path below it work again.
        whole = mode in (GITLINK, SYMLINK)
        here = [place for place in places if place.holds(path, is_folder=whole)]
        return bool(here) and not any(
            _is_moved_in(path, here, place) for place in places
        )

    return FileQuery(f"vacated {basis!r} {sorted(put)!r}", folder, matches)


def _written(migration: Migration | None) -> frozenset[str]:
    """Return single paths that the migration itself writes."""
    if migration is None:
        return frozenset()
    exact = [move.to for move in migration.moves if not move.to.endswith("/")]
    created = [create.path for create in migration.creates]
    return frozenset((migration.record, *exact, *created))


def _is_moved_in(path: str, left: Iterable[MovedSource], place: MovedSource) -> bool:
    """Tell whether `path` is below a new path that is inside each old one it is in.

    After `docs/` moved to `docs/enterprise/` the latter is allowed; after `a/b/` moved
    up to `a/` a file that is still in `a/b/` is not.
    """
    to = place.move.to
    if not to.endswith("/") or not path.startswith(to.lstrip("/")):
        return False
    target = to.strip("/")
    return all(
        not old.stem or (target != old.stem and target.startswith(old.stem + "/"))
        for old in left
    )


def _finding(
    rule: Rule, path: str, place: MovedSource, free_paths: FreePaths, new: TreeAnalysis
) -> Finding:
    proposed = place.new_path(path)
    goes_on = proposed is not None and not _is_link_to_all(path, place, new)
    target = free_paths.take([proposed] if proposed and goes_on else [])
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=path,
        message=f"is in {place.source}, which the migration moved away: "
        f"its new path is {proposed or place.move.to}",
        subject="vacated",
        target=target,
        fix=_fix(path, proposed, target, place, free_paths, new),
    )


def _fix(
    path: str,
    proposed: str | None,
    target: str | None,
    place: MovedSource,
    free_paths: FreePaths,
    new: TreeAnalysis,
) -> Fix:
    removal = (f"git --literal-pathspecs rm -- {fixes.quote(path)}",)
    if _is_link_to_all(path, place, new):
        return Fix("remove the link, and use the new path instead", removal)
    if target is not None:
        return Fix(f"move it to {target}", free_paths.commands(path, target))
    if proposed is None:
        return Fix(f"move its content to {place.move.to}, and remove it")
    there, here = new.entry(proposed), new.entry(path)
    if there is not None and there == here:
        return Fix(f"remove it: {proposed} has the same content", removal)
    return Fix(f"{proposed} exists already: merge the two there, and remove {path}")


def _is_link_to_all(path: str, place: MovedSource, new: TreeAnalysis) -> bool:
    """Tell whether a symbolic link replaces a whole folder that moved away."""
    entry = new.entry(path)
    is_link = entry is not None and entry.mode == SYMLINK
    return is_link and not place.holds(path, is_folder=False)


KIND = Kind(
    "vacated",
    Vacated,
    queries,
    findings,
    describe,
    "Move it to its new path.",
    applies,
    contradictions,
    since=released,
)
