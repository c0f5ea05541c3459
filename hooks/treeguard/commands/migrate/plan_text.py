"""A plan for a terminal: blockers last, where the eye is when the text stops."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.commands.migrate.plan_parts import Reader
from treeguard.commands.migrate.plan_parts import counted
from treeguard.commands.migrate.plan_parts import diff
from treeguard.commands.migrate.plan_parts import groups
from treeguard.commands.migrate.plan_parts import summary
from treeguard.commands.migrate.plan_parts import to_decide
from treeguard.formats.escape import escape_lines
from treeguard.migration.model import Blocker
from treeguard.migration.model import Plan


def render(plan: Plan, read: Reader) -> str:
    """The plan as text; `read` gives the bytes of a file of the old tree."""
    return "".join(f"{escape_lines(line)}\n" for line in _lines(plan, read))


def _lines(plan: Plan, read: Reader) -> Iterator[str]:
    yield plan.name
    yield f"for commit {plan.base[:12]}"
    yield from _section("moves", _moves(plan))
    yield from _section("writes", (f"  {file.path}" for file in plan.created))
    yield from _section("stays as it is", (f"  {path} exists" for path in plan.kept))
    yield from _section("rewrites", _rewrites(plan, read))
    yield from _section("cannot be decided, and is left as it is", _undecided(plan))
    yield from _section("changes silently", _side_effects(plan))
    yield from _section("is wrong already, and stays so", _found(plan.standing))
    yield from _section("forbids the migration", _found(plan.blockers))
    yield ""
    yield summary(plan)


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"{title}:", *found)


def _moves(plan: Plan) -> Iterator[str]:
    for group in groups(plan):
        count = len(group.files)
        many = f" ({counted(count, 'file')})" if count > 1 else ""
        reason = f"    {group.reason}" if group.reason else ""
        yield f"  {group.old} -> {group.new}{many}{reason}"


def _rewrites(plan: Plan, read: Reader) -> Iterator[str]:
    for edit in plan.edits:
        yield from diff(edit, read)


def _undecided(plan: Plan) -> Iterator[str]:
    for item in to_decide(plan):
        yield f"  {item.path}:{item.line}: {item.text}"
        yield f"    {item.why}"


def _side_effects(plan: Plan) -> Iterator[str]:
    for item in plan.side_effects:
        yield f"  {_place(item.path, item.line)}: {item.message}"
        yield f"    {item.advice}"


def _found(blockers: tuple[Blocker, ...]) -> Iterator[str]:
    for item in blockers:
        yield f"  {_place(item.path, item.line)}: {item.message}"
        yield from (f"    - {way}" for way in item.ways_out)


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"
