"""What a name stands for: a tree, a commit, and HEAD, which may name nothing yet."""

from __future__ import annotations

import os

from treeguard.errors import GitError
from treeguard.errors import UsageError
from treeguard.repository.object_errors import MissingObjectError
from treeguard.repository.objects import Object
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable

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
    """The id of the tree of a commit, tag, branch, id or `COMMIT:FOLDER`.

    Raises `UsageError` when nothing has that name, `GitError` when what has it is
    damaged.
    """
    found = find(git, name, "tree")
    git.objects.remember(found)
    return found.oid


def find(git: Git, name: str, kind: str) -> Object:
    """The "tree" or "commit" that a name stands for; errors as `find_tree`.

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
    `origin/main` would be what every change is compared with, and whose policy binds.
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
            f"{shown[0]} is the name of {' and of '.join(shown[1:])}",
            "write the whole name of the one that is meant",
        )


def _is_id(text: str) -> bool:
    return len(text) in (40, 64) and not set(text) - set("0123456789abcdef")


def head_tree(git: Git) -> str:
    """The id of HEAD's tree; the empty tree's while HEAD is unborn.

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
    message = f"{shown} names no {what} of this repository"
    return UsageError(message, UNSHALLOW if git.where.shallow else hint)
