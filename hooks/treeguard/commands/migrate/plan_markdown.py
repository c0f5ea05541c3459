"""A plan as Markdown, for a pull request or an issue."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.commands.migrate.plan_parts import Reader
from treeguard.commands.migrate.plan_parts import diff
from treeguard.commands.migrate.plan_parts import groups
from treeguard.commands.migrate.plan_parts import summary
from treeguard.commands.migrate.plan_parts import to_decide
from treeguard.formats.escape import escape
from treeguard.migration.model import Blocker
from treeguard.migration.model import Plan


def render(plan: Plan, read: Reader) -> str:
    """The plan as Markdown; `read` gives the bytes of a file of the old tree."""
    return "".join(f"{line}\n" for line in _lines(plan, read))


def _lines(plan: Plan, read: Reader) -> Iterator[str]:
    yield f"# {_plain(plan.title)}"
    yield ""
    yield f"`{plan.id}` for commit `{plan.base[:12]}`: {summary(plan)}."
    yield from _section("What forbids it", _found(plan.blockers))
    yield from _section("Moves", _moves(plan))
    yield from _section("Written", (f"- {_code(file.path)}" for file in plan.created))
    yield from _section("Kept", (f"- {_code(path)} exists" for path in plan.kept))
    yield from _section("Rewritten", _diffs(plan, read))
    yield from _section("Undecided, left as it is", _undecided(plan))
    yield from _section("Changes silently", _side_effects(plan))
    yield from _section("Is wrong already, and stays so", _found(plan.standing))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {title}", "", *found)


def _moves(plan: Plan) -> Iterator[str]:
    yield "| From | To | Files | Reason |"
    yield "|---|---|---:|---|"
    for group in groups(plan):
        places = f"{_code(group.old)} | {_code(group.new)}"
        yield f"| {places} | {len(group.files)} | {_plain(group.reason)} |"


def _diffs(plan: Plan, read: Reader) -> Iterator[str]:
    lines = [escape(line) for edit in plan.edits for line in diff(edit, read)]
    if lines:
        longest = max((_ticks(line) for line in lines), default=0)
        fence = "`" * max(3, longest + 1)
        yield from (f"{fence}diff", *lines, fence)


def _ticks(line: str) -> int:
    """How many backquotes stand together in a line at most."""
    longest = count = 0
    for character in line:
        count = count + 1 if character == "`" else 0
        longest = max(longest, count)
    return longest


def _undecided(plan: Plan) -> Iterator[str]:
    for item in to_decide(plan):
        place = _code(f"{item.path}:{item.line}")
        yield f"- {place}: {_code(item.text)}: {_plain(item.why)}"


def _side_effects(plan: Plan) -> Iterator[str]:
    for item in plan.side_effects:
        yield f"- {_code(item.path)}: {_plain(item.message)}. {_plain(item.advice)}"


def _found(blockers: Iterable[Blocker]) -> Iterator[str]:
    for item in blockers:
        place = item.path if item.line is None else f"{item.path}:{item.line}"
        yield f"- {_code(place)}: {_plain(item.message)}"
        yield from (f"  - {_plain(way)}" for way in item.ways_out)


def _code(text: str) -> str:
    shown = escape(text).replace("|", "\\|")
    fence = "`" * (_ticks(shown) + 1)
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _plain(text: str) -> str:
    """Prose in which nothing is markup."""
    shown = escape(text)
    for mark in "\\`*_[]<>|":
        shown = shown.replace(mark, f"\\{mark}")
    return shown
