"""`treeguard audit`: was anything preserved ever lost, and by which commit."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from collections.abc import Iterable
from time import monotonic

from treeguard.admin.audit import Loss
from treeguard.admin.audit import each_commit
from treeguard.admin.audit import losses
from treeguard.commands.terminal import show
from treeguard.commands.terminal import tell
from treeguard.commands.terminal import wants_color
from treeguard.errors import UsageError
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.registry import renderer
from treeguard.policy.model import Policy
from treeguard.repository.history import Commit
from treeguard.repository.history_walk import commits_of
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import tree_snapshot
from treeguard.rules.shell_commands import overwrite
from treeguard.rules.shell_commands import quote
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.stages.session import read_policy_file

NAME = "audit"
HELP = "say which commit ever lost a preserved file, and how to bring it back"
EPILOG = """\
examples:
  treeguard audit                          the whole history of HEAD
  treeguard audit v1.0..main               what came after v1.0
  treeguard audit --each-commit main..HEAD     each commit by the other rules too
  treeguard audit --policy-from main --output-format json

exit codes: 0 nothing is missing, 1 something is (a loss that was mended is told, and
counts for nothing), 2 policy or usage error, 3 a bug in treeguard
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which commits, by which policy, and how it is told."""
    parser.add_argument(
        "range",
        nargs="?",
        default="HEAD",
        metavar="A..B | COMMIT",
        help="the commits of B that A has not, or a whole history (default: HEAD)",
    )
    law = parser.add_mutually_exclusive_group()
    law.add_argument("--policy", metavar="FILE", help="a policy on disk")
    law.add_argument(
        "--policy-from",
        metavar="REF",
        help="the policy of a commit (default: the last commit that is looked at)",
    )
    parser.add_argument(
        "--each-commit",
        action="store_true",
        help="judge every commit by the other kinds of rules too",
    )
    parser.add_argument(
        "--output-format", choices=("text", "json"), default="text", help="text"
    )


def run(args: argparse.Namespace) -> int:
    """0 when nothing is missing, 1 when a file still is or a commit breaks a rule."""
    if "..." in args.range:
        hint = f"`treeguard audit {args.range.replace('...', '..')}`"
        raise UsageError("audit looks at commits, not at a merge", hint)
    with open_session() as session:
        policy = _policy(session.git, args)
        commits = commits_of(session.git, args.range)
        progress = _progress(args, len(commits))
        found = list(losses(session.git, policy, commits, progress))
        reports = []
        if args.each_commit:
            for number, pair in enumerate(each_commit(session, policy, commits), 1):
                progress(number)
                if pair[1].findings:
                    reports.append(pair)
        progress(0)
    if args.output_format == "json":
        show(_as_json(args.range, policy, len(commits), found, reports))
    else:
        _tell(args, len(commits), found, reports)
    missing = any(not loss.back for loss in found)
    return 1 if missing or any(report.blocking for _, report in reports) else 0


def _policy(git: Git, args: argparse.Namespace) -> Policy:
    if args.policy is not None:
        return read_policy_file(args.policy)
    name = args.policy_from or args.range.rpartition("..")[2] or "HEAD"
    return read_policy(tree_snapshot(git, name), name)


def _progress(args: argparse.Namespace, total: int) -> Callable[[int], None]:
    """Says on a terminal how far it is, a few times a second; 0 wipes that away."""
    if args.quiet or not sys.stderr.isatty():
        return lambda _number: None
    last = [monotonic()]

    def progress(number: int) -> None:
        now = monotonic()
        if number and now - last[0] > 0.2:
            last[0] = now
            print(f"\r{number:,} of {total:,} commits", end="", file=sys.stderr)
        elif not number:
            print("\r\033[K", end="", file=sys.stderr)

    return progress


def _tell(
    args: argparse.Namespace,
    count: int,
    found: Iterable[Loss],
    reports: Iterable[tuple[Commit, Report]],
) -> None:
    number = missing = 0
    for loss in found:
        number += 1
        missing += not loss.back
        show(f"{_line(loss)}\n  {_remedy(loss)}\n")
    color = wants_color(args.color, sys.stdout)
    for commit, report in reports:
        text = renderer("text")(report, color=color)
        show(f"{commit.oid[:12]} {escape(commit.subject)}\n{text}\n")
    commits = "1 commit" if count == 1 else f"{count} commits"
    lost = "1 loss" if number == 1 else f"{number} losses"
    show(f"{commits}, {lost}, {missing} still missing.\n")
    if not number:
        tell(args, "Nothing that is preserved was ever lost.")


def _line(loss: Loss) -> str:
    commit = loss.commit
    who = escape(f"{commit.date} {commit.author}: {commit.subject}")
    said = escape(loss.finding.message)
    return f"{commit.oid[:12]} {said}\n  {loss.finding.rule}; {who}"


def _remedy(loss: Loss) -> str:
    return "was brought back" if loss.back else escape(_command(loss))


def _command(loss: Loss) -> str:
    parent, path = loss.parent[:12], loss.finding.path
    if loss.taken:  # `treeguard restore` overwrites nothing
        return overwrite(parent, [path])
    return f"treeguard restore --from {parent} -- {quote(path)}"


def _as_json(
    text: str,
    policy: Policy,
    count: int,
    found: Iterable[Loss],
    reports: Iterable[tuple[Commit, Report]],
) -> str:
    document = {
        "version": 1,
        "range": text,
        "policy": {"source": policy.source, "digest": policy.digest},
        "commits": count,
        "losses": [
            {
                "commit": loss.commit.oid,
                "parent": loss.parent,
                "date": loss.commit.date,
                "author": loss.commit.author,
                "subject": loss.commit.subject,
                "rule": loss.finding.rule,
                "path": loss.finding.path,
                "what": loss.finding.subject,
                "severity": loss.finding.severity,
                "message": loss.finding.message,
                "back": loss.back,
                "fix": None if loss.back else _command(loss),
            }
            for loss in found
        ],
        "reports": [
            {
                "commit": commit.oid,
                "report": json.loads(renderer("json")(report, color=False)),
            }
            for commit, report in reports
        ],
    }
    return json.dumps(document, indent=2) + "\n"
