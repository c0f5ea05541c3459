"""A section for AGENTS.md: the layout in a few lines, generated from the policy.

It stands between two markers, so that it can be written again when the policy changes,
without touching what people wrote around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.rules.closed import Closed
from treeguard.rules.forbidden import Forbidden
from treeguard.rules.isolated import Isolated
from treeguard.rules.layers import Layers
from treeguard.rules.placed import Placed
from treeguard.rules.preserved import Preserved
from treeguard.rules.required import Required
from treeguard.stages import session

BEGIN = "<!-- treeguard: begin (written from policy.toml) -->"
END = "<!-- treeguard: end -->"
_MOST = 12

_INTRO = """\
## Layout of this repository

`policy.toml` says what lives where and who may import whom. Hooks hold every commit to
it, and CI and the server do again. Run `treeguard check --worktree` before you commit,
and `treeguard explain PATH` when you are told of a rule. Do not skip hooks
(`--no-verify`, `SKIP=`), and do not edit `policy.toml` to get a change through.
"""


def law(git: Git) -> Policy:
    """The policy that is staged, which the section is written from."""
    return session.read_policy(index_snapshot(git), "index")


def section(policy: Policy) -> str:
    """The section, markers included."""
    lines = [line for rule in policy.rules for line in _lines(rule)]
    return "\n".join([BEGIN, _INTRO, *lines, END, ""])


def placed_in(text: str, section: str) -> str:
    """`text` with `section` in place of an earlier one, or at its end.

    Raises `UsageError` when only one of the markers is there.
    """
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 and end < 0:
        gap = "\n" if text and not text.endswith("\n\n") else ""
        gap = f"\n{gap}" if text and not text.endswith("\n") else gap
        return text + gap + section
    if start < 0 or end < start:
        raise UsageError(
            "only one of the two markers of treeguard's section is there",
            f"remove what is left of it, also {BEGIN!r} and {END!r}",
        )
    after = text[end + len(END) :].removeprefix("\n")
    return text[:start] + section + after


def write(path: str, section: str) -> None:
    """Put `section` into the file `path`, which need not exist. Raises `UsageError`."""
    if os.path.islink(path):  # a repository's own link may lead anywhere
        raise UsageError(f"{path} is a symbolic link", "name the file itself")
    try:
        text = ""
        if os.path.lexists(path):
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        new = placed_in(text, section)
        if new != text:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(new)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        hint = "name a text file in a folder that exists"
        raise UsageError(f"{path} cannot be written: {reason.lower()}", hint) from error


def _lines(rule: Rule) -> Iterator[str]:
    for said in _said(rule):
        reason = f" {escape(rule.reason)}" if rule.reason else ""
        line = f"- {said}.{reason} (`{escape(rule.id)}`)"
        yield line.replace("<!--", "<!- -")  # no reason may end the section


def _said(rule: Rule) -> Iterator[str]:
    options = rule.options
    if isinstance(options, Forbidden):
        zone = _list(options.zone)
        if options.importers is None:
            yield f"Do not use {zone} from outside it"
        else:
            yield f"Do not use {zone} from {_list(options.importers)}"
    elif isinstance(options, Isolated):
        yield from _isolated(options)
    elif isinstance(options, Placed):
        what = _list(options.files) or "such assets"
        yield f"Put {what} under {_list(options.under)} and nowhere else"
    elif isinstance(options, Preserved):
        kept = _list(options.paths)
        yield f"Never delete or empty what is in {kept}; {_may(options)}"
    elif isinstance(options, Required):
        yield f"Keep {_names(options.files)}"
    elif isinstance(options, Closed):
        children = _names(options.children.lines)
        folder = f"{options.folder.strip('/')}/"
        yield f"Add nothing to {_names((folder,))} beside {children}"
    elif isinstance(options, Layers):
        rows = "; ".join(
            " and ".join(_list(part) for part in r) for r in options.layers
        )
        yield f"Imports go down only, from the first to the last: {rows}"
    else:
        yield "Put nothing where the migration moved things away from"


def _may(options: Preserved) -> str:
    deeds = {"edit": "edited", "move": "moved within it"}
    allowed = [deeds[deed] for deed in sorted(options.allow)]
    return f"it may be {' or '.join(allowed)}" if allowed else "only add to it"


def _isolated(options: Isolated) -> Iterator[str]:
    doors = _list(options.entrances)
    who = f"Only {doors} may" if doors else "Nothing outside it may"
    yield f"{who} import {_list(options.zone)}"
    if options.owns:
        yield f"Import {_names(options.owns)} only in {_list(options.zone)}"


def _list(patterns: Patterns | None) -> str:
    return _names(patterns.lines) if patterns else ""


def _names(names: tuple[str, ...]) -> str:
    shown = [f"`{escape(name).replace('`', '')}`" for name in names[:_MOST]]
    more = len(names) - _MOST
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
