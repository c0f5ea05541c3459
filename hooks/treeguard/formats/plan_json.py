"""A plan as one JSON object, for programs."""

from __future__ import annotations

from treeguard.formats.plan_parts import Texts
from treeguard.plans import FileEdit
from treeguard.plans import Plan

VERSION = 1


def render(plan: Plan, texts: Texts) -> str:
    """Return the plan as JSON. Offsets count bytes of the old blob.

    Bytes of a path or a text that are not UTF-8 become `\\udcNN`.
    """
    import json

    return json.dumps(_data(plan, texts), indent=2) + "\n"


def _data(plan: Plan, texts: Texts) -> dict[str, object]:
    return {
        "version": VERSION,
        "id": plan.id,
        "title": plan.title,
        "base": plan.base,
        "moves": [
            {**move._asdict(), "mode": f"{move.mode:06o}"} for move in plan.moves
        ],
        "edits": [_edit(edit, texts[edit.path][0]) for edit in plan.edits],
        "created": [
            {"path": file.path, "text": _text(file.data)} for file in plan.created
        ],
        "kept": list(plan.kept),
        "undecided": [item._asdict() for item in plan.undecided],
        "side_effects": [item._asdict() for item in plan.side_effects],
        "blockers": [item._asdict() for item in plan.blockers],
        "standing": [item._asdict() for item in plan.existing],
    }


def _edit(edit: FileEdit, data: bytes) -> dict[str, object]:
    return {
        "path": edit.path,
        "new_path": edit.new_path,
        "edits": [
            {
                "start": one.start,
                "end": one.end,
                "line": one.line,
                "kind": one.kind,
                "old": _text(data[one.start : one.end]),
                "new": _text(one.text),
            }
            for one in edit.edits
        ],
    }


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
