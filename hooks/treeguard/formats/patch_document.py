"""The patch document: what moved and why, what was created, what was rewritten.

It is made from the plan alone, so the same plan gives the same document; only the ids
of the commits that it names are known later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from treeguard.formats.plan_parts import code
from treeguard.formats.plan_parts import place
from treeguard.formats.text_parts import counted
from treeguard.plans import Blocker
from treeguard.plans import FileMove
from treeguard.plans import Plan
from treeguard.plans import SideEffect


def render(plan: Plan, moves: Sequence[str], rewrite: str | None) -> str:
    """Return the document as Markdown; `moves` and `rewrite` are commits it names."""
    undecided = (
        f"- {code(f'{one.path}:{one.line}')}: {code(one.text)}: {_line(one.why)}"
        for one in plan.undecided
    )
    side_effects = (
        f"{_finding(one)}; {_line(one.advice)}" for one in plan.side_effects
    )
    existing = map(_finding, plan.existing)
    parts = [
        _head(plan, moves, rewrite),
        _overview(plan),
        _section("Files moved", _moved(plan)),
        _section("New structure", _structure(plan)),
        _section("Files added", _created(plan)),
        _section("References rewritten", _rewritten(plan)),
        _section("Left for a person to decide", undecided),
        _section("What changes silently", side_effects),
        _section("Already violated; unchanged by this migration", existing),
        _section("Validation checklist", _checks(plan, moves)),
        _how_to_undo(plan),
    ]
    return "\n".join(part for part in parts if part)


def _section(title: str, lines: Iterable[str]) -> str:
    body = "".join(f"{line}\n" for line in lines)
    return f"## {title}\n\n{body}" if body else ""


def _finding(one: Blocker | SideEffect) -> str:
    return f"- {code(place(one.path, one.line))}: {_line(one.message)}"


def _head(plan: Plan, moves: Sequence[str], rewrite: str | None) -> str:
    return (
        f"# {plan.name}\n\n**Made from:** {plan.base}  \n"
        f"**Moves:** {', '.join(moves) or 'none'}  \n"
        f"**Rewrites:** {rewrite or 'none'}\n"
    )


def _overview(plan: Plan) -> str:
    edits = sum(len(file.edits) for file in plan.edits)
    return (
        "## Overview\n\n"
        f"{counted(len(plan.moves), 'file')} moved, {counted(edits, 'reference')} "
        f"rewritten in {counted(len(plan.edits), 'file')}, "
        f"{counted(len(plan.created), 'file')} created. Nothing was deleted.\n"
    )


def _moved(plan: Plan) -> Iterator[str]:
    """Yield the moves by the top folder of the new path, then by reason."""
    homes: dict[str, dict[str, list[FileMove]]] = {}
    for move in plan.moves:
        home = move.new.rpartition("/")[0].partition("/")[0]
        homes.setdefault(home, {}).setdefault(move.reason, []).append(move)
    for number, (home, reasons) in enumerate(homes.items()):
        count = sum(map(len, reasons.values()))
        folder = f"`{home}/`" if home else "the root"
        gap = "\n" if number else ""
        yield f"{gap}### To {folder} ({counted(count, 'file')})"
        for reason, moves in reasons.items():
            yield f"\n**Reason:** {_line(reason)}\n" if reason else ""
            yield from (f"- {code(move.old)} -> {code(move.new)}" for move in moves)


def _structure(plan: Plan) -> Iterator[str]:
    """Yield the folders that files moved to, each with the number of its files."""
    counts = Counter(move.new.rpartition("/")[0] for move in plan.moves)
    for folder, count in sorted(counts.items()):
        if folder:
            yield f"- {code(f'{folder}/')}: {counted(count, 'file')}"


def _created(plan: Plan) -> Iterator[str]:
    yield from (f"- {code(new.path)}" for new in plan.created)
    yield from (f"- {code(path)} already existed and was kept" for path in plan.kept)


def _rewritten(plan: Plan) -> Iterator[str]:
    for file in sorted(plan.edits, key=lambda edit: edit.new_path):
        kinds = Counter(edit.kind for edit in file.edits)
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        yield f"- {code(file.new_path)}: {counts}"


def _checks(plan: Plan, moves: Sequence[str]) -> Iterator[str]:
    """Yield what holds by the way the commits are built, then what has to be run."""
    if moves:
        count = counted(len(plan.moves), "file")
        part = counted(len(moves), "commit")
        yield f"- [x] {count} moved with mode and content unchanged, in {part}"
    yield "- [x] every file of the tree before is in the tree after"
    if plan.edits:
        edits = counted(sum(len(file.edits) for file in plan.edits), "reference")
        files = counted(len(plan.edits), "file")
        yield f"- [x] {edits} rewritten in {files}, no other byte of them changed"
    existing = f", {len(plan.existing)} existing" if plan.existing else ""
    yield f"- [x] the result was checked: blocking findings: 0 new{existing}"
    yield "- [ ] `treeguard migrate verify` passes"


def _how_to_undo(plan: Plan) -> str:
    return (
        "## How to verify and undo it\n\n"
        "```\ntreeguard migrate verify\ntreeguard migrate undo\n```\n\n"
        f"Merge it with a merge commit or as a fast-forward: {plan.id} squashed into "
        "one commit\nloses the history of every file that was both moved and edited.\n"
    )


def _line(text: str) -> str:
    return " ".join(text.split())
