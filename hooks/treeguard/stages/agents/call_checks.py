"""Check a coding agent's tool call: what it would change, and what it has changed.

Before a call, the files as they would be are compared with the files as they are: both
are the index with the few paths that the call touches, so that the cost follows the
call, and only what the call itself would add is refused. After a call, the files on
disk are compared with HEAD, whatever the call was. The policy is that of HEAD, so that
no call can relax the policy that it is checked by.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence

from treeguard.analysis.merged_trees import Merge
from treeguard.check import HIDE
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.check import prepare
from treeguard.errors import PolicyError
from treeguard.findings import ERROR
from treeguard.findings import NEW
from treeguard.findings import Finding
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import ChangedSnapshot
from treeguard.repository.snapshots import empty_snapshot
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load
from treeguard.stages.agents.agent_settings import HINT
from treeguard.stages.agents.agent_settings import NAMES
from treeguard.stages.agents.agent_settings import is_settings
from treeguard.stages.agents.agent_settings import refuse_off
from treeguard.stages.agents.agent_settings import turned_off
from treeguard.stages.agents.file_tools import write_files
from treeguard.stages.agents.shell_commands import ShellCommands
from treeguard.stages.agents.tool_calls import LONGEST
from treeguard.stages.agents.tool_calls import Call
from treeguard.stages.agents.tool_calls import RefusedError
from treeguard.stages.agents.tool_calls import folder_of
from treeguard.stages.agents.tool_calls import script_of
from treeguard.stages.agents.virtual_worktree import VirtualWorktree
from treeguard.stages.session import POLICY
from treeguard.stages.session import Session
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import read_policy
from treeguard.trees import Snapshot

# What to do instead, where the fix of a finding is for a file that is already lost, or
# would be to change the policy, which is not the agent's to do.
_INSTEAD = {
    "preserved": "leave it where it is; it may be moved only within what is preserved",
    "required": "leave it where it is: a rule requires it",
    "closed": "put it into one of the folders that are expected there",
}
_MOST_SHOWN = 5


def check_before(call: Call, session: Session) -> list[str]:
    """Return why the call is refused, one line; nothing if it may be made.

    Raises `RefusedError` for a call that is forbidden by itself, `UsageError` for one
    that cannot be checked, and what a policy or a repository may raise.
    """
    index = index_snapshot(session.git)
    policy = _committed_policy(index.base, index)
    cwd = os.path.join(os.path.abspath(session.git.cwd), folder_of(call))
    files = VirtualWorktree(session.git, index, os.path.normpath(cwd))
    script = script_of(call)
    shell = ShellCommands(files, files.cwd)
    if script is None:
        write_files(call, files)
    elif isinstance(script, str):
        shell.run(script)
    else:
        shell.program(script)
    touched = files.touched()
    if not touched:
        return []
    for path in filter(is_settings, touched):
        refuse_off(path, *files.versions(path))
    # Keep the answers for HEAD's tree, upon which all others are built.
    prepare(policy, analyze_snapshot(index.base, policy, session.store))
    findings = _added(policy, files, session)
    return [_refusal(findings)] if findings else []


def check_after(session: Session) -> list[str]:
    """Return what is wrong in the files on disk since the last commit, a line each.

    Where the last change of HEAD is a commit, the one before it is compared, so that a
    commit that was made past the hooks is checked too. Raises as `check_before`.
    """
    from treeguard.repository.worktree import worktree_snapshot

    git = session.git
    index = index_snapshot(git)
    old = _compared(git, index)
    policy = _committed_policy(index.base, old)
    new = worktree_snapshot(git)
    request = CheckRequest.of(policy, [old], new, session.store)
    if old not in (index, index.base):
        request = request._replace(merges=_merge_at_head(git))
    findings = _new_errors(request)
    lines = [_what_is_wrong(finding, index) for finding in findings[:_MOST_SHOWN]]
    if len(findings) > _MOST_SHOWN:
        more = len(findings) - _MOST_SHOWN
        lines.append(f"and {more} more: treeguard check --worktree lists them")
    entry = new.entry(policy.path)
    fault = _fault_of(policy, new.read(entry.oid) if entry is not None else None)
    if fault:
        back = f"git restore --source=HEAD -- {policy.path}"
        lines.append(f"{fault}; to bring it back: {back}")
    return [*lines, *_settings_turned_off(git, index.base)]


def _settings_turned_off(git: Git, head: Snapshot) -> Iterator[str]:
    """Yield which settings of agents on disk turn their hooks off, a line each."""
    for path in NAMES:
        entry = head.entry(path)
        before = head.read(entry.oid) if entry is not None and entry.is_file else None
        try:
            with open(os.path.join(git.where.top or "", path), "rb") as file:
                after: bytes | None = file.read(LONGEST)
        except OSError:
            after = None
        fault = turned_off(path, before, after)
        back = f"git restore --source=HEAD -- {path}" if before else HINT
        if fault:
            yield f"{fault}; to repair it: {back}"


def _committed_policy(head: Snapshot, other: Snapshot) -> Policy:
    """The policy of HEAD; before it is committed, that of `other`."""
    committed = head.entry(POLICY) is not None
    return read_policy(head if committed else other, "HEAD")


def _compared(git: Git, index: ChangedSnapshot) -> Snapshot:
    """HEAD, or the commit before it where HEAD has just been committed."""
    args = ("log", "-g", "-2", "--format=%H %gs", "HEAD", "--")
    code, out, _ = git.answer(*args, codes=(0, 128))
    if code and index.base.tree == empty_snapshot(git).tree:  # no commit yet
        return index
    lines = out.decode().splitlines() if code == 0 else []
    entries = [line.split(" ", 1) for line in lines]
    did = entries[0][-1] if len(entries) == 2 else ""
    committed = did.startswith("commit") or "Merge made by" in did
    return tree_snapshot(git, entries[1][0]) if committed else index.base


def _merge_at_head(git: Git) -> tuple[Merge, ...]:
    """Return the merge that HEAD is, if it is one: it may drop what it merged."""
    from treeguard.repository.history import find_commit
    from treeguard.stages.merges import merge_of

    head = find_commit(git, "HEAD")
    return (merge_of(git, head.oid, ()),) if len(head.parents) > 1 else ()


def _added(policy: Policy, files: VirtualWorktree, session: Session) -> list[Finding]:
    before, after = files.trees()
    touched = files.touched()
    findings = [
        finding
        for finding in _new_errors(
            CheckRequest.of(policy, [before], after, session.store)
        )
        # An exception that this call makes needless is the next step, not a fault.
        if finding.path != policy.path or policy.path in touched
    ]
    if policy.path in touched and not (findings and findings[0].kind == "preserved"):
        fault = _fault_of(policy, files.data(policy.path))
        if fault:
            raise RefusedError(fault, "leave a policy that can be used")
    return findings


def _new_errors(request: CheckRequest) -> list[Finding]:
    """The findings that only the new tree has, what cannot be regenerated first."""
    report = check(request._replace(existing=HIDE))
    found = [f for f in report.findings if f.status == NEW and f.severity == ERROR]
    return sorted(found, key=lambda finding: finding.kind != "preserved")


def _fault_of(policy: Policy, data: bytes | None) -> str:
    """Why a policy on disk cannot be used; it may be edited, but not lost or broken."""
    if data is None:
        return f"{policy.path} is gone, and nothing is checked without it"
    try:
        load(data, policy.path, "this call")
    except PolicyError as error:
        fault = error.faults[0]
        place = f"{policy.path}:{fault.line}" if fault.line else policy.path
        return f"{place}: {fault.key}: {fault.message}".replace(": : ", ": ")
    return ""


def _refusal(findings: Sequence[Finding]) -> str:
    """One line for the agent: the rule, the path, and what to do instead."""
    first = findings[0]
    instead = _instead(first)
    parts = [f"{first.path}: [{first.rule}] {first.message}"]
    parts += [f"instead: {instead}"] if instead else []
    parts += [first.reason] if first.reason else []
    parts += [f"and {len(findings) - 1} more"] if len(findings) > 1 else []
    return "; ".join(part.rstrip(".") for part in parts)


def _instead(finding: Finding) -> str:
    if finding.kind in _INSTEAD:
        return _INSTEAD[finding.kind]
    if finding.kind == "placed" and finding.target:
        return f"put it at {finding.target}"
    return finding.fix.summary if finding.fix is not None else ""


def _what_is_wrong(finding: Finding, tracked: Snapshot) -> str:
    """A line on what a call has broken, with the command that repairs it."""
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    parts = [f"{place}: [{finding.rule}] {finding.message}"]
    fix = finding.fix
    if fix is not None and fix.commands:
        commands = " && ".join(fix.commands)
        if tracked.entry(finding.path) is None:  # `git mv` moves only what Git tracks
            commands = commands.replace("git mv ", "mv ")
        parts.append(f"to repair it: {commands}")
    elif fix is not None:
        parts.append(f"to repair it: {fix.summary}")
    return "; ".join(parts)
