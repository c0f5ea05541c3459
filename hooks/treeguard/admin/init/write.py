"""Proposals to the text of a policy, each tried on the tree before it is written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.admin.init.suggest import Proposal
from treeguard.admin.init.toml_text import pattern
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.check import CheckRequest
from treeguard.check import check
from treeguard.findings import Finding
from treeguard.formats.text_parts import counted
from treeguard.rules.registry import KINDS
from treeguard.rules.registry import load
from treeguard.rules.unreadable import RULE as UNREADABLE

HEAD = """\
# What lives where in this repository, and who may import whom.
#
# Written by `treeguard init` from what it saw. The rules below are kept today; those
# that are comments are either broken today or for you to decide. Paths are patterns as
# in .gitignore: a slash in front ties one to the root of the repository.
#
#   treeguard check --all         judge everything that is staged
#   treeguard policy show         this policy with every default
#   treeguard explain PATH        which rules bind a path, and why

"""
# Nothing suggests a rule: this one every repository with a policy keeps.
LAST_RESORT = """
# Nothing here suggests a rule by itself. One to begin with, and one to think of:
[rules.the-law]
kind = "required"
files = ["{path}"]
reason = "Without this file, nothing is kept."

# [rules.no-archive-imports]
# kind = "forbidden"
# zone = ["/archive/"]
# reason = "archive/ is kept for reading only."
"""
# A rule that reads imports and that every tree keeps: what it finds is unreadable.
SILENT = ('kind = "forbidden"', 'zone = ["/.treeguard/"]', "allow_empty = true")


class Rule(NamedTuple):
    """A proposal that was tried: `findings` is how often the tree breaks `body`."""

    proposal: Proposal
    body: tuple[str, ...]
    findings: int

    @property
    def in_force(self) -> bool:
        """True when it may be written as a rule: the tree keeps it."""
        return not self.findings and not self.proposal.advice


class Draft(NamedTuple):
    """A policy's text, the rules that went into it, and sources nobody can read."""

    text: str
    rules: tuple[Rule, ...]
    unreadable: tuple[str, ...]


def draft(found: Iterable[Proposal], analysis: TreeAnalysis, path: str) -> Draft:
    """Write the policy of the tree `analysis`, to stand at `path`.

    Every rule is tried alone first; then the whole is, and sources that Python cannot
    read are left out of it, because a policy that refuses its own repository is no
    beginning.
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
    """Take the first of the bodies that the tree keeps, or else the last."""
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
        lines.append("# Python cannot read these: mend them, then take them out.")
        lines.append("exclude = [")
        lines.extend(f"    {pattern(path, is_folder=False)}," for path in unreadable)
        lines.append("]")
    return HEAD + "\n".join(lines) + "\n"


def _written(rule: Rule) -> str:
    table = _table(rule.proposal.id, rule.body)
    if rule.in_force:
        return "\n" + "".join(f"# {line}\n" for line in _seen(rule)) + table[1:]
    return "\n" + "".join(f"# {line}".rstrip() + "\n" for line in _comment(rule, table))


def _seen(rule: Rule) -> list[str]:
    return textwrap.wrap(f"Seen: {rule.proposal.seen}.", 86, break_long_words=False)


def _comment(rule: Rule, table: str) -> Iterator[str]:
    yield from _seen(rule)
    if rule.findings:
        yield f"Not in force: {counted(rule.findings, 'finding')} today."
    else:
        yield "Kept today, and for you to decide."
    yield from table.strip("\n").split("\n")


def _table(name: str, body: tuple[str, ...]) -> str:
    return "\n" + "\n".join((f"[rules.{name}]", *body)) + "\n"
