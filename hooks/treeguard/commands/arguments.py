"""Arguments that several commands take: paths, trees, policies, mistyped names."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable

from treeguard.errors import UsageError
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import read_policy
from treeguard.stages.session import read_policy_file
from treeguard.trees import Snapshot


def suggest(word: str, known: Iterable[str]) -> str:
    """Return `did you mean ...?` for a known name that is close, else all names."""
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known: {', '.join(names)}" if names else "there is none"


def repository_path(git: Git, typed: str) -> str:
    """Return `typed` relative to the repository's root; its last link is not followed.

    In a bare repository there is no current folder: the path is relative to the root.
    Raises `UsageError` for a path outside.
    """
    top = git.where.top
    if top is None:
        return os.path.normpath(typed).strip("/")
    folder, name = os.path.split(os.path.normpath(typed))
    real = os.path.join(os.path.realpath(os.path.join(git.cwd, folder)), name)
    path = os.path.relpath(real, os.path.realpath(top))
    if path == os.pardir or path.startswith(os.pardir + os.sep):
        raise UsageError(
            f"{typed} is outside of this repository", f"the repository is {top}"
        )
    return "" if path == os.curdir else path.replace(os.sep, "/")


def add_tree(parser: argparse.ArgumentParser) -> None:
    """Add the argument that `chosen_tree` reads."""
    parser.add_argument(
        "tree", nargs="?", metavar="TREE", help="a commit or tree (default: the index)"
    )


def chosen_tree(git: Git, tree: str | None) -> tuple[Snapshot, str]:
    """Return the tree that is named, or the index, and its name in reports."""
    if tree is None:
        return index_snapshot(git), "index"
    return tree_snapshot(git, tree), tree


def add_policy_options(parser: argparse.ArgumentParser, policy_from: str) -> None:
    """Add --policy and --policy-from; `policy_from` explains the latter."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--policy", metavar="FILE", help="a policy on disk instead of the tree's own"
    )
    group.add_argument("--policy-from", metavar="REF", help=policy_from)


def named_policy(git: Git, args: argparse.Namespace) -> Policy | None:
    """Return the policy that --policy or --policy-from names; None without both."""
    if args.policy is not None:
        return read_policy_file(args.policy)
    if args.policy_from is not None:
        return read_policy(tree_snapshot(git, args.policy_from), args.policy_from)
    return None
