"""Make the plan of a migration: moves, edits, files to create, and what blocks it.

The new tree is made in memory and checked against the policy before a single file
moves. Nothing is written, and the plan depends on the policy and the old tree alone.
"""

from __future__ import annotations

import datetime
from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from treeguard.analysis.answers import Kinds
from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.check import prepare
from treeguard.errors import UsageError
from treeguard.findings import ERROR
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.migration.context import MoveContext
from treeguard.migration.context import whole_folders
from treeguard.migration.plan.files_to_open import NameSearch
from treeguard.migration.plan.files_to_open import expected_words
from treeguard.migration.plan.files_to_open import files_to_open
from treeguard.migration.plan.files_to_open import search_names
from treeguard.migration.plan.indexed_snapshot import IndexedSnapshot
from treeguard.migration.plan.moved_tree import MovedAnswers
from treeguard.migration.plan.moved_tree import MovedSnapshot
from treeguard.migration.plan.moves import Written
from treeguard.migration.plan.moves import lay_out
from treeguard.migration.plan.moves import to_write
from treeguard.migration.plan.proposals import judged
from treeguard.migration.rewrite.addresses import REMOTES
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.migration.rewrite.leftover_mentions import is_mention
from treeguard.migration.rewrite.rewriters import rewrite
from treeguard.migration.warnings.collect import side_effects
from treeguard.plans import Blocker
from treeguard.plans import Edit
from treeguard.plans import FileEdit
from treeguard.plans import FileMove
from treeguard.plans import NewFile
from treeguard.plans import Plan
from treeguard.plans import Undecided
from treeguard.policy.model import Migration
from treeguard.policy.model import Policy
from treeguard.policy.patterns import Patterns
from treeguard.repository.plumbing import Git
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.registry import KINDS
from treeguard.trees import Entry
from treeguard.trees import Snapshot

# How many files may have their facts in memory at once.
_HELD = 2_000


BLOCK = "block"
_IMPORTING = {name for name, kind in KINDS.items() if kind.reads_imports}


def make_plan(
    policy: Policy,
    snapshot: Snapshot,
    base: str,
    store: Store,
    *,
    git: Git | None = None,
    today: datetime.date | None = None,
    progress: Progress = silent,
) -> Plan:
    """Return the plan of `policy.migration` for `snapshot`, the tree of commit `base`.

    With `git`, its repository, large trees are planned faster. Raises `UsageError` when
    the policy has no migration.
    """
    migration = _migration_of(policy)
    index = IndexedSnapshot(snapshot, git, progress)
    files = index.by_path
    layout = lay_out(migration, policy.path, files)
    title = migration.title or migration.id
    folders = whole_folders(files, {move.old: move.new for move in layout.moves})
    plan = Plan(migration.id, title, base, layout.moves, (), (), (), (), (), ())
    plan = plan._replace(folders=tuple(sorted(folders)))
    if layout.clashes:
        return plan._replace(blockers=layout.blockers)
    written = _written(migration, policy, index, files, layout.moves)
    before = analyze(index, policy.roots, store, progress, index)
    context = move_context(policy, before, layout.moves, written.created, store, index)
    in_part = can_be_judged_in_part(policy)
    if not in_part:
        index.expect(expected_words(context))
        prepare(policy, before)
    looked = search_names(context, index)
    rewritten = rewrite_files(context, files, migration.frozen, looked, index, progress)
    if in_part:
        index.opened = _concerned(policy, index, context, looked, rewritten)
    created = (*written.created, *_record(policy, context))
    moved = MovedSnapshot(index, layout.moves, rewritten.edited, created)
    after = _analyze_moved(moved, policy, store, index)
    day = today or datetime.date.today()
    report = verdict(policy, before, after, day, rewritten.closed)
    return plan._replace(
        edits=rewritten.edits,
        created=written.created,
        kept=written.kept,
        undecided=rewritten.undecided,
        blockers=(*layout.blockers, *written.blockers, *blockers(report)),
        side_effects=side_effects(context, after, rewritten.edits),
        existing=tuple(existing_findings(policy, report)),
    )


def rewrites_for(
    policy: Policy,
    snapshot: Snapshot,
    moves: tuple[FileMove, ...],
    store: Store,
    git: Git,
) -> Rewritten:
    """Return what `moves` require to be rewritten, without any [migration]."""
    index = IndexedSnapshot(snapshot, git)
    before = analyze(index, policy.roots, store, silent, index)
    context = move_context(policy, before, moves, (), store, index)
    frozen = policy.migration.frozen if policy.migration else Patterns(())
    looked = search_names(context, index)
    return rewrite_files(context, index.by_path, frozen, looked, index)


def _migration_of(policy: Policy) -> Migration:
    if policy.migration is None:
        message = f"{policy.path} has no [migration] to plan"
        raise UsageError(message, "add one, with its moves")
    return policy.migration


def _concerned(
    policy: Policy,
    index: IndexedSnapshot,
    context: MoveContext,
    looked: NameSearch,
    rewritten: Rewritten,
) -> frozenset[str] | None:
    """Return the files whose content can make a new finding; None: perhaps any."""
    if looked.found is None:
        return None
    edited = (one.path for one in rewritten.edits)
    excused = excepted_files(policy, index.kinds)
    return looked.found.union(context.moves, edited, excused)


def move_context(
    policy: Policy,
    before: TreeAnalysis,
    moves: tuple[FileMove, ...],
    created: tuple[NewFile, ...],
    store: Store,
    index: IndexedSnapshot | None = None,
) -> MoveContext:
    """Return both trees as rewriters need to see them, nothing rewritten yet.

    `index` is the snapshot of `before`, if that is an indexed one.
    """
    moved = MovedSnapshot(before.snapshot, moves, {}, created)
    after = _analyze_moved(moved, policy, store, index)
    context = MoveContext(before, {move.old: move.new for move in moves}, after)
    context = context.complete()
    if index is not None and context.kept is not None:
        context.kept[REMOTES] = index.remotes()
    return context


def _written(
    migration: Migration,
    policy: Policy,
    snapshot: Snapshot,
    files: Mapping[str, Entry],
    moves: tuple[FileMove, ...],
) -> Written:
    if not migration.creates:
        return Written((), (), ())
    left = {move.old for move in moves}
    existing_paths = {path for path in files if path not in left}
    existing_paths |= {move.new for move in moves}
    contents = {
        source: snapshot.read(files[source].oid)
        for source in {create.from_file for create in migration.creates}
        if source is not None and source in files and files[source].is_file
    }
    return to_write(migration, policy.path, existing_paths, contents)


class Rewritten(NamedTuple):
    """Edits and what is undecided, both by old path; the new bytes by new path; and the
    new paths of moved files that were not opened, because nothing in them changes."""

    edits: tuple[FileEdit, ...]
    undecided: tuple[Undecided, ...]
    edited: dict[str, bytes]
    closed: frozenset[str]


def rewrite_files(
    context: MoveContext,
    files: Mapping[str, Entry],
    frozen: Patterns,
    looked: NameSearch,
    index: IndexedSnapshot | None = None,
    progress: Progress = silent,
) -> Rewritten:
    """Rewrite those of `files` that refer to what moves; list what is undecided."""
    edits: list[FileEdit] = []
    left: list[Undecided] = []
    edited: dict[str, bytes] = {}
    opened: set[str] = set()
    for path, data in files_to_open(context, files, looked, index, progress):
        opened.add(path)
        made, undecided = rewrite(path, data, context)
        _drop_facts(context, path, len(opened))
        is_frozen = frozen.match(path)
        known = judged(path, data, made, undecided, context)
        if is_frozen:
            left += (one._replace(new="") for one in known if not is_mention(one))
        else:
            left += known
        if not made:
            continue
        if is_frozen:
            why = "the migration leaves this file unchanged (frozen)"
            texts = (data[e.start : e.end].decode("utf-8", "replace") for e in made)
            rows = [
                Undecided(path, edit.line, text, why)
                for edit, text in zip(made, texts, strict=True)
            ]
            left += judged(path, data, made, rows, context)
            continue
        try:
            edited[context.where(path)] = apply_edits(data, made)
        except ValueError as error:
            left.append(Undecided(path, made[0].line, path, str(error)))
            continue
        edits.append(FileEdit(path, context.where(path), tuple(made)))
    closed = frozenset(new for old, new in context.moves.items() if old not in opened)
    return Rewritten(tuple(sorted(edits)), tuple(sorted(left)), edited, closed)


def undecided_afterwards(
    moves: Iterable[FileMove],
    edits: Iterable[FileEdit],
    undecided: Iterable[Undecided],
    read: Callable[[str], bytes],
) -> tuple[Undecided, ...]:
    """Return the undecided at their paths and lines after the moves and edits.

    `read` returns the old bytes of a path.
    """
    where = {move.old: move.new for move in moves}
    edits_of = {file.path: file.edits for file in edits}
    shifts: dict[str, list[tuple[int, int]]] = {}
    found = []
    for one in undecided:
        if one.path not in shifts:
            made = edits_of.get(one.path, ())
            shifts[one.path] = list(_shifts(made, read(one.path))) if made else []
        moved = sum(by for line, by in shifts[one.path] if line < one.line)
        path = where.get(one.path, one.path)
        found.append(one._replace(path=path, line=one.line + moved))
    return tuple(sorted(found))


def _shifts(edits: tuple[Edit, ...], data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the last old line of each edit and by how much it moves later lines."""
    ends = [at for at, byte in enumerate(data) if byte == 0x0A]
    for edit in edits:
        by = edit.text.count(b"\n") - data.count(b"\n", edit.start, edit.end)
        if by:
            yield bisect_left(ends, edit.end - 1) + 1 if edit.end else 0, by


def _drop_facts(context: MoveContext, path: str, count: int) -> None:
    """Drop the facts of a file: they are seldom needed again, and those of tens of
    thousands of files take hundreds of megabytes."""
    context.before.forget(path)
    if count % _HELD == 0:
        context.before.store.flush()


def _record(policy: Policy, context: MoveContext) -> Iterator[NewFile]:
    """Yield the record that `apply` will write, if it is not there yet."""
    assert policy.migration is not None
    record = policy.migration.record
    if context.before.entry(record) is None and record not in context.moves.values():
        yield NewFile(record, f"# {policy.migration.title}\n".encode())


def _analyze_moved(
    moved: MovedSnapshot, policy: Policy, store: Store, index: IndexedSnapshot | None
) -> TreeAnalysis:
    answers = MovedAnswers(index, moved) if index is not None else None
    return analyze(moved, policy.roots, store, answers=answers)


def verdict(
    policy: Policy,
    before: TreeAnalysis,
    after: TreeAnalysis,
    today: datetime.date,
    unchanged: frozenset[str] = frozenset(),
) -> Report:
    """Check the new tree against the policy, with the findings of the old one.

    `unchanged` are moved files whose references lead to the same files as before.
    """
    request = CheckRequest(policy, [before], after, existing="warn", today=today)
    return check(request._replace(unchanged=unchanged))


def blockers(report: Report) -> Iterator[Blocker]:
    """Yield every error of the new tree that the old one did not have, those of one
    file and rule as one: one way out is for all of them."""
    new = [one for one in report.findings if one.status == NEW]
    yield from _grouped(one for one in new if one.severity == ERROR)


def existing_findings(policy: Policy, report: Report) -> Iterator[Blocker]:
    """Yield blocking findings that the old tree has too: no move fixes them."""
    if policy.existing == BLOCK:
        yield from _grouped(one for one in report.findings if one.status == EXISTING)


def _grouped(findings: Iterable[Finding]) -> Iterator[Blocker]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.path, finding.rule), []).append(finding)
    for first, *others in groups.values():
        message = f"{first.rule}: {first.message}"
        # Three names of one statement are one import to whoever has to change it.
        more = {one.target: one.line for one in others if one.target != first.target}
        if more:
            lines = ", ".join(str(line) for line in more.values() if line)
            message += f"; and {len(more)} more" + (
                f", in line {lines}" if lines else ""
            )
        yield Blocker(first.path, first.line, message, tuple(_ways_out(first)))


def can_be_judged_in_part(policy: Policy) -> bool:
    """Return True where only files that move, are edited, or name what moves can have a
    new finding: all others refer to the same files as before.

    A chain of imports leads through such files, and may be new all the same. And where
    existing findings block, they have to be reported (`existing_findings`).
    """
    if policy.existing == BLOCK:
        return False
    options = (rule.options for rule in policy.rules)
    return not any(isinstance(one, Forbidden) and one.indirect for one in options)


def excepted_files(policy: Policy, kinds: Kinds) -> set[str]:
    """Return the files that an exception matches: without their findings it would seem
    to be unused."""
    found: set[str] = set()
    for exception in policy.exceptions:
        for kind, paths in kinds.items():
            if exception.path.folder(kind.folder) is not False:
                found.update(path for path in paths if exception.path.match(path))
    return found


def _ways_out(finding: Finding) -> Iterator[str]:
    if finding.kind not in _IMPORTING:
        if finding.fix is not None:
            yield finding.fix.summary
            yield from finding.fix.commands
        yield f"change rules.{finding.rule}, if it asks too much"
        return
    target = finding.target or "what it imports"
    yield f"port it: give {finding.path} what it needs of {target}, without the import"
    yield f"move it too: add {finding.path} to a [[migration.move]]"
    exception = f'rule = "{finding.rule}", path = "{finding.path}"'
    yield f"except it: [[exceptions]] {exception}, and a reason"
