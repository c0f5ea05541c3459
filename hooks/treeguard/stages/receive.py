"""The stage pre-receive: every ref of a push, in quarantine, before it is accepted.

githooks(5): each line of stdin is `old-oid new-oid ref`. The new objects lie in a
quarantine that Git's own environment variables open (git-receive-pack(1)); nothing is
written there. The policy is that of the default branch as it stood before the push.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence

from treeguard.errors import UsageError
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.refs import BRANCHES
from treeguard.repository.refs import aliases_below
from treeguard.repository.refs import default_branch
from treeguard.repository.refs import end_of
from treeguard.repository.refs import refs_below
from treeguard.repository.refs import symbolic_ref
from treeguard.stages.ref_updates import Target
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import Verdict

OPTION = "treeguard-bypass"
LOG = ("treeguard", "bypass.log")
# How GitLab, GitHub Enterprise Server, gitolite, an HTTP server and a login name who
# pushes.
PUSHERS = (
    *("GL_USERNAME", "GL_ID", "GITHUB_USER_LOGIN", "GL_USER", "REMOTE_USER"),
    *("LOGNAME", "USER"),
)


def read_lines(data: bytes) -> list[Update]:
    """The updates of a push; `UsageError` for what is no line of pre-receive."""
    return [_update(line) for line in data.split(b"\n") if line]


def _update(line: bytes) -> Update:
    fields = line.split(b" ", 2)
    if len(fields) != 3 or not fields[2].startswith(b"refs/"):
        raise _strange(line)
    old, new, ref = (field.decode("utf-8", "surrogateescape") for field in fields)
    try:
        return Update(ref, end_of(old), end_of(new))
    except ValueError:
        raise _strange(line) from None


def _strange(line: bytes) -> UsageError:
    shown = line[:200].decode("utf-8", "backslashreplace")
    return UsageError(
        f"this is no line that Git gives to pre-receive: {shown!r}",
        "let Git call this hook: `treeguard install --server`",
    )


def target_of(git: Git) -> Target:
    """The refs of this repository, and the branch whose policy binds.

    That is the one which HEAD names, wherever it lies; the only one, if HEAD names one
    that is not there. Of a repository that is served in parts (gitnamespaces(7)) this
    is the part that is pushed to.
    """
    inside = _namespace(git.environ)
    head = symbolic_ref(git, f"{inside}HEAD")
    wanted = [f"{inside}{BRANCHES}", f"{inside}refs/tags/", *([head] if head else [])]
    found = refs_below(git, *wanted)
    tips = {ref.removeprefix(inside): oid for ref, oid in found.items()}
    default = default_branch(tips, head.removeprefix(inside)) or _only_branch(tips)
    return Target(tips, default, default.removeprefix(BRANCHES))


def _namespace(environ: Mapping[str, str]) -> str:
    """What stands before every ref of the namespace that is pushed to; empty for none.

    Git keeps `a/b` in refs/namespaces/a/refs/namespaces/b/.
    """
    parts = filter(None, environ.get("GIT_NAMESPACE", "").split("/"))
    return "".join(f"refs/namespaces/{part}/" for part in parts)


def _only_branch(tips: Iterable[str]) -> str:
    branches = [ref for ref in tips if ref.startswith(BRANCHES)]
    return branches[0] if len(branches) == 1 else ""


def followed(git: Git, updates: Sequence[Update]) -> list[Update]:
    """`updates` of the refs that will really change: Git follows a symbolic ref.

    Deleting one deletes what it leads to.
    """
    inside = _namespace(git.environ)
    # A folder for all refs in it: a push may hold more than a command line.
    below = {"/".join(update.ref.split("/")[:2]) for update in updates}
    aliases = aliases_below(git, *(f"{inside}{folder}" for folder in sorted(below)))
    real = {
        name.removeprefix(inside): leads.removeprefix(inside)
        for name, leads in aliases.items()
    }
    return [one._replace(ref=real.get(one.ref, one.ref)) for one in updates]


def wanted_bypass(environ: Mapping[str, str]) -> str | None:
    """The reason given with `git push -o treeguard-bypass=REASON`; None if none was.

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


def assert_bypass(policy: Policy | None, reason: str) -> None:
    """Raises `UsageError` where the policy allows no bypass, or no reason is given."""
    if policy is None or not policy.bypass:
        raise UsageError(
            "the policy of the default branch allows no bypass",
            "mend what is listed; `bypass = true` in [policy] would allow it",
        )
    if not reason:
        raise UsageError(
            "a bypass needs a reason", f"git push -o {OPTION}='why this once'"
        )


def log_bypass(
    git: Git, verdicts: Sequence[Verdict], reason: str, environ: Mapping[str, str]
) -> str:
    """Write the bypass down, one line of JSON, and return the log's path.

    Raises `UsageError` when it cannot be written: a bypass that leaves no trace is
    none.
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
        reason = (error.strerror or "unknown reason").lower()
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
