"""`treeguard audit`: list the preserved files that were ever lost, and by whom."""

from __future__ import annotations

import argparse
import sys

from treeguard.admin.audit import each_commit
from treeguard.admin.audit import losses
from treeguard.commands.arguments import add_policy_options
from treeguard.commands.arguments import named_policy
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.errors import UsageError
from treeguard.formats.audit_report import Audit
from treeguard.formats.audit_report import render_json
from treeguard.formats.audit_report import render_text
from treeguard.repository.history import commits_of
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy

HELP = "list the commits that lost a preserved file, and how to bring it back"
EPILOG = """\
examples:
  treeguard audit                          the whole history of HEAD
  treeguard audit v1.0..main               what came after v1.0
  treeguard audit --each-commit main..HEAD     also check each commit by all rules
  treeguard audit --policy-from main --output-format json

exit codes: 0 nothing is missing, 1 something is (a loss that was restored later is
listed but does not count), 2 policy or usage error, 3 a bug in treeguard
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the range, the policy and the format."""
    parser.add_argument(
        "range",
        nargs="?",
        default="HEAD",
        metavar="A..B | COMMIT",
        help="the commits of B that A lacks, or a whole history (default: HEAD)",
    )
    add_policy_options(
        parser, "the policy of a commit (default: the last commit of the range)"
    )
    parser.add_argument(
        "--each-commit",
        action="store_true",
        help="check every commit by the other kinds of rules too",
    )
    parser.add_argument(
        "--output-format",
        choices=("text", "json"),
        default="text",
        help="default: text",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if nothing is missing, 1 if a file is or a commit breaks a rule."""
    if "..." in args.range:
        hint = f"`treeguard audit {args.range.replace('...', '..')}`"
        raise UsageError("audit takes commits, not a merge", hint)
    progress = progress_of(args)
    with open_session() as session:
        policy = named_policy(session.git, args)
        if policy is None:
            end = args.range.rpartition("..")[2] or "HEAD"
            policy = read_policy(tree_snapshot(session.git, end), end)
        commits = commits_of(session.git, args.range)
        total = len(commits)
        lost = tuple(
            losses(
                session.git, policy, commits, lambda n: progress("commits", n, total)
            )
        )
        reports = []
        if args.each_commit:
            for number, one in enumerate(each_commit(session, policy, commits), 1):
                progress("commits", number, total)
                reports += [one] if one.report.findings else []
    audit = Audit(args.range, policy.source, policy.digest, total, lost, tuple(reports))
    if args.output_format == "json":
        show(render_json(audit))
    else:
        show(render_text(audit, color=wants_color(args.color, sys.stdout)))
        if not lost:
            inform(args, "No preserved file was ever lost.")
    return int(audit.missing > 0 or any(one.report.blocking for one in reports))
