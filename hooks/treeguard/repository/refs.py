"""Branches and tags: where they point, and what would be left without one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping

from treeguard.errors import UsageError
from treeguard.repository.names import find
from treeguard.repository.object_errors import MissingObjectError
from treeguard.repository.plumbing import Git

BRANCHES = "refs/heads/"

_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


def is_zero(oid: str) -> bool:
    """True for the id that stands for no object; its length tells the hash only."""
    return bool(oid) and not oid.strip("0")


def end_of(text: str) -> str | None:
    """One end of an update as hooks are told it: an id, or None where there is none.

    Raises `ValueError` for what is neither.
    """
    if is_zero(text):  # of any length: Git's own differs between its hashes
        return None
    if len(text) < 40 or set(text) - set("0123456789abcdef"):
        raise ValueError(text)
    return text


def refs_below(git: Git, *prefixes: str) -> dict[str, str]:
    """The full names of all refs below `prefixes`, and the id that each one holds."""
    form = "--format=%(objectname) %(refname)"
    lines = git.run("for-each-ref", form, *prefixes).split(b"\n")[:-1]
    pairs = (line.partition(b" ") for line in lines)
    return {os.fsdecode(name): oid.decode("ascii") for oid, _, name in pairs}


def aliases_below(git: Git, *prefixes: str) -> dict[str, str]:
    """The symbolic refs below `prefixes`, and the ref that each one leads to.

    One that leads to nothing is not told (git-for-each-ref(1)).
    """
    form = "--format=%(symref) %(refname)"
    lines = git.run("for-each-ref", form, *prefixes).split(b"\n")[:-1]
    pairs = (os.fsdecode(line).split(" ") for line in lines if line[:1] != b" ")
    return {name: leads for leads, name in pairs}


def symbolic_ref(git: Git, name: str) -> str:
    """The ref that a symbolic ref such as HEAD names; empty if it is none."""
    code, out, _ = git.answer("symbolic-ref", "-q", name, codes=(0, 1, 128))
    return "" if code else os.fsdecode(out.removesuffix(b"\n"))


def commit_at(git: Git, oid: str) -> str | None:
    """The commit that an id leads to through tags; None for a tag of something else,
    or where the object is not here."""
    try:
        return find(git, oid, "commit").oid
    except (UsageError, MissingObjectError):
        return None


def is_reachable(git: Git, commit: str, tips: Iterable[str]) -> bool:
    """True when one of `tips` has `commit` in its history."""
    out = _rev_list(git, ("--max-count=1", commit), tips, "^")
    return not out


def knows_path(git: Git, path: str, tips: Iterable[str]) -> bool:
    """True when a commit in the history of `tips` changed the file at `path`."""
    tips = list(tips)
    where = ("--full-history", "--max-count=1", "--stdin", "--", os.fsencode(path))
    stdin = "".join(f"{tip}\n" for tip in tips).encode("ascii")
    if not tips:
        return False
    return bool(git.run("rev-list", *where, stdin=stdin, env=_LITERAL).strip())


def _rev_list(git: Git, args: tuple[str, ...], tips: Iterable[str], sign: str) -> bytes:
    stdin = "".join(f"{sign}{tip}\n" for tip in tips).encode("ascii")
    return git.run("rev-list", *args, "--stdin", stdin=stdin).strip()


def default_branch(refs: Mapping[str, str], named: str) -> str:
    """The branch whose policy binds the others: `named`, if it is there.

    Else the one that is called main or master; empty when none can be told. A
    repository's HEAD may name a branch that nobody has ever pushed.
    """
    if named in refs:
        return named
    usual = [f"{BRANCHES}{name}" for name in ("main", "master")]
    found = [name for name in usual if name in refs]
    return found[0] if len(found) == 1 else ""
