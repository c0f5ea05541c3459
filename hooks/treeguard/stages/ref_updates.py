"""Refs that are to change: which trees each change compares, and by which policy.

A push and a server judge alike. A branch that is updated compares its old tip with the
new one, whatever lies between: a force-push is no different. A new branch is compared
with where it left the default branch. Whatever is deleted or moved away may lose files
that nothing else has. Nothing is skipped because something before it was refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.errors import GitError
from treeguard.errors import PolicyError
from treeguard.errors import TreeguardError
from treeguard.findings import NEW
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import commit_at
from treeguard.repository.refs import is_reachable
from treeguard.repository.refs import knows_path
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.stages import merge_reports
from treeguard.stages.policy_source import landing
from treeguard.stages.policy_source import policy_changes
from treeguard.stages.session import POLICY
from treeguard.stages.session import Session
from treeguard.stages.session import read_policy
from treeguard.stages.session import rules_of_kind
from treeguard.trees import Snapshot


class Update(NamedTuple):
    """A ref that changes from `old` to `new`: ids, None where there is none.

    `also` are more commits to compare the new one with.
    """

    ref: str
    old: str | None
    new: str | None
    also: tuple[str, ...] = ()


class Target(NamedTuple):
    """The repository that is pushed to, before the push, as far as it is known here.

    `tips` are its refs by their names there; `default` is the branch whose policy
    binds, or empty. `name` is how a person here names that branch. `leaving` are refs
    that other pushes are deleting at this moment.
    """

    tips: Mapping[str, str]
    default: str
    name: str
    leaving: tuple[str, ...] = ()


class Verdict(NamedTuple):
    """What is said of one update; `report` is None where nothing was judged."""

    update: Update
    report: Report | None = None
    notes: tuple[str, ...] = ()
    error: TreeguardError | None = None

    @property
    def blocks(self) -> bool:
        return self.report is not None and self.report.blocking > 0


def judge_updates(
    session: Session,
    updates: Sequence[Update],
    target: Target,
    kind: str | None = None,
) -> list[Verdict]:
    """A verdict on each of `updates`, in their order, by the rules of `kind` or all."""
    judge = _Judge(session, updates, target, kind)
    return [judge.verdict(update) for update in updates]


def law(git: Git, updates: Iterable[Update], target: Target) -> Policy | None:
    """The policy of the default branch as it stood before the push.

    None when there is no such branch, or no policy on it: then each pushed tip is
    bound by its own. One that cannot be used raises `PolicyError`, unless this very
    push mends it: then the new one binds.
    """
    tip = target.tips.get(target.default)
    if tip is None:
        return None
    tree = _tree(git, tip, target.name)
    if tree.entry(POLICY) is None:
        return None
    try:
        return read_policy(tree, target.name)
    except PolicyError:
        for update in updates:
            if update.ref == target.default and update.new is not None:
                return read_policy(_tree(git, update.new, update.ref), "push")
        raise


class _Judge:
    def __init__(
        self,
        session: Session,
        updates: Sequence[Update],
        target: Target,
        kind: str | None,
    ) -> None:
        self._kind = kind
        self._git, self._store = session
        self._target = target
        self._law = law(self._git, updates, target)
        after = dict(target.tips)
        for update in updates:
            after.pop(update.ref, None)
            if update.new is not None:
                after[update.ref] = update.new
        # The branch whose policy binds stays, whoever wants to delete it.
        stays = target.default if self._law is not None else ""
        self._leaving = [ref for ref in target.leaving if ref in after and ref != stays]
        for ref in self._leaving:
            del after[ref]
        self._after = after

    def verdict(self, update: Update) -> Verdict:
        try:
            if update.new is not None and self._is_branch(update.ref):
                return self._branch(update)
            return self._gone(update)
        except TreeguardError as error:
            return Verdict(update, error=error)

    def _is_branch(self, ref: str) -> bool:
        """HEAD may name a ref that lies elsewhere, as refs/trunk/main."""
        return ref.startswith(BRANCHES) or ref == self._target.default

    def _branch(self, update: Update) -> Verdict:
        new = _tree(self._git, update.new or "", _short(update.ref))
        olds = list(self._olds(update))
        bound = self._policy(update, olds, new)
        if bound is None:
            note = f"{update.ref} has no {POLICY}: it is not judged"
            return Verdict(update, notes=(note,))
        policy, later = bound
        notices = self._notices(policy, olds, new, update, later)
        sides = [[old] for old in olds] or [[]]
        only = rules_of_kind(policy, self._kind)
        lands = landing(policy, new) if later else None
        reports = [
            check(
                CheckRequest.of(policy, side, new, self._store)._replace(
                    rules=only, landing=lands
                )
            )
            for side in sides
        ]
        report = merge_reports.merge_old_trees(reports)
        return Verdict(update, report._replace(notices=(*notices, *report.notices)))

    def _olds(self, update: Update) -> Iterator[Snapshot]:
        """What the new tip is compared with; nothing for a branch without a past."""
        if update.old is not None:
            yield self._known(update.old, update.ref)
        else:
            for base in self._bases(update):
                yield _tree(self._git, base, base[:12])
        for commit in update.also:
            yield _tree(self._git, commit, commit[:12])

    def _known(self, oid: str, ref: str) -> Snapshot:
        if commit_at(self._git, oid) is None:
            raise GitError(
                f"what {ref} is now over there ({oid[:12]}) is not known here",
                "run `git fetch`, look at what would be lost, then push again",
            )
        return _tree(self._git, oid, oid[:12])

    def _bases(self, update: Update) -> tuple[str, ...]:
        """Where a new branch left the default one; empty if they share nothing."""
        tip = self._target.tips.get(self._target.default)
        if tip is None or update.new is None:
            return ()
        if is_reachable(self._git, tip, [update.new]):
            return (tip,)
        try:
            return merge_bases(self._git, tip, update.new)
        except GitError:
            if self._git.where.shallow:
                raise
            return ()

    def _policy(
        self, update: Update, olds: Sequence[Snapshot], new: Snapshot
    ) -> tuple[Policy, bool] | None:
        """The law, and whether the policy of `new` only takes effect later.

        None for what is no part of the project, as a branch of web pages: it has no
        policy and shares no history with the default branch.
        """
        has_policy = any(tree.entry(POLICY) is not None for tree in (*olds, new))
        if self._law is None:
            return self._of_the_branch(update, olds, new) if has_policy else None
        if has_policy or self._bases(update):
            return self._law, True
        return None

    def _of_the_branch(
        self, update: Update, olds: Sequence[Snapshot], new: Snapshot
    ) -> tuple[Policy, bool]:
        """The branch's own: as it was before, where no other could ever bind it.

        A default branch without a policy binds nobody, and a draft on another branch
        may change as it likes.
        """
        if not self._target.default and update.old is not None:
            was = next(iter(olds))
            if was.entry(POLICY) is not None:
                return read_policy(was, update.old[:12]), True
        return read_policy(new, "push"), False

    def _notices(
        self,
        policy: Policy,
        olds: Sequence[Snapshot],
        new: Snapshot,
        update: Update,
        later: bool,
    ) -> tuple[Notice, ...]:
        if not olds or update.new is None:
            return ()
        ends = (olds[0].name, update.new[:12])
        return policy_changes(policy, olds[0], new, ends, later=later)

    def _gone(self, update: Update) -> Verdict:
        """What nothing has any more when a ref is deleted, or a tag moved away."""
        if update.ref == self._target.default and self._law is not None:
            return Verdict(update, merge_reports.default_deleted(self._law, update.ref))
        if update.old is None or self._kind not in (None, "preserved"):
            return Verdict(update)
        commit = commit_at(self._git, update.old)
        if commit is None:
            return Verdict(update, notes=(_unknown(update),))
        policy = self._law or _own(self._git, commit)
        if policy is None or is_reachable(self._git, commit, self._kept()):
            return Verdict(update)
        report = self._lost(policy, commit, update.ref)
        return Verdict(update, report, self._left(report))

    def _left(self, report: Report) -> tuple[str, ...]:
        """What to say of refs that might have what is lost, and are no help."""
        if not report.findings or not self._leaving:
            return ()
        names = ", ".join(self._leaving)
        said = f"{names}: another push is deleting this, so nothing counts on it"
        return (f"{said}; push again when that is over",)

    def _commits(self, tips: Iterable[str]) -> list[str]:
        found = (commit_at(self._git, tip) for tip in tips)
        return list(dict.fromkeys(commit for commit in found if commit is not None))

    def _kept(self) -> list[str]:
        """The tip of the default branch, whose whole history stays."""
        tip = self._after.get(self._target.default)
        return self._commits([tip] if tip is not None else [])

    def _lost(self, policy: Policy, commit: str, ref: str) -> Report:
        """The preserved files of `commit` that nothing has without `ref`.

        Of the default branch the history counts too. Any other branch may be deleted
        next, and what its tip has not is then asked of nobody.
        """
        kept = self._kept()
        new: Snapshot = empty_snapshot(self._git)
        if kept:
            new = _tree(self._git, kept[0], self._target.name)
        old = _tree(self._git, commit, commit[:12])
        only = rules_of_kind(policy, "preserved")

        def missing(tree: Snapshot) -> Report:
            request = CheckRequest.of(policy, [old], tree, self._store)
            return check(request._replace(rules=only))

        report = missing(new)
        alone = [
            finding
            for finding in report.findings
            if finding.status == NEW
            and finding.kind == "preserved"
            and not knows_path(self._git, finding.path, kept)
        ]
        for tip in self._commits(self._after.values()):
            known = [f for f in alone if knows_path(self._git, f.path, [tip])]
            if known:
                found = missing(_tree(self._git, tip, tip[:12])).findings
                gone = {one.path for one in found if one.status == NEW}
                alone = [f for f in alone if f not in known or f.path in gone]
        return merge_reports.of_ref(report, alone, ref, _short(ref))


def _tree(git: Git, commit: str, name: str) -> TreeSnapshot:
    return TreeSnapshot(git, find_commit(git, commit).tree, name)


def _own(git: Git, commit: str) -> Policy | None:
    tree = _tree(git, commit, commit[:12])
    return read_policy(tree, "push") if tree.entry(POLICY) else None


def _short(ref: str) -> str:
    return ref.removeprefix(BRANCHES)


def _unknown(update: Update) -> str:
    return f"{update.ref} was no commit that is known here: what it had is not judged"
