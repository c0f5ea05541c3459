"""Perform a plan: write objects, add files, switch the branch once, delete last.

Every step can be the last one before a kill: `apply` continues where the journal stops,
`undo` reverts from there. Until the journal's state is PLACING, nothing is written but
our own folder and unreachable objects, and an interrupted run is discarded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.errors import UsageError
from treeguard.migration.apply.commits import Built
from treeguard.migration.apply.commits import CommitBuild
from treeguard.migration.apply.commits import build_commits
from treeguard.migration.apply.commits import wants_signature
from treeguard.migration.apply.preflight import ApplyOptions
from treeguard.migration.apply.preflight import Cleared
from treeguard.migration.apply.preflight import Leftover
from treeguard.migration.apply.preflight import no_longer_ignored
from treeguard.migration.apply.preflight import preflight
from treeguard.migration.apply.preflight import work_tree_top
from treeguard.migration.apply.ref_swap import check_by_hook
from treeguard.migration.apply.ref_swap import lock_of
from treeguard.migration.apply.ref_swap import refresh_stat_data
from treeguard.migration.apply.ref_swap import switch
from treeguard.migration.apply.user_commit_hooks import Hooks
from treeguard.migration.apply.user_commit_hooks import run_post_commit
from treeguard.migration.apply.user_commit_hooks import user_hooks
from treeguard.migration.apply.worktree_steps import WorkTree
from treeguard.migration.apply.worktree_steps import placed_slots
from treeguard.migration.apply.worktree_steps import plan_steps
from treeguard.migration.apply.worktree_steps import stage
from treeguard.migration.journal import APPLY
from treeguard.migration.journal import CLEARING
from treeguard.migration.journal import DONE
from treeguard.migration.journal import PLACING
from treeguard.migration.journal import STAGING
from treeguard.migration.journal import SWITCHING
from treeguard.migration.journal import UNDO
from treeguard.migration.journal import Journal
from treeguard.migration.journal import save
from treeguard.migration.rewrite.edits import apply_edits
from treeguard.plans import Plan
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot

Say = Callable[[str], None]


class Applied(NamedTuple):
    """The finished journal; the untracked files left in moved folders; files that are
    no longer ignored; paths left because they were edited meanwhile; and notes."""

    journal: Journal
    leftovers: tuple[Leftover, ...]
    exposed: tuple[str, ...]
    left: tuple[str, ...]
    notes: tuple[str, ...]


class Ready(NamedTuple):
    """A migration that is built completely, with nothing visible yet."""

    journal: Journal
    cleared: Cleared


class Execution(NamedTuple):
    """The performing of one migration: `git` runs at the work tree's top, `folder` is
    the journal's, and `say` is told each step."""

    git: Git
    folder: str
    say: Say
    progress: Progress = silent

    def apply(self, plan: Plan, record: str, options: ApplyOptions) -> Applied:
        """Perform `plan`; `record` is the path of the patch document. Raises what
        `preflight` raises, before anything is changed."""
        ready = self.prepare(plan, record, options)
        hooks = user_hooks(self.git, verify=options.verify)
        journal, left = self.finish(ready.journal, hooks)
        found = ready.cleared.leftovers
        bare = tuple(no_longer_ignored(self.git, found, carried=options.carry))
        stayed = () if options.carry else found
        return Applied(journal, stayed, bare, left, ready.cleared.notes)

    def prepare(self, plan: Plan, record: str, options: ApplyOptions) -> Ready:
        """Check whether it may begin, build the commits, and keep every file aside."""
        git, folder = self.git, self.folder
        self.say("checking whether the migration may begin")
        self.progress("checking the moves", 0, len(plan.moves))
        cleared = preflight(git, plan, record, options)
        discard(folder)
        journal = _first_journal(plan, cleared)
        save(folder, journal)
        self.say("building the commits")
        self.progress("building the commits", 0, len(plan.moves))
        edited, signed = edited_bytes(git, plan), wants_signature(git)
        hooks = user_hooks(git, verify=options.verify)
        built = build_commits(
            CommitBuild(git, folder, plan, record, edited, signed, hooks)
        )
        commits = _named(plan, built)
        pin(git, plan.id, commits)
        carried = cleared.leftovers if options.carry else ()
        tree = self.work_tree(journal)
        steps = plan_steps(git, tree, plan, built.written, carried)
        made = tree.missing_folders(steps.touched)
        stage(tree, steps)
        journal = journal._replace(
            state=PLACING,
            target=built.record,
            commits=commits,
            touched=steps.touched,
            ids=steps.ids,
            made=tuple(made),
            carried=tuple(one.new for one in carried),
        )
        save(folder, journal)
        return Ready(journal, cleared)

    def finish(
        self, journal: Journal, hooks: Hooks | None = None
    ) -> tuple[Journal, tuple[str, ...]]:
        """Continue from the journal's state to the end.

        Returns the journal and the paths left because they were edited meanwhile.
        Raises `HookRefusedError` when the user's pre-commit refuses, before the switch.
        """
        left: tuple[str, ...] = ()
        reached = journal
        for reached, left in self.steps(journal, hooks):  # noqa: B007, the last counts
            self.say(f"{reached.direction}: {reached.state}")
        if hooks is not None:
            run_post_commit(hooks)
        return reached, left

    def steps(
        self, journal: Journal, hooks: Hooks | None = None
    ) -> Iterator[tuple[Journal, tuple[str, ...]]]:
        """Yield the journal after each state; `hooks` run before the switch."""
        git, folder, tree = self.git, self.folder, self.work_tree(journal)
        left: tuple[str, ...] = ()
        if journal.state == PLACING:
            tree.place(journal.touched)
            journal = _next(folder, journal, SWITCHING)
            yield journal, left
        if journal.state == SWITCHING:
            if hooks is not None:
                check_by_hook(git, folder, journal, hooks)
            switch(git, folder, journal)
            journal = _next(folder, journal, CLEARING)
            yield journal, left
        if journal.state == CLEARING:
            folders = frozenset(journal.made) if journal.direction == UNDO else None
            left = tuple(tree.clear(journal.touched, folders))
            journal = _next(folder, journal, DONE)
            tree.forget(placed_slots(journal.touched))
            refresh_stat_data(git, folder, journal)
        yield journal, left

    def work_tree(self, journal: Journal) -> WorkTree:
        """Return the work tree with the files that the journal keeps."""
        top, kept = work_tree_top(self.git), os.path.join(self.folder, "kept")
        algorithm = self.git.where.object_format
        return WorkTree(top, kept, algorithm, journal.ids, self.progress)


def _next(folder: str, journal: Journal, state: str) -> Journal:
    journal = journal._replace(state=state)
    save(folder, journal)
    return journal


def edited_bytes(git: Git, plan: Plan) -> dict[str, bytes]:
    """Return the new bytes of the files that the plan edits, by their new path."""
    base = tree_snapshot(git, plan.base)
    found = {}
    for path, new, edits in plan.edits:
        entry = base.entry(path)
        if entry is None:
            message = f"the plan edits {path}, which {plan.base[:12]} does not have"
            raise UsageError(message, "run the migration again, from a new plan")
        found[new] = apply_edits(git.objects.read(entry.oid), edits)
    return found


def pin(git: Git, name: str, commits: dict[str, str]) -> None:
    """Name the commits by refs, so that no garbage collection deletes them."""
    lines = [f"update {pin_name(name, key)} {oid}\n" for key, oid in commits.items()]
    _unlocked(git, name, commits)
    git.run("update-ref", "--stdin", stdin="".join(lines).encode("ascii"))


def unpin(git: Git, name: str, keys: Iterable[str]) -> None:
    """Delete the refs of the commits, if there are any."""
    keys = tuple(keys)
    lines = [f"delete {pin_name(name, key)}\n" for key in keys]
    _unlocked(git, name, keys)
    git.run("update-ref", "--stdin", stdin="".join(lines).encode("ascii"))


def pin_name(name: str, key: str) -> str:
    """Return our ref that names one commit of a migration."""
    return f"refs/treeguard/{name}/{key}"


def _unlocked(git: Git, name: str, keys: Iterable[str]) -> None:
    """Remove the locks that a killed Git left on our refs: nobody else writes them, and
    this process holds the migration's lock."""
    for key in keys:
        lock = lock_of(git, pin_name(name, key))
        if os.path.lexists(lock):
            os.unlink(lock)


def discard(folder: str) -> None:
    """Delete what an earlier run left that is finished, or had not begun to write."""
    import shutil

    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        full = os.path.join(folder, name)
        if name == "lock":  # held by us
            continue
        if os.path.isdir(full):
            shutil.rmtree(full)
        else:
            os.unlink(full)


def _first_journal(plan: Plan, cleared: Cleared) -> Journal:
    commits = {"old": plan.base}
    return Journal(
        plan.id, STAGING, APPLY, cleared.ref, plan.base, plan.base, commits, (), {}, ()
    )


def _named(plan: Plan, built: Built) -> dict[str, str]:
    named = {"old": plan.base, "record": built.record}
    if built.moves:
        named["move"] = built.moves[-1]
    if built.rewrite is not None:
        named["rewrite"] = built.rewrite
    return named
