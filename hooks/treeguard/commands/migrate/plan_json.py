"""A plan as one JSON object, for programs."""

from __future__ import annotations

from treeguard.commands.migrate.plan_parts import Reader
from treeguard.migration.model import FileEdit
from treeguard.migration.model import Plan

VERSION = 1


def render(plan: Plan, read: Reader) -> str:
    """The plan as JSON. Offsets count bytes of the old blob.

    A path with bytes that are not UTF-8 holds them as `\\udcNN`, and so does a text.
    """
    import json

    return json.dumps(_data(plan, read), indent=2) + "\n"


def _data(plan: Plan, read: Reader) -> dict[str, object]:
    return {
        "version": VERSION,
        "id": plan.id,
        "title": plan.title,
        "base": plan.base,
        "moves": [
            {**move._asdict(), "mode": f"{move.mode:06o}"} for move in plan.moves
        ],
        "edits": [_edit(edit, read) for edit in plan.edits],
        "created": [
            {"path": file.path, "text": _text(file.data)} for file in plan.created
        ],
        "kept": list(plan.kept),
        "undecided": [item._asdict() for item in plan.undecided],
        "side_effects": [item._asdict() for item in plan.side_effects],
        "blockers": [item._asdict() for item in plan.blockers],
        "standing": [item._asdict() for item in plan.standing],
    }


def _edit(edit: FileEdit, read: Reader) -> dict[str, object]:
    data = read(edit.path)
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
