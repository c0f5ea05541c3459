"""Updates of refs: which trees each one compares, and by which policy.

A client and a server check a push alike. The new tip of a branch is compared with its
old one, whatever is in between: a force-push is no different. A new branch is compared
with where it left the default branch. A ref that is deleted or moved away may lose
files that no other ref has. A refused update does not keep the next from being checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
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
from treeguard.errors import UsageError
from treeguard.findings import ERROR
from treeguard.findings import EXCEPTED
from treeguard.findings import EXISTING
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Report
from treeguard.findings import Summary
from treeguard.policy.model import Policy
from treeguard.repository.history import find_commit
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import commit_at
from treeguard.repository.refs import end_of
from treeguard.repository.refs import is_reachable
from treeguard.repository.refs import knows_path
from treeguard.repository.snapshots import TreeSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.stages.merges import merges_since
from treeguard.stages.policy_source import check_change
from treeguard.stages.policy_source import landing
from treeguard.stages.session import POLICY
from treeguard.stages.session import Session
from treeguard.stages.session import read_policy
from treeguard.stages.session import rules_of_kind
from treeguard.trees import Snapshot

# The id of findings about the policy itself (`policy.schema.RESERVED`).
_POLICY_RULE = "policy"


class Update(NamedTuple):
    """A ref that changes from `old` to `new`: ids, or None where there is none.

    `also` holds more commits to compare the new one with.
    """

    ref: str
    old: str | None
    new: str | None
    also: tuple[str, ...] = ()


def read_updates(
    data: bytes, stage: str, fields_of: Callable[[bytes], Sequence[bytes] | None]
) -> list[Update]:
    """Read the lines that Git gives to `stage`, one update each.

    `fields_of` returns the ref, the old and the new id of a line, or None if it is no
    such line. Raises `UsageError` for it.
    """
    return [_read(line, stage, fields_of(line)) for line in data.split(b"\n") if line]


def _read(line: bytes, stage: str, fields: Sequence[bytes] | None) -> Update:
    try:
        if fields is not None:
            ref, old, new = (part.decode("utf-8", "surrogateescape") for part in fields)
            return Update(ref, end_of(old), end_of(new))
    except ValueError:
        pass
    shown = line[:200].decode("utf-8", "backslashreplace")
    server = " --server" if stage == "pre-receive" else ""
    raise UsageError(
        f"not a line that Git gives to {stage}: {shown!r}",
        f"let Git call this hook: `treeguard install{server}`",
    )


class Target(NamedTuple):
    """The repository that is pushed to, before the push, as far as it is known here.

    `tips` maps its refs to ids; `default` is the branch whose policy applies, or empty.
    `name` is what a person here calls that branch. `leaving` holds the refs that other
    pushes are deleting at this moment. `unborn` is the branch that HEAD names and that
    does not exist: once it does, its policy applies.
    """

    tips: Mapping[str, str]
    default: str
    name: str
    leaving: tuple[str, ...] = ()
    unborn: str = ""


class Verdict(NamedTuple):
    """The result of one update; `report` is None if nothing was checked."""

    update: Update
    report: Report | None = None
    notes: tuple[str, ...] = ()
    error: TreeguardError | None = None

    @property
    def blocks(self) -> bool:
        return self.report is not None and self.report.blocking > 0


def check_updates(
    session: Session,
    updates: Sequence[Update],
    target: Target,
    kind: str | None = None,
) -> list[Verdict]:
    """Check each of `updates`, in their order, by the rules of `kind` or all rules."""
    checker = _UpdateChecker(session, updates, target, kind)
    return [checker.verdict(update) for update in updates]


def policy_before_push(
    git: Git, updates: Iterable[Update], target: Target
) -> Policy | None:
    """Return the policy that the default branch had before the push.

    None if there is no such branch, or no policy on it: then each pushed tip is checked
    by its own. An invalid one raises `PolicyError`, unless this very push fixes it:
    then the new one applies.
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


class _UpdateChecker:
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
        self._default_policy = policy_before_push(self._git, updates, target)
        after = dict(target.tips)
        for update in updates:
            after.pop(update.ref, None)
            if update.new is not None:
                after[update.ref] = update.new
        # The branch whose policy applies stays, whoever wants to delete it.
        stays = target.default if self._default_policy is not None else ""
        self._leaving = [ref for ref in target.leaving if ref in after and ref != stays]
        for ref in self._leaving:
            del after[ref]
        self._after = after

    def verdict(self, update: Update) -> Verdict:
        try:
            if update.new is not None and self._is_branch(update.ref):
                return self._check_branch(update)
            return self._check_removal(update)
        except TreeguardError as error:
            return Verdict(update, error=error)

    def _is_branch(self, ref: str) -> bool:
        """Return whether it is a branch; HEAD may name any ref (refs/trunk/main)."""
        named = (self._target.default, self._target.unborn)
        return ref.startswith(BRANCHES) or ref in named

    def _check_branch(self, update: Update) -> Verdict:
        commit = update.new or ""
        taken = self._taken_over(commit) if update.ref == self._target.unborn else None
        if taken is not None:
            return Verdict(update, taken)
        new = _tree(self._git, commit, _short(update.ref))
        olds = list(self._olds(update))
        found = self._policy(update, olds, new)
        if found is None:
            note = f"{update.ref} has no {POLICY}: it is not checked"
            return Verdict(update, notes=(note,))
        policy, later = found
        only = rules_of_kind(policy, self._kind)
        first, *others = [
            CheckRequest.of(policy, side, new, self._store)._replace(rules=only)
            for side in [[old] for old in olds] or [[]]
        ]
        if olds:
            merges = merges_since(self._git, policy, commit, self._known_tips(update))
            first = first._replace(merges=merges)
        ends = (olds[0].name if olds else "", commit[:12])
        reports = [check_change(first, ends, later=later)]
        for other in others:
            lands = landing(policy, new) if later else None
            reports.append(check(other._replace(landing=lands)))
        return Verdict(update, _merge_reports(reports))

    def _taken_over(self, commit: str) -> Report | None:
        """Refuse a new branch whose policy would apply from now on, unless it goes on
        from the one whose policy applies.

        Raises `UsageError` where other branches have a policy and none of them is the
        default branch.
        """
        target, policy = self._target, self._default_policy
        if policy is not None:
            tip = target.tips[target.default]
            if is_reachable(self._git, tip, [commit]):
                return None
            message = (
                f"HEAD of the server names {target.unborn}, so its policy would replace"
                f" that of {target.default}, which it does not descend from"
            )
            fix = Fix(f"on the server: git symbolic-ref HEAD {target.default}")
            return _refused(policy, target.unborn, message, fix)
        others = [ref for ref in target.tips if ref.startswith(BRANCHES)]
        if not target.default and any(
            _tree(self._git, target.tips[ref], ref).entry(POLICY) for ref in others
        ):
            raise UsageError(
                f"HEAD of the server names {target.unborn}, which does not exist, and"
                " other branches have a policy: which of them applies is unknown",
                "on the server: git symbolic-ref HEAD refs/heads/BRANCH",
            )
        return None

    def _known_tips(self, update: Update) -> list[str]:
        """Return what was checked before: the branches that the target has."""
        tips = [oid for ref, oid in self._target.tips.items() if self._is_branch(ref)]
        return [*tips, *([update.old] if update.old is not None else [])]

    def _olds(self, update: Update) -> Iterator[Snapshot]:
        """Yield the trees to compare the new tip with; none for an unrelated branch."""
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
                f"the remote's {ref} ({oid[:12]}) is not known here",
                "run `git fetch`, check what would be lost, then push again",
            )
        return _tree(self._git, oid, oid[:12])

    def _bases(self, update: Update) -> tuple[str, ...]:
        """Return where a new branch left the default one; empty if unrelated."""
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
        """Return the policy, and whether that of `new` only takes effect later.

        None for a branch that is not part of the project, such as one of web pages: it
        has no policy and shares no history with the default branch.
        """
        has_policy = any(tree.entry(POLICY) is not None for tree in (*olds, new))
        if self._default_policy is None:
            return self._own_policy(update, olds, new) if has_policy else None
        if has_policy or self._bases(update):
            return self._default_policy, True
        return None

    def _own_policy(
        self, update: Update, olds: Sequence[Snapshot], new: Snapshot
    ) -> tuple[Policy, bool]:
        """Return the branch's policy, before the push if there is no default branch.

        If the default branch has no policy, a draft on another branch may change in any
        way.
        """
        if not self._target.default and update.old is not None:
            was = next(iter(olds))
            if was.entry(POLICY) is not None:
                return read_policy(was, update.old[:12]), True
        return read_policy(new, "push"), False

    def _check_removal(self, update: Update) -> Verdict:
        """Check which files are lost when a ref is deleted, or a tag moved away."""
        if update.ref == self._target.default and self._default_policy is not None:
            report = _default_branch_deleted(self._default_policy, update.ref)
            return Verdict(update, report)
        if update.old is None or self._kind not in (None, "preserved"):
            return Verdict(update)
        commit = commit_at(self._git, update.old)
        if commit is None:
            return Verdict(update, notes=(_unknown(update),))
        policy = self._default_policy or _policy_of(self._git, commit)
        if policy is None or is_reachable(self._git, commit, self._kept()):
            return Verdict(update)
        report = self._lost(policy, commit, update.ref)
        return Verdict(update, report, self._leaving_notes(report))

    def _leaving_notes(self, report: Report) -> tuple[str, ...]:
        """Explain why refs that might have the lost files do not count."""
        if not report.findings or not self._leaving:
            return ()
        names = ", ".join(self._leaving)
        note = f"{names}: another push is deleting this, so it does not count"
        return (f"{note}; push again when that is done",)

    def _commits(self, tips: Iterable[str]) -> list[str]:
        found = (commit_at(self._git, tip) for tip in tips)
        return list(dict.fromkeys(commit for commit in found if commit is not None))

    def _kept(self) -> list[str]:
        """Return the tip of the default branch, whose whole history is kept."""
        tip = self._after.get(self._target.default)
        return self._commits([tip] if tip is not None else [])

    def _lost(self, policy: Policy, commit: str, ref: str) -> Report:
        """Report the preserved files of `commit` that nothing has without `ref`.

        A file in the history of the default branch is not lost. Of any other branch
        only the tip counts: nobody checks its history when it is deleted next.
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
        return _loss_report(report, alone, ref)


def _tree(git: Git, commit: str, name: str) -> TreeSnapshot:
    return TreeSnapshot(git, find_commit(git, commit).tree, name)


def _policy_of(git: Git, commit: str) -> Policy | None:
    tree = _tree(git, commit, commit[:12])
    return read_policy(tree, "push") if tree.entry(POLICY) else None


def _short(ref: str) -> str:
    return ref.removeprefix(BRANCHES)


def _unknown(update: Update) -> str:
    return (
        f"{update.ref} was not a commit that is known here: its files are not checked"
    )


def _merge_reports(reports: Sequence[Report]) -> Report:
    """Merge reports about the same new tree; there is at least one.

    A finding that is new compared with any of the old trees is new.
    """
    first, *others = reports
    if not others:
        return first
    found = {finding.fingerprint: finding for finding in first.findings}
    for report in others:
        for finding in report.findings:
            if finding.fingerprint not in found or finding.status == NEW:
                found[finding.fingerprint] = finding
    findings = tuple(sorted(found.values(), key=_position))
    blocking = sum(f.severity == ERROR and f.status == NEW for f in findings)
    most = max(report.blocking for report in reports)
    rules = tuple(dict.fromkeys(rule for report in reports for rule in report.rules))
    return _counted(first._replace(rules=rules), findings, max(blocking, most))


def _position(finding: Finding) -> tuple[str, int, int, str]:
    return (finding.path, finding.line or 0, finding.column or 0, finding.rule)


def _loss_report(report: Report, findings: Iterable[Finding], ref: str) -> Report:
    """Return `report` with `findings` alone, worded as losses of deleting `ref`."""
    fix = Fix(f"keep {_short(ref)}, or first merge what only it has")
    lost = tuple(
        finding._replace(
            message=f"only {ref} has {finding.path}, which is protected by `preserved`",
            fix=fix,
            target=None,
        )
        for finding in findings
    )
    return _counted(report, lost, sum(one.severity == ERROR for one in lost))


def _counted(report: Report, findings: tuple[Finding, ...], blocking: int) -> Report:
    counts = Counter(finding.status for finding in findings)
    summary = report.summary._replace(
        new=counts[NEW], existing=counts[EXISTING], excepted=counts[EXCEPTED]
    )
    return report._replace(findings=findings, summary=summary, blocking=blocking)


def _default_branch_deleted(policy: Policy, ref: str) -> Report:
    """Refuse to delete the branch whose policy applies."""
    message = (
        f"{ref} is the default branch, whose policy applies to every push:"
        " it cannot be deleted"
    )
    fix = Fix("name another default branch first, with `git symbolic-ref HEAD`")
    return _refused(policy, ref, message, fix)


def _refused(policy: Policy, ref: str, message: str, fix: Fix) -> Report:
    """Return a report that refuses an update of `ref`, whatever its files are."""
    import hashlib

    digest = hashlib.sha256(f"{_POLICY_RULE}\0{ref}".encode("utf-8", "surrogateescape"))
    finding = Finding(
        rule=_POLICY_RULE,
        kind=_POLICY_RULE,
        path=policy.path,
        message=message,
        subject=ref,
        fix=fix,
        fingerprint=f"{digest.hexdigest()[:32]}:1",
    )
    summary = Summary(new=1, existing=0, excepted=0, files=0, elapsed_ms=0)
    return Report(
        policy_path=policy.path,
        policy_source=policy.source,
        policy_digest=policy.digest,
        old=None,
        new=None,
        findings=(finding,),
        notices=(),
        summary=summary,
        blocking=1,
    )
