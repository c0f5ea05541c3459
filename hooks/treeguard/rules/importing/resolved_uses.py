"""The exact uses of modules and files in one file, and which of them enter a zone."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import NamedTuple

from treeguard.analysis.query import FileQuery
from treeguard.analysis.query import SearchRoots
from treeguard.analysis.resolver import Resolution
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import WARNING
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import DYNAMIC
from treeguard.languages.facts import MENTION
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.languages.facts import Import
from treeguard.languages.facts import SearchPath
from treeguard.languages.facts import edits_path
from treeguard.languages.references import may_refer
from treeguard.policy.model import Rule
from treeguard.rules.importing.candidate_files import Files
from treeguard.rules.importing.candidate_files import leads_into
from treeguard.rules.importing.candidate_files import names_one_of
from treeguard.rules.importing.candidate_files import others
from treeguard.rules.importing.candidate_files import sources
from treeguard.rules.importing.zones import Counted
from treeguard.rules.importing.zones import Zone
from treeguard.rules.importing.zones import words

_VERBS = {
    DYNAMIC: "imports {} by name",
    ATTRIBUTE: "reaches {} through attributes",
    STRING: "names {}",
    PATH: "uses {} by its path",
}


class Use(NamedTuple):
    """One import, or reference, of the file at `path`, and where it leads."""

    path: str
    item: Import
    found: Resolution


def uses(
    analysis: TreeAnalysis,
    path: str,
    counted: Counted,
    worth: Callable[[Import], bool] | None = None,
) -> Iterator[Use]:
    """Yield what the file at `path` uses, in the order of its lines.

    What is not `worth` it is left out before it is resolved, unless the file edits
    `sys.path` and so may give any name another meaning.
    """
    references = counted.references
    every = [
        Use(path, item, analysis.resolve(path, item, search_path))
        for item, search_path in _items(analysis, path, references)
        if item.kind != MENTION
        if references or item.kind not in (STRING, PATH)
        if counted.type_checking or not item.typing_only
        if worth is None or edits_path(search_path) or worth(item)
    ]
    return _without_echoes(every)


def use_finding(rule: Rule, use: Use, target: str, why: str, fix: str) -> Finding:
    """Return what is wrong with one use: `imports <target>, <why>`."""
    item = use.item
    action = _VERBS.get(item.kind, "imports {}").format(target)
    if item.prefix and item.kind != PATH:
        action = f"imports a module of {target} whose name is computed at run time"
    return Finding(
        rule=rule.id,
        kind=rule.kind,
        path=use.path,
        message=f"{action}, {why}{shadowing_note(use)}",
        subject=target,
        line=item.line,
        column=item.column,
        end_line=item.end_line,
        end_column=item.end_column,
        cell=item.cell,
        target=target,
        fix=Fix(fix),
    )


def shadowing_note(use: Use) -> str:
    """Return a word on files that the same name means and that Python never runs."""
    shadowed = ", ".join(use.found.shadowed)
    return f" ({shadowed} has the same name and is never imported)" if shadowed else ""


def _items(
    analysis: TreeAnalysis, path: str, references: bool
) -> Iterator[tuple[Import, SearchPath]]:
    facts = analysis.source(path)
    if facts is not None:
        for item in facts.imports:
            yield item, facts.search_path
    if references and may_refer(path):
        for item in analysis.references(path):
            yield item, ()


def _without_echoes(every: Iterable[Use]) -> Iterator[Use]:
    """Leave out a walk over attributes that leads where an import led already."""
    every = list(every)
    reached = {
        path
        for use in every
        if use.item.kind != ATTRIBUTE
        for path in (*use.found.targets, *use.found.parents)
    }
    for use in every:
        if use.item.kind == ATTRIBUTE and use.found.targets:
            if reached.issuperset(use.found.targets):
                continue
            reached.update(use.found.targets)
        yield use


def referring_files(analysis: TreeAnalysis) -> Iterator[str]:
    """Yield every file that can import or refer to another."""
    python = set(analysis.python_files())
    for path, entry in sorted(analysis.snapshot.files()):
        if path in python or (entry.is_file and may_refer(path)):
            yield path


def queries_into(
    zone: Zone, files: Files, search_roots: SearchRoots, references: bool
) -> list[FileQuery]:
    """Return which of `files` could use `zone`."""
    name = f"into {zone.patterns.lines!r} with {search_roots!r}"
    could = leads_into(zone, search_roots)
    needed = words(zone, search_roots)
    asked = [sources(name, files, needed, could, references)]
    return [*asked, others(name, files, needed, could)] if references else asked


def zone_entries(
    analysis: TreeAnalysis,
    path: str,
    zone: Zone,
    counted: Counted,
) -> Iterator[tuple[Use, str]]:
    """Yield the uses in the file at `path` that lead into `zone`, each with its target.

    A use that leads there only if upper and lower case are the same is one too.
    """
    worth = names_one_of(words(zone, analysis.search_roots))
    for use in uses(analysis, path, counted, worth):
        target = zone.first((*use.found.targets, *use.found.case_variant))
        if target is not None:
            yield use, target


def with_case_warning(use: Use, finding: Finding) -> Finding:
    """Return `finding`, as a mere warning where the name in the tree is spelled
    otherwise."""
    if finding.target not in use.found.case_variant:
        return finding
    message = f"{finding.message}; the names differ only in case"
    return finding._replace(message=message, severity=WARNING)
