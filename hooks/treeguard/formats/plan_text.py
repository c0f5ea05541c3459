"""A plan for a terminal: blockers last, next to the prompt."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from treeguard.formats.escape import escape_lines
from treeguard.formats.plan_parts import Texts
from treeguard.formats.plan_parts import change
from treeguard.formats.plan_parts import diff
from treeguard.formats.plan_parts import groups
from treeguard.formats.plan_parts import more_files
from treeguard.formats.plan_parts import place
from treeguard.formats.plan_parts import summary
from treeguard.formats.plan_parts import to_decide
from treeguard.formats.text_parts import counted
from treeguard.plans import Blocker
from treeguard.plans import Plan


def render(plan: Plan, texts: Texts) -> str:
    """Return the plan as text; `texts` has the edited files before and after."""
    return "".join(f"{escape_lines(line)}\n" for line in _lines(plan, texts))


def _lines(plan: Plan, texts: Texts) -> Iterator[str]:
    diffs = (line for edit in plan.edits for line in diff(edit, texts))
    yield plan.name
    yield f"for commit {plan.base[:12]}"
    yield from _section("moves", _moves(plan))
    yield from _section("creates", (f"  {file.path}" for file in plan.created))
    yield from _section("keeps", (f"  {path} already exists" for path in plan.kept))
    yield from _section("rewrites", diffs)
    yield from _section("cannot be decided, left unchanged", _undecided(plan))
    yield from _section("changes silently", _side_effects(plan))
    existing = "already violated; unchanged by this migration"
    yield from _section(existing, _blockers(plan.existing))
    yield from _section("blocks the migration", _blockers(plan.blockers))
    yield ""
    yield summary(plan)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"{title}:", *found)


def _moves(plan: Plan) -> Iterator[str]:
    for group in groups(plan):
        count = len(group.files)
        many = f" ({counted(count, 'file')})" if count > 1 else ""
        reason = f"    {group.reason}" if group.reason else ""
        yield f"  {group.old}{more_files(group)} -> {group.new}{many}{reason}"


def _undecided(plan: Plan) -> Iterator[str]:
    for kind, items in groupby(to_decide(plan), key=attrgetter("kind")):
        yield f"  in {kind}:"
        for item in items:
            yield f"  {item.path}:{item.line}: {item.text}{change(item)}"
            yield f"    {item.why}"


def _side_effects(plan: Plan) -> Iterator[str]:
    for item in plan.side_effects:
        yield f"  {place(item.path, item.line)}: {item.message}"
        yield f"    {item.advice}"


def _blockers(blockers: Iterable[Blocker]) -> Iterator[str]:
    for item in blockers:
        yield f"  {place(item.path, item.line)}: {item.message}"
        yield from (f"    - {way}" for way in item.ways_out)
