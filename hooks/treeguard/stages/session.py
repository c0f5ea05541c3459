"""What every stage and command begins with: repository, store, policy, check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.analysis.progress import Progress
from treeguard.analysis.progress import silent
from treeguard.analysis.store import Store
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_analysis import analyze
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.rules.registry import load
from treeguard.trees import Snapshot

POLICY = "policy.toml"
STORE = ("treeguard", "facts.sqlite")


class Session(NamedTuple):
    """An open repository, and the store of facts about its objects."""

    git: Git
    store: Store


@contextmanager
def open_session(cwd: str = ".") -> Iterator[Session]:
    """Open the repository around `cwd` with its store, and close both at the end.

    Raises `GitError` when there is no repository or no Git.
    """
    git = Git(cwd)
    try:
        store = open_store(git)
        try:
            yield Session(git, store)
        finally:
            store.close()
    finally:
        git.close()


def store_path(git: Git) -> str:
    """Return the path of the repository's store, which all its worktrees share."""
    return os.path.join(git.where.common_dir, *STORE)


def open_store(git: Git) -> Store:
    """Open the repository's store, read-only inside a server's quarantine."""
    return Store(store_path(git), read_only="GIT_QUARANTINE_PATH" in git.environ)


def read_policy(snapshot: Snapshot, source: str, path: str = POLICY) -> Policy:
    """Read the policy at `path` of a tree; `source` is the tree's name in reports.

    Raises `UsageError` when there is no such file, `PolicyError` when it is invalid.
    """
    entry = snapshot.entry(path)
    if entry is None:
        raise UsageError(
            f"{path} is not in {snapshot.name}",
            f"`treeguard init` writes one; if you have one, `git add {path}`",
        )
    if not entry.is_file:
        raise UsageError(
            f"{path} in {snapshot.name} is not a regular file",
            "replace the link or folder with the policy itself",
        )
    return load(snapshot.read(entry.oid), path, source)


def read_policy_file(path: str) -> Policy:
    """Read the policy in a file on disk, wherever it is. Errors as `read_policy`."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        reason = reason_of(error)
        hint = "give the path of a policy file"
        raise UsageError(f"{path} cannot be read: {reason}", hint) from error
    return load(data, path, path)


def analyze_snapshot(
    snapshot: Snapshot,
    policy: Policy | None,
    store: Store,
    progress: Progress = silent,
) -> TreeAnalysis:
    """Analyze a tree, with the roots that the policy names, if any."""
    roots = policy.roots if policy is not None else None
    return analyze(snapshot, roots, store, progress)


def rules_of_kind(policy: Policy, kind: str | None) -> frozenset[str] | None:
    """Return the ids of the rules of one kind; None (all rules) if there is no kind."""
    if kind is None:
        return None
    return frozenset(rule.id for rule in policy.rules if rule.kind == kind)
