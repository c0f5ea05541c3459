"""The stage pre-push: the lines of stdin that Git gives, or what a hook runner passes.

githooks(5): each line is `local-ref local-oid remote-ref remote-oid`. pre-commit and
prek read those lines themselves and pass the first ref that has something to push, in
environment variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import default_branch
from treeguard.repository.refs import is_zero
from treeguard.repository.refs import refs_below
from treeguard.repository.refs import symbolic_ref
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import read_updates

REMOTES = "refs/remotes/"


def read_lines(data: bytes) -> list[Update]:
    """Read the updates that Git announces on stdin. Errors as `read_updates`."""
    return read_updates(data, "pre-push", _fields)


def _fields(line: bytes) -> tuple[bytes, ...] | None:
    # A `local-ref` may hold spaces (`HEAD@{2 days ago}`), the other fields cannot.
    fields = line.rsplit(b" ", 3)
    return (fields[2], fields[3], fields[1]) if len(fields) == 4 else None


def remote_target(git: Git, remote: str, updates: Iterable[Update]) -> Target:
    """Return what is known here of `remote`: its branches when they were last fetched.

    The old ids in `updates`, which Git has just read from the remote, override them.
    Nothing is known of a remote without a name (a URL).
    """
    prefix = f"{REMOTES}{remote}/"
    tips = {
        BRANCHES + ref[len(prefix) :]: oid
        for ref, oid in refs_below(git, prefix).items()
        if ref != f"{prefix}HEAD"
    }
    head = symbolic_ref(git, f"{prefix}HEAD").removeprefix(prefix)
    for update in updates:
        if update.old is not None:
            tips[update.ref] = update.old
        elif update.new is not None:
            tips.pop(update.ref, None)
    default = default_branch(tips, BRANCHES + head)
    return Target(tips, default, f"{remote}/{default.removeprefix(BRANCHES)}")


def runs_for_push(environ: Mapping[str, str]) -> bool:
    """Return whether a runner calls for a push: only then it names a remote."""
    return bool(environ.get("PRE_COMMIT_REMOTE_NAME"))


def runner_updates(git: Git, environ: Mapping[str, str]) -> list[Update]:
    """Return the update that a runner passes.

    Without FROM_REF the remote has nothing of this history; without TO_REF as well
    (pre-commit, when the whole history is new) the local branch is pushed. prek's
    FROM_REF is the last commit that the remote knows, which hides a rewind: the branch
    is also compared with its tip when it was last fetched.
    """
    branch = environ.get("PRE_COMMIT_REMOTE_BRANCH") or ""
    ref = branch if branch.startswith("refs/") else BRANCHES + branch
    local = environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    new = find_commit(git, environ.get("PRE_COMMIT_TO_REF") or local).oid
    start = environ.get("PRE_COMMIT_FROM_REF") or ""
    old = find_commit(git, start).oid if start and not is_zero(start) else None
    return [Update(ref, old, new, _last_fetched(git, environ, ref, old))]


def _last_fetched(
    git: Git, environ: Mapping[str, str], ref: str, old: str | None
) -> tuple[str, ...]:
    remote = environ["PRE_COMMIT_REMOTE_NAME"]
    tracking = f"{REMOTES}{remote}/{ref.removeprefix(BRANCHES)}"
    tip = refs_below(git, tracking).get(tracking)
    return () if tip is None or tip == old else (tip,)


def remote_name(git: Git, words: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return the remote's name: Git's first argument, or what the runner passes.

    For a push to a URL, it is the remote that has this URL, if there is one.
    """
    name = words[0] if words else environ.get("PRE_COMMIT_REMOTE_NAME", "")
    asked = ("config", "-z", "--get-regexp", r"^remote\..*\.(push)?url$")
    out = os.fsdecode(git.run(*asked, codes=(0, 1)))
    pairs = [entry.partition("\n")[::2] for entry in out.split("\0")[:-1]]
    known = [(key.split(".", 1)[1].rpartition(".")[0], url) for key, url in pairs]
    if any(name == remote for remote, _ in known):
        return name
    return next((remote for remote, url in known if url == name), name)
