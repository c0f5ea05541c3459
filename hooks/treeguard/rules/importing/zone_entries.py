"""Uses that lead into a zone: which files could hold one, and which do."""

from __future__ import annotations

from collections.abc import Iterator

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.candidate_files import leads_into
from treeguard.rules.importing.candidate_files import names_one_of
from treeguard.rules.importing.candidate_files import others
from treeguard.rules.importing.candidate_files import sources
from treeguard.rules.importing.resolved_uses import Use
from treeguard.rules.importing.resolved_uses import uses
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import words


def into_zone(
    zone: Zone, files: Files, search_roots: SearchRoots, references: bool
) -> list[FileQuery]:
    """Return which of `files` could use `zone`."""
    name = f"into {zone.patterns.lines!r} with {search_roots!r}"
    could = leads_into(zone, search_roots)
    needed = words(zone, search_roots)
    asked = [sources(name, files, needed, could, references)]
    return [*asked, others(name, files, needed, could)] if references else asked


def entries(
    analysis: TreeAnalysis,
    path: str,
    zone: Zone,
    *,
    references: bool,
    type_checking: bool,
) -> Iterator[tuple[Use, str]]:
    """Yield the uses in the file at `path` that lead into `zone`, each with its target.

    A use that leads there only if upper and lower case are the same is one too.
    """
    for use in uses(
        analysis,
        path,
        references=references,
        type_checking=type_checking,
        worth=names_one_of(words(zone, analysis.search_roots)),
    ):
        target = zone.first((*use.found.targets, *use.found.case_variant))
        if target is not None:
            yield use, target


def in_case_only(use: Use, said: Finding) -> Finding:
    """Return `said`, as a mere warning where the name in the tree is spelled
    otherwise."""
    if said.target not in use.found.case_variant:
        return said
    message = f"{said.message}; the names differ in upper and lower case only"
    return said._replace(message=message, severity=WARNING)
