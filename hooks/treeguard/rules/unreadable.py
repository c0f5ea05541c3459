"""`unreadable-source`: Python sources whose imports cannot be determined.

Every judged Python source is checked, whatever the policy says: one that cannot be
decoded or parsed may import anything, and a relative import beyond its top-level
package fails when it runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator

from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import Import
from treeguard.languages.facts import SourceFacts
from treeguard.rules.importing.finding_cache import findings_in

RULE = "unreadable-source"


def findings(analysis: TreeAnalysis, paths: Iterable[str]) -> Iterator[Finding]:
    """Yield what cannot be read in those of `paths` that are Python sources."""

    def judge(path: str) -> Iterator[Finding]:
        facts = analysis.source(path)
        return iter(()) if facts is None else findings_of(path, facts, analysis)

    return findings_in(analysis, (RULE,), paths, judge)


def findings_of(
    path: str, facts: SourceFacts, analysis: TreeAnalysis
) -> Iterator[Finding]:
    """Yield what cannot be read in one source, and imports beyond the top level."""
    if facts.error:
        yield _unreadable(path, facts)
    for item in facts.imports:
        if item.level and analysis.resolve(path, item).beyond_top:
            yield _beyond_top(path, item)


def _unreadable(path: str, facts: SourceFacts) -> Finding:
    line = facts.error_line
    return Finding(
        rule=RULE,
        kind=RULE,
        path=path,
        message=f"cannot determine what this file imports: {facts.error}",
        subject=RULE,
        line=line,
        column=None if line is None else 1,
        end_line=line,
        end_column=None if line is None else 1,
        fix=Fix("fix the source, or list its path in `exclude` of [policy]"),
    )


def _beyond_top(path: str, item: Import) -> Finding:
    written = f"from {'.' * item.level}{item.module} import {item.name or '*'}"
    return Finding(
        rule=RULE,
        kind=RULE,
        path=path,
        message=f"`{written}` goes beyond the top-level package",
        subject=written,
        line=item.line,
        column=item.column,
        end_line=item.end_line,
        end_column=item.end_column,
        cell=item.cell,
        fix=Fix("import by the full name, beginning with the top-level package"),
    )
