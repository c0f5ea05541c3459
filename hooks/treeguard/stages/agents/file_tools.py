"""What an agent's file tools write: the file as it would be, before it is written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from treeguard.errors import UsageError
from treeguard.stages.agents import apply_patch
from treeguard.stages.agents.tool_calls import HINT
from treeguard.stages.agents.tool_calls import Call
from treeguard.stages.agents.tool_calls import can_be_typed
from treeguard.stages.agents.tool_calls import text_of
from treeguard.stages.agents.tool_calls import unreadable
from treeguard.stages.agents.virtual_worktree import VirtualWorktree

_NUMBERED = re.compile(r"cell-(\d{1,9})\Z")


def write_files(call: Call, files: VirtualWorktree) -> None:
    """Do on a virtual work tree what a tool that writes files would do on disk.

    Raises `UsageError` for an unknown tool and for a call that cannot be understood.
    """
    tool = _WRITERS.get(call.tool)
    if tool is None:
        raise UsageError(f"cannot verify what the tool {call.tool!r} writes", HINT)
    tool(call.given, files)


def patch_files(text: str, files: VirtualWorktree, folder: str = "") -> None:
    """Apply a patch of Codex, whose paths are relative to `folder` (empty: the call's).

    Raises `UsageError` where it cannot be read.
    """
    for section in apply_patch.sections(text):
        name = os.path.join(folder, section.path)
        path = _inside(name, files, follow=section.kind != "Delete")
        if path is None:
            continue
        if section.kind == "Add":
            files.write(path, apply_patch.added(section))
        elif section.kind == "Delete":
            files.remove(path)
        else:
            _update(section, path, files, folder)


def _update(
    section: apply_patch.Section, path: str, files: VirtualWorktree, folder: str
) -> None:
    data = files.data(path)
    if data is None:
        raise UsageError(f"{section.path} is not a file that can be patched", HINT)
    data = apply_patch.updated(section, data)
    moved: str | None = path
    if section.moved:
        moved = _inside(os.path.join(folder, section.moved), files, follow=True)
    if moved != path:
        files.remove(path)
    if moved is not None:
        files.write(moved, data)


def _inside(path: str, files: VirtualWorktree, *, follow: bool) -> str | None:
    """Return a path from the top; None outside. Git's own files are refused.

    With `follow` it is written to: through a link, what the link leads to.
    """
    if not can_be_typed(path):
        raise unreadable("it holds what is not a path")
    if files.is_guard(path, follow=follow):
        raise UsageError(
            f"{path} is part of the guard (hooks, configuration and settings)",
            "leave it to a person; `treeguard doctor` shows the state of the hooks",
        )
    found = files.inside(path, follow=follow)
    if found == "":
        raise unreadable(f"{path or 'an empty path'} is not a file")
    return found


def _write(given: dict[str, Any], files: VirtualWorktree) -> None:
    path = _inside(text_of(given, "file_path"), files, follow=True)
    data = _bytes(text_of(given, "content"))
    if path is not None:
        files.write(path, data)


def _edit(given: dict[str, Any], files: VirtualWorktree) -> None:
    _edits(given, [given], files)


def _multi_edit(given: dict[str, Any], files: VirtualWorktree) -> None:
    edits = given.get("edits")
    if not isinstance(edits, list) or not all(isinstance(e, dict) for e in edits):
        raise unreadable("MultiEdit has no list of `edits`")
    _edits(given, edits, files)


def _edits(given: dict[str, Any], edits: list[Any], files: VirtualWorktree) -> None:
    name = text_of(given, "file_path")
    path = _inside(name, files, follow=True)
    data = (files.data(path) if path is not None else b"") or b""
    for edit in edits:
        old = _bytes(text_of(edit, "old_string"))
        new = _bytes(text_of(edit, "new_string"))
        if path is not None:
            data = _replaced(data, old, new, bool(edit.get("replace_all")), name)
    if path is not None and edits:
        files.write(path, data)


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


def _notebook_edit(given: dict[str, Any], files: VirtualWorktree) -> None:
    path = _inside(text_of(given, "notebook_path"), files, follow=True)
    if path is not None:
        files.write(path, _edited_notebook(files.data(path) or b"", given))


def _patch(given: dict[str, Any], files: VirtualWorktree) -> None:
    for key in ("command", "input", "patch"):
        found = given.get(key)
        if isinstance(found, list) and found and isinstance(found[-1], str):
            found = found[-1]
        if isinstance(found, str):
            patch_files(found, files)
            return
    raise unreadable("apply_patch has no text of a patch")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _edited_notebook(data: bytes, given: dict[str, Any]) -> bytes:
    """Return a notebook after Claude Code's NotebookEdit.

    A cell is found by its id (nbformat 4.5) or, where it has none, by the name `cell-N`
    under which the agent was shown it.
    """
    import json

    try:
        notebook = json.loads(data)
        cells = notebook["cells"]
        if not isinstance(cells, list):
            raise TypeError
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise UsageError(
            "cannot verify: this is not a notebook", "write it anew"
        ) from error
    mode = given.get("edit_mode") or "replace"
    place = _cell_number(cells, given.get("cell_id"))
    if mode == "insert":
        cells.insert(0 if place is None else place + 1, _cell(given))
    elif place is None:
        raise UsageError(
            "cannot verify: the notebook has no such cell", "read it again"
        )
    elif mode == "delete":
        del cells[place]
    else:
        cells[place] = {**_as_cell(cells[place]), **_cell(given, cells[place])}
    return json.dumps(notebook, indent=1).encode("utf-8", "surrogatepass")


def _cell_number(cells: list[Any], wanted: object) -> int | None:
    if not isinstance(wanted, str):
        return 0 if isinstance(wanted, type(None)) and len(cells) == 1 else None
    for number, cell in enumerate(cells):
        if isinstance(cell, dict) and cell.get("id") == wanted:
            return number
    numbered = _NUMBERED.match(wanted)
    number = int(numbered[1]) if numbered else len(cells)
    return number if number < len(cells) else None


def _as_cell(cell: object) -> dict[str, Any]:
    return cell if isinstance(cell, dict) else {}


def _cell(given: dict[str, Any], was: object = None) -> dict[str, Any]:
    source = given.get("new_source", "")
    if not isinstance(source, str):
        raise UsageError("cannot verify: `new_source` is not a text", "write it again")
    kind = given.get("cell_type") or _as_cell(was).get("cell_type", "code")
    return {"cell_type": kind, "metadata": {}, "source": source}


_WRITERS: dict[str, Callable[[dict[str, Any], VirtualWorktree], None]] = {
    "Write": _write,
    "Edit": _edit,
    "MultiEdit": _multi_edit,
    "NotebookEdit": _notebook_edit,
    "apply_patch": _patch,
}
