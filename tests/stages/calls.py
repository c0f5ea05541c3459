"""Tool calls of coding agents, checked in this process."""

from __future__ import annotations

import json
from typing import Any

from tests.support.git import Repo
from treeguard.analysis.store import Store
from treeguard.errors import TreeguardError
from treeguard.repository.plumbing import Git
from treeguard.stages.agents import call_checks
from treeguard.stages.agents import tool_calls
from treeguard.stages.session import Session

ALLOWED = ""


def verdict(repo: Repo, tool: str, folder: str = "", **given: Any) -> str:
    """`ALLOWED`, or what the agent reads before a call."""
    data = json.dumps({"tool_name": tool, "tool_input": given}).encode()
    return verdict_of(repo, data, folder)


def verdict_of(repo: Repo, data: bytes, folder: str = "") -> str:
    """The same for a call as an agent sends it; `UsageError` where it is none."""
    call = tool_calls.read_call(data)
    if tool_calls.cannot_write(call):
        return ALLOWED
    git = Git(str(repo.path / folder), repo.env)
    session = Session(git, Store(None))
    try:
        if call.is_done:
            return "\n".join(call_checks.check_after(session))
        return "\n".join(call_checks.check_before(call, session))
    except TreeguardError as error:
        return f"{error.message}; {error.hint}"
    finally:
        git.close()


def shell(repo: Repo, command: str | list[str], folder: str = "") -> str:
    """The verdict on a shell command before it runs."""
    return verdict(repo, "Bash", folder, command=command)


def after(repo: Repo, command: str) -> str:
    """The verdict after a shell command has run."""
    call = {
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": command},
        "tool_response": {"stdout": "", "stderr": "", "interrupted": False},
    }
    return verdict_of(repo, json.dumps(call).encode())
