"""`treeguard agent-hook`: what a coding agent's hook calls before a tool is used."""

from __future__ import annotations

import argparse
import os
import sys

from treeguard.commands.terminal import show
from treeguard.commands.terminal import warn
from treeguard.errors import TreeguardError
from treeguard.errors import UsageError
from treeguard.formats.escape import escape

NAME = "agent-hook"
HELP = "judge a coding agent's tool call (JSON on stdin) before it is made"
EPILOG = """\
examples:
  treeguard agent-hook < call.json          exit 2 and one line when it is refused
  treeguard agent-hook --instructions       the section on the layout for AGENTS.md
  treeguard agent-hook --instructions --write AGENTS.md

exit codes: 0 the call may be made, 2 it is refused or cannot be judged
(what coding agents ask for; see docs/agents.md)
"""
ALLOWED = 0
REFUSED = 2


def add_options(parser: argparse.ArgumentParser) -> None:
    """Judge by default; or write the section of AGENTS.md."""
    parser.add_argument(
        "--instructions",
        action="store_true",
        help="print a section for AGENTS.md that tells the layout, from the policy",
    )
    parser.add_argument(
        "--write",
        metavar="FILE",
        help="put that section into FILE, between its markers",
    )


def run(args: argparse.Namespace) -> int:
    """0 when the call may be made, 2 when it is refused."""
    if args.write is not None and not args.instructions:
        raise UsageError("--write needs --instructions", "give both")
    if args.instructions:
        return _instruct(args.write)
    try:
        return _judge()
    except TreeguardError:
        raise
    except Exception:
        # A bug is exit 3 elsewhere: coding agents go on after any code but 2.
        import traceback

        warn("treeguard: this is a bug in treeguard; the call was not verified")
        warn(traceback.format_exc().rstrip())
        return REFUSED


def _judge() -> int:
    from treeguard.stages.agents import call_formats as agent_calls
    from treeguard.stages.agents import tool_call
    from treeguard.stages.agents.shell_words import RefusedError
    from treeguard.stages.session import open_session

    call = agent_calls.read_call(sys.stdin.buffer.read(agent_calls.LONGEST + 1))
    if agent_calls.cannot_write(call):
        return ALLOWED
    if not os.path.isdir(call.cwd or os.curdir):
        raise UsageError(f"cannot verify: {call.cwd} is no folder", agent_calls.HINT)
    with open_session(call.cwd or os.curdir) as session:
        try:
            findings = tool_call.judge(call, session)
        except RefusedError as refused:
            said = f"{refused.message}; instead: {refused.hint}"
            warn(escape(f"treeguard: {said}"))
            return REFUSED
    if findings:
        warn(escape(f"treeguard: {tool_call.remedy(findings)}"))
    return REFUSED if findings else ALLOWED


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
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        hint = "name a text file in a folder that exists"
        raise UsageError(f"{path} cannot be written: {reason.lower()}", hint) from error
