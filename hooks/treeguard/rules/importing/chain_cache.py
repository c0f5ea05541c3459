"""Chains that still stand: taken over from an earlier tree, with no graph looked at.

Nearly every commit edits files that import what they imported. Then whoever reached a
zone reaches it still, and by the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from treeguard.analysis.import_candidates import joined
from treeguard.analysis.import_candidates import parent_folder
from treeguard.analysis.module_finder import SOURCES
from treeguard.analysis.module_finder import STUBS
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.languages.facts import ATTRIBUTE
from treeguard.languages.facts import PATH
from treeguard.languages.facts import STRING
from treeguard.rules.importing.finding_cache import Since
from treeguard.rules.importing.finding_cache import frozen
from treeguard.rules.importing.finding_cache import keep
from treeguard.rules.importing.finding_cache import kept
from treeguard.rules.importing.finding_cache import scope_of
from treeguard.rules.importing.finding_cache import since
from treeguard.rules.importing.finding_cache import thawed
from treeguard.trees import TREE
from treeguard.trees import Change
from treeguard.trees import Entry


def standing(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    doors: Mapping[str, tuple[int, str]],
    search: Callable[[], Iterable[Finding]],
) -> list[Finding]:
    """What `search` finds; it is asked only where that may not be what was found.

    `doors` are those of `chains`, and `basis` spells all else that the search rests on.
    """
    scope = scope_of(analysis, basis)
    # The line of a door is told by chains alone, and then the door is a step.
    leads = {path: target for path, (_, target) in doors.items()}
    found = _found_before(analysis, scope, leads)
    if found is None:
        found = list(search())
    keep(analysis, "chains", scope, (leads, [frozen(finding) for finding in found]))
    return found


def _found_before(
    analysis: TreeAnalysis, scope: str, leads: dict[str, str]
) -> list[Finding] | None:
    earlier = kept(analysis, "chains", scope)
    if earlier is None or earlier[1][0] != leads:
        return None
    found = [thawed(plain) for plain in earlier[1][1]]
    change = since(analysis, earlier[0])
    return found if change is not None and _stands(analysis, found, change) else None


def _stands(analysis: TreeAnalysis, found: Iterable[Finding], change: Since) -> bool:
    if change.moved is None:
        return False
    if not all(
        _moves_no_module(analysis, one, change) for one in change.changes.values()
    ):
        return False
    steps = {step.path for finding in found for step in finding.chain}
    return steps.isdisjoint(change.changes) and all(
        _leads(analysis, path, one.old) == _leads(analysis, path, one.new)
        for path, one in change.changes.items()
    )


def _moves_no_module(analysis: TreeAnalysis, one: Change, change: Since) -> bool:
    """True for an edit, and where a file that no import leads to came to a folder that
    stays, or went from one."""
    entries = [entry for entry in (one.old, one.new) if entry is not None]
    if not all(entry.is_file for entry in entries):
        return False
    folder = parent_folder(one.path)
    return len(entries) == 2 or (
        not one.path.endswith(SOURCES + STUBS)
        and any(
            entry.mode != TREE and joined(folder, name) not in change.changes
            for name, entry in analysis.children(folder).items()
        )
    )


def _leads(analysis: TreeAnalysis, path: str, entry: Entry | None) -> set[Any]:
    """Where the imports of a file lead if it holds `entry`: nothing has moved."""
    facts = analysis.facts_of(path, entry)
    leads: set[Any] = set()
    for item in facts.imports if facts is not None else ():
        if facts is not None and item.kind not in (STRING, PATH):
            found = analysis.resolve(path, item, facts.search_path)
            # An attribute counts only where no import leads (see `uses`).
            kind = (item.kind == ATTRIBUTE, item.typing_only)
            leads.add((*kind, found.targets, found.parents))
    return leads
