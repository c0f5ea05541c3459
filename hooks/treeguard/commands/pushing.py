"""How a push is told: each ref that is refused, under its name."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.terminal import complain
from treeguard.commands.terminal import format_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import tell
from treeguard.commands.terminal import wants_color
from treeguard.errors import UsageError
from treeguard.formats.escape import escape
from treeguard.formats.registry import renderer
from treeguard.repository.merge_tree import borrowed
from treeguard.stages.policy_source import landing
from treeguard.stages.policy_source import policy_changes
from treeguard.stages.push import passed
from treeguard.stages.push import read_lines
from treeguard.stages.push import remote_of
from treeguard.stages.push import runs_for_push
from treeguard.stages.push import target_of
from treeguard.stages.ranges import merged_pair
from treeguard.stages.ref_updates import Update
from treeguard.stages.ref_updates import Verdict
from treeguard.stages.ref_updates import judge_updates
from treeguard.stages.session import POLICY
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.session import rules_of_kind


def push(args: argparse.Namespace, *, native: bool) -> int:
    """0 when everything may be pushed, 1 when a ref is refused, 2 when one cannot be
    judged. `native`: Git itself calls, with all refs on stdin."""
    if not native and not runs_for_push(os.environ):
        return _range(args)
    with open_session(os.curdir) as session:
        git = session.git
        if native:
            updates = read_lines(sys.stdin.buffer.read())
        else:
            updates = passed(git, os.environ)
        remote = remote_of(git, args.words, os.environ)
        target = target_of(git, remote, updates)
        return tell_verdicts(judge_updates(session, updates, target, args.kind), args)


def _range(args: argparse.Namespace) -> int:
    """`pre-commit run --from-ref A --to-ref B`: B merged into A, as in CI."""
    start = os.environ.get("PRE_COMMIT_FROM_REF")
    end = os.environ["PRE_COMMIT_TO_REF"]
    if not start:
        raise UsageError("PRE_COMMIT_TO_REF is set alone", "give --from-ref too")
    with open_session(os.curdir) as (git, store), borrowed(git) as other:
        olds, new, caveat = merged_pair(other, start, end)
        if caveat:
            complain(caveat)
        has_law = olds[0].entry(POLICY) is not None
        law, name = (olds[0], start) if has_law else (new, end)
        policy = read_policy(law, name)
        notices = policy_changes(policy, olds[0], new, (start, end), later=has_law)
        only = rules_of_kind(policy, args.kind)
        lands = landing(policy, new) if has_law else None
        request = CheckRequest.of(policy, olds, new, store)
        report = check(request._replace(rules=only, landing=lands))
    report = report._replace(notices=(*notices, *report.notices))
    show(renderer(format_of())(report, color=wants_color(args.color, sys.stdout)))
    return 1 if report.blocking else 0


def tell_verdicts(verdicts: Iterable[Verdict], args: argparse.Namespace) -> int:
    """Print what there is to say of each ref; the exit code of all."""
    color = wants_color(args.color, sys.stdout)
    name = format_of()
    render = renderer(name)
    code = 0
    for verdict in verdicts:
        for note in verdict.notes:
            tell(args, note)
        report = verdict.report
        if verdict.error is not None:
            for fault in getattr(verdict.error, "faults", ()):
                complain(str(fault))
            complain(f"treeguard: {verdict.update.ref}: {verdict.error.message}")
            if verdict.error.hint:
                complain(f"  {verdict.error.hint}")
            code = 2
        elif report is not None and (report.findings or report.notices):
            # Where a program reads the report, nothing else may stand before it.
            if name in ("text", "concise"):
                show(f"{_change(verdict.update)}\n\n")
            else:
                complain(_change(verdict.update))
            show(render(report, color=color))
        if verdict.blocks:
            code = max(code, 1)
    return code


def _change(update: Update) -> str:
    if update.new is None:
        return f"{escape(update.ref)} (deleted):"
    start = f"{update.old[:12]}.." if update.old else ""
    return f"{escape(update.ref)} ({start}{update.new[:12]}):"
