"""Imports whose target only a running program knows, where a rule refuses them.

Such a call is a notice. A rule with `undecidable = "error"` makes it a finding in every
file that the rule binds: what cannot be decided may lead into the zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from treeguard.analysis.query import FileQuery
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.python.file_names import language
from treeguard.languages.python.file_names import maybe_python
from treeguard.languages.python.import_scan import needs_exact
from treeguard.policy.model import Rule
from treeguard.policy.schema import option
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.finding_cache import basis_of
from treeguard.rules.importing.finding_cache import findings_in
from treeguard.rules.importing.zones import Zone
from treeguard.trees import EXECUTABLE

NOTICE = "notice"
ERROR = "error"
# Begins the subject of such a finding: the notice of the same place is not repeated.
SUBJECT = "undecidable "


def undecidable_option() -> Any:
    """Declare the option `undecidable`, which several kinds have."""
    return option(
        "choice",
        "What an import is whose name only the running program knows.",
        NOTICE,
        choices=(NOTICE, ERROR),
        more="stricter",
    )


def undecidable_clause(undecidable: str) -> str:
    """Return what a description adds where such imports are refused."""
    return ", nor import a name that is computed" if undecidable == ERROR else ""


def undecidable_query(files: Files) -> FileQuery:
    """Return the sources of `files` that may hold such an import."""

    def test(path: str, data: bytes) -> bool:
        is_source = language(path, EXECUTABLE, data[:256]) is not None
        return is_source and needs_exact(data)

    return FileQuery(
        f"computed imports in sources of {files.name}",
        files.folder,
        lambda path, mode: maybe_python(path, mode) and files.match(path),
        test=test,
        source=files.match,
    )


def undecidable_findings(
    rule: Rule, zone: Zone, files: Files, analysis: TreeAnalysis
) -> Iterator[Finding]:
    """Yield each import in `files` of which nothing says where it leads."""

    def judge(path: str) -> Iterator[Finding]:
        facts = analysis.source(path)
        for item in facts.undecidable if facts is not None else ():
            message = f"cannot resolve {item.text} statically: it may lead into {zone}"
            fix = "write the name as a literal, or except this place and say why"
            yield Finding(
                rule=rule.id,
                kind=rule.kind,
                path=path,
                message=message,
                subject=f"{SUBJECT}{item.text}",
                line=item.line,
                column=item.column,
                end_line=item.end_line or item.line,
                end_column=item.end_column,
                cell=item.cell,
                fix=Fix(fix),
            )

    paths = analysis.ask(undecidable_query(files))
    yield from findings_in(analysis, basis_of(rule, "undecidable"), paths, judge)
