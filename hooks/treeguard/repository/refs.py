"""Names of trees and commits: what they resolve to, and the refs that there are.

HEAD may name nothing yet, a short name may be ambiguous, a branch may be the only one
that keeps a commit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping

from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.repository.objects import Object
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.tree_objects import MissingObjectError

# Git knows both ids without any object being stored (hash-function-transition).
EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

# The first line of an object that leads to another: its key, and what kind it names.
_LEADS = {"commit": b"tree ", "tag": b"object "}

# In CI the same is `fetch-depth: 0` (GitHub) or `GIT_DEPTH: 0` (GitLab).
UNSHALLOW = "this clone is shallow: run `git fetch --unshallow`, then again"


def find_tree(git: Git, name: str) -> str:
    """Return the id of the tree of a commit, tag, branch, id or `COMMIT:FOLDER`.

    Raises `UsageError` when nothing has that name, `GitError` when what has it is
    damaged.
    """
    found = find(git, name, "tree")
    git.objects.remember(found)
    return found.oid


def find(git: Git, name: str, kind: str) -> Object:
    """Return the "tree" or "commit" that a name resolves to; errors as `find_tree`.

    Tags and commits are followed here: Git's `NAME^{tree}` does not know a name that
    holds a colon, and tells a damaged object from a wrong name in prose only.
    """
    _assert_one(git, name)
    try:
        found = git.objects.get(name)
    except MissingObjectError as error:
        if error.broken:
            raise
        raise _unknown(git, name, kind) from error
    while found.kind != kind:
        key = _LEADS.get(found.kind)
        if key is None or (found.kind, kind) == ("commit", "commit"):
            raise _unknown(git, name, kind)
        line = found.data.partition(b"\n")[0]
        found = git.objects.get(line.removeprefix(key).decode("ascii", "replace"))
    return found


def _assert_one(git: Git, name: str) -> None:
    """Raises `UsageError` for a short name that several refs have (gitrevisions(7)).

    Git takes the tag before the branch, and says so to nobody: a tag that is called
    `origin/main` would be what every change is compared with, and whose policy applies.
    """
    short = name
    for end in ("~", "^", ":", "@{"):
        short = short.partition(end)[0]
    if short in ("", "@", "HEAD") or short.startswith("refs/") or _is_id(short):
        return
    places = [f"refs/{form}{short}" for form in ("", "tags/", "heads/", "remotes/")]
    places.append(f"refs/remotes/{short}/HEAD")
    out = git.run("for-each-ref", "--format=%(refname)", *places)
    found = [ref for ref in os.fsdecode(out).splitlines() if ref in places]
    if len(found) > 1:
        shown = [printable(os.fsencode(text)) for text in (short, *found)]
        raise UsageError(
            f"{shown[0]} is ambiguous: {' and '.join(shown[1:])}",
            "write the full name of the one that you mean",
        )


def _is_id(text: str) -> bool:
    return len(text) in (40, 64) and not set(text) - set("0123456789abcdef")


def head_tree(git: Git) -> str:
    """Return the id of HEAD's tree; the empty tree's while HEAD is unborn.

    A branch that is there and cannot be read is a `GitError`: taken for unborn, it
    would hide every deletion.
    """
    try:
        found = git.objects.get("HEAD^{tree}")
    except MissingObjectError as error:
        if error.broken:
            raise
        _assert_unborn(git)
        return EMPTY_TREES[git.where.object_format]
    git.objects.remember(found)
    return found.oid


def _assert_unborn(git: Git) -> None:
    code, out, _ = git.answer("symbolic-ref", "-q", "HEAD", codes=(0, 1))
    branch = out.rstrip(b"\n")
    hint = "run `git fsck --full` to see what is damaged"
    if code:
        raise GitError("HEAD names a commit that is missing or damaged", hint)
    known, said = git.answer("for-each-ref", "--format=%(refname)", branch)[1:]
    if said or branch in known.split(b"\n"):
        raise GitError(f"HEAD's branch {printable(branch)} cannot be read", hint)


def _unknown(git: Git, name: str, kind: str) -> UsageError:
    hint = "`git branch -a` and `git tag` list names; a remote's may need `git fetch`"
    shown = printable(os.fsencode(name)) or "''"
    what = "commit or tree" if kind == "tree" else kind
    message = f"{shown} is not a {what} of this repository"
    return UsageError(message, UNSHALLOW if git.where.shallow else hint)


BRANCHES = "refs/heads/"

_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


def is_zero(oid: str) -> bool:
    """Return True for the id that stands for no object; its length tells the hash
    only."""
    return bool(oid) and not oid.strip("0")


def end_of(text: str) -> str | None:
    """Return one end of an update as hooks are told it: an id, or None where there is
    none.

    Raises `ValueError` for what is neither.
    """
    if is_zero(text):  # of any length: Git's own differs between its hashes
        return None
    if len(text) < 40 or set(text) - set("0123456789abcdef"):
        raise ValueError(text)
    return text


def refs_below(git: Git, *prefixes: str) -> dict[str, str]:
    """Return the full names of all refs below `prefixes`, and the id that each one
    holds."""
    form = "--format=%(objectname) %(refname)"
    lines = git.run("for-each-ref", form, *prefixes).split(b"\n")[:-1]
    pairs = (line.partition(b" ") for line in lines)
    return {os.fsdecode(name): oid.decode("ascii") for oid, _, name in pairs}


def aliases_below(git: Git, *prefixes: str) -> dict[str, str]:
    """Return the symbolic refs below `prefixes`, and the ref that each one leads to.

    One that leads to nothing is left out (git-for-each-ref(1)).
    """
    form = "--format=%(symref) %(refname)"
    lines = git.run("for-each-ref", form, *prefixes).split(b"\n")[:-1]
    pairs = (os.fsdecode(line).split(" ") for line in lines if line[:1] != b" ")
    return {name: leads for leads, name in pairs}


def remote_urls(git: Git) -> tuple[str, ...]:
    """Return the addresses of the remotes that Git is configured with, sorted."""
    args = ("config", "-z", "--get-regexp", r"^remote\..*\.url$")
    found = git.run(*args, codes=(0, 1)).split(b"\0")[:-1]
    return tuple(sorted(os.fsdecode(one.partition(b"\n")[2]) for one in found))


def symbolic_ref(git: Git, name: str) -> str:
    """Return the ref that a symbolic ref such as HEAD names; empty if it is none."""
    code, out, _ = git.answer("symbolic-ref", "-q", name, codes=(0, 1, 128))
    return "" if code else os.fsdecode(out.removesuffix(b"\n"))


def commit_at(git: Git, oid: str) -> str | None:
    """Return the commit that an id leads to through tags; None for a tag of something
    else, or where the object is not here."""
    try:
        return find(git, oid, "commit").oid
    except (UsageError, MissingObjectError):
        return None


def is_reachable(git: Git, commit: str, tips: Iterable[str]) -> bool:
    """Return True if one of `tips` has `commit` in its history."""
    out = _rev_list(git, ("--max-count=1", commit), tips, "^")
    return not out


def knows_path(git: Git, path: str, tips: Iterable[str]) -> bool:
    """Return True if a commit in the history of `tips` changed the file at `path`."""
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
    """Return the branch whose policy applies to the others: `named`, if it is there.

    Else the one that is called main or master; empty when none is certain. A
    repository's HEAD may name a branch that nobody has ever pushed.
    """
    if named in refs:
        return named
    usual = [f"{BRANCHES}{name}" for name in ("main", "master")]
    found = [name for name in usual if name in refs]
    return found[0] if len(found) == 1 else ""
