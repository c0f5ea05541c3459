"""The policy in force, and the one that a change would put in its place."""

from __future__ import annotations

from treeguard.errors import UsageError
from treeguard.findings import Notice
from treeguard.policy.loading import digest_of
from treeguard.policy.model import Policy
from treeguard.rules.registry import load
from treeguard.stages.session import read_policy
from treeguard.trees import Entry
from treeguard.trees import Snapshot


def policy_changes(
    policy: Policy,
    old: Snapshot,
    new: Snapshot,
    ends: tuple[str, str],
    *,
    later: bool,
) -> tuple[Notice, ...]:
    """A notice when `new` would change the policy of `old`: which rules are weaker.

    `ends` are the names to type for both. `later` tells that `policy`, which judges,
    is not that of `new`: what changes takes effect once it has landed. Then a change
    that takes the policy away, or leaves one that cannot be used, raises `UsageError`
    or `PolicyError`: it would leave the next change without a law.
    """
    was, now = old.entry(policy.path), new.entry(policy.path)
    if later and was != now:
        before: Policy | None = policy
        after = _landed(policy.path, new)
    elif not later and was is not None and was != now:
        before, after = usable(old, was, policy.path), policy
    else:
        return ()
    if before is None or before.digest == after.digest:
        return ()
    return (Notice(policy.path, 1, _said(before, after, ends, later)),)


def landing(policy: Policy, new: Snapshot) -> Policy | None:
    """The policy of `new`, where it is another than the one that binds and can be used.

    Whether `new` may leave none is for `policy_changes` to say.
    """
    entry = new.entry(policy.path)
    if entry is None or not entry.is_file:
        return None
    if digest_of(new.read(entry.oid)) == policy.digest:
        return None
    return usable(new, entry, policy.path)


def _landed(path: str, new: Snapshot) -> Policy:
    if new.entry(path) is None:
        raise UsageError(
            f"{path} is removed by this change: the next would have no law",
            "bring it back; to end a rule, remove its table",
        )
    return read_policy(new, new.name, path)


def usable(tree: Snapshot, entry: Entry, path: str) -> Policy | None:
    """A tree's policy, if one can read it: mending a broken one is no news."""
    from treeguard.errors import PolicyError

    if not entry.is_file:
        return None
    try:
        return load(tree.read(entry.oid), path, tree.name)
    except PolicyError:
        return None


def _said(before: Policy, after: Policy, ends: tuple[str, str], later: bool) -> str:
    from treeguard.policy.diff import differences
    from treeguard.policy.diff import weakened

    weaker = weakened(differences(before, after))
    how = f"weaker: {', '.join(weaker)}" if weaker else "nothing becomes weaker"
    words = f"the policy itself changes here ({how})"
    if not ends[1]:
        return f"{words}; that of {ends[0]} binds this change too" if weaker else words
    words += f"; `treeguard policy diff {ends[0]} {ends[1]}` tells all"
    return words + ("; it takes effect once it has landed" if later else "")
