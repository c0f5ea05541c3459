"""`treeguard agent-hook`: what a coding agent's hook calls before and after a tool."""

from __future__ import annotations

import argparse
import os
import sys

from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.errors import TreeguardError
from treeguard.errors import UsageError
from treeguard.errors import reason_of
from treeguard.formats.escape import escape

HELP = "check a coding agent's tool call (JSON on stdin) before and after it runs"
EPILOG = """\
examples:
  treeguard agent-hook < call.json          exit 2 and a line for what is wrong
  treeguard agent-hook --instructions       the section on the layout for AGENTS.md
  treeguard agent-hook --instructions --write AGENTS.md

exit codes: 0 nothing is wrong, 2 the call is refused, has broken something, or
cannot be checked
(what coding agents ask for; see docs/agents.md)
"""
ALLOWED = 0
REFUSED = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Check a call by default; or write the section of AGENTS.md."""
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="print a section for AGENTS.md that describes the layout, from the policy",
    )
    parser.add_argument(
        "--write",
        metavar="FILE",
        help="put that section into FILE, between its markers",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 when nothing is wrong, 2 otherwise."""
    if args.write is not None and not args.instructions:
        raise UsageError("--write needs --instructions", "give both")
    if args.instructions:
        return _instruct(args.write)
    try:
        return _check()
    except TreeguardError:
        raise
    except Exception:
        # A bug is exit 3 elsewhere: coding agents go on after any code but 2.
        import traceback

        warn("treeguard: this is a bug in treeguard; the call was not verified")
        warn(traceback.format_exc().rstrip())
        return REFUSED


def _check() -> int:
    from treeguard.stages.agents import call_checks
    from treeguard.stages.agents import tool_calls
    from treeguard.stages.session import open_session

    call = tool_calls.read_call(sys.stdin.buffer.read(tool_calls.LONGEST + 1))
    if tool_calls.cannot_write(call):
        return ALLOWED
    if not os.path.isdir(call.cwd or os.curdir):
        raise UsageError(f"cannot verify: {call.cwd} is not a folder", tool_calls.HINT)
    with open_session(call.cwd or os.curdir) as session:
        try:
            if call.is_done:
                lines = call_checks.check_after(session)
            else:
                lines = call_checks.check_before(call, session)
        except tool_calls.RefusedError as refused:
            lines = [f"{refused.message}; instead: {refused.hint}"]
    for line in lines:
        warn(escape(f"treeguard: {line}"))
    return REFUSED if lines else ALLOWED


def _instruct(path: str | None) -> int:
    from treeguard.formats.agents_md import render
    from treeguard.repository.snapshots import index_snapshot
    from treeguard.rules.registry import rule_text
    from treeguard.stages.session import open_session
    from treeguard.stages.session import read_policy

    with open_session() as (git, _store):
        policy = read_policy(index_snapshot(git), "index")
    section = render(rule_text(rule) for rule in policy.rules)
    if path is None:
        show(section)
    else:
        _write_section(path, section)
    return ALLOWED


def _write_section(path: str, section: str) -> None:
    """Write `section` into the file `path`, which need not exist."""
    from treeguard.formats.agents_md import replace_in

    if os.path.islink(path):  # a repository's own link may lead anywhere
        raise UsageError(f"{path} is a symbolic link", "name the file itself")
    try:
        text = ""
        if os.path.lexists(path):
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        new = replace_in(text, section)
        if new != text:
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(new)
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "it is not utf-8"
        hint = "name a text file in a folder that exists"
        raise UsageError(f"{path} cannot be written: {reason}", hint) from error
