"""A coding agent's tool call as JSON: which tool, with what, before or after it ran.

Claude Code's hooks (https://code.claude.com/docs/en/hooks) and Codex's, which have the
same shape (openai/codex, codex-rs/hooks/schema), send an object with
`hook_event_name`, `tool_name`, `tool_input` and `cwd`. Codex says `Bash` for its shell
and `apply_patch` for its edits, with the text of the patch in `tool_input.command`.
"""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from treeguard.errors import TreeguardError
from treeguard.errors import UsageError
from treeguard.languages.source_text import word_set

HINT = "nothing was checked, so the call is refused; see docs/agents.md"
# Far more than any tool call holds.
LONGEST = 64 << 20
_BEFORE = ("PreToolUse", "PermissionRequest")
_AFTER = ("PostToolUse", "PostToolUseFailure")

# Tools that cannot change a file: those of Claude Code, then those of Codex.
READERS = word_set(
    "Read Grep Glob LS NotebookRead WebFetch WebSearch Task Agent TaskOutput TodoRead"
    " TodoWrite BashOutput KillBash KillShell ExitPlanMode EnterPlanMode SlashCommand"
    " Skill AskUserQuestion ToolSearch ListMcpResourcesTool ReadMcpResourceTool"
    " read_file list_dir grep_files view_image update_plan web_search"
)
SHELLS = word_set("Bash shell local_shell shell_command exec_command container.exec")


class RefusedError(TreeguardError):
    """A call that the policy forbids; `hint` is what to do instead."""


class Call(NamedTuple):
    """One tool call; `cwd` is empty where it does not name its folder.

    `is_done` is true when the tool has run.
    """

    tool: str
    given: dict[str, Any]
    cwd: str
    is_done: bool = False


def read_call(data: bytes) -> Call:
    """Return the call in the JSON text `data`. Raises `UsageError` if there is none."""
    import json

    if len(data) > LONGEST:
        raise unreadable("it is too long")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unreadable("it is not JSON") from error
    if not isinstance(found, dict):
        raise unreadable("it is not an object")
    event = found.get("hook_event_name", _BEFORE[0])
    if event not in (*_BEFORE, *_AFTER):
        raise unreadable(f"it is of {event!r}, which is not the call of a tool")
    tool, given = found.get("tool_name"), found.get("tool_input", {})
    if not isinstance(tool, str) or not isinstance(given, dict):
        raise unreadable("it has no `tool_name` or no `tool_input`")
    return Call(tool, given, text_of(found, "cwd", ""), event in _AFTER)


def cannot_write(call: Call) -> bool:
    """Return true when the tool can change no file, whatever it is given."""
    return call.tool in READERS


def folder_of(call: Call) -> str:
    """Return the folder that a call names for itself, relative to `cwd`; else empty.

    Codex's tools carry `workdir` (openai/codex, codex-rs/core).
    """
    return text_of(call.given, "workdir", "") if call.given.get("workdir") else ""


def script_of(call: Call) -> str | list[str] | None:
    """Return a shell's script, or its words; None if the tool is not a shell."""
    if call.tool not in SHELLS:
        return None
    found = call.given.get("command", call.given.get("cmd"))
    words: list[Any] = found if isinstance(found, list) else [found]
    if not words or not all(isinstance(word, str) for word in words):
        raise unreadable(f"{call.tool} has no `command`")
    if not all(map(can_be_typed, words)):
        raise unreadable("its command holds what no shell can be given")
    return words if isinstance(found, list) else str(found)


def can_be_typed(text: str) -> bool:
    """Return false for NUL, and for a surrogate that is no byte."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def text_of(given: dict[str, Any], key: str, default: str | None = None) -> str:
    """Return the text under a key. Raises `UsageError` where there is none."""
    found = given.get(key, default)
    if not isinstance(found, str):
        raise unreadable(f"`{key}` is not a text")
    return found


def unreadable(why: str) -> UsageError:
    """Return the error of a call that cannot be checked."""
    return UsageError(f"cannot verify this tool call: {why}", HINT)
