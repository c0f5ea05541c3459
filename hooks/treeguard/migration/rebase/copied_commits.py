"""Copies of commits upon other parents: message, author and dates stay.

The committer is the user, as with `git rebase`, and signs where Git is told to. His
date is not today's: a commit that is carried over twice, because a second branch stands
on the first, is then one and the same commit, and the branches still stand on each
other. Only a date before that of the migration gives way, so that history never goes
back in time.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from treeguard.errors import GitError
from treeguard.migration.apply.objects_writer import flushed
from treeguard.repository.plumbing import Git


def copy_commit(
    git: Git,
    commit: str,
    tree: str,
    parents: Sequence[str],
    since: str,
    *,
    signed: bool,
) -> str:
    """Store a commit with the author and message of `commit`, committed not before the
    commit `since`; its id.

    Raises `GitError`, too, where the author cannot be told to Git again: it refuses an
    empty name.
    """
    fields, message = _read(git, commit)
    encoding = os.fsdecode(fields.get(b"encoding", b"UTF-8"))
    told = ("-c", f"i18n.commitEncoding={encoding}")
    sign = ("-S",) if signed else ()
    above = [word for parent in parents for word in ("-p", parent)]
    args = (*flushed(git), *told, "commit-tree", *sign, *above, tree)
    dates = (_committed(fields), _committed(_read(git, since)[0]))
    env = _author(commit, fields.get(b"author", b""))
    env["GIT_COMMITTER_DATE"] = f"@{os.fsdecode(max(dates, key=_seconds))}"
    return git.run(*args, stdin=message, env=env).decode("ascii").strip()


def _read(git: Git, commit: str) -> tuple[dict[bytes, bytes], bytes]:
    """The header of a raw commit, each key's first line, and its message."""
    head, _, message = git.objects.get(commit).data.partition(b"\n\n")
    return dict(reversed([line.split(b" ", 1) for line in _lines(head)])), message


def _committed(fields: dict[bytes, bytes]) -> bytes:
    """`SECONDS ZONE` of the committer; the beginning of time where none is told."""
    return fields.get(b"committer", b"").rpartition(b"> ")[2] or b"0 +0000"


def _seconds(date: bytes) -> int:
    word = date.split(b" ")[0]
    return int(word) if word.isdigit() else 0


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
