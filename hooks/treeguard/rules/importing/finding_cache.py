"""Verdicts on single files, kept by tree and taken over where nothing moved.

What is wrong with the imports of one file depends on its bytes, on the rule, and on
where its imports lead. So after a change only the changed files are judged anew, and
those that spell a name whose meaning changed with it (see `moved_names`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from treeguard.analysis.import_candidates import names_of
from treeguard.analysis.invalidated_names import moved_names
from treeguard.analysis.tree_analysis import TreeAnalysis
from treeguard.findings import Finding
from treeguard.findings import Fix
from treeguard.findings import Step
from treeguard.languages.facts import Import
from treeguard.languages.references import may_refer
from treeguard.policy.model import Rule
from treeguard.trees import Change

# How many trees have their verdicts kept, for each rule.
RECENT = 3
_CHAIN = Finding._fields.index("chain")
_FIX = Finding._fields.index("fix")


class Verdict(NamedTuple):
    """What is said of one file. `door` is its first import of a zone: line, target."""

    findings: tuple[Finding, ...]
    door: tuple[int, str] | None = None


class _Kept(NamedTuple):
    """A verdict with what it rests on: the names spelled, or that any may matter."""

    names: tuple[str, ...]
    is_open: bool
    verdict: Verdict


def verdicts(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    paths: Iterable[str],
    judge: Callable[[str], Verdict],
) -> dict[str, Verdict]:
    """What `judge` says of each of `paths`, in their order.

    `judge` must rest on the file, on where its imports and references lead, and beside
    these on nothing but what `basis` spells.
    """
    scope = scope_of(analysis, basis)
    earlier = _earlier(analysis, scope)
    kept = {
        path: earlier.get(path) or _judged(analysis, path, judge(path))
        for path in paths
    }
    keep(
        analysis, "verdicts", scope, {path: _frozen(one) for path, one in kept.items()}
    )
    return {path: one.verdict for path, one in kept.items()}


def said(
    analysis: TreeAnalysis,
    basis: tuple[object, ...],
    paths: Iterable[str],
    judge: Callable[[str], Iterable[Finding]],
) -> Iterator[Finding]:
    """The findings of `verdicts` where no file is a door."""

    def verdict(path: str) -> Verdict:
        return Verdict(tuple(judge(path)))

    for one in verdicts(analysis, basis, paths, verdict).values():
        yield from one.findings


def basis_of(rule: Rule, part: str) -> tuple[object, ...]:
    """What a verdict of one part of a rule rests on."""
    return (part, rule.id, rule.kind, rule.options)


def scope_of(analysis: TreeAnalysis, basis: tuple[object, ...]) -> str:
    """A name for all that verdicts rest on, beside the tree."""
    text = repr((basis, analysis.search_roots))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]


def kept(analysis: TreeAnalysis, kind: str, scope: str) -> tuple[str, Any] | None:
    """What was kept for a recent tree that this one can be told from, and that tree."""
    own = analysis.snapshot.tree
    recent = analysis.store.get(f"{kind}-recent", scope) or ()
    for tree in (*((own,) if own in recent else ()), *recent):
        value = analysis.store.get(kind, f"{tree} {scope}")
        if value is not None and since(analysis, tree) is not None:
            return tree, value
    return None


def keep(analysis: TreeAnalysis, kind: str, scope: str, value: Any) -> None:
    """Keep a value for this tree, and no longer for those that are not recent."""
    tree, store = analysis.snapshot.tree, analysis.store
    recent = store.get(f"{kind}-recent", scope) or []
    # A plan that looks at a part of the files says nothing of the others.
    if not tree or tree in recent or analysis.is_partial:
        return
    store.put(kind, f"{tree} {scope}", value)
    store.put(f"{kind}-recent", scope, [tree, *recent][:RECENT])
    for old in recent[RECENT - 1 :]:
        store.drop(kind, f"{old} {scope}")


class Since(NamedTuple):
    """What changed since a tree; `moved` as `moved_names` has it."""

    changes: Mapping[str, Change]
    moved: frozenset[str] | None


def since(analysis: TreeAnalysis, tree: str) -> Since | None:
    """What changed since the tree with this id; None if it is gone."""
    if tree not in analysis.since:
        changes = analysis.snapshot.changes_since(tree)
        analysis.since[tree] = None
        if changes is not None:
            moved = moved_names(changes, analysis.snapshot, analysis.search_roots)
            analysis.since[tree] = Since({one.path: one for one in changes}, moved)
    found: Since | None = analysis.since[tree]
    return found


def _earlier(analysis: TreeAnalysis, scope: str) -> dict[str, _Kept]:
    """The verdicts of an earlier tree that hold in this one."""
    found = kept(analysis, "verdicts", scope)
    if found is None:
        return {}
    tree, value = found
    change = since(analysis, tree)
    if change is None or change.moved is None:
        return {}
    moved = change.moved
    return {
        path: _thawed(one)
        for path, one in value.items()
        if path not in change.changes
        and not (moved and (one[1] or not moved.isdisjoint(one[0])))
    }


def _judged(analysis: TreeAnalysis, path: str, verdict: Verdict) -> _Kept:
    facts = analysis.source(path)
    items: tuple[Import, ...] = facts.imports if facts is not None else ()
    entry = analysis.entry(path)
    # Of a file that is not there yet nothing is said, until it comes with a change.
    if may_refer(path) and entry is not None and entry.is_file:
        items = (*items, *analysis.references(path))
    names = {name for item in items for name in names_of(item)}
    edits = facts is not None and bool(facts.search_path)
    is_open = edits or any(item.prefix for item in items)
    return _Kept(tuple(names), is_open, verdict)


def frozen(finding: Finding) -> tuple[Any, ...]:
    """A finding as plain tuples, which `marshal` can write."""
    plain: list[Any] = list(finding)
    plain[_CHAIN] = tuple(tuple(step) for step in finding.chain)
    plain[_FIX] = finding.fix and tuple(finding.fix)
    return tuple(plain)


def thawed(plain: Iterable[Any]) -> Finding:
    """The finding that `frozen` made `plain` of."""
    values = list(plain)
    values[_CHAIN] = tuple(Step(*step) for step in values[_CHAIN])
    values[_FIX] = values[_FIX] and Fix(*values[_FIX])
    return Finding(*values)


def _frozen(one: _Kept) -> tuple[Any, ...]:
    findings = [frozen(finding) for finding in one.verdict.findings]
    return one.names, one.is_open, findings, one.verdict.door


def _thawed(plain: tuple[Any, ...]) -> _Kept:
    names, is_open, findings, door = plain
    verdict = Verdict(tuple(thawed(one) for one in findings), door)
    return _Kept(names, is_open, verdict)
