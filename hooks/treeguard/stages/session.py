"""Opens what every stage and command stands on: repository, store, policy, verdict."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.check import HIDE
from treeguard.check import check
from treeguard.errors import UsageError
from treeguard.findings import ERROR
from treeguard.findings import NEW
from treeguard.findings import Report
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.rules.registry import load
from treeguard.trees import Snapshot

POLICY = "policy.toml"
STORE = ("treeguard", "facts.sqlite")


class Opened(NamedTuple):
    """A repository, and the store of what is already known of its objects."""

    git: Git
    store: Store


@contextmanager
def opened(cwd: str = ".") -> Iterator[Opened]:
    """The repository around `cwd` with its store; both are closed in any case.

    Raises `GitError` when there is no repository or no Git.
    """
    git = open_repository(cwd)
    try:
        store = open_store(git)
        try:
            yield Opened(git, store)
        finally:
            store.close()
    finally:
        git.close()


def open_repository(cwd: str = ".") -> Git:
    """The repository around `cwd`; nothing is started yet."""
    return Git(cwd)


def store_path(git: Git) -> str:
    """Where the store of this repository is, shared by all its worktrees."""
    return os.path.join(git.where.common_dir, *STORE)


def open_store(git: Git) -> Store:
    """The store of this repository; inside a server's quarantine it is not written."""
    return Store(store_path(git), read_only="GIT_QUARANTINE_PATH" in git.environ)


def read_policy(snapshot: Snapshot, source: str, path: str = POLICY) -> Policy:
    """The policy at `path` of a tree; `source` is what a report calls that tree.

    Raises `UsageError` when there is no such file, `PolicyError` when it is faulty.
    """
    entry = snapshot.entry(path)
    if entry is None:
        raise UsageError(
            f"{path} is not in {snapshot.name}",
            f"`treeguard init` writes one; if you have one, `git add {path}`",
        )
    if not entry.is_file:
        raise UsageError(
            f"{path} in {snapshot.name} is no regular file",
            "replace the link or folder by the policy itself",
        )
    return load(snapshot.read(entry.oid), path, source)


def policy_of_file(path: str) -> Policy:
    """The policy in a file on disk, wherever it is. Errors as `read_policy`."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        hint = "give the path of a policy file"
        raise UsageError(f"{path} cannot be read: {reason}", hint) from error
    return load(data, path, path)


def known(
    snapshot: Snapshot,
    policy: Policy | None,
    store: Store,
    progress: Progress = silent,
) -> TreeAnalysis:
    """What is known of a tree, with the roots that the policy names, if any."""
    roots = policy.roots if policy is not None else None
    return analyze(snapshot, roots, store, progress)


def only_kind(policy: Policy, kind: str | None) -> frozenset[str] | None:
    """The ids of the rules of one kind; None, which means all, for no kind."""
    if kind is None:
        return None
    return frozenset(rule.id for rule in policy.rules if rule.kind == kind)


def judge(
    policy: Policy,
    olds: Sequence[Snapshot],
    new: Snapshot,
    store: Store,
    *,
    only: frozenset[str] | None = None,
    existing: str | None = None,
    whole: bool = False,
    progress: Progress = silent,
    landing: Policy | None = None,
    also: Policy | None = None,
) -> Report:
    """Judge the tree `new`, which comes from `olds`; the options are those of `check`.

    The day, which decides whether an exception has expired, is today's.

    What was there before does not keep a policy out that mends it, as one that puts off
    the day of an exception: `landing`, of `new` itself, could pass no gate any more.
    What is new by the policy `also` is told too.
    """

    def by(law: Policy, lands: Policy | None, shown: str | None) -> Report:
        return check(
            law,
            [known(old, law, store, progress) for old in olds],
            known(new, law, store, progress),
            today=datetime.date.today(),
            only=only,
            existing=shown,
            whole=whole,
            landing=lands,
        )

    report = by(policy, landing, existing)
    if also is not None:
        from treeguard.stages.merge_reports import joined

        report = joined(report, by(also, policy, HIDE))
    if landing is None or only is not None or not report.blocking or _adds(report):
        return report
    mended = not by(landing, None, existing).blocking
    return report._replace(blocking=0) if mended else report


def _adds(report: Report) -> bool:
    return any(f.status == NEW and f.severity == ERROR for f in report.findings)
