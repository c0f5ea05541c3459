"""`treeguard explain`: which rules apply to a path, or what a rule means here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.arguments import repository_path
from treeguard.commands.arguments import suggest
from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.errors import UsageError
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.explain import Explanation
from treeguard.formats.explain import Section
from treeguard.formats.explain import render
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.rules.importing.resolved_uses import referring_files
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Counted
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import rule_text
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.trees import TREE
from treeguard.trees import Entry

Entries = Callable[[str], Entry | None]

HELP = "show which rules apply to a path and who imports it, or what a rule means"
EPILOG = """\
Everything is read from the index. To find who imports a path, every Python file and
every file that can refer to others is searched.

examples:
  treeguard explain banterhearts/run.py
  treeguard explain no-garbage-imports
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the path or the id of a rule."""
    parser.add_argument(
        "subject", metavar="PATH | RULE", help="a file of the index, or a rule's id"
    )


def run(args: argparse.Namespace) -> int:
    """Return 0 if there was something to explain, whatever was found."""
    with open_session() as (git, store):
        index = index_snapshot(git)
        policy = read_policy(index, "index")
        rule = next((r for r in policy.rules if r.id == args.subject), None)
        path = "" if rule else _path(git, args.subject, policy, index.entry)
        only = None if rule is None else frozenset({rule.id})
        request = CheckRequest.of(policy, (), index, store)
        report = check(request._replace(rules=only, whole=True))
        if rule is None:
            found = _about_path(policy, request.new, report, path)
        else:
            found = _about_rule(policy, request.new, report, rule)
    show(render(found, color=wants_color(args.color, sys.stdout)))
    return 0


def _path(git: Git, subject: str, policy: Policy, entry_of: Entries) -> str:
    if not subject:
        raise UsageError("the name is empty", "name a file or a rule")
    path = repository_path(git, subject)
    entry = entry_of(path)
    if entry is None:
        known = {rule.id for rule in policy.rules}
        raise UsageError(
            f"{subject} is neither a rule of {policy.path} nor a file of the index",
            suggest(subject, known),
        )
    if entry.mode == TREE:
        raise UsageError(f"{subject} is a folder", "name a file in it")
    return path


def _about_path(
    policy: Policy, analysis: TreeAnalysis, report: Report, path: str
) -> Explanation:
    sections = (
        Section("Rules that apply to it", tuple(_rules(policy, path))),
        _imports(analysis, path),
        _importers(analysis, path),
    )
    about = tuple(one for one in report.findings if _is_about(one, path))
    return Explanation(path, sections, about, policy.path)


def _rules(policy: Policy, path: str) -> Iterator[str]:
    found = [
        (rule, says, pattern)
        for rule in policy.rules
        if not rule.exclude.match(path)
        for says, pattern in KINDS[rule.kind].applies(rule, policy, path)
    ]
    for rule, says, pattern in found:
        yield f"{rule.id} ({rule.kind}, {policy.path}:{rule.line}): {says}"
        yield f"  by: {pattern}"
    if not found:
        yield "none"
    for who, patterns in (
        ("[policy]", policy.exclude),
        *((rule.id, rule.exclude) for rule in policy.rules),
    ):
        if patterns.match(path):
            yield f"ignored because of `exclude` of {who}: {patterns.deciding(path)}"
    for exception in policy.exceptions:
        if exception.path.match(path):
            until = f" until {exception.expires}" if exception.expires else ""
            where = f"{policy.path}:{exception.line}"
            yield f"excepted from {exception.rule}{until} ({where}):"
            yield f"  why: {exception.reason}"


def _imports(analysis: TreeAnalysis, path: str) -> Section:
    facts = analysis.source(path)
    error = facts.error if facts is not None else ""
    heading = f"What it imports (cannot be read as Python: {error})" if error else ""
    lines = []
    for use in uses(analysis, path, Counted(references=True)):
        targets = ", ".join(use.found.targets) or "not in this repository"
        written = "." * use.item.level + use.item.module
        named = f"{written} ({use.item.name})" if use.item.name else written
        lines.append(f"{use.item.line}: {use.item.kind} {named}: {targets}")
    return Section(heading or "What it imports", tuple(lines), "nothing")


def _importers(analysis: TreeAnalysis, path: str) -> Section:
    every = list(referring_files(analysis))
    lines = []
    for importer in every:
        for use in uses(analysis, importer, Counted(references=True)):
            if importer != path and path in (*use.found.targets, *use.found.parents):
                how = use.item.kind if path in use.found.targets else "as its package"
                lines.append(f"{importer}:{use.item.line} ({how})")
    heading = f"Who imports it ({len(every)} files searched)"
    return Section(heading, tuple(lines), "nobody")


def _is_about(finding: Finding, path: str) -> bool:
    steps = [step.path for step in finding.chain]
    inside = finding.path.endswith("/") and path.startswith(finding.path)
    return inside or path in (finding.path, finding.target, *steps)


def _about_rule(
    policy: Policy, analysis: TreeAnalysis, report: Report, rule: Rule
) -> Explanation:
    text = rule_text(rule)
    sections = [
        Section("", tuple(_table(analysis, policy, rule))),
        Section("What it demands", (text.description,)),
        *([Section("Why", (rule.reason,))] if rule.reason else []),
        Section("What to do about a finding", (text.remedy,)),
        Section("What it is for", _purpose(rule)),
        Section(
            "Its patterns, and how many files of the index match each",
            tuple(_counts(analysis, rule)),
        ),
    ]
    title = f"{rule.id} ({rule.kind}, {rule.severity}), {policy.path}:{rule.line}"
    return Explanation(title, tuple(sections), report.findings, policy.path)


def _table(analysis: TreeAnalysis, policy: Policy, rule: Rule) -> Iterator[str]:
    """Yield the rule's table as the policy has it, up to the next one."""
    text = analysis.data(policy.path).decode("utf-8", "replace")
    lines = text.split("\n")[rule.line - 1 :]
    for number, line in enumerate(lines):
        if number and line.startswith("["):
            return
        if line.strip() and not line.startswith("#"):
            yield line.rstrip("\r")


def _purpose(rule: Rule) -> tuple[str, ...]:
    module = sys.modules[KINDS[rule.kind].findings.__module__]
    return tuple((module.__doc__ or "").strip().split("\n"))


def _counts(analysis: TreeAnalysis, rule: Rule) -> Iterator[str]:
    paths = [path for path, _entry in analysis.snapshot.files()]
    for key, pattern in rule.patterns:
        if key == "owns":
            yield f"{key}: {pattern}: the name of a module"
        else:
            yield f"{key}: {pattern}: {sum(map(Patterns((pattern,)).match, paths))}"
