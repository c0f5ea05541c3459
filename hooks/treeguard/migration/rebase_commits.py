"""Copies of commits upon other parents: message, author and his date stay.

The committer is the user, as with `git rebase`, and signs where Git is told to.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from treeguard.errors import GitError
from treeguard.migration.objects_writer import flushed
from treeguard.repository.plumbing import Git


def copy_commit(
    git: Git, commit: str, tree: str, parents: Sequence[str], *, signed: bool
) -> str:
    """Store a commit with the author and message of `commit`; its id.

    Raises `GitError`, too, where the author cannot be told to Git again: it refuses an
    empty name.
    """
    head, _, message = git.objects.get(commit).data.partition(b"\n\n")
    fields = dict(reversed([line.split(b" ", 1) for line in _lines(head)]))
    encoding = os.fsdecode(fields.get(b"encoding", b"UTF-8"))
    told = ("-c", f"i18n.commitEncoding={encoding}")
    sign = ("-S",) if signed else ()
    above = [word for parent in parents for word in ("-p", parent)]
    args = (*flushed(git), *told, "commit-tree", *sign, *above, tree)
    env = _author(commit, fields.get(b"author", b""))
    return git.run(*args, stdin=message, env=env).decode("ascii").strip()


def _lines(head: bytes) -> list[bytes]:
    """The header lines; one that goes on (a signature) begins with a blank."""
    lines = head.split(b"\n")
    return [line for line in lines if b" " in line and not line.startswith(b" ")]


def _author(commit: str, author: bytes) -> dict[str, str]:
    """The variables that tell `NAME <MAIL> SECONDS ZONE` to Git."""
    name, _, rest = author.partition(b" <")
    mail, found, date = rest.rpartition(b"> ")
    if not found:
        message = f"commit {commit[:12]} has no author that Git could be told again"
        raise GitError(message, f"`git rebase` it with a new one: {commit[:12]}")
    return {
        "GIT_AUTHOR_NAME": os.fsdecode(name),
        "GIT_AUTHOR_EMAIL": os.fsdecode(mail),
        "GIT_AUTHOR_DATE": f"@{os.fsdecode(date)}",
    }
