"""The stage pre-push: every line of stdin when native, or what a runner passes.

githooks(5): each line is `local-ref local-oid remote-ref remote-oid`. pre-commit and
prek read those lines themselves and pass the first ref that has something to push, in
variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from treeguard.errors import UsageError
from treeguard.repository.history import find_commit
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import default_branch
from treeguard.repository.refs import end_of
from treeguard.repository.refs import is_zero
from treeguard.repository.refs import refs_below
from treeguard.repository.refs import symbolic_ref
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update

REMOTES = "refs/remotes/"


def read_lines(data: bytes) -> list[Update]:
    """The updates that Git announces on stdin; `UsageError` for what is no such line.

    A `local-ref` may be an expression that holds spaces (`HEAD@{2 days ago}`), so that
    the line is read from its end.
    """
    return [_update(line) for line in data.split(b"\n") if line.strip()]


def _update(line: bytes) -> Update:
    fields = line.rsplit(b" ", 3)
    if len(fields) != 4:
        raise _strange(line)
    _, new, ref, old = (field.decode("utf-8", "surrogateescape") for field in fields)
    try:
        return Update(ref, end_of(old), end_of(new))
    except ValueError:
        raise _strange(line) from None


def _strange(line: bytes) -> UsageError:
    shown = line[:200].decode("utf-8", "backslashreplace")
    return UsageError(
        f"this is no line that Git gives to pre-push: {shown!r}",
        "let Git call this hook: `treeguard install`",
    )


def target_of(git: Git, remote: str, updates: Iterable[Update]) -> Target:
    """What is known here of `remote`: its branches as they were last fetched.

    What Git has just asked the remote, the old ends of `updates`, is taken before that.
    A remote that has no name (a URL) is not known.
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
    """True when a runner calls for a push: no other stage has a remote's name."""
    return bool(environ.get("PRE_COMMIT_REMOTE_NAME"))


def runs_for_range(environ: Mapping[str, str]) -> bool:
    """True when a runner was given two refs by hand: `pre-commit run --from-ref`."""
    named = ("PRE_COMMIT_FROM_REF", "PRE_COMMIT_TO_REF")
    # post-checkout passes them too, and there nothing is refused any more.
    checkout = environ.get("PRE_COMMIT_CHECKOUT_TYPE")
    return all(environ.get(name) for name in named) and not checkout


def passed(git: Git, environ: Mapping[str, str]) -> list[Update]:
    """The update that a runner passes.

    Without FROM_REF the remote has nothing of this history; without TO_REF either
    (pre-commit, of a whole history) the local branch is what is pushed. prek's FROM_REF
    is the last commit that the remote knows, which hides a rewind: what the branch was
    when it was last fetched is compared too.
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


def remote_of(git: Git, words: Sequence[str], environ: Mapping[str, str]) -> str:
    """The remote's name: Git's first argument, or what the runner passes.

    Of a push to an address, the remote that has it, if one does.
    """
    name = words[0] if words else environ.get("PRE_COMMIT_REMOTE_NAME", "")
    asked = ("config", "-z", "--get-regexp", r"^remote\..*\.(push)?url$")
    out = os.fsdecode(git.run(*asked, codes=(0, 1)))
    pairs = [entry.partition("\n")[::2] for entry in out.split("\0")[:-1]]
    known = [(key.split(".", 1)[1].rpartition(".")[0], url) for key, url in pairs]
    if any(name == remote for remote, _ in known):
        return name
    return next((remote for remote, url in known if url == name), name)
