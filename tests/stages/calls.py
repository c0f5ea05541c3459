"""Tool calls of coding agents, judged in this process."""

from __future__ import annotations

import json
from typing import Any

from tests.support.git import Repo
from treeguard.analysis.store import Store
from treeguard.errors import TreeguardError
from treeguard.repository.plumbing import Git
from treeguard.stages.agents import call_formats as agent_calls
from treeguard.stages.agents import tool_call
from treeguard.stages.session import Session

ALLOWED = ""


def verdict(repo: Repo, tool: str, folder: str = "", **given: Any) -> str:
    """`ALLOWED`, or what the agent is told."""
    data = json.dumps({"tool_name": tool, "tool_input": given}).encode()
    return verdict_of(repo, data, folder)


def verdict_of(repo: Repo, data: bytes, folder: str = "") -> str:
    """The same for a call as it stands on stdin; `UsageError` where it is none."""
    call = agent_calls.read_call(data)
    if agent_calls.cannot_write(call):
        return ALLOWED
    git = Git(str(repo.path / folder), repo.env)
    try:
        findings = tool_call.judge(call, Session(git, Store(None)))
        return tool_call.remedy(findings) if findings else ALLOWED
    except TreeguardError as error:
        return f"{error.message}; {error.hint}"
    finally:
        git.close()


def shell(repo: Repo, command: str | list[str], folder: str = "") -> str:
    """The verdict on a shell command."""
    return verdict(repo, "Bash", folder, command=command)
