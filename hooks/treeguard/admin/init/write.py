"""Write the text of a policy from proposals, each tried on the tree first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.admin.init.suggest import Proposal
from treeguard.admin.init.suggest import pattern
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.findings import Finding
from treeguard.formats.text_parts import counted
from treeguard.rules.own_findings import UNREADABLE
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load

HEAD = """\
# What lives where in this repository, and who may import whom.
#
# Written by `treeguard init` from what it found. The repository satisfies the rules
# below; those that are comments are violated today, or yours to decide. Paths are
# patterns as in .gitignore: a leading slash ties one to the root of the repository.
#
#   treeguard check --all         check everything that is staged
#   treeguard policy show         this policy with every default
#   treeguard explain PATH        which rules apply to a path, and why

"""
# If nothing suggests a rule: every repository with a policy satisfies this one.
LAST_RESORT = """
# Nothing here suggests a rule. One to begin with, and one to think about:
[rules.policy-kept]
kind = "required"
files = ["{path}"]
reason = "Without this file, nothing is checked."

# [rules.no-archive-imports]
# kind = "forbidden"
# zone = ["/archive/"]
# reason = "archive/ is for reading only."
"""
# A rule that reads imports and that no tree violates: it finds unreadable sources.
SILENT = ('kind = "forbidden"', 'zone = ["/.treeguard/"]', "allow_empty = true")


class Rule(NamedTuple):
    """A proposal that was tried: `findings` is how often the tree violates `body`."""

    proposal: Proposal
    body: tuple[str, ...]
    findings: int

    @property
    def in_force(self) -> bool:
        """True if it may be written as a rule: the tree satisfies it."""
        return not self.findings and not self.proposal.advice


class Draft(NamedTuple):
    """A policy's text, its rules, and the sources that Python cannot read."""

    text: str
    rules: tuple[Rule, ...]
    unreadable: tuple[str, ...]


def draft(found: Iterable[Proposal], analysis: TreeAnalysis, path: str) -> Draft:
    """Write a policy for the analyzed tree, for a file at `path`.

    Every rule is tried by itself. Sources that Python cannot read are excluded, because
    nobody starts with a policy that refuses the repository as it is.
    """
    unreadable = _unreadable(analysis, path)
    head = _head(unreadable)
    rules = tuple(_tried(proposal, analysis, head, path) for proposal in found)
    tables = "".join(_written(rule) for rule in rules)
    if not any(rule.in_force for rule in rules):
        tables += LAST_RESORT.format(path=path)
    policy = load((head + tables).encode(), path, path)
    if not any(KINDS[rule.kind].reads_imports for rule in policy.rules):
        unreadable = ()  # nothing reads them
    return Draft(_head(unreadable) + tables, rules, unreadable)


def _tried(proposal: Proposal, analysis: TreeAnalysis, head: str, path: str) -> Rule:
    """Take the first of the bodies that the tree satisfies, or else the last."""
    count, body = 0, proposal.bodies[0]
    for body in proposal.bodies:
        text = head + _table(proposal.id, body)
        count = sum(f.rule == proposal.id for f in _findings(text, analysis, path))
        if not count:
            break
    return Rule(proposal, body, count)


def _findings(text: str, analysis: TreeAnalysis, path: str) -> tuple[Finding, ...]:
    policy = load(text.encode(), path, path)
    return check(CheckRequest(policy, (), analysis)).findings


def _unreadable(analysis: TreeAnalysis, path: str) -> tuple[str, ...]:
    text = _head(()) + _table("silent", SILENT)
    policy = load(text.encode(), path, path)
    report = check(CheckRequest(policy, (), analysis, whole=True))
    found = {f.path for f in report.findings if f.rule == UNREADABLE}
    return tuple(sorted(path for path in found if path.isprintable()))


def _head(unreadable: tuple[str, ...]) -> str:
    lines = ["[policy]", "version = 1"]
    if unreadable:
        lines.append(
            "# treeguard could not analyze these files; fix them, then remove this."
        )
        lines.append("exclude = [")
        lines.extend(f"    {pattern(path, is_folder=False)}," for path in unreadable)
        lines.append("]")
    return HEAD + "\n".join(lines) + "\n"


def _written(rule: Rule) -> str:
    table = _table(rule.proposal.id, rule.body)
    if rule.in_force:
        return "\n" + "".join(f"# {line}\n" for line in _found(rule)) + table[1:]
    return "\n" + "".join(f"# {line}".rstrip() + "\n" for line in _comment(rule, table))


def _found(rule: Rule) -> list[str]:
    return textwrap.wrap(f"Found: {rule.proposal.seen}.", 86, break_long_words=False)


def _comment(rule: Rule, table: str) -> Iterator[str]:
    yield from _found(rule)
    if rule.findings:
        yield f"Not in force: {counted(rule.findings, 'finding')} today."
    else:
        yield "Satisfied today, and yours to decide."
    yield from table.strip("\n").split("\n")


def _table(name: str, body: tuple[str, ...]) -> str:
    return "\n" + "\n".join((f"[rules.{name}]", *body)) + "\n"
