"""`treeguard check`: check the index, a tree, the files on disk, or a range."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import NamedTuple

from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.arguments import add_policy_options
from treeguard.commands.arguments import named_policy
from treeguard.commands.arguments import suggest
from treeguard.commands.terminal import detail
from treeguard.commands.terminal import format_of
from treeguard.commands.terminal import inform
from treeguard.commands.terminal import progress_of
from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.commands.terminal import warn
from treeguard.commands.terminal import write_report
from treeguard.errors import UsageError
from treeguard.findings import Report
from treeguard.formats.registry import FORMATS
from treeguard.formats.registry import renderer
from treeguard.policy.model import Policy
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.repository.snapshots import tree_snapshot
from treeguard.stages.commit import commit_trees
from treeguard.stages.commit import replaced_policy
from treeguard.stages.policy_source import check_change
from treeguard.stages.session import Session
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.trees import Snapshot

HELP = "report where the repository violates its policy"
EPILOG = """\
examples:
  treeguard check                      what a commit would make, against HEAD
  treeguard check --worktree           the files on disk, against HEAD
  treeguard check v1.0                 one tree alone, without a comparison
  treeguard check main..HEAD           tip against tip
  treeguard check main...HEAD --policy-from main     what a pull request would land
  treeguard check --rule no-garbage-imports --output-format concise
  treeguard check --fix                git mv what is in the wrong place

exit codes: 0 clean, 1 findings, 2 policy or usage error, 3 a bug in treeguard
"""


class Trees(NamedTuple):
    """What to check: the old trees, the new one, and the name of its policy's source.

    `whole` is true when one tree is checked alone. `ends` are the names of both ends of
    a range, and `caveat` is what the user must know about the comparison.
    """

    olds: tuple[Snapshot, ...]
    new: Snapshot
    source: str
    whole: bool
    ends: tuple[str, str] = ("HEAD", "")
    caveat: str = ""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the trees, the policy and the output."""
    _add_trees(parser)
    _add_policy(parser)
    _add_output(parser)


def _add_trees(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tree",
        nargs="?",
        metavar="A..B | A...B | TREE",
        help="tip against tip, A's tip against the merge of A and B, or one tree "
        "(default: HEAD against the index)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--worktree",
        action="store_true",
        help="check the files on disk, tracked or not, that Git does not ignore",
    )
    where.add_argument(
        "--all", action="store_true", help="check the index alone, without a comparison"
    )


def _add_policy(parser: argparse.ArgumentParser) -> None:
    add_policy_options(
        parser,
        "the policy of a commit, so that a change cannot relax the policy that it is"
        " checked by",
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="ID",
        help="check this rule only (can be given more than once)",
    )
    parser.add_argument(
        "--existing",
        choices=("block", "warn", "hide"),
        help="what to do with findings that the old tree already had",
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format",
        choices=tuple(FORMATS),
        help="default: $TREEGUARD_OUTPUT_FORMAT, else text",
    )
    parser.add_argument("--output", metavar="FILE", help="write the report to a file")
    parser.add_argument(
        "--exit-zero", action="store_true", help="exit 0 even if there are findings"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="only count the findings of each rule"
    )
    parser.add_argument(
        "--show-files", action="store_true", help="only list the files that are checked"
    )
    parser.add_argument(
        "--fix",
        action="store_true",
        help="perform the proposed moves (git mv), and rewrite what refers to them",
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if nothing blocks, 1 if something does."""
    _refuse_contradictions(args)
    with open_session() as (own, store), _repository_for(own, args) as git:
        trees = _trees(git, args)
        if trees.caveat:
            warn(trees.caveat)
        policy = named_policy(git, args)
        policy = policy or read_policy(trees.new, trees.source)
        detail(args, f"checking {trees.new.name} by {policy.path} ({policy.source})")
        if args.show_files:
            return _show_files(trees.new, policy)
        report = _check(Session(git, store), policy, trees, args)
        if args.fix:
            from treeguard.commands.fix import fix

            if fix(Session(git, store), policy, report, args.quiet):
                again = _trees(git, args)
                report = _check(Session(git, store), policy, again, args)
    return _finish(report, args)


@contextmanager
def _repository_for(git: Git, args: argparse.Namespace) -> Iterator[Git]:
    """Yield `git`, or one that can hold the result of a merge beside the repository."""
    if "..." not in (args.tree or ""):
        yield git
        return
    from treeguard.repository.merge_tree import borrowed

    with borrowed(git) as other:
        yield other


def _check(
    session: Session, policy: Policy, trees: Trees, args: argparse.Namespace
) -> Report:
    (git, store), olds, new = session, trees.olds, trees.new
    request = CheckRequest.of(policy, olds, new, store, progress_of(args))._replace(
        rules=_chosen_rules(policy, args.rule),
        existing=args.existing,
        whole=trees.whole,
    )
    request = _with_merges(request, git, trees)
    if args.policy is not None:
        return check(request)
    if args.policy_from is None and args.tree is None and olds:  # as on a commit
        request = request._replace(second=replaced_policy(olds, new))
    start, end = trees.ends
    later = args.policy_from is not None
    return check_change(request, (args.policy_from or start, end), later=later)


def _with_merges(request: CheckRequest, git: Git, trees: Trees) -> CheckRequest:
    """Return the request with the merges of a range, or the one that is being made."""
    start, end = trees.ends
    if not trees.olds or not (end or git.merging()):
        return request
    from treeguard.stages import merges

    if not end:
        return merges.with_merge_being_made(request, git)
    found = merges.merges_between(git, request.policy, start, end)
    return request._replace(merges=found)


def _refuse_contradictions(args: argparse.Namespace) -> None:
    if args.tree is not None and (args.worktree or args.all):
        option = "--worktree" if args.worktree else "--all"
        raise UsageError(
            f"{args.tree} and {option} both say what to check", "give one of them"
        )
    if args.fix and (args.tree is not None or args.worktree):
        raise UsageError(
            "--fix moves files of the index, but something else is being checked",
            "run `treeguard check --fix` without a tree or --worktree",
        )
    name = format_of(args.output_format)
    if args.statistics and name not in ("text", "concise", "json"):
        raise UsageError(
            f"--statistics counts as text or json, not as {name}",
            "leave one of the two options out",
        )


def _trees(git: Git, args: argparse.Namespace) -> Trees:
    """Return the trees that the command line names."""
    if args.tree is not None:
        return _named(git, args.tree)
    if args.worktree:
        from treeguard.repository.worktree import worktree_snapshot

        return Trees(commit_trees(git)[0], worktree_snapshot(git), "worktree", False)
    if args.all:
        return Trees((), index_snapshot(git), "index", True)
    return Trees(*commit_trees(git), "index", False)


def _named(git: Git, text: str) -> Trees:
    old, dots, new = text.partition("..")
    if not dots:
        return Trees((), tree_snapshot(git, text), text, True)
    start, end = old or "HEAD", new.removeprefix(".") or "HEAD"
    if "..." in text:
        from treeguard.stages.ranges import merged_pair

        olds, made, caveat = merged_pair(git, start, end)
        return Trees(olds, made, made.name, False, (start, end), caveat)
    olds = (tree_snapshot(git, start),)
    return Trees(olds, tree_snapshot(git, end), end, False, (start, end))


def _chosen_rules(policy: Policy, wanted: Sequence[str]) -> frozenset[str] | None:
    """Return the ids given with --rule; None without any."""
    known = {rule.id for rule in policy.rules}
    for rule in wanted:
        if rule not in known:
            raise UsageError(
                f"{policy.path} has no rule {rule!r}", suggest(rule, known)
            )
    return frozenset(wanted) if wanted else None


def _show_files(new: Snapshot, policy: Policy) -> int:
    from treeguard.formats.escape import escape

    for path, _entry in sorted(new.files()):
        if not policy.exclude.match(path):
            show(f"{escape(path)}\n")
    return 0


def _finish(report: Report, args: argparse.Namespace) -> int:
    name = format_of(args.output_format)
    if args.statistics:
        from treeguard.formats.concise import render_statistics

        text = render_statistics(report, name)
    else:
        color = args.output is None and wants_color(args.color, sys.stdout)
        text = renderer(name)(report, color=color)
    write_report(text, args.output)
    summary = report.summary
    detail(args, f"checked {summary.files} files in {summary.elapsed_ms} ms")
    if report.blocking and args.exit_zero:
        inform(args, f"{report.blocking} blocking; exit 0 because of --exit-zero")
    return int(report.blocking > 0 and not args.exit_zero)
