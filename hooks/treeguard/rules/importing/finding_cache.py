"""Findings on single files, kept by tree and reused where nothing that they depend on
changed.

What is wrong with the imports of one file depends on its bytes, on the rule, and on
where its imports lead. So after a change only the changed files are judged anew, and
those that spell a name whose meaning changed with it (see `analysis.tree_cache`).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any
from typing import NamedTuple

from treeguard.analysis.import_candidates import names_of
from treeguard.analysis.store import plain
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.analysis.tree_cache import TreeCache
from treeguard.analysis.tree_cache import scope_of
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Step
from treeguard.languages.facts import Import
from treeguard.languages.facts import edits_path
from treeguard.languages.references import may_refer
from treeguard.policy.model import Rule

# How many trees have their verdicts kept, for each rule.
RECENT = 3
_CHAIN = Finding._fields.index("chain")
_FIX = Finding._fields.index("fix")


class FileVerdict(NamedTuple):
    """What is wrong in one file. `door` is its first import of a zone: line, target."""

    findings: tuple[Finding, ...]
    door: tuple[int, str] | None = None


class _Kept(NamedTuple):
    """A verdict with what it rests on: the names spelled, or that any may matter."""

    names: tuple[str, ...]
    is_open: bool
    verdict: FileVerdict


def verdicts(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    paths: Iterable[str],
    judge: Callable[[str], FileVerdict],
) -> dict[str, FileVerdict]:
    """Return the verdict of `judge` on each of `paths`, in their order.

    `judge` must depend on the file, on where its imports and references lead, and on
    nothing else but what `basis` spells.
    """
    cache = cache_of(analysis, "verdicts", basis)
    earlier = _earlier(cache)
    kept = {
        path: earlier.get(path) or _judged(analysis, path, judge(path))
        for path in paths
    }
    if cache.keeps() and not analysis.is_partial:
        cache.put({path: plain(one) for path, one in kept.items()})
    return {path: one.verdict for path, one in kept.items()}


def findings_in(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    paths: Iterable[str],
    judge: Callable[[str], Iterable[Finding]],
) -> Iterator[Finding]:
    """Yield the findings of `verdicts` where no file is a door."""

    def verdict(path: str) -> FileVerdict:
        return FileVerdict(tuple(judge(path)))

    for one in verdicts(analysis, basis, paths, verdict).values():
        yield from one.findings


def basis_of(rule: Rule, part: str) -> tuple[object, ...]:
    """Return what a verdict of one part of a rule depends on."""
    return (part, rule.id, rule.kind, rule.options)


def cache_of(analysis: TreeAnalysis, kind: str, basis: tuple[object, ...]) -> TreeCache:
    """Return the cache of values that depend on the tree, its roots and `basis`."""
    scope = scope_of(basis, analysis.search_roots)
    return TreeCache(analysis.differences, analysis.store, kind, scope, RECENT)


def _earlier(cache: TreeCache) -> dict[str, _Kept]:
    """Return the verdicts of the nearest tree that hold in this one."""
    for _tree, value, since in cache.neighbours():
        if since.names is None:
            return {}
        return {
            path: _restored(one)
            for path, one in value.items()
            if path not in since.changes
            and not (since.names and (one[1] or not since.names.isdisjoint(one[0])))
        }
    return {}


def _judged(analysis: TreeAnalysis, path: str, verdict: FileVerdict) -> _Kept:
    facts = analysis.source(path)
    items: tuple[Import, ...] = facts.imports if facts is not None else ()
    entry = analysis.entry(path)
    # Skip files that do not exist yet: a change adds them.
    if may_refer(path) and entry is not None and entry.is_file:
        items = (*items, *analysis.references(path))
    names = {name for item in items for name in names_of(item)}
    edits = facts is not None and edits_path(facts.search_path)
    is_open = edits or any(item.prefix for item in items)
    return _Kept(tuple(names), is_open, verdict)


def finding_from(kept: Iterable[Any]) -> Finding:
    """Return the finding that is kept as a plain tuple."""
    values = list(kept)
    values[_CHAIN] = tuple(Step(*step) for step in values[_CHAIN])
    values[_FIX] = values[_FIX] and Fix(*values[_FIX])
    return Finding(*values)


def _restored(kept: tuple[Any, ...]) -> _Kept:
    names, is_open, (findings, door) = kept
    verdict = FileVerdict(tuple(finding_from(one) for one in findings), door)
    return _Kept(names, is_open, verdict)
