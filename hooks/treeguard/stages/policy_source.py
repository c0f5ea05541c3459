"""The policy that applies to a change, and the one that the change would land."""

from __future__ import annotations

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.errors import UsageError
from treeguard.findings import Notice
from treeguard.findings import Report
from treeguard.policy.loading import digest_of
from treeguard.policy.model import Policy
from treeguard.rules.registry import load
from treeguard.stages.session import read_policy
from treeguard.trees import Entry
from treeguard.trees import Snapshot


def check_change(
    request: CheckRequest, ends: tuple[str, str], *, later: bool
) -> Report:
    """Check a change, with a notice when it changes the policy itself.

    `ends` are the names to type for the old and the new tree. `later` is true when the
    policy of the check is not that of the new tree, which applies once it has landed.
    Then a change that removes the policy, or leaves an invalid one, raises `UsageError`
    or `PolicyError`: the next change would have no policy to be checked by.
    """
    new = request.new.snapshot
    notices: tuple[Notice, ...] = ()
    if request.olds:
        old = request.olds[0].snapshot
        notices = _policy_changes(request.policy, old, new, ends, later)
    if later:
        request = request._replace(landing=landing(request.policy, new))
    report = check(request)
    return report._replace(notices=(*notices, *report.notices))


def landing(policy: Policy, new: Snapshot) -> Policy | None:
    """Return the policy of `new` if it is valid and differs from `policy`."""
    entry = new.entry(policy.path)
    if entry is None or not entry.is_file:
        return None
    if digest_of(new.read(entry.oid)) == policy.digest:
        return None
    return read_if_valid(new, entry, policy.path)


def read_if_valid(tree: Snapshot, entry: Entry, path: str) -> Policy | None:
    """Return a tree's policy; None for an invalid one, which any change may fix."""
    from treeguard.errors import PolicyError

    if not entry.is_file:
        return None
    try:
        return load(tree.read(entry.oid), path, tree.name)
    except PolicyError:
        return None


def _policy_changes(
    policy: Policy, old: Snapshot, new: Snapshot, ends: tuple[str, str], later: bool
) -> tuple[Notice, ...]:
    was, now = old.entry(policy.path), new.entry(policy.path)
    if later and was != now:
        before: Policy | None = policy
        after = _landed(policy.path, new)
    elif not later and was is not None and was != now:
        before, after = read_if_valid(old, was, policy.path), policy
    else:
        return ()
    if before is None or before.digest == after.digest:
        return ()
    return (Notice(policy.path, 1, _message(before, after, ends, later)),)


def _landed(path: str, new: Snapshot) -> Policy:
    if new.entry(path) is None:
        raise UsageError(
            f"{path} is removed by this change: the next one would have no policy",
            "restore it; to end a rule, remove its table",
        )
    return read_policy(new, new.name, path)


def _message(before: Policy, after: Policy, ends: tuple[str, str], later: bool) -> str:
    from treeguard.policy.diff import differences
    from treeguard.policy.diff import weakened

    weaker = weakened(differences(before, after))
    if weaker:
        words = f"this change relaxes the policy ({', '.join(weaker)})"
    else:
        words = "this change edits the policy and relaxes no rule"
    if not ends[1]:
        return f"{words}; {ends[0]}'s policy also applies" if weaker else words
    words += f"; `treeguard policy diff {ends[0]} {ends[1]}` shows every difference"
    return words + ("; it takes effect once it has landed" if later else "")
