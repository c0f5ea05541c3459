"""What a notebook holds after Claude Code's NotebookEdit.

Cells are found by their id (nbformat 4.5) or, where they have none, by the name
`cell-N` under which the agent was shown them.
"""

from __future__ import annotations

import re
from typing import Any

from treeguard.errors import UsageError

_NUMBERED = re.compile(r"cell-(\d{1,9})\Z")


def edited(data: bytes, given: dict[str, Any]) -> bytes:
    """The notebook `data` after the edit. Raises `UsageError` if it has no place."""
    import json

    try:
        notebook = json.loads(data)
        cells = notebook["cells"]
        if not isinstance(cells, list):
            raise TypeError
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise UsageError(
            "cannot verify: this is no notebook", "write it anew"
        ) from error
    mode = given.get("edit_mode") or "replace"
    place = _place(cells, given.get("cell_id"))
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


def _place(cells: list[Any], wanted: object) -> int | None:
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
        raise UsageError("cannot verify: `new_source` is no text", "write it again")
    kind = given.get("cell_type") or _as_cell(was).get("cell_type", "code")
    return {"cell_type": kind, "metadata": {}, "source": source}
