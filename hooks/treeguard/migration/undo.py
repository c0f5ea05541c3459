"""Undo a migration, from the middle of one or from its end.

`undo` takes the same steps as `apply` with before and after exchanged: add files,
switch the branch once, delete last. So a kill during `undo` is no worse than one during
`apply`.
"""

from __future__ import annotations

import os
import shutil
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.migration.apply.commits import changes_between
from treeguard.migration.apply.commits import commit_tree
from treeguard.migration.apply.commits import wants_signature
from treeguard.migration.apply.executor import Execution
from treeguard.migration.apply.executor import discard
from treeguard.migration.apply.executor import unpin
from treeguard.migration.apply.objects_writer import private_index
from treeguard.migration.apply.preflight import current_ref
from treeguard.migration.apply.preflight import refuse_changed
from treeguard.migration.apply.preflight import refuse_place
from treeguard.migration.apply.preflight import refuse_staged
from treeguard.migration.apply.ref_swap import ref_value
from treeguard.migration.apply.worktree_steps import WorkTree
from treeguard.migration.apply.worktree_steps import reverse
from treeguard.migration.history_lookup import TRAILER
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import DONE
from treeguard.migration.journal import PLACING
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import UNDO
from treeguard.migration.journal import Journal
from treeguard.migration.journal import Touched
from treeguard.migration.journal import save
from treeguard.repository.history import is_ancestor
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot

PINNED = ("old", "move", "rewrite", "record")


class Undone(NamedTuple):
    """What undo did: the finished journal (None: nothing); paths left because they were
    edited meanwhile; files that later commits added to the new folders."""

    journal: Journal | None
    left: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()


def undo(run: Execution, journal: Journal | None) -> Undone:
    """Restore the tree before the migration. Raises `UsageError`, with nothing changed,
    where later commits or edits touched what it would change."""
    if journal is None or (journal.direction == UNDO and journal.state == DONE):
        return Undone(None)
    git, folder = run.git, run.folder
    if journal.state == STAGING:
        unpin(git, journal.id, PINNED)
        discard(folder)
        return Undone(None)
    newer: tuple[str, ...] = ()
    if journal.direction == APPLY:
        if journal.unfinished:
            journal = _reversed(journal)
        else:
            newer = _refuse_touched(git, journal)
            journal = _from_end(run, journal)
        save(folder, journal)
    journal, left = run.finish(journal)
    unpin(git, journal.id, PINNED)
    shutil.rmtree(os.path.join(folder, "kept"), ignore_errors=True)
    return Undone(journal, left, newer)


def _reversed(journal: Journal) -> Journal:
    return journal._replace(
        state=PLACING,
        direction=UNDO,
        source=journal.target,
        target=journal.source,
        touched=reverse(journal.touched),
    )


def _from_end(run: Execution, journal: Journal) -> Journal:
    """Return the journal that undoes a finished migration; keep every file aside."""
    git = run.git
    tip = ref_value(git, journal.ref)
    back = _reversed(journal)
    back = back._replace(touched=_present(git, back))
    if tip != journal.target or _published(git, journal.target):
        back = back._replace(
            source=tip, target=_commit_back(git, run.folder, journal, tip)
        )
    tree = run.work_tree(back)
    tree.keep(back.touched)
    _restore_kept(git, tree, journal)
    return back


def _present(git: Git, back: Journal) -> tuple[Touched, ...]:
    """Return the paths without the carried files that were deleted since."""
    top = git.where.top or ""
    gone = {
        one.before
        for one in back.touched
        if one.path in back.carried and not os.path.lexists(os.path.join(top, one.path))
    }
    return tuple(
        one
        for one in back.touched
        if one.before not in gone or one.before is None
        if one.after not in gone or one.after is None
    )


def _restore_kept(git: Git, tree: WorkTree, journal: Journal) -> None:
    """Write the old files that are no longer kept (a half-deleted journal)."""
    base = tree_snapshot(git, journal.commits["old"])
    after = {one.after for one in journal.touched}
    for path, before, _after in journal.touched:
        if before is None or before in after or os.path.lexists(tree.slot(before)):
            continue
        entry = base.entry(path)
        if entry is not None:
            tree.write(before, git.objects.read(entry.oid), None, link=False)
            if entry.mode & 0o100:
                os.chmod(tree.slot(before), 0o755)


def _refuse_touched(git: Git, journal: Journal) -> tuple[str, ...]:
    """Refuse where later commits or edits touched what would change.

    Returns the files that later commits added beside the moved ones: they stay.
    """
    top = refuse_place(git)
    ref = current_ref(git, detached=journal.ref == "HEAD")
    tip = ref_value(git, ref)
    record = journal.commits["record"]
    if ref != journal.ref or not is_ancestor(git, record, tip):
        short = journal.ref.removeprefix("refs/heads/")
        message = f"the migration is commit {record[:12]} of {short}, which is not HEAD"
        raise UsageError(message, f"`git switch {short}`, if it still has that commit")
    refuse_staged(git)
    paths = {one.path for one in journal.touched}
    refuse_changed(git, paths)
    for path, before, after in journal.touched:
        if after is None and before is not None:
            full = os.path.join(os.fsencode(top), os.fsencode(path))
            if os.path.lexists(full):
                message = f"{path} exists, but a file has to be restored there"
                raise UsageError(message, "move it away, then run it again")
    later = changes_between(git, record, tip)
    touched = sorted(change.path for change in later if change.path in paths)
    if touched:
        shown = ", ".join(touched[:5])
        more = f" and {len(touched) - 5} more" if touched[5:] else ""
        message = f"commits since the migration changed {shown}{more}"
        hint = f"`git log {record[:12]}.. -- {touched[0]}` lists them"
        raise UsageError(message, f"{hint}: revert them first")
    homes = {one.path.rpartition("/")[0] for one in journal.touched if one.after}
    added = [change.path for change in later if change.old is None]
    return tuple(path for path in added if path.rpartition("/")[0] in homes)


def _commit_back(git: Git, folder: str, journal: Journal, tip: str) -> str:
    """Make a commit on top of `tip` with the old content: later or published commits
    are not rewound. Return its id."""
    record, old = journal.commits["record"], journal.commits["old"]
    changes = changes_between(git, record, old)
    with private_index(git, folder) as index:
        index.read(tip)
        index.change({change.path: change.new for change in changes})
        tree = index.write_tree()
    message = (
        f"Undo {journal.id}\n\nEvery file is again where it was before "
        f"{record[:12]}.\n\n{TRAILER}-Undone: {journal.id}\n"
    )
    return commit_tree(git, tree, tip, message, signed=wants_signature(git))


def _published(git: Git, commit: str) -> bool:
    """Return True if a remote's branch has the commit, as far as this clone knows."""
    args = ("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes")
    return bool(git.run(*args).strip())
