"""The patch document: what moved and why, what was created, what was rewritten.

It is made from the plan alone, so the same plan gives the same document; only the ids
of the commits that it names are known later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence

from treeguard.migration.model import Blocker
from treeguard.migration.model import FileMove
from treeguard.migration.model import Plan
from treeguard.migration.model import SideEffect


def render_record(plan: Plan, moves: Sequence[str], rewrite: str | None) -> str:
    """The document as Markdown; `moves` and `rewrite` are the commits it names."""
    parts = [
        _head(plan, moves, rewrite),
        _overview(plan),
        _moved(plan),
        _structure(plan),
        _created(plan),
        _rewritten(plan),
        _undecided(plan),
        _side_effects(plan),
        _standing(plan),
        _checklist(plan, moves),
        _ways_back(plan),
    ]
    return "\n".join(part for part in parts if part)


def _head(plan: Plan, moves: Sequence[str], rewrite: str | None) -> str:
    lines = [f"# {plan.name}", "", f"**Made from:** {plan.base}  "]
    lines.append(f"**Moves:** {', '.join(moves) or 'none'}  ")
    lines.append(f"**Rewrites:** {rewrite or 'none'}")
    return "\n".join(lines) + "\n"


def _overview(plan: Plan) -> str:
    edits = sum(len(file.edits) for file in plan.edits)
    return (
        "## Overview\n\n"
        f"{_count(len(plan.moves), 'file')} moved, {_count(edits, 'reference')} "
        f"rewritten in {_count(len(plan.edits), 'file')}, "
        f"{_count(len(plan.created), 'file')} created. Nothing was deleted.\n"
    )


def _moved(plan: Plan) -> str:
    """The moves by destination: the top folder of the new place, then each reason."""
    if not plan.moves:
        return ""
    text = ["## Files moved"]
    homes: dict[str, dict[str, list[FileMove]]] = {}
    for move in plan.moves:
        home = move.new.rpartition("/")[0].partition("/")[0]
        homes.setdefault(home, {}).setdefault(move.reason, []).append(move)
    for home, reasons in homes.items():
        count = sum(map(len, reasons.values()))
        place = f"`{home}/`" if home else "the root"
        text.append(f"\n### To {place} ({_count(count, 'file')})")
        for reason, moves in reasons.items():
            text.append(f"\n**Reason:** {_line(reason)}\n" if reason else "")
            text += [f"- {_code(move.old)} -> {_code(move.new)}" for move in moves]
    return "\n".join(text) + "\n"


def _structure(plan: Plan) -> str:
    """The folders that files went to, each with how many it got."""
    if not plan.moves:
        return ""
    counts = Counter(move.new.rpartition("/")[0] for move in plan.moves)
    lines = [
        f"- {_code(f'{folder}/')}: {_count(count, 'file')}"
        for folder, count in sorted(counts.items())
        if folder
    ]
    return "## New structure\n\n" + "\n".join(lines) + "\n" if lines else ""


def _created(plan: Plan) -> str:
    if not (plan.created or plan.kept):
        return ""
    lines = [f"- {_code(new.path)}" for new in plan.created]
    lines += [f"- {_code(path)} existed, and was kept as it is" for path in plan.kept]
    return "## Files added\n\n" + "\n".join(lines) + "\n"


def _rewritten(plan: Plan) -> str:
    if not plan.edits:
        return ""
    lines = []
    for file in sorted(plan.edits, key=lambda edit: edit.new_path):
        kinds = Counter(edit.kind for edit in file.edits)
        said = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        lines.append(f"- {_code(file.new_path)}: {said}")
    return "## References rewritten\n\n" + "\n".join(lines) + "\n"


def _undecided(plan: Plan) -> str:
    if not plan.undecided:
        return ""
    lines = [
        f"- {_code(f'{one.path}:{one.line}')}: {_code(one.text)}: {_line(one.why)}"
        for one in plan.undecided
    ]
    return "## Left for a person to decide\n\n" + "\n".join(lines) + "\n"


def _side_effects(plan: Plan) -> str:
    if not plan.side_effects:
        return ""
    lines = []
    for one in plan.side_effects:
        lines.append(f"- {_place(one)}: {_line(one.message)}; {_line(one.advice)}")
    return "## What else changes\n\n" + "\n".join(lines) + "\n"


def _standing(plan: Plan) -> str:
    if not plan.standing:
        return ""
    lines = []
    for one in plan.standing:
        lines.append(f"- {_place(one)}: {_line(one.message)}")
    return "## What was wrong before, and still is\n\n" + "\n".join(lines) + "\n"


def _place(one: Blocker | SideEffect) -> str:
    return _code(one.path if one.line is None else f"{one.path}:{one.line}")


def _checklist(plan: Plan, moves: Sequence[str]) -> str:
    return "## Validation checklist\n\n" + "\n".join(_checks(plan, moves)) + "\n"


def _checks(plan: Plan, moves: Sequence[str]) -> Iterator[str]:
    """What holds because of how the commits were built, then what has to be run."""
    if moves:
        count = _count(len(plan.moves), "file")
        part = _count(len(moves), "commit")
        yield f"- [x] {count} moved with mode and content unchanged, in {part}"
    yield "- [x] every file of the tree before is in the tree after"
    if plan.edits:
        edits = _count(sum(len(file.edits) for file in plan.edits), "reference")
        files = _count(len(plan.edits), "file")
        yield f"- [x] {edits} rewritten in {files}, no other byte of them changed"
    still = f", and {len(plan.standing)} as before" if plan.standing else ""
    yield f"- [x] the policy judged the result: findings that block: 0 new{still}"
    yield "- [ ] `treeguard migrate verify` passes"


def _ways_back(plan: Plan) -> str:
    return (
        "## How to check it, and how to take it back\n\n"
        "```\ntreeguard migrate verify\ntreeguard migrate undo\n```\n\n"
        f"Merge it with a merge commit or as a fast-forward: {plan.id} squashed into "
        "one commit\nloses the history of every file that was both moved and edited.\n"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(text: str) -> str:
    return " ".join(text.split())


def _code(text: str) -> str:
    """Text in backquotes, whatever it holds (CommonMark, code spans)."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in text.encode("utf-8", "backslashreplace").decode("utf-8")
    )
    fence = "`"
    while fence in shown:
        fence += "`"
    gap = " " if "`" in (shown[:1], shown[-1:]) else ""
    return f"{fence}{gap}{shown}{gap}{fence}"
