"""A plan as Markdown, for a pull request or an issue."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from treeguard.formats.escape import escape
from treeguard.formats.plan_parts import Texts
from treeguard.formats.plan_parts import code
from treeguard.formats.plan_parts import diff
from treeguard.formats.plan_parts import groups
from treeguard.formats.plan_parts import longest_ticks
from treeguard.formats.plan_parts import more_files
from treeguard.formats.plan_parts import place
from treeguard.formats.plan_parts import summary
from treeguard.formats.plan_parts import to_decide
from treeguard.plans import Blocker
from treeguard.plans import Plan


def render(plan: Plan, texts: Texts) -> str:
    """Return the plan as Markdown; `texts` has the edited files before and after."""
    return "".join(f"{line}\n" for line in _lines(plan, texts))


def _lines(plan: Plan, texts: Texts) -> Iterator[str]:
    yield f"# {_plain(plan.title)}"
    yield ""
    yield f"`{plan.id}` for commit `{plan.base[:12]}`: {summary(plan)}."
    yield from _section("Blockers", _blockers(plan.blockers))
    yield from _section("Moves", _moves(plan))
    yield from _section("Created", (f"- {code(file.path)}" for file in plan.created))
    yield from _section(
        "Kept", (f"- {code(path)} already exists" for path in plan.kept)
    )
    yield from _section("Rewritten", _diffs(plan, texts))
    yield from _section("Cannot be decided, left unchanged", _undecided(plan))
    yield from _section("Changes silently", _side_effects(plan))
    existing = "Already violated; unchanged by this migration"
    yield from _section(existing, _blockers(plan.existing))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {title}", "", *found)


def _moves(plan: Plan) -> Iterator[str]:
    if plan.moves:
        yield "| From | To | Files | Reason |"
        yield "|---|---|---:|---|"
    for group in groups(plan):
        old, new = (code(end).replace("|", "\\|") for end in (group.old, group.new))
        count = len(group.files)
        yield f"| {old}{more_files(group)} | {new} | {count} | {_plain(group.reason)} |"


def _diffs(plan: Plan, texts: Texts) -> Iterator[str]:
    lines = [escape(line) for edit in plan.edits for line in diff(edit, texts)]
    if lines:
        fence = "`" * max(3, 1 + max(map(longest_ticks, lines)))
        yield from (f"{fence}diff", *lines, fence)


def _undecided(plan: Plan) -> Iterator[str]:
    for kind, items in groupby(to_decide(plan), key=attrgetter("kind")):
        yield from ("", f"In {kind}:", "")
        for item in items:
            at, new = code(place(item.path, item.line)), item.new
            text = f"{code(item.text)} -> {code(new)}" if new else code(item.text)
            yield f"- {at}: {text}: {_plain(item.why)}"


def _side_effects(plan: Plan) -> Iterator[str]:
    for item in plan.side_effects:
        yield f"- {code(item.path)}: {_plain(item.message)}. {_plain(item.advice)}"


def _blockers(blockers: Iterable[Blocker]) -> Iterator[str]:
    for item in blockers:
        yield f"- {code(place(item.path, item.line))}: {_plain(item.message)}"
        yield from (f"  - {_plain(way)}" for way in item.ways_out)


def _plain(text: str) -> str:
    """Return prose in which nothing is markup."""
    shown = escape(text)
    for mark in "\\`*_[]<>|":
        shown = shown.replace(mark, f"\\{mark}")
    return shown
