"""The tree that merging two commits would make, without writing to the repository.

`git merge-tree --write-tree` (Git 2.38) writes the trees and blobs of the result. They
go into a temporary folder of objects, beside which the repository's own are only read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.errors import GitError
from treeguard.repository.history import find_commit
from treeguard.repository.history import merge_bases
from treeguard.repository.plumbing import Git
from treeguard.repository.process import printable
from treeguard.repository.refs import UNSHALLOW

# Older versions can only merge into a work tree.
WRITE_TREE = (2, 38)
# More names than that nobody reads in one sentence.
MAX_NAMED = 5


class Merged(NamedTuple):
    """What is compared: the tree `old`, and `new`, which the merge would make of it.

    `exact` is false where Git is too old to merge in memory: then `old` is the merge
    base and `new` the other side alone.
    """

    old: str
    new: str
    exact: bool = True


@contextmanager
def borrowed(git: Git) -> Iterator[Git]:
    """Yield the same repository, with a folder for new objects that is removed
    afterwards."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="treeguard-merge-") as folder:
        environ = {
            **git.environ,
            "GIT_OBJECT_DIRECTORY": folder,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _alternates(git),
        }
        other = Git(git.cwd, environ)
        try:
            yield other
        finally:
            other.close()


def _alternates(git: Git) -> str:
    args = ("rev-parse", "--path-format=absolute", "--git-path", "objects")
    own = os.fsdecode(git.run(*args).removesuffix(b"\n"))
    given = git.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")
    return os.pathsep.join(filter(None, (_quoted(own), given)))


def _quoted(path: str) -> str:
    """Quote a path that holds a separator, as git(1) requires."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def merge(git: Git, ours: str, theirs: str) -> Merged:
    """Return the trees before and after `theirs` is merged into `ours` (both names).

    `git` is one that `borrowed` gave. Raises `GitError` in a shallow clone, without a
    common ancestor, and on a conflict, as nothing can be said about its result.
    """
    one, other = find_commit(git, ours), find_commit(git, theirs)
    if git.where.shallow:
        raise GitError(
            f"{printable(os.fsencode(f'{ours}...{theirs}'))} needs the whole history",
            f"{UNSHALLOW} (in CI: `fetch-depth: 0`)",
        )
    bases = merge_bases(git, one.oid, other.oid)
    if bases == (one.oid,):
        return Merged(one.tree, other.tree)
    if bases == (other.oid,):
        return Merged(one.tree, one.tree)
    if git.version < WRITE_TREE:
        return _base_against(git, bases, other.tree)
    return Merged(one.tree, _written(git, one.oid, other.oid, ours, theirs))


def _base_against(git: Git, bases: tuple[str, ...], theirs: str) -> Merged:
    if len(bases) > 1:
        raise GitError(
            f"there are {len(bases)} merge bases, and this Git cannot merge in memory",
            "update Git to 2.38 or newer",
        )
    return Merged(find_commit(git, bases[0]).tree, theirs, exact=False)


def _written(git: Git, one: str, other: str, ours: str, theirs: str) -> str:
    tree, conflicts = merged_tree(git, one, other)
    if conflicts:
        raise _conflict(conflicts, ours, theirs)
    return tree


def merged_tree(git: Git, one: str, other: str) -> tuple[str, list[bytes]]:
    """Return the tree that merging two commits (ids) gives, and the paths in conflict,
    if any.

    Needs Git `WRITE_TREE`; objects are written where `git` writes them.
    """
    settings = [word for name in _drivers(git) for word in ("-c", f"{name}=false")]
    # What a merge does by itself (git-config(1)), whatever is configured here.
    settings += ["-c", "merge.renames=true", "-c", "merge.directoryRenames=conflict"]
    settings += ["-c", "merge.renormalize=false"]  # would run filters (smudge, clean)
    words = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages")
    args = (*settings, *words, one, other)
    code, out, err = git.answer(*args, codes=(0, 1, 128))
    if code == 128:
        raise git.failure(words, code, err)
    tree, *conflicts = out.removesuffix(b"\0").split(b"\0")
    return tree.decode("ascii"), conflicts if code else []


def _drivers(git: Git) -> list[str]:
    """Return the configured merge drivers: programs, of which none runs here.

    Each is replaced by `false`: a file that needs one is a conflict, never a guess.
    """
    args = ("config", "-z", "--name-only", "--get-regexp", r"^merge\..*\.driver$")
    return [
        os.fsdecode(name) for name in git.run(*args, codes=(0, 1)).split(b"\0")[:-1]
    ]


def _conflict(paths: list[bytes], ours: str, theirs: str) -> GitError:
    names = list(dict.fromkeys(printable(path) for path in paths if path))
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    where = ", ".join(names[:MAX_NAMED]) + more
    one, other = (printable(os.fsencode(name)) for name in (ours, theirs))
    return GitError(
        f"{other} cannot be merged into {one}: conflicts in {where}",
        f"on the branch: `git merge {one}`, resolve them, commit; then run this again",
    )
