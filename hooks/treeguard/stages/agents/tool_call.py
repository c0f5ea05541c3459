"""A coding agent's tool call, judged before it is made.

The files as they would be are compared with the files as they are: both are the index
with the few paths that the call touches, so that the cost follows the call, and only
what the call itself would add is refused. The policy is that of HEAD, so that no call
can loosen the law it is judged by.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

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
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.registry import load
from treeguard.stages.agents import call_formats as agent_calls
from treeguard.stages.agents import command_effects as agent_programs
from treeguard.stages.agents.file_effects import Effects
from treeguard.stages.agents.shell_command import Script
from treeguard.stages.agents.shell_words import RefusedError
from treeguard.stages.agents.virtual_worktree import Ground
from treeguard.stages.session import POLICY
from treeguard.stages.session import Session
from treeguard.stages.session import analyze_snapshot
from treeguard.stages.session import read_policy
from treeguard.trees import Snapshot

# What to do instead, where the fix of a finding is for a deed that is done, or would
# be to change the policy: that is not the agent's to do.
_INSTEAD = {
    "preserved": "leave it where it is; it may be moved only within what is preserved",
    "required": "leave it where it is: a rule requires it",
    "closed": "put it into one of the folders that are expected there",
}


def judge(call: agent_calls.Call, session: Session) -> list[Finding]:
    """What the call would add to the findings. Nothing is written.

    Raises `RefusedError` for a call that is forbidden by itself, `UsageError` for one
    that cannot be judged, and what a policy or a repository may raise.
    """
    index = index_snapshot(session.git)
    policy = law(session.git, index)
    ground = Ground(session.git, index, os.path.abspath(session.git.cwd))
    script = agent_calls.script_of(call)
    if script is None:
        agent_calls.apply(call, ground)
    else:
        _run(script, Script(Effects(ground, policy), ground.cwd, agent_programs.run))
    return _added(policy, ground, session) if ground.touched() else []


def law(git: Git, index: Snapshot) -> Policy:
    """The policy of HEAD; before it is committed, that of the index."""
    head = tree_snapshot(git, "HEAD") if _is_born(git) else index
    committed = head.entry(POLICY) is not None
    return read_policy(head if committed else index, "HEAD")


def _is_born(git: Git) -> bool:
    code, _, _ = git.answer("rev-parse", "--verify", "-q", "HEAD", codes=(0, 1, 128))
    return code == 0


def _run(script: str | Sequence[str], shell: Script) -> None:
    """Follow a script, or a command that is a list of words."""
    if isinstance(script, str):
        shell.run(script)
        return
    shell.seen += script
    shell.program(list(script))


def _added(policy: Policy, ground: Ground, session: Session) -> list[Finding]:
    before, after = ground.trees()
    touched = ground.touched()
    _warm(policy, session)
    request = CheckRequest.of(policy, [before], after, session.store)
    report = check(request._replace(existing=HIDE))
    added = [
        finding
        for finding in report.findings
        if finding.status == NEW
        and finding.severity == ERROR
        # An exception that this call has made needless is the next step, not a fault.
        and (finding.path != policy.path or policy.path in touched)
    ]
    # What could never be had again is told first.
    added.sort(key=lambda finding: finding.kind != "preserved")
    if policy.path in touched and not (added and added[0].kind == "preserved"):
        _refuse_broken(policy, ground)
    return added


def _refuse_broken(policy: Policy, ground: Ground) -> None:
    """The policy may be edited, but not be lost or broken."""
    data = ground.data(policy.path)
    if data is None:
        raise RefusedError(f"{policy.path} would be gone", "leave it where it is")
    try:
        load(data, policy.path, "this call")
    except PolicyError as error:
        fault = error.faults[0]
        raise RefusedError(
            f"{policy.path}:{fault.line}: {fault.key}: {fault.message}",
            "write a policy that can be used; `treeguard policy check` tells",
        ) from error


def _warm(policy: Policy, session: Session) -> None:
    """Have the answers for HEAD's tree kept, upon which all others are built."""
    if not _is_born(session.git):
        return
    analysis = analyze_snapshot(
        tree_snapshot(session.git, "HEAD"), policy, session.store
    )
    prepare(policy, analysis)


def remedy(findings: Sequence[Finding]) -> str:
    """One line for the agent: the rule, the path, and what to do instead."""
    first = findings[0]
    instead = _instead(first)
    parts = [f"{first.path}: {first.rule}: {first.message}"]
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
