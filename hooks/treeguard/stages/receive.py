"""The stage pre-receive: every ref of a push, in quarantine, before it is accepted.

githooks(5): each line of stdin is `old-oid new-oid ref`. The new objects are in a
quarantine that Git's own environment variables open (git-receive-pack(1)); nothing is
written there. The policy is the one that the default branch had before the push.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import aliases_below
from treeguard.repository.refs import default_branch
from treeguard.repository.refs import refs_below
from treeguard.repository.refs import symbolic_ref
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import Verdict
from treeguard.stages.ref_updates import read_updates

OPTION = "treeguard-bypass"
LOG = ("treeguard", "bypass.log")
_UNKNOWN = "it is unknown which policy applies"
# How GitLab, GitHub Enterprise Server, gitolite, an HTTP server and a login name who
# pushes.
PUSHERS = (
    *("GL_USERNAME", "GL_ID", "GITHUB_USER_LOGIN", "GL_USER", "REMOTE_USER"),
    *("LOGNAME", "USER"),
)


def read_lines(data: bytes) -> list[Update]:
    """Read the updates of a push. Errors as `read_updates`."""
    return read_updates(data, "pre-receive", _fields)


def _fields(line: bytes) -> tuple[bytes, ...] | None:
    fields = line.split(b" ", 2)
    if len(fields) != 3 or not fields[2].startswith(b"refs/"):
        return None
    old, new, ref = fields
    return ref, old, new


def local_target(git: Git) -> Target:
    """Return the refs of this repository, and the branch whose policy applies.

    It is the branch that HEAD names; if that one does not exist, the only branch there
    is. In a repository with namespaces (gitnamespaces(7)) only the refs of the
    namespace that is pushed to count.
    """
    inside = _namespace(git.environ)
    head = symbolic_ref(git, f"{inside}HEAD")
    wanted = [f"{inside}{BRANCHES}", f"{inside}refs/tags/", *([head] if head else [])]
    found = refs_below(git, *wanted)
    tips = {ref.removeprefix(inside): oid for ref, oid in found.items()}
    named = head.removeprefix(inside)
    default = default_branch(tips, named) or _only_branch(tips)
    unborn = "" if named in tips else named
    return Target(tips, default, default.removeprefix(BRANCHES), unborn=unborn)


def unborn_head(target: Target) -> tuple[str, str]:
    """Return that HEAD names no existing branch, and the command that fixes it; both
    are empty if it does, or if there is no branch yet."""
    if not target.unborn or not any(ref.startswith(BRANCHES) for ref in target.tips):
        return "", ""
    message = (
        f"HEAD names no existing branch ({target.unborn}): "
        + (f"the policy of {target.default} applies" if target.default else _UNKNOWN)
        + ", until somebody creates it"
    )
    return message, f"git symbolic-ref HEAD {target.default or BRANCHES + 'BRANCH'}"


def first_push(target: Target) -> tuple[str, str]:
    """Return that a branch must come first in an empty repository, and how to name
    another one."""
    return (
        f"there is no branch yet: HEAD names {target.unborn or 'none'}, which the first"
        " push has to create",
        f"git symbolic-ref HEAD {BRANCHES}BRANCH, if the default branch has another"
        " name",
    )


def _namespace(environ: Mapping[str, str]) -> str:
    """Return the prefix of refs in the namespace that is pushed to; empty without one.

    Git keeps `a/b` in refs/namespaces/a/refs/namespaces/b/.
    """
    parts = filter(None, environ.get("GIT_NAMESPACE", "").split("/"))
    return "".join(f"refs/namespaces/{part}/" for part in parts)


def _only_branch(tips: Iterable[str]) -> str:
    branches = [ref for ref in tips if ref.startswith(BRANCHES)]
    return branches[0] if len(branches) == 1 else ""


def resolve_aliases(git: Git, updates: Sequence[Update]) -> list[Update]:
    """Replace symbolic refs by the refs that will change: Git follows them.

    Deleting a symbolic ref deletes its target.
    """
    inside = _namespace(git.environ)
    # One folder for all refs in it: a push may have more refs than fit an argv.
    below = {"/".join(update.ref.split("/")[:2]) for update in updates}
    aliases = aliases_below(git, *(f"{inside}{folder}" for folder in sorted(below)))
    real = {
        name.removeprefix(inside): leads.removeprefix(inside)
        for name, leads in aliases.items()
    }
    return [one._replace(ref=real.get(one.ref, one.ref)) for one in updates]


def bypass_reason(environ: Mapping[str, str]) -> str | None:
    """Return the reason of `git push -o treeguard-bypass=REASON`; None without one.

    Git passes options in `GIT_PUSH_OPTION_<n>` (git-receive-pack(1)), if
    `receive.advertisePushOptions` is set.
    """
    count = environ.get("GIT_PUSH_OPTION_COUNT", "")
    options = [
        environ.get(f"GIT_PUSH_OPTION_{number}", "")
        for number in range(int(count) if count.isdigit() else 0)
    ]
    for option in options:
        name, _, reason = option.partition("=")
        if name == OPTION:
            return reason.strip()
    return None


def require_bypass(policy: Policy | None, reason: str) -> None:
    """Raise `UsageError` if the policy allows no bypass, or the reason is empty."""
    if policy is None or not policy.bypass:
        raise UsageError(
            "the policy of the default branch allows no bypass",
            "fix what is listed; `bypass = true` in [policy] would allow it",
        )
    if not reason:
        raise UsageError(
            "a bypass needs a reason", f"git push -o {OPTION}='why this once'"
        )


def log_bypass(
    git: Git, verdicts: Sequence[Verdict], reason: str, environ: Mapping[str, str]
) -> str:
    """Append the bypass to the log, as one line of JSON, and return the log's path.

    Raises `UsageError` when it cannot be written: every bypass must leave a trace.
    """
    import json

    path = os.path.join(git.where.common_dir, *LOG)
    line = json.dumps(_record(verdicts, reason, environ)).encode("ascii") + b"\n"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # One write at the end of the file: lines of pushes at the same time stay whole.
        log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            written = os.write(log, line)
            os.fsync(log)
        finally:
            os.close(log)
    except OSError as error:
        reason = reason_of(error)
        raise UsageError(f"{path} cannot be written: {reason}") from error
    if written != len(line):
        raise UsageError(f"{path} cannot be written: the disk is full")
    return path


def _record(
    verdicts: Iterable[Verdict], reason: str, environ: Mapping[str, str]
) -> dict[str, object]:
    import datetime

    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "time": now.isoformat(timespec="seconds"),
        "pusher": next((environ[key] for key in PUSHERS if environ.get(key)), None),
        "reason": reason,
        "refs": [
            {
                "ref": verdict.update.ref,
                "old": verdict.update.old,
                "new": verdict.update.new,
                "findings": verdict.report.blocking,
                "rules": sorted({one.rule for one in verdict.report.findings}),
            }
            for verdict in verdicts
            if verdict.report is not None and verdict.blocks
        ],
    }
