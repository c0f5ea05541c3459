"""The settings of coding agents themselves: what turns their hooks, and so us, off.

Read from the documentation of Claude Code (code.claude.com/docs/en/settings), Codex
(developers.openai.com/codex/hooks), Gemini CLI (geminicli.com/docs/hooks), GitHub
Copilot and Cursor. An edit of such a file is judged by what it would do: it may set
anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from treeguard.policy.loading import toml_document
from treeguard.stages.agents import hook_bypass
from treeguard.stages.agents.tool_calls import RefusedError

# Those of one repository that have a fixed name.
NAMES = (
    *(".claude/settings.json", ".claude/settings.local.json", ".codex/hooks.json"),
    *(".codex/config.toml", ".gemini/settings.json", ".cursor/hooks.json"),
)
_FILES = re.compile(
    r"(?:.*/)?(?:\.claude/settings(?:\.local)?\.json|\.codex/(?:hooks\.json|config\.toml)"
    r"|\.gemini/settings\.json|\.cursor/hooks\.json|\.github/hooks/[^/]+\.json)\Z"
)
# The keys that lead to a switch, and the value that turns hooks off.
_SWITCHES: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("disableAllHooks",), True),
    (("allowManagedHooksOnly",), True),
    (("features", "hooks"), False),
    (("features", "codex_hooks"), False),
    (("hooksConfig", "enabled"), False),
    (("hooks", "enabled"), False),
    (("tools", "enableHooks"), False),
)
# Lists of the names of hooks that do not run.
_DISABLED = (("hooksConfig", "disabled"), ("hooks", "disabled"))
# Variables of every command that the agent runs.
_ENVIRONMENTS = (("env",), ("shell_environment_policy", "set"))
_US = "treeguard"
HINT = "leave the agent's hooks on; a person may change them"

Hook = tuple[str, str, str]  # its event, its matcher and its command


def is_settings(path: str) -> bool:
    """Return True for a file in which a coding agent finds its settings."""
    return bool(_FILES.match(path))


def refuse_off(path: str, before: bytes | None, after: bytes | None) -> None:
    """Raise `RefusedError` if a change of the settings at `path` turns hooks off.

    None is no file. What was off before is left to the person who did that.
    """
    fault = turned_off(path, before, after)
    if fault:
        raise RefusedError(fault, HINT)
    known, wanted = _read(path, before), _read(path, after)
    for keys in _ENVIRONMENTS:
        old, new = _at(known, keys), _at(wanted, keys)
        for name, value in new.items() if isinstance(new, dict) else ():
            is_old = isinstance(old, dict) and old.get(name) == value
            if isinstance(value, str) and not is_old:
                hook_bypass.refuse_assignment(str(name), value)


def turned_off(path: str, before: bytes | None, after: bytes | None) -> str:
    """Return how a change of the settings at `path` turns hooks off, if it does."""
    fault = _fault(_read(path, before), _read(path, after))
    return f"{path} {fault}" if fault else ""


def _fault(before: Any, after: Any) -> str:
    if after is None and _hooks(before):
        return "would be no settings that can be read, and lose treeguard's hook"
    for keys, off in _SWITCHES:
        if _at(after, keys) is off and _at(before, keys) is not off:
            return f"turns hooks off: {'.'.join(keys)} = {str(off).lower()}"
    for keys in _DISABLED:
        if before is not None and _names(after, keys) - _names(before, keys):
            return f"turns hooks off: {'.'.join(keys)}"
    lost = _hooks(before) - _hooks(after)
    if lost:
        event, _matcher, command = min(lost)
        return f"loses the hook {command!r} of {event}"
    return ""


def _read(path: str, data: bytes | None) -> Any:
    """Return what a file of settings says; None if there is none or it is broken."""
    if data is None:
        return None
    import json

    try:
        return toml_document(data) if path.endswith(".toml") else json.loads(data)
    except (ValueError, RecursionError):
        return None


def _at(settings: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings


def _names(settings: Any, keys: tuple[str, ...]) -> set[str]:
    found = _at(settings, keys)
    return {str(name) for name in found} if isinstance(found, list) else set()


def _hooks(settings: Any) -> set[Hook]:
    """Return every hook of ours: Claude Code and its kin group them by a matcher."""
    events = _at(settings, ("hooks",))
    return {
        (str(event), matcher, command)
        for event, groups in (events.items() if isinstance(events, dict) else ())
        for matcher, command in _commands(groups)
        if _US in command
    }


def _commands(groups: Any) -> Iterator[tuple[str, str]]:
    for group in groups if isinstance(groups, list) else ():
        if isinstance(group, dict):
            handlers = group.get("hooks", [group])
            for handler in handlers if isinstance(handlers, list) else ():
                for key in ("command", "bash", "powershell"):
                    command = handler.get(key) if isinstance(handler, dict) else None
                    if isinstance(command, str):
                        yield str(group.get("matcher", "")), command
