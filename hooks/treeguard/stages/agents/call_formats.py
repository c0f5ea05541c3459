"""A coding agent's tool call as JSON: what it would write, and what it would run.

Claude Code's PreToolUse hooks (code.claude.com/docs/en/hooks) and Codex's, which took
over their shape (openai/codex, codex-rs/hooks/schema), send an object with `tool_name`,
`tool_input` and `cwd`. Codex says `Bash` for its shell and `apply_patch` for its
edits, with the text of the patch in `tool_input.command`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from typing import NamedTuple

from treeguard.errors import UsageError
from treeguard.languages.source_text import word_set
from treeguard.stages.agents import apply_patch as agent_patch
from treeguard.stages.agents.virtual_worktree import Ground

HINT = "nothing was judged, so the call is refused; see docs/agents.md"
# Far more than any tool call holds.
LONGEST = 64 << 20
_EVENTS = ("PreToolUse", "PermissionRequest")

# Tools that cannot change a file: those of Claude Code, then those of Codex.
READERS = word_set(
    "Read Grep Glob LS NotebookRead WebFetch WebSearch Task Agent TaskOutput TodoRead"
    " TodoWrite BashOutput KillBash KillShell ExitPlanMode EnterPlanMode SlashCommand"
    " Skill AskUserQuestion ToolSearch ListMcpResourcesTool ReadMcpResourceTool"
    " read_file list_dir grep_files view_image update_plan web_search"
)
SHELLS = word_set("Bash shell local_shell shell_command exec_command container.exec")


class Call(NamedTuple):
    """One tool call; `cwd` is empty where it does not say its folder."""

    tool: str
    given: dict[str, Any]
    cwd: str


def read_call(data: bytes) -> Call:
    """The call in the JSON text `data`. Raises `UsageError` when there is none."""
    import json

    if len(data) > LONGEST:
        raise _unreadable("it is too long")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _unreadable("it is no JSON") from error
    if not isinstance(found, dict):
        raise _unreadable("it is no object")
    event = found.get("hook_event_name", _EVENTS[0])
    if event not in _EVENTS:
        raise _unreadable(f"it is of {event!r}, which comes too late to refuse a call")
    tool, given = found.get("tool_name"), found.get("tool_input", {})
    if not isinstance(tool, str) or not isinstance(given, dict):
        raise _unreadable("it has no `tool_name` or no `tool_input`")
    return Call(tool, given, _text(found, "cwd", ""))


def cannot_write(call: Call) -> bool:
    """True when the tool can change no file, whatever it is given."""
    return call.tool in READERS


def script_of(call: Call) -> str | list[str] | None:
    """What a shell is given, as a script or as words; None if the tool is no shell."""
    if call.tool not in SHELLS:
        return None
    found = call.given.get("command", call.given.get("cmd"))
    words: list[Any] = found if isinstance(found, list) else [found]
    if not words or not all(isinstance(word, str) for word in words):
        raise _unreadable(f"{call.tool} has no `command`")
    if not all(map(_can_be_typed, words)):
        raise _unreadable("its command holds what no shell can be given")
    return words if isinstance(found, list) else str(found)


def _can_be_typed(text: str) -> bool:
    """False for NUL, and for a surrogate that stands for no byte."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def apply(call: Call, ground: Ground) -> None:
    """Do on `ground` what a tool that writes files would do on disk.

    Raises `UsageError` for an unknown tool and for a call that cannot be understood.
    """
    tool = _WRITERS.get(call.tool)
    if tool is None:
        raise UsageError(f"cannot verify what the tool {call.tool!r} writes", HINT)
    tool(call.given, ground)


def apply_patch(text: str, ground: Ground) -> None:
    """Do what a patch says."""
    for section in agent_patch.sections(text):
        path = _inside(section.path, ground)
        if path is None:
            continue
        if section.kind == "Add":
            ground.write(path, agent_patch.added(section))
        elif section.kind == "Delete":
            ground.remove(path)
        else:
            _update(section, path, ground)


def _update(section: agent_patch.Section, path: str, ground: Ground) -> None:
    data = ground.data(path)
    if data is None:
        raise UsageError(f"{section.path} is no file that can be patched", HINT)
    data = agent_patch.updated(section, data)
    moved = _inside(section.moved, ground) if section.moved else path
    if moved != path:
        ground.remove(path)
    if moved is not None:
        ground.write(moved, data)


def _inside(path: str, ground: Ground) -> str | None:
    """A file's path from the top; None outside. Git's own files are refused."""
    if not _can_be_typed(path):
        raise _unreadable("it holds what is no path")
    if ground.is_gits_own(path):
        raise UsageError(
            f"{path} is part of the guard (Git's hooks and configuration)",
            "leave it to a person; `treeguard doctor` shows the state of the hooks",
        )
    found = ground.inside(path)
    if found == "":
        raise _unreadable(f"{path or 'an empty path'} is no file")
    return found


def _write(given: dict[str, Any], ground: Ground) -> None:
    path = _inside(_text(given, "file_path"), ground)
    data = _bytes(_text(given, "content"))
    if path is not None:
        ground.write(path, data)


def _edit(given: dict[str, Any], ground: Ground) -> None:
    _edits(given, [given], ground)


def _multi_edit(given: dict[str, Any], ground: Ground) -> None:
    edits = given.get("edits")
    if not isinstance(edits, list) or not all(isinstance(e, dict) for e in edits):
        raise _unreadable("MultiEdit has no list of `edits`")
    _edits(given, edits, ground)


def _edits(given: dict[str, Any], edits: list[Any], ground: Ground) -> None:
    name = _text(given, "file_path")
    path = _inside(name, ground)
    data = (ground.data(path) if path is not None else b"") or b""
    for edit in edits:
        old, new = _bytes(_text(edit, "old_string")), _bytes(_text(edit, "new_string"))
        if path is not None:
            data = _replaced(data, old, new, bool(edit.get("replace_all")), name)
    if path is not None and edits:
        ground.write(path, data)


def _replaced(data: bytes, old: bytes, new: bytes, every: bool, name: str) -> bytes:
    if not old:  # how a new file is made
        return data + new
    if old not in data:
        data = data.replace(b"\r\n", b"\n")
    if old not in data:
        raise UsageError(
            f"cannot verify: `old_string` is not in {name}", "read it again"
        )
    return data.replace(old, new, -1 if every else 1)


def _notebook_edit(given: dict[str, Any], ground: Ground) -> None:
    from treeguard.stages.agents.notebook_edit import edited

    path = _inside(_text(given, "notebook_path"), ground)
    if path is not None:
        ground.write(path, edited(ground.data(path) or b"", given))


def _patch(given: dict[str, Any], ground: Ground) -> None:
    for key in ("command", "input", "patch"):
        found = given.get(key)
        if isinstance(found, list) and found and isinstance(found[-1], str):
            found = found[-1]
        if isinstance(found, str):
            apply_patch(found, ground)
            return
    raise _unreadable("apply_patch has no text of a patch")


_WRITERS: dict[str, Callable[[dict[str, Any], Ground], None]] = {
    "Write": _write,
    "Edit": _edit,
    "MultiEdit": _multi_edit,
    "NotebookEdit": _notebook_edit,
    "apply_patch": _patch,
}


def _text(given: dict[str, Any], key: str, default: str | None = None) -> str:
    found = given.get(key, default)
    if not isinstance(found, str):
        raise _unreadable(f"`{key}` is no text")
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _unreadable(why: str) -> UsageError:
    return UsageError(f"cannot verify this tool call: {why}", HINT)
