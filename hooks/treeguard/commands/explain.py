"""`treeguard explain`: what binds a path, or what a rule means here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.commands.did_you_mean import suggest
from treeguard.commands.paths import repository_path
from treeguard.commands.references import asked_files
from treeguard.commands.terminal import show
from treeguard.commands.terminal import wants_color
from treeguard.errors import UsageError
from treeguard.findings import Finding
from treeguard.findings import Report
from treeguard.formats.escape import escape
from treeguard.formats.text import finding_text
from treeguard.policy.model import Policy
from treeguard.policy.model import Rule
from treeguard.policy.patterns import Patterns
from treeguard.repository.plumbing import Git
from treeguard.repository.snapshots import index_snapshot
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import rule_text
from treeguard.stages.session import open_session
from treeguard.stages.session import read_policy
from treeguard.trees import TREE
from treeguard.trees import Entry

Entries = Callable[[str], Entry | None]

NAME = "explain"
HELP = "say what binds a path, what it imports and who imports it; or what a rule is"
EPILOG = """\
Everything is read from the index. Who imports a path is found by asking every Python
file of the repository, and every file that refers to others.

examples:
  treeguard explain banterhearts/run.py
  treeguard explain no-garbage-imports
"""


class Asked(NamedTuple):
    """What was asked about, with all that the answers come from."""

    policy: Policy
    known: TreeAnalysis
    report: Report
    color: bool


def add_options(parser: argparse.ArgumentParser) -> None:
    """A path or the id of a rule."""
    parser.add_argument(
        "subject", metavar="PATH | RULE", help="a file of the index, or a rule's id"
    )


def run(args: argparse.Namespace) -> int:
    """0 when there was something to explain; findings do not change that."""
    with open_session() as (git, store):
        index = index_snapshot(git)
        policy = read_policy(index, "index")
        rule = next((r for r in policy.rules if r.id == args.subject), None)
        path = "" if rule else _path(git, args.subject, policy, index.entry)
        only = None if rule is None else frozenset({rule.id})
        request = CheckRequest.of(policy, (), index, store)
        report, analysis = check(request._replace(rules=only, whole=True)), request.new
        asked = Asked(policy, analysis, report, wants_color(args.color, sys.stdout))
        lines = _about_path(asked, path) if rule is None else _about_rule(asked, rule)
        for line in lines:
            show(line + "\n")
    return 0


def _path(git: Git, subject: str, policy: Policy, entry_of: Entries) -> str:
    if not subject:
        raise UsageError("an empty name names nothing", "name a file or a rule")
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


def _about_path(asked: Asked, path: str) -> Iterator[str]:
    yield escape(path)
    yield from _rules(asked.policy, path)
    yield from _imports(asked.known, path)
    yield from _importers(asked.known, path)
    about = [finding for finding in asked.report.findings if _is_about(finding, path)]
    yield from _findings(asked, about)


def _rules(policy: Policy, path: str) -> Iterator[str]:
    yield ""
    yield "Rules that apply to it:"
    count = 0
    for rule in policy.rules:
        if rule.exclude.match(path):
            continue
        for says, pattern in KINDS[rule.kind].applies(rule, policy, path):
            count += 1
            yield f"  {rule.id} ({rule.kind}, {policy.path}:{rule.line}): {says}"
            yield f"    by: {escape(pattern)}"
    if not count:
        yield "  none"
    for who, patterns in (
        ("[policy]", policy.exclude),
        *((rule.id, rule.exclude) for rule in policy.rules),
    ):
        if patterns.match(path):
            pattern = escape(patterns.deciding(path))
            yield f"  ignored because of `exclude` of {who}: {pattern}"
    for exception in policy.exceptions:
        if exception.path.match(path):
            until = f" until {exception.expires}" if exception.expires else ""
            where = f"{policy.path}:{exception.line}"
            yield f"  excepted from {exception.rule}{until} ({where}):"
            yield f"    why: {escape(exception.reason)}"


def _imports(analysis: TreeAnalysis, path: str) -> Iterator[str]:
    yield ""
    facts = analysis.source(path)
    if facts is not None and facts.error:
        yield f"What it imports (it cannot be read as Python: {escape(facts.error)}):"
    else:
        yield "What it imports:"
    count = 0
    for use in uses(analysis, path, references=True, type_checking=True):
        count += 1
        targets = ", ".join(use.found.targets) or "not in this repository"
        written = "." * use.item.level + use.item.module
        named = f"{written} ({use.item.name})" if use.item.name else written
        yield f"  {use.item.line}: {use.item.kind} {escape(named)}: {escape(targets)}"
    if not count:
        yield "  nothing"


def _importers(analysis: TreeAnalysis, path: str) -> Iterator[str]:
    every = list(asked_files(analysis))
    yield ""
    yield f"Who imports it (asked: {len(every)} files):"
    count = 0
    for importer in every:
        for use in uses(analysis, importer, references=True, type_checking=True):
            if importer != path and path in (*use.found.targets, *use.found.parents):
                count += 1
                how = use.item.kind if path in use.found.targets else "on its way"
                yield f"  {escape(importer)}:{use.item.line} ({how})"
    if not count:
        yield "  nobody"


def _is_about(finding: Finding, path: str) -> bool:
    steps = [step.path for step in finding.chain]
    inside = finding.path.endswith("/") and path.startswith(finding.path)
    return inside or path in (finding.path, finding.target, *steps)


def _findings(asked: Asked, findings: list[Finding]) -> Iterator[str]:
    yield ""
    yield f"Findings: {len(findings) or 'none'}"
    for finding in findings:
        yield ""
        yield finding_text(finding, asked.policy.path, asked.color)


def _about_rule(asked: Asked, rule: Rule) -> Iterator[str]:
    policy = asked.policy
    yield f"{rule.id} ({rule.kind}, {rule.severity}), {policy.path}:{rule.line}"
    yield ""
    yield from (f"  {line}" for line in _written(asked.known, policy, rule))
    yield ""
    text = rule_text(rule)
    yield "What it demands:"
    yield f"  {escape(text.description)}"
    if rule.reason:
        yield from ["", "Why:", f"  {escape(rule.reason)}"]
    yield from ["", "What to do about a finding:", f"  {text.remedy}", ""]
    yield "What it is for:"
    yield from (f"  {line}".rstrip() for line in _purpose(rule))
    yield ""
    yield "Its patterns, and how many files of the index match each:"
    yield from _counts(asked.known, rule)
    yield from _findings(asked, list(asked.report.findings))


def _written(analysis: TreeAnalysis, policy: Policy, rule: Rule) -> Iterator[str]:
    """The rule's table as it stands in the policy, up to the next one."""
    text = analysis.data(policy.path).decode("utf-8", "replace")
    lines = text.split("\n")[rule.line - 1 :]
    for number, line in enumerate(lines):
        if number and line.startswith("["):
            return
        if line.strip() and not line.startswith("#"):
            yield escape(line.rstrip("\r"))


def _purpose(rule: Rule) -> Iterator[str]:
    module = sys.modules[KINDS[rule.kind].findings.__module__]
    yield from (module.__doc__ or "").strip().split("\n")


def _counts(analysis: TreeAnalysis, rule: Rule) -> Iterator[str]:
    paths = [path for path, _entry in analysis.snapshot.files()]
    for key, pattern in rule.patterns:
        if key == "owns":
            yield f"  {key}: {escape(pattern)}: the name of a module"
            continue
        patterns = Patterns((pattern,))
        count = sum(map(patterns.match, paths))
        yield f"  {key}: {escape(pattern)}: {count}"
    if not rule.patterns:
        yield "  none"
