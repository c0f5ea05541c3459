"""How a push is checked on the client, and how every push is reported."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from treeguard.check import CheckRequest
from treeguard.commands.terminal import format_of
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import show
from treeguard.commands.terminal import show_report
from treeguard.commands.terminal import wants_color
from treeguard.commands.terminal import warn
from treeguard.errors import PolicyError
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.formats.registry import renderer
from treeguard.repository.merge_tree import borrowed
from treeguard.stages.merges import merges_between
from treeguard.stages.policy_source import check_change
from treeguard.stages.push import read_lines
from treeguard.stages.push import remote_name
from treeguard.stages.push import remote_target
from treeguard.stages.push import runner_updates
from treeguard.stages.push import runs_for_push
from treeguard.stages.ranges import merged_pair
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import Verdict
from treeguard.stages.ref_updates import check_updates
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.session import rules_of_kind


def push(args: argparse.Namespace, *, native: bool) -> int:
    """Check a push; return 0, or 1 if a ref is refused, 2 if one cannot be checked.

    `native` is true when Git itself calls, with all refs on stdin.
    """
    if not native and not runs_for_push(os.environ):
        return _check_range(args)
    with open_session(os.curdir) as session:
        git = session.git
        if native:
            updates = read_lines(sys.stdin.buffer.read())
        else:
            updates = runner_updates(git, os.environ)
        remote = remote_name(git, args.words, os.environ)
        target = remote_target(git, remote, updates)
        return show_verdicts(check_updates(session, updates, target, args.kind), args)


def _check_range(args: argparse.Namespace) -> int:
    """Check `pre-commit run --from-ref A --to-ref B`: B merged into A, as in CI."""
    start = os.environ.get("PRE_COMMIT_FROM_REF")
    end = os.environ["PRE_COMMIT_TO_REF"]
    if not start:
        raise UsageError("PRE_COMMIT_TO_REF is set alone", "give --from-ref too")
    with open_session(os.curdir) as (git, store), borrowed(git) as other:
        olds, new, caveat = merged_pair(other, start, end)
        if caveat:
            warn(caveat)
        has_policy = olds[0].entry(POLICY) is not None
        policy = read_policy(*((olds[0], start) if has_policy else (new, end)))
        request = CheckRequest.of(policy, olds, new, store)
        request = request._replace(
            rules=rules_of_kind(policy, args.kind),
            merges=merges_between(other, policy, start, end),
        )
        return show_report(check_change(request, (start, end), later=has_policy), args)


def show_verdicts(verdicts: Iterable[Verdict], args: argparse.Namespace) -> int:
    """Print the result of each update, and return the exit code of all."""
    color = wants_color(args.color, sys.stdout)
    name = format_of()
    render = renderer(name)
    code = 0
    for verdict in verdicts:
        for note in verdict.notes:
            inform(args, note)
        report, error = verdict.report, verdict.error
        if error is not None:
            for fault in error.faults if isinstance(error, PolicyError) else ():
                warn(str(fault))
            warn(f"treeguard: {verdict.update.ref}: {error.message}")
            if error.hint:
                warn(f"  {error.hint}")
            code = 2
        elif report is not None and (report.findings or report.notices):
            # Where a program reads the report, nothing else may precede it.
            if name in ("text", "concise"):
                show(f"{_heading(verdict.update)}\n\n")
            else:
                warn(_heading(verdict.update))
            show(render(report, color=color))
        if verdict.blocks:
            code = max(code, 1)
    return code


def _heading(update: Update) -> str:
    if update.new is None:
        return f"{escape(update.ref)} (deleted):"
    start = f"{update.old[:12]}.." if update.old else ""
    return f"{escape(update.ref)} ({start}{update.new[:12]}):"
